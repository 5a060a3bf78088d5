//! The rules of this round. A file that is wrong never takes their place: the last good one goes on, and the fault is
//! an alarm like any other (`own`).

use std::hash::{DefaultHasher, Hash, Hasher};

use alarm::rules::Rules;

use super::own;
use crate::delays::Delays;
use crate::outside::{Outside, Trouble};

/// How the file is called in what is said of it.
const FILE: &str = "alarms.toml";

#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// As they are judged by: what comes late is waited for.
    pub(crate) rules: Rules,
    /// As they were said, and how late each has been made to expect its series.
    said: Rules,
    late_s: Vec<u32>,
    /// What the file in place is at fault with.
    pub(crate) faults: Vec<String>,
    hash: Option<u64>,
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn parse(text: &str) -> Result<Rules, Vec<String>> {
    let say = |faults: alarm::sheet::Faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let said = Rules::parse(FILE, text).map_err(say)?;
    Rules::parse(FILE, &format!("{text}{}", own::rules(&said))).map_err(say)
}

impl Standing {
    fn of(rules: Rules, faults: Vec<String>, hash: u64) -> Self {
        Self { said: rules.clone(), late_s: vec![0; rules.alarms.len()], rules, faults, hash: Some(hash) }
    }

    /// Of the text.
    pub(crate) fn hash(&self) -> u64 {
        self.hash.unwrap_or_default()
    }

    /// Makes of what was said what is judged by, where what is known of the delays has changed.
    pub(crate) fn expect_late(&mut self, delays: &Delays) {
        let late_s: Vec<u32> = self.said.alarms.iter().map(|rule| delays.of_rule(rule)).collect();
        if late_s == self.late_s {
            return;
        }
        self.rules = self.said.clone();
        for (rule, late_s) in self.rules.alarms.iter_mut().zip(&late_s) {
            rule.expect_late(*late_s);
        }
        self.late_s = late_s;
    }

    /// Reads them again where they changed. `None` when there are none to go on with.
    pub(crate) async fn refresh(mut self, out: &impl Outside) -> (Option<Self>, Option<Trouble>) {
        let text = match out.rules().await {
            Ok(text) => text,
            Err(trouble) if self.hash.is_some() => return (Some(self), Some(trouble)),
            Err(trouble) => {
                let good = out.good_rules().await.ok().flatten();
                return (good.and_then(|text| standing(&text, vec![trouble.to_string()])), Some(trouble));
            }
        };
        if self.hash == Some(hash(&text)) {
            return (Some(self), None);
        }
        match parse(&text) {
            Ok(rules) => {
                let kept = out.keep_rules(&text).await;
                (Some(Self::of(rules, Vec::new(), hash(&text))), kept.err())
            }
            Err(faults) => {
                let says = format!("the rules have {} faults, the last good ones go on: {}", faults.len(), faults[0]);
                let trouble = Trouble { code: "SG-LAM-030", says };
                if self.hash.is_some() {
                    self.faults = faults;
                    return (Some(self), Some(trouble));
                }
                let good = out.good_rules().await.ok().flatten().unwrap_or_default();
                (standing(&good, faults), Some(trouble))
            }
        }
    }
}

fn standing(good: &str, faults: Vec<String>) -> Option<Standing> {
    let rules = parse(good).ok()?;
    Some(Standing::of(rules, faults, hash(good)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_about_the_rules_goes_with_every_file() {
        for text in ["", "[team]\nlanguage = 'ko'\n", "[[alarm]]\nname = 'x'\nmetric = 'm'\nabove = 1"] {
            let rules = parse(text).unwrap();
            assert!(rules.find("stormglass-rules").is_some() && rules.find("stormglass-drill").is_some());
        }
    }

    #[test]
    fn faults_name_the_line_of_the_file() {
        let faults = parse("[[alarm]]\nnme = 'x'\n").unwrap_err();
        assert!(faults[0].starts_with("alarms.toml:"), "{faults:?}");
    }
}
