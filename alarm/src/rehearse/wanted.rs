//! What rules look at, for whoever fetches the past: the local store and CloudWatch answer the same question.

use std::collections::HashSet;

use crate::rules::{Rules, Select, Statistic};

/// Every series that agrees with the select, of this statistic, at this period or a finer one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub select: Select,
    pub statistic: Statistic,
    pub period_s: u32,
}

/// Each once, whichever rules share it.
pub fn wanted(rules: &Rules) -> Vec<Wanted> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for rule in &rules.alarms {
        for read in &rule.reads {
            let (select, statistic) = (read.select.clone(), read.statistic.clone());
            let one = Wanted { select, statistic, period_s: rule.period_s };
            if seen.insert(one.clone()) {
                all.push(one);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_rules_share_is_wanted_once() {
        let rules = "[[alarm]]\nname = 'a'\nmetric = 'm'\nabove = 1\n[[alarm]]\nname = 'b'\nmetric = 'm'\nabove = 2\n\
                     [[alarm]]\nname = 'c'\nexpression = 'x / y'\nabove = 2\n\
                     series = { x = { metric = 'm' }, y = { metric = 'm', statistic = 'p99' } }\n";
        let rules = Rules::parse("x", rules).unwrap_or_else(|faults| panic!("{faults}"));
        let found: Vec<_> =
            wanted(&rules).into_iter().map(|it| format!("{} {}", it.statistic, it.select.metric)).collect();
        assert_eq!(found, ["Average m", "Sum m", "p99 m"]);
    }
}
