//! The series that the function makes itself, so that what it knows is judged as everything else is: whether the rules
//! are at fault, and whether a drill is on.

use account::drill::{self, Drill};
use alarm::ladder::{Ladder, TELL_MAX};
use alarm::points::{Points, Time};
use alarm::round::Need;
use alarm::rules::{Rules, Statistic};
use alarm::series::{Dimensions, Series};

use crate::outside::Wanted;

const NAMESPACE: &str = "Stormglass";
const FAULTY: &str = "lambda_rules_faulty";
const DRILL: &str = "lambda_drill";

/// A rule about the rules themselves. Added to every file.
const ABOUT_RULES: &str = r#"

[[alarm]]
name = "stormglass-rules"
namespace = "Stormglass"
metric = "lambda_rules_faulty"
each = []
above = 0
for = "0s"
immediacy = "soon"
summary = "The alarm rules have a fault: the last good ones go on, changes since have no effect."
runbook = """
Run `stormglass alarms check alarms.toml`, mend what it names, and put the file in place again.
stormglass runbook stormglass-rules"""
"#;

/// The rule of a drill. Its ladder tells at once everybody whom any ladder ever tells.
const ABOUT_DRILLS: &str = r#"

[[alarm]]
name = "stormglass-drill"
namespace = "Stormglass"
metric = "lambda_drill"
each = ["drill"]
above = 0
for = "0s"
grade = "page"
ladder = "stormglass-drill"
summary = "A drill: nothing is wrong. It tries whether you are reached."
runbook = """
Open the link and press the button, so that we know that it arrived.
stormglass runbook stormglass-drill"""
"#;

/// What is added to the text of the rules: faults of the text keep their lines.
pub(super) fn rules(rules: &Rules) -> String {
    let mut everybody: Vec<&str> =
        rules.ladders.iter().flat_map(Ladder::steps).flat_map(|step| &step.tell).map(String::as_str).collect();
    everybody.sort_unstable();
    everybody.dedup();
    everybody.truncate(TELL_MAX);
    let tell: Vec<_> = everybody.iter().map(|name| serde_json::Value::from(*name).to_string()).collect();
    // A text of JSON is one of TOML.
    let tell = tell.join(", ");
    let ladder = format!(
        "\n\n[[ladder]]\nname = \"{}\"\ngroup_by = [\"drill\"]\nstep = [{{ after = \"0s\", tell = [{tell}] }}]\n",
        drill::NAME
    );
    format!("{ABOUT_RULES}{ladder}{ABOUT_DRILLS}")
}

fn series(name: &str, dimensions: Dimensions) -> Series {
    Series { namespace: NAMESPACE.to_owned(), name: name.to_owned(), dimensions }
}

pub(super) fn is_own(series: &Series) -> bool {
    series.namespace == NAMESPACE && [FAULTY, DRILL].contains(&&*series.name)
}

/// Of what is looked for, what nobody need list.
pub(super) fn is_made_here(wanted: &Wanted) -> bool {
    [FAULTY, DRILL].contains(&&*wanted.1)
}

/// All that there are now.
pub(super) fn all(drills: &[Drill], now: Time) -> Vec<Series> {
    let of_drill = |drill: &Drill| series(DRILL, Dimensions::from_iter([("drill", &*drill.id)]));
    let drills = drills.iter().filter(|drill| drill.is_watched(now)).map(of_drill);
    std::iter::once(series(FAULTY, Dimensions::default())).chain(drills).collect()
}

/// The points of one of them, as they would have been read.
pub(super) fn points(need: &Need, series: &Series, faults: usize, drills: &[Drill], now: Time) -> Points {
    let value = if series.name == FAULTY {
        faults as f64
    } else {
        let drill = drills.iter().find(|drill| series.dimensions.get("drill") == Some(&*drill.id));
        f64::from(u8::from(drill.is_some_and(|drill| drill.fires(now))))
    };
    let value = if need.statistic == Statistic::SampleCount { 1.0 } else { value };
    let period = i64::from(need.period_s);
    let until = now.div_euclid(period) * period;
    let slots = usize::try_from(need.reach_s / u64::from(need.period_s)).unwrap_or(0) + 1;
    Points::new(until - period * slots as i64, need.period_s, vec![value; slots])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_tells_everybody_whom_a_ladder_tells() {
        let text = "[[audience]]\nname = 'a \"b\"'\n[[audience]]\nname = '당직'\n\
            [[ladder]]\nstep = [{ after = '0s', tell = ['당직'] }, { after = '1h', tell = ['a \"b\"'] }]\n\
            [[ladder]]\nname = 'x'\nstep = [{ after = '0s', tell = ['당직'] }]\n";
        let all = rules(&Rules::parse("x", text).unwrap());
        let whole = Rules::parse("x", &format!("{text}{all}")).unwrap_or_else(|faults| panic!("{faults}"));
        let rule = whole.find(drill::NAME).unwrap();
        assert_eq!(whole.ladder(rule).unwrap().steps()[0].tell, ["a \"b\"", "당직"]);
    }
}
