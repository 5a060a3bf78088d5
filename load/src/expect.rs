//! Alarms under load: whether those that must come came in time, cleared in time, and no others did.
//!
//! Pure: what was expected and what was seen when go in. Who sees it (the page of the host, the Lambda's memory) is
//! another's matter.

use std::collections::BTreeSet;

use alarm::grade::Grade;
use alarm::sheet::Seconds;
use serde::{Deserialize, Serialize};

/// `checkout-p99 = page within 3m, clear within 5m`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub rule: String,
    pub grade: Grade,
    /// From the first request.
    pub within_s: u64,
    /// From the last request.
    pub clear_s: Option<u64>,
}

/// An alarm that fires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fires {
    pub rule: String,
    pub grade: Grade,
}

/// What fired at one look, seconds after the first request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    pub at_s: f64,
    pub fires: BTreeSet<Fires>,
}

/// How it went with one expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Met {
    pub expected: String,
    pub ok: bool,
    pub says: String,
}

impl Expected {
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write it like \"checkout-p99 = page within 3m, clear within 5m\"";
        let (rule, rest) = text.split_once('=').ok_or(form)?;
        let (fire, clear) = rest.split_once(',').map_or((rest, None), |(fire, clear)| (fire, Some(clear)));
        let (grade, within) = fire.trim().split_once(" within ").ok_or(form)?;
        let known = Grade::ALL.into_iter().find(|known| known.name() == grade.trim());
        let grade = known.ok_or_else(|| format!("`{}` is no grade; there are note, ticket and page", grade.trim()))?;
        let clear_s = match clear {
            None => None,
            Some(clear) => {
                let length = clear.trim().strip_prefix("clear within ").ok_or(form)?;
                Some(Seconds::parse(length.trim())?.0)
            }
        };
        let rule = rule.trim();
        if rule.is_empty() {
            return Err(form.to_owned());
        }
        Ok(Self { rule: rule.to_owned(), grade, within_s: Seconds::parse(within.trim())?.0, clear_s })
    }

    fn fires(&self, sight: &Sight) -> bool {
        sight.fires.iter().any(|fires| fires.rule == self.rule)
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} = {} within {}s", self.rule, self.grade.name(), self.within_s)?;
        self.clear_s.map_or(Ok(()), |clear_s| write!(out, ", clear within {clear_s}s"))
    }
}

/// Whether anything is still to be waited for, `ended_s` after the first request being when pressing ended.
pub fn is_settled(expected: &[Expected], sights: &[Sight], ended_s: f64, now_s: f64) -> bool {
    expected.iter().all(|one| {
        let clear_s = one.clear_s.map_or(0.0, |clear_s| clear_s as f64);
        let over = now_s >= ended_s + clear_s;
        over || one.clear_s.is_none() || sights.last().is_some_and(|last| last.at_s > ended_s && !one.fires(last))
    })
}

/// One for each expectation, and one for each alarm that nobody expected and that did not fire before.
pub fn judge(expected: &[Expected], sights: &[Sight], ended_s: f64) -> Vec<Met> {
    let mut met: Vec<_> = expected.iter().map(|one| meet(one, sights, ended_s)).collect();
    let before: BTreeSet<&str> =
        sights.first().into_iter().flat_map(|first| &first.fires).map(|fires| fires.rule.as_str()).collect();
    let mut others = BTreeSet::new();
    for (sight, fires) in sights.iter().flat_map(|sight| sight.fires.iter().map(move |fires| (sight, fires))) {
        let known = expected.iter().any(|one| one.rule == fires.rule) || before.contains(fires.rule.as_str());
        if !known && others.insert(fires.rule.clone()) {
            met.push(Met {
                expected: "no other alarm".to_owned(),
                ok: false,
                says: format!(
                    "{} fired after {:.0} s, as {}, and nobody expected it",
                    fires.rule,
                    sight.at_s,
                    fires.grade.name()
                ),
            });
        }
    }
    met
}

fn meet(one: &Expected, sights: &[Sight], ended_s: f64) -> Met {
    let (ok, says) = match came(one, sights) {
        Err(says) => (false, says),
        Ok(came_s) => match cleared(one, sights, ended_s) {
            Err(says) => (false, says),
            Ok(cleared) => (true, format!("came after {came_s:.0} s{cleared}")),
        },
    };
    Met { expected: one.to_string(), ok, says }
}

fn came(one: &Expected, sights: &[Sight]) -> Result<f64, String> {
    if sights.is_empty() {
        return Err("no verdict could be read".to_owned());
    }
    if sights.first().is_some_and(|first| one.fires(first)) {
        return Err("fired already before anything was pressed".to_owned());
    }
    let wanted = Fires { rule: one.rule.clone(), grade: one.grade };
    let right = sights.iter().find(|sight| sight.fires.contains(&wanted));
    let other = sights.iter().find(|sight| one.fires(sight));
    match (right, other) {
        (Some(sight), _) if sight.at_s <= one.within_s as f64 => Ok(sight.at_s),
        (Some(sight), _) => Err(format!("came after {:.0} s, later than {} s", sight.at_s, one.within_s)),
        (None, Some(other)) => {
            let grade = other.fires.iter().find(|fires| fires.rule == one.rule).map_or("", |fires| fires.grade.name());
            Err(format!("came after {:.0} s as {grade}, not as {}", other.at_s, one.grade.name()))
        }
        (None, None) => Err("did not come".to_owned()),
    }
}

fn cleared(one: &Expected, sights: &[Sight], ended_s: f64) -> Result<String, String> {
    let Some(clear_s) = one.clear_s else { return Ok(String::new()) };
    let after = sights.iter().find(|sight| sight.at_s >= ended_s && !one.fires(sight));
    match after {
        Some(sight) if sight.at_s - ended_s <= clear_s as f64 => {
            Ok(format!(", cleared {:.0} s after the last request", sight.at_s - ended_s))
        }
        Some(sight) => {
            Err(format!("cleared {:.0} s after the last request, later than {clear_s} s", sight.at_s - ended_s))
        }
        None => Err(format!("had not cleared {clear_s} s after the last request")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected::parse("checkout-p99 = page within 3m, clear within 5m").expect("sound")
    }

    fn sights(of: &[(f64, &[(&str, Grade)])]) -> Vec<Sight> {
        let fires = |all: &[(&str, Grade)]| {
            all.iter().map(|(rule, grade)| Fires { rule: (*rule).to_owned(), grade: *grade }).collect()
        };
        of.iter().map(|(at_s, all)| Sight { at_s: *at_s, fires: fires(all) }).collect()
    }

    fn check(of: &[(f64, &[(&str, Grade)])], expect: &[(bool, &str)]) {
        let met = judge(&[expected()], &sights(of), 200.0);
        assert_eq!(met.len(), expect.len(), "{met:?}");
        for (met, (ok, says)) in met.iter().zip(expect) {
            assert!(met.ok == *ok && met.says.contains(says), "{met:?}");
        }
    }

    #[test]
    fn expectations_are_read() {
        let one = expected();
        assert_eq!(
            (one.rule.as_str(), one.grade, one.within_s, one.clear_s),
            ("checkout-p99", Grade::Page, 180, Some(300))
        );
        assert_eq!(Expected::parse("a = ticket within 90s").expect("sound").clear_s, None);
        for wrong in [
            "",
            "a",
            "a = page",
            "a = loud within 3m",
            "a = page within soon",
            "= page within 3m",
            "a = page within 3m, gone within 3m",
        ] {
            assert!(Expected::parse(wrong).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn alarms_that_come_and_go_in_time() {
        let it = ("checkout-p99", Grade::Page);
        check(&[(0.0, &[]), (60.0, &[it]), (190.0, &[it]), (260.0, &[])], &[(true, "came after 60 s, cleared 60 s")]);
    }

    #[test]
    fn alarms_that_do_not() {
        let page = ("checkout-p99", Grade::Page);
        let ticket = ("checkout-p99", Grade::Ticket);
        check(&[(0.0, &[]), (190.0, &[])], &[(false, "did not come")]);
        check(&[(0.0, &[]), (185.0, &[page]), (250.0, &[])], &[(false, "later than 180")]);
        check(&[(0.0, &[]), (60.0, &[ticket]), (250.0, &[])], &[(false, "as ticket, not as page")]);
        check(&[(0.0, &[]), (60.0, &[page]), (501.0, &[page])], &[(false, "had not cleared")]);
        check(&[(0.0, &[page]), (60.0, &[page])], &[(false, "before anything")]);
        check(&[], &[(false, "no verdict")]);
    }

    #[test]
    fn others_are_not_welcome() {
        let (page, old, new) = (("checkout-p99", Grade::Page), ("disk", Grade::Ticket), ("mail", Grade::Note));
        check(
            &[(0.0, &[old]), (60.0, &[page, old]), (100.0, &[old, new]), (110.0, &[new]), (260.0, &[])],
            &[(true, "came"), (false, "mail fired after 100 s, as note")],
        );
    }

    #[test]
    fn waiting_ends() {
        let one = [expected()];
        let it = ("checkout-p99", Grade::Page);
        assert!(!is_settled(&one, &sights(&[(201.0, &[it])]), 200.0, 210.0));
        assert!(is_settled(&one, &sights(&[(201.0, &[it])]), 200.0, 500.0));
        assert!(is_settled(&one, &sights(&[(201.0, &[it]), (220.0, &[])]), 200.0, 221.0));
    }
}
