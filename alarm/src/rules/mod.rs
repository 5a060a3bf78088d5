//! Turns the text of `alarms.toml` into rules that cannot be wrong, or lists every fault with its line, all at once.
//!
//! A checked rule names only series, ladders and alarms that can be; composites come after their children in `order`,
//! so that nobody who judges has to look for cycles.

mod check;
mod children;
mod limits;
mod raw;
mod statistic;
mod warn;
mod watch;

pub use raw::{RawAlarm, RawRules, RawSeries};
pub use statistic::Statistic;
pub use warn::warnings;

use std::collections::HashSet;

use crate::composite::Suppressor;
use crate::glob;
use crate::grade::{Grade, Grades, Immediacy, Impact};
use crate::hush::Hushes;
use crate::judge::Judge;
use crate::ladder::Ladder;
use crate::matcher::Labels;
use crate::series::{Dimensions, Series};
use crate::sheet::{self, Faults};
use crate::step::Watch;
use crate::team::Team;

/// More rules than this are a program, not a file.
pub const RULES_MAX: usize = 20_000;
/// Longest summary or runbook, so that a notice keeps room for the facts.
pub const TEXT_MAX: usize = 2_000;
/// What comes later than this is lost.
pub const LATE_MAX_S: u32 = 3_600;

#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub team: Team,
    pub grades: Grades,
    pub ladders: Vec<Ladder>,
    pub hushes: Hushes,
    pub alarms: Vec<Rule>,
    /// Numbers of `alarms`: each after all that it looks at.
    pub order: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub watch: Watch,
    pub period_s: u32,
    pub reads: Vec<Read>,
    /// `None`: one verdict for each series.
    pub each: Option<Vec<String>>,
    pub impact: Impact,
    pub immediacy: Option<Immediacy>,
    pub grade: Option<Grade>,
    /// Its verdicts are published as metrics.
    pub publish: bool,
    pub service: Option<String>,
    pub labels: Vec<(String, String)>,
    pub ladder: String,
    pub runbook: Option<String>,
    pub summary: Option<String>,
    /// The same in Korean, where it is said.
    pub ko: Option<Box<Words>>,
    pub suppressor: Option<Suppressor>,
    /// Native CloudWatch alarms that it looks at.
    pub native: Vec<String>,
}

/// What a rule says of itself in another language than that of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub runbook: Option<String>,
}

/// The series that a rule reads in one role.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub role: String,
    pub select: Select,
    pub statistic: Statistic,
    /// Every series that agrees is given to the judge; else several become one.
    pub many: bool,
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Select {
    pub namespace: Option<String>,
    pub metric: String,
    /// Each name with what its value must be; `*` and `?` stand for characters.
    pub dimensions: Vec<(String, String)>,
    /// A series has these and no others.
    pub exact: bool,
}

impl Select {
    pub fn matches(&self, series: &Series) -> bool {
        let agrees = |(name, value): &(String, String)| {
            series.dimensions.get(name).is_some_and(|it| value == it || glob::matches(value, it))
        };
        self.metric == series.name
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == series.namespace)
            && (!self.exact || self.dimensions.len() == series.dimensions.len())
            && self.dimensions.iter().all(agrees)
    }
}

impl Rules {
    /// `file` is what it is called in what is said.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        sheet::read_checked(file, text, check::rules)
    }

    pub fn find(&self, name: &str) -> Option<&Rule> {
        self.alarms.iter().find(|rule| rule.name == name)
    }

    /// The names of the alarms that composites and suppressors look at, native ones among them.
    pub fn watched(&self) -> HashSet<&str> {
        self.alarms
            .iter()
            .flat_map(|rule| {
                let children: &[_] = match &rule.watch.judge {
                    Judge::Composite(composite) => &composite.formula.children,
                    _ => &[],
                };
                let suppressor = rule.suppressor.iter().map(|suppressor| suppressor.alarm.as_str());
                children.iter().map(|(name, _)| name.as_str()).chain(suppressor)
            })
            .collect()
    }

    pub fn ladder(&self, rule: &Rule) -> Option<&Ladder> {
        self.ladders.iter().find(|ladder| ladder.name == rule.ladder)
    }
}

impl Rule {
    /// By what matchers and groups know a verdict: its rule, service and own labels, and the dimensions.
    /// A label that the rule says wins over a dimension of that name.
    pub fn labels(&self, combination: &Dimensions) -> Labels {
        let mut labels = combination.clone();
        for (name, value) in &self.labels {
            labels.set(name, value);
        }
        if let Some(service) = &self.service {
            labels.set("service", service);
        }
        labels.set("rule", &self.name);
        labels
    }

    /// Its series are known to come so late: further back is looked before a gap counts as one. What the rule says is the
    /// least.
    pub fn expect_late(&mut self, late_s: u32) {
        let of_judge = match &mut self.watch.judge {
            Judge::Threshold(settings) => &mut settings.late_s,
            Judge::Math(settings) => &mut settings.threshold.late_s,
            _ => return,
        };
        *of_judge = late_s.min(LATE_MAX_S).max(*of_judge);
    }

    /// How far back from now its points must reach at each step.
    pub fn reach_s(&self) -> u64 {
        self.watch.judge.reach_s(self.period_s)
    }
}

#[cfg(test)]
mod tests;
