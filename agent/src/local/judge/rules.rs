//! The rules of this host: those of the user's file, and those that are built in where the file says nothing.
//!
//! Both are one text when they are read, so that ladders, silences and grades of the file hold for what is built in.

use alarm::burst::{plans, types};
use alarm::rules::Rules;
use alarm::sheet::Faults;

use crate::runbooks;

const BUILTIN: &str = include_str!("builtin.toml");

/// What is known of the machine, for the rule that reckons its burst.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    /// `t3.micro`, `$12`, as it was told.
    pub(crate) name: String,
    pub(crate) vcpus: f64,
    pub(crate) baseline_percent: f64,
}

impl Machine {
    /// An EC2 type or a Lightsail plan that bursts.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let bucket = types::bucket(name);
        let bucket = bucket.or_else(|| plans::find(name).map(plans::Plan::bucket))?;
        Some(Self { name: name.to_owned(), vcpus: bucket.width, baseline_percent: bucket.baseline_percent() })
    }

    fn rule(&self) -> String {
        let Self { vcpus, baseline_percent, .. } = self;
        format!(
            "\n[[alarm]]\nname = \"burst-running-out\"\njudge = \"burst\"\neach = []\nlate = \"0s\"\n\
             burst = {{ baseline_percent = {baseline_percent:?}, vcpus = {vcpus:?} }}\n\
             summary = \"When the burst is used up this host slows down to {baseline_percent}% of its processors.\"\n\
             runbook = \"See who uses the processor: stormglass top\"\n\
             [alarm.series]\ncpu = {{ metric = \"cpu_usage_active\", dimensions = {{ cpu = \"cpu-total\" }} }}\n\
             steal = {{ metric = \"cpu_usage_steal\", dimensions = {{ cpu = \"cpu-total\" }} }}\n\
             [alarm.ko]\ntitle = \"CPU 버스트 소진 임박\"\n\
             summary = \"버스트를 다 쓰면 이 서버의 CPU 성능이 {baseline_percent}%로 떨어집니다.\"\n\
             runbook = \"CPU를 많이 쓰는 프로세스를 확인합니다: stormglass top\"\n"
        )
    }
}

/// A rule that is built in: its name and its text.
fn builtin() -> impl Iterator<Item = (&'static str, &'static str)> {
    const HEAD: &str = "[[alarm]]\n";
    let starts: Vec<usize> = BUILTIN.match_indices(HEAD).map(|(at, _)| at).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([BUILTIN.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let text = &BUILTIN[start..end];
        let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))?;
        Some((name, text))
    })
}

/// Every name that `off` may say.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    builtin().map(|(name, _)| name).chain(["burst-running-out"])
}

/// `file` with its `text` is the user's; of what is built in, `off` and what the file names itself are left out.
pub(crate) fn read(file: &str, text: &str, off: &[String], machine: Option<&Machine>) -> Result<Rules, Faults> {
    let own = Rules::parse(file, text)?;
    let wanted = |name: &str| own.find(name).is_none() && off.iter().all(|off| off != name);
    let mut whole = format!("{text}\n");
    for (_, rule) in builtin().filter(|(name, _)| wanted(name)) {
        whole.push_str(rule);
    }
    if let Some(machine) = machine.filter(|_| wanted("burst-running-out")) {
        whole.push_str(&machine.rule());
    }
    let mut rules = Rules::parse(file, &whole)?;
    for rule in rules.alarms.iter_mut().filter(|rule| own.find(&rule.name).is_none()) {
        let page = runbooks::hint(&rule.name);
        let with = |said: Option<String>| {
            said.into_iter().chain(page.clone()).reduce(|text, page| format!("{}\n{page}", text.trim_end()))
        };
        rule.runbook = with(rule.runbook.take());
        // Where nothing is said in Korean the page stands in what is said in English.
        if let Some(ko) = rule.ko.as_mut().filter(|ko| ko.runbook.is_some()) {
            ko.runbook = with(ko.runbook.take());
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_sound() {
        let machine = Machine::find("t3.micro").expect("bursts");
        let rules = read("alarms.toml", "", &[], Some(&machine)).expect("is sound");
        assert_eq!(rules.alarms.len(), names().count());
        for rule in &rules.alarms {
            assert!(rule.summary.is_some(), "{} says nothing", rule.name);
            let page = format!("stormglass runbook {}", rule.name);
            let ends = |said: Option<&str>| said.and_then(|text| text.lines().last()) == Some(page.as_str());
            assert!(ends(rule.runbook.as_deref()), "the notice of {} names no page", rule.name);
            let ko = rule.ko.as_deref().cloned().unwrap_or_default();
            assert!(ko.title.is_some() && ko.summary.is_some(), "{} says nothing in Korean", rule.name);
            let is_said = rule.runbook.as_deref().is_some_and(|text| text.lines().count() > 1);
            assert_eq!(ends(ko.runbook.as_deref()), is_said, "{} says what to do in one language", rule.name);
            for read in rule.reads.iter().filter(|read| read.required) {
                let known = crate::metrics::find(&read.select.metric);
                assert!(known.is_some(), "{} reads {}, which nobody measures", rule.name, read.select.metric);
            }
        }
        assert!(Machine::find("$12").is_some() && Machine::find("m5.large").is_none());
    }

    #[test]
    fn the_users_file_wins() {
        let text = "[team]\nlanguage = 'ko'\n[[alarm]]\nname = 'disk-full'\nmetric = 'x'\nabove = 1\n";
        let rules = read("alarms.toml", text, &["cpu-stolen".to_owned()], None).expect("is sound");
        assert_eq!(rules.find("disk-full").map(|rule| rule.reads[0].select.metric.as_str()), Some("x"));
        assert!(rules.find("cpu-stolen").is_none() && rules.find("memory-short").is_some());
        assert_eq!(rules.team.language, alarm::team::Language::Ko);
        let fault = read("alarms.toml", "[[alarm]]\nnme = 'x'\n", &[], None).expect_err("is faulty").to_string();
        assert!(fault.contains("alarms.toml:2:1: SG-CFG-003"), "{fault}");
    }
}
