//! One alarm hides others: a host that is down hides what stands on it.
//!
//! What hides may itself be hidden (the network hides the host, the host its services). Never are all hidden: of
//! alarms that hide each other in a ring the gravest stays, so that somebody is told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::grade::Grade;
use crate::matcher::{self, Labels, Matcher};
use crate::sheet::{At, Faults};

/// `[[inhibit]]` as written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawInhibit {
    /// What hides, while it fires: `label = value` or `label != value`, with * and ?.
    pub when: At<Vec<At<String>>>,
    /// What is hidden; what itself hides by this rule is not.
    pub hides: At<Vec<At<String>>>,
    /// Only where both have these labels, with the same values.
    #[serde(default)]
    pub same: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Inhibit {
    when: Vec<Matcher>,
    hides: Vec<Matcher>,
    same: Vec<String>,
}

/// Most rules of a file.
pub const INHIBITS_MAX: usize = 100;

/// An alarm that fires, as far as hiding is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Firing<'a> {
    pub labels: &'a Labels,
    pub grade: Grade,
}

impl Inhibit {
    pub fn check(raw: &RawInhibit, faults: &mut Faults) -> Self {
        for list in [&raw.when, &raw.hides].into_iter().filter(|list| list.is_empty()) {
            faults.add(list.span.clone(), "SG-TEL-011", "without a label this would hold for every alarm");
        }
        Self {
            when: matcher::check_list(&raw.when, faults),
            hides: matcher::check_list(&raw.hides, faults),
            same: raw.same.clone(),
        }
    }

    fn key<'a>(&self, labels: &'a Labels) -> Option<Vec<&'a str>> {
        self.same.iter().map(|label| labels.get(label)).collect()
    }

    pub(crate) fn is_source(&self, labels: &Labels) -> bool {
        matcher::all(&self.when, labels)
    }

    /// For each alarm, whom it hides by this rule.
    fn edges(&self, firing: &[Firing<'_>], hides: &mut [Vec<usize>]) {
        let is_source = |at: usize| self.is_source(firing[at].labels);
        let sources: Vec<_> = (0..firing.len()).filter(|at| is_source(*at)).collect();
        if sources.is_empty() {
            return;
        }
        let mut hidden_by_key: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (at, target) in firing.iter().enumerate() {
            if !is_source(at) && matcher::all(&self.hides, target.labels) {
                // What lacks one of the labels is the same as nothing.
                if let Some(key) = self.key(target.labels) {
                    hidden_by_key.entry(key).or_default().push(at);
                }
            }
        }
        for source in sources {
            let Some(key) = self.key(firing[source].labels) else { continue };
            hides[source].extend(hidden_by_key.get(&key).into_iter().flatten());
        }
    }
}

/// For each alarm that fires, the one that hides it, by their numbers in `firing`.
pub fn hidden(rules: &[Inhibit], firing: &[Firing<'_>]) -> Vec<Option<usize>> {
    let mut hides = vec![Vec::new(); firing.len()];
    for rule in rules {
        rule.edges(firing, &mut hides);
    }
    let mut is_target = vec![false; firing.len()];
    for target in hides.iter().flatten() {
        is_target[*target] = true;
    }
    // Those that nothing hides come first; then, for rings, the gravest of what is left.
    let mut roots: Vec<_> = (0..firing.len()).collect();
    roots.sort_by_key(|at| (is_target[*at], std::cmp::Reverse(firing[*at].grade), firing[*at].labels));
    let mut by = vec![None; firing.len()];
    let mut seen = vec![false; firing.len()];
    for root in roots {
        let mut open = if std::mem::replace(&mut seen[root], true) { vec![] } else { vec![root] };
        while let Some(source) = open.pop() {
            for target in &hides[source] {
                if !std::mem::replace(&mut seen[*target], true) {
                    by[*target] = Some(source);
                    open.push(*target);
                }
            }
        }
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(when: &str, hides: &str, same: &[&str]) -> Inhibit {
        let one = |text: &str| vec![Matcher::parse(text).unwrap()];
        Inhibit { when: one(when), hides: one(hides), same: same.iter().map(|&s| s.to_owned()).collect() }
    }

    /// Each alarm as `rule@host`, and by whom it is hidden.
    fn check(rules: &[Inhibit], firing: &[&str], expect: &[Option<usize>]) {
        let labels: Vec<_> = firing
            .iter()
            .map(|name| match name.split_once('@') {
                Some((rule, host)) => Labels::from_iter([("rule", rule), ("host", host)]),
                None => Labels::from_iter([("rule", *name)]),
            })
            .collect();
        let firing: Vec<_> = labels.iter().map(|labels| Firing { labels, grade: Grade::Page }).collect();
        assert_eq!(hidden(rules, &firing), expect);
    }

    #[test]
    fn a_host_that_is_down_hides_its_children_only() {
        let rules = [rule("rule = host-silent", "rule = *", &["host"])];
        check(&rules, &["cpu@a", "host-silent@a", "cpu@b", "burn"], &[Some(1), None, None, None]);
    }

    #[test]
    fn what_lacks_the_label_is_never_the_same() {
        let rules = [rule("rule = host-silent", "rule = *", &["host"])];
        check(&rules, &["host-silent", "cpu"], &[None, None]);
        let rules = [rule("rule = region-down", "rule = *", &[])];
        check(&rules, &["region-down", "cpu@a"], &[None, Some(0)]);
    }

    #[test]
    fn hiding_goes_through_what_is_hidden() {
        let rules = [rule("rule = net", "rule = host", &[]), rule("rule = host", "rule = app", &["host"])];
        check(&rules, &["app@a", "host@a", "net"], &[Some(1), Some(2), None]);
    }

    #[test]
    fn of_a_ring_one_stays() {
        let rules = [rule("rule = a", "rule = b", &[]), rule("rule = b", "rule = a", &[])];
        check(&rules, &["a", "b"], &[None, Some(0)]);
        check(&rules, &["b", "a"], &[Some(1), None]);
    }

    proptest::proptest! {
        #[test]
        fn somebody_always_stays(pairs in proptest::collection::vec((0_u8..5, 0_u8..5), 0..12)) {
            let rules: Vec<_> =
                pairs.iter().map(|(a, b)| rule(&format!("rule = {a}"), &format!("rule = {b}"), &[])).collect();
            let labels: Vec<_> = (0..5).map(|n| Labels::from_iter([("rule", format!("{n}"))])).collect();
            let firing: Vec<_> = labels.iter().map(|labels| Firing { labels, grade: Grade::Note }).collect();
            let by = hidden(&rules, &firing);
            // Whoever is hidden is hidden, in the end, by somebody who is not.
            for at in 0..firing.len() {
                let end = std::iter::successors(Some(at), |at| by[*at]).nth(firing.len());
                proptest::prop_assert_eq!(end, None);
            }
        }
    }
}
