//! The steps of people told, as the trouble lasts: `[[ladder]]` of the rules.
//!
//! A ladder holds no time and no state; `notify` climbs it. Steps are in the order of their time, so that a step is
//! never told before one below it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::grade::Grade;
use crate::matcher::{self, Labels, Matcher};
use crate::sheet::{At, Faults, Seconds, did_you_mean};
use crate::team::Team;
use crate::verdict::TimeLeft;

/// `[[ladder]]` as written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLadder {
    /// What rules call it by; "default" for those that name none.
    #[serde(default)]
    pub name: Option<At<String>>,
    /// Alarms equal in all these labels are one group, told together. Where none is said: the service, for what has
    /// none the host, and for what has neither the rule.
    #[serde(default)]
    pub group_by: Vec<At<String>>,
    /// Who is told, and after how long.
    pub step: Vec<RawStep>,
    /// Breaches that jump the ladder.
    #[serde(default)]
    pub jump: Vec<RawJump>,
    /// While it fires, it is told again after this long.
    #[serde(default)]
    pub repeat: RawRepeat,
    /// Members that join or recover are gathered this long into one notice. "5m" where not said.
    #[serde(default)]
    pub settle: Option<Seconds>,
    /// All must be fine this long before recovery is told, and what breaks out again within it is the same incident.
    /// "0s" where not said: rules hold before they clear.
    #[serde(default)]
    pub calm: Option<Seconds>,
    /// How long an acknowledgement holds. "1h" where not said.
    #[serde(default)]
    pub acknowledge_for: Option<At<Seconds>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// How long the trouble has lasted, silences and acknowledgements not counted.
    pub after: At<Seconds>,
    /// Audiences.
    pub tell: At<Vec<At<String>>>,
    /// The least grade that climbs here, and whose time counts. "ticket" for a step at "0s", else "page".
    #[serde(default)]
    pub grade: Option<Grade>,
}

/// All that is said must hold for a member of the group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJump {
    /// `label = value` or `label != value`, with * and ?.
    #[serde(default)]
    pub labels: Vec<At<String>>,
    /// The number that was judged is at least this.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The number that was judged is at most this.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Less than this is left.
    #[serde(default)]
    pub time_left_under: Option<Seconds>,
    /// It is at least this grave.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// The `after` of the highest step told at once; all of them where not said.
    #[serde(default)]
    pub to: Option<At<Seconds>>,
}

/// How often what goes on is told again, by grade.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRepeat {
    /// "4h" where not said.
    pub page: Option<At<Seconds>>,
    /// "1d" where not said.
    pub ticket: Option<At<Seconds>>,
    /// "7d" where not said.
    pub note: Option<At<Seconds>>,
}

/// More steps than any house has floors; told steps are remembered as bits of a `u32`.
pub const STEPS_MAX: usize = 16;
/// Most audiences of one step.
pub const TELL_MAX: usize = 20;
/// Told more often than this, a mail box is closed by its owner.
const REPEAT_LEAST_S: u64 = 60;

#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    pub name: String,
    group_by: Vec<String>,
    steps: Vec<Step>,
    jumps: Vec<Jump>,
    /// By grade, in the order of `Grade`.
    repeat_s: [u64; 3],
    pub settle_s: u64,
    pub calm_s: u64,
    pub acknowledge_s: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub after_s: u64,
    pub tell: Vec<String>,
    pub grade: Grade,
}

#[derive(Clone, Debug, PartialEq)]
struct Jump {
    labels: Vec<Matcher>,
    at_least: Option<f64>,
    at_most: Option<f64>,
    under_s: Option<u64>,
    grade: Option<Grade>,
    to_s: u64,
}

impl Default for Ladder {
    /// What stands where no ladder is written: one step, everybody.
    fn default() -> Self {
        let step = Step { after_s: 0, tell: vec!["team".to_owned()], grade: Grade::Ticket };
        Self {
            name: "default".to_owned(),
            group_by: Vec::new(),
            steps: vec![step],
            jumps: Vec::new(),
            repeat_s: [7 * 86_400, 86_400, 4 * 3_600],
            settle_s: 300,
            calm_s: 0,
            acknowledge_s: 3_600,
        }
    }
}

impl Ladder {
    pub fn check(raw: &RawLadder, team: &Team, faults: &mut Faults) -> Self {
        let base = Self::default();
        let place = raw.step.first().map_or(0..0, |step| step.after.span.clone());
        if raw.step.is_empty() {
            faults.add(name_span(raw), "SG-TEL-006", "a ladder without a step tells nobody");
        } else if raw.step.len() > STEPS_MAX {
            faults.add(place, "SG-TEL-010", format!("more than {STEPS_MAX} steps"));
        }
        let steps: Vec<_> = raw.step.iter().take(STEPS_MAX).map(|step| Step::check(step, team, faults)).collect();
        for (below, step) in raw.step.iter().zip(raw.step.iter().skip(1)) {
            if step.after.value < below.after.value {
                let says = "this step comes before the one above it; write steps in the order of their time";
                faults.add(step.after.span.clone(), "SG-TEL-006", says);
            }
        }
        let jumps = raw.jump.iter().map(|jump| Jump::check(jump, &steps, faults)).collect();
        let repeats = [&raw.repeat.note, &raw.repeat.ticket, &raw.repeat.page];
        let mut repeat_s = base.repeat_s;
        for (held, said) in repeat_s.iter_mut().zip(repeats) {
            *held = said.as_ref().map_or(*held, |said| said.value.0.max(REPEAT_LEAST_S));
        }
        Self {
            name: raw.name.as_ref().map_or(base.name, |name| name.value.clone()),
            group_by: raw.group_by.iter().map(|label| label.value.clone()).collect(),
            steps,
            jumps,
            repeat_s,
            settle_s: raw.settle.map_or(base.settle_s, |settle| settle.0),
            calm_s: raw.calm.map_or(base.calm_s, |calm| calm.0),
            acknowledge_s: raw.acknowledge_for.as_ref().map_or(base.acknowledge_s, |held| held.value.0),
        }
    }

    /// All ladders of a file; the first `default` is added where none is written.
    pub fn check_all(raw: &[RawLadder], team: &Team, faults: &mut Faults) -> Vec<Self> {
        let mut ladders: Vec<Self> = Vec::with_capacity(raw.len() + 1);
        for said in raw {
            let ladder = Self::check(said, team, faults);
            if ladders.iter().any(|held| held.name == ladder.name) {
                faults.add(name_span(said), "SG-TEL-008", format!("a second ladder of the name \"{}\"", ladder.name));
            } else {
                ladders.push(ladder);
            }
        }
        if !ladders.iter().any(|ladder| ladder.name == "default") {
            ladders.push(Self::default());
        }
        ladders
    }

    /// The ladder that a rule names, for `rules` to check while it still knows the place.
    pub fn named<'a>(ladders: &'a [Self], name: &At<String>, faults: &mut Faults) -> Option<&'a Self> {
        let found = ladders.iter().find(|ladder| ladder.name == name.value);
        if found.is_none() {
            let known = ladders.iter().map(|ladder| ladder.name.as_str());
            let hint = did_you_mean(name, known).map(|best| format!("; did you mean \"{best}\"?")).unwrap_or_default();
            faults.add(name.span.clone(), "SG-TEL-007", format!("no [[ladder]] is called \"{}\"{hint}", name.value));
        }
        found
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn repeat_s(&self, grade: Grade) -> u64 {
        self.repeat_s[grade as usize]
    }

    /// The group that an alarm belongs to: what shares one memory, one incident and one thread.
    pub fn group(&self, labels: &Labels) -> String {
        let part = |label: &str| labels.get(label).map(|value| format!("{label}={value}"));
        let parts: Vec<_> = if self.group_by.is_empty() {
            ["service", "host", "rule"].into_iter().find_map(part).into_iter().collect()
        } else {
            self.group_by.iter().filter_map(|label| part(label)).collect()
        };
        format!("{}/{}", self.name, parts.join(","))
    }

    /// How many seconds of lasting this breach is worth at once.
    pub fn jump_s(&self, breach: &Breach<'_>) -> Option<u64> {
        self.jumps.iter().filter(|jump| jump.holds(breach)).map(|jump| jump.to_s).max()
    }

    /// What it would take for this breach to jump: the least that each jump which knows its labels and its grade wants
    /// of the value and of the time left.
    pub fn jumps_of<'a>(&self, breach: &Breach<'a>) -> Vec<Breach<'a>> {
        let enough = |jump: &Jump| {
            let value = jump.at_least.or(jump.at_most).or(breach.value);
            let under = jump.under_s.map(|under| TimeLeft::exactly((under as f64 - 1.0).max(0.0)));
            let enough = Breach { value, time_left: under.or(breach.time_left), ..*breach };
            jump.holds(&enough).then_some(enough)
        };
        self.jumps.iter().filter_map(enough).collect()
    }
}

/// What a jump looks at.
#[derive(Clone, Copy, Debug)]
pub struct Breach<'a> {
    pub labels: &'a Labels,
    pub grade: Grade,
    pub value: Option<f64>,
    pub time_left: Option<TimeLeft>,
}

fn name_span(raw: &RawLadder) -> std::ops::Range<usize> {
    raw.name.as_ref().map_or(0..0, |name| name.span.clone())
}

impl Step {
    fn check(raw: &RawStep, team: &Team, faults: &mut Faults) -> Self {
        if raw.tell.is_empty() {
            faults.add(raw.tell.span.clone(), "SG-TEL-006", "this step tells nobody");
        } else if raw.tell.len() > TELL_MAX {
            faults.add(raw.tell.span.clone(), "SG-TEL-010", format!("more than {TELL_MAX} audiences in one step"));
        }
        let mut tell: Vec<String> = Vec::new();
        for name in raw.tell.iter().take(TELL_MAX) {
            team.check_name(name, faults);
            if !tell.contains(&name.value) {
                tell.push(name.value.clone());
            }
        }
        let after_s = raw.after.value.0;
        let grade = raw.grade.unwrap_or(if after_s == 0 { Grade::Ticket } else { Grade::Page });
        Self { after_s, tell, grade }
    }
}

impl Jump {
    fn check(raw: &RawJump, steps: &[Step], faults: &mut Faults) -> Self {
        let to_s = raw.to.as_ref().map_or_else(|| steps.last().map_or(0, |step| step.after_s), |to| to.value.0);
        let place = raw.to.as_ref().map(|to| to.span.clone());
        let place = place.or_else(|| raw.labels.first().map(|label| label.span.clone())).unwrap_or(0..0);
        let says_nothing = raw.labels.is_empty()
            && raw.at_least.is_none()
            && raw.at_most.is_none()
            && raw.time_left_under.is_none()
            && raw.grade.is_none();
        if says_nothing {
            faults.add(place, "SG-TEL-009", "a jump without a condition would make the ladder one step");
        } else if !steps.iter().any(|step| step.after_s == to_s) {
            faults.add(place, "SG-TEL-009", "no step has this `after`; a jump goes `to` the `after` of a step");
        }
        Self {
            labels: matcher::check_list(&raw.labels, faults),
            at_least: raw.at_least,
            at_most: raw.at_most,
            under_s: raw.time_left_under.map(|under| under.0),
            grade: raw.grade,
            to_s,
        }
    }

    fn holds(&self, breach: &Breach<'_>) -> bool {
        let value = |test: &dyn Fn(f64) -> bool| breach.value.is_some_and(test);
        self.at_least.is_none_or(|least| value(&|value| value >= least))
            && self.at_most.is_none_or(|most| value(&|value| value <= most))
            && self.under_s.is_none_or(|under| breach.time_left.is_some_and(|left| left.likely_s < under as f64))
            && self.grade.is_none_or(|grade| breach.grade >= grade)
            && matcher::all(&self.labels, breach.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        ladder: Vec<RawLadder>,
        #[serde(default)]
        audience: Vec<crate::team::RawAudience>,
    }

    fn read(text: &str) -> (Vec<Ladder>, Vec<String>) {
        let raw = sheet::read::<File>("x", text).unwrap();
        let mut faults = Faults::new("x", text);
        let team = Team::check(&crate::team::RawTeam::default(), &raw.audience, &mut faults);
        let ladders = Ladder::check_all(&raw.ladder, &team, &mut faults);
        (ladders, faults.iter().map(|fault| format!("{}:{}", fault.place.line, fault.code)).collect())
    }

    const SHOP: &str = "[[ladder]]\n\
        step = [{ after = '0s', tell = ['on-call'] }, { after = '30m', tell = ['department'] },\n\
                { after = '1h', tell = ['upper'] }]\n\
        jump = [{ labels = ['rule = cpu*'], at_least = 100.0 }]\n";

    #[test]
    fn a_ladder_of_a_few_lines_has_sound_defaults() {
        let (ladders, faults) = read(SHOP);
        assert_eq!(faults, [""; 0]);
        let [ladder] = &ladders[..] else { panic!("{ladders:?}") };
        assert_eq!(ladder.name, "default");
        assert_eq!(ladder.steps().iter().map(|step| step.grade as u8).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!(ladder.repeat_s(Grade::Page), 4 * 3_600);
    }

    #[test]
    fn groups_by_service_then_host_then_rule() {
        let (ladders, _) = read(SHOP);
        let group = |labels: &[(&str, &str)]| ladders[0].group(&labels.iter().copied().collect());
        assert_eq!(group(&[("service", "checkout"), ("host", "web-1")]), "default/service=checkout");
        assert_eq!(group(&[("host", "web-1"), ("rule", "cpu")]), "default/host=web-1");
        assert_eq!(group(&[("rule", "cpu")]), "default/rule=cpu");
        let (ladders, _) = read("[[ladder]]\ngroup_by = ['team', 'host']\nstep = [{ after = '0s', tell = ['a'] }]\n");
        let labels = Labels::from_iter([("host", "web-1"), ("team", "shop")]);
        assert_eq!(ladders[0].group(&labels), "default/team=shop,host=web-1");
    }

    #[test]
    fn a_jump_looks_at_label_and_value() {
        let (ladders, _) = read(SHOP);
        let jump = |rule: &str, value| {
            let labels = Labels::from_iter([("rule", rule)]);
            ladders[0].jump_s(&Breach { labels: &labels, grade: Grade::Page, value, time_left: None })
        };
        assert_eq!(jump("cpu-high", Some(100.0)), Some(3_600));
        assert_eq!(jump("cpu-high", Some(99.9)), None);
        assert_eq!(jump("cpu-high", None), None);
        assert_eq!(jump("disk", Some(100.0)), None);
    }

    #[test]
    fn every_fault_at_once() {
        let (_, faults) = read(
            "[[audience]]\nname = 'on-call'\n[[audience]]\nname = 'on-call'\n\
             [[ladder]]\n\
             step = [{ after = '30m', tell = ['oncall'] },\n\
             { after = '0s', tell = [] }]\n\
             jump = [{ to = '30m' },\n\
             { at_least = 3.0, to = '5m' }]\n\
             [[ladder]]\nname = 'default'\nstep = []\n",
        );
        let expect = [
            "4:SG-TEL-008",
            "6:SG-TEL-007",
            "7:SG-TEL-006",
            "7:SG-TEL-006",
            "8:SG-TEL-009",
            "9:SG-TEL-009",
            "11:SG-TEL-006",
            "11:SG-TEL-008",
        ];
        assert_eq!(faults, expect);
    }
}
