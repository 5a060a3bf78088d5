//! Decides as what a reading is published: under which namespace, with whose identity, into which roll-ups, or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use alarm::series::{Dimensions, Series};

use super::pattern::Pattern;
use crate::batch::names;
use crate::reading::Space;

/// The reading's name that says "I am alive": `keep` cannot take it away by forgetting it.
pub const HEARTBEAT: &str = crate::metrics::agent::HEARTBEAT.name;

#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub host_namespace: String,
    pub own_namespace: String,
    /// Added to every series; what a source says of itself wins.
    pub identity: Dimensions,
    /// Each list of dimension names makes one further series of all that agree in them.
    pub aggregate: Vec<Vec<String>>,
    /// When not empty, nothing else is published.
    pub keep: Vec<Pattern>,
    pub drop: Vec<Pattern>,
    /// Published every few seconds instead of every minute.
    pub fine: Vec<Pattern>,
    /// Series by pattern, to a namespace of their own. The first that fits.
    pub route: Vec<(Pattern, String)>,
    pub priority: Vec<(Pattern, u8)>,
}

/// What becomes of a reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// First the series itself, then its roll-ups.
    pub series: Vec<Arc<Series>>,
    /// A name was mended.
    pub mended: bool,
}

impl Shape {
    pub fn keeps(&self, name: &str, dimensions: &Dimensions) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name, dimensions));
        let kept = self.keep.is_empty() || name == HEARTBEAT || any(&self.keep);
        kept && !any(&self.drop)
    }

    pub fn is_fine(&self, name: &str, dimensions: &Dimensions) -> bool {
        self.fine.iter().any(|pattern| pattern.matches(name, dimensions))
    }

    pub fn priority(&self, name: &str, dimensions: &Dimensions) -> Option<u8> {
        self.priority.iter().find(|(pattern, _)| pattern.matches(name, dimensions)).map(|(_, priority)| *priority)
    }

    /// The series that a reading goes to, or why it cannot be published.
    pub fn outcome(&self, space: &Space, name: &str, dimensions: &Dimensions) -> Result<Outcome, String> {
        let routed = self.route.iter().find(|(pattern, _)| pattern.matches(name, dimensions));
        let namespace = match (routed, space) {
            (Some((_, namespace)), _) => namespace,
            (None, Space::Host) => &self.host_namespace,
            (None, Space::Own) => &self.own_namespace,
            (None, Space::Named(named)) => named.as_ref(),
        };
        let mut whole = dimensions.clone();
        for (key, value) in self.identity.iter().filter(|(key, _)| dimensions.get(key).is_none()) {
            whole.set(key, value);
        }
        let itself = Series { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: whole };
        let (itself, mended) = names::mend(&itself)?;
        let mut series = vec![Arc::new(itself)];
        for kept in &self.aggregate {
            let rolled = rolled_up(&series[0], kept);
            if let Some(rolled) = rolled.filter(|rolled| series.iter().all(|held| **held != *rolled)) {
                series.push(Arc::new(rolled));
            }
        }
        Ok(Outcome { series, mended })
    }
}

/// `None` where the series lacks a dimension that the roll-up keeps: a host outside any group is in no group's total.
fn rolled_up(series: &Series, kept: &[String]) -> Option<Series> {
    let dimensions: BTreeMap<_, _> =
        kept.iter().map(|key| Some((key.as_str(), series.dimensions.get(key)?))).collect::<Option<_>>()?;
    Some(Series { dimensions: dimensions.into_iter().collect(), ..series.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            host_namespace: "CWAgent".into(),
            own_namespace: "Stormglass".into(),
            identity: Dimensions::from_iter([("InstanceId", "i-1"), ("AutoScalingGroupName", "web")]),
            aggregate: vec![vec!["AutoScalingGroupName".into()], vec![], vec!["Nowhere".into()]],
            ..Shape::default()
        }
    }

    fn check(shape: &Shape, space: &Space, name: &str, dimensions: &[(&str, &str)], expect: &[&str]) {
        let dimensions: Dimensions = dimensions.iter().copied().collect();
        let outcome = shape.outcome(space, name, &dimensions).expect("can be published");
        let shown: Vec<_> = outcome.series.iter().map(ToString::to_string).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn identity_and_roll_ups() {
        check(
            &shape(),
            &Space::Host,
            "disk_used_percent",
            &[("path", "/"), ("InstanceId", "mine")],
            &[
                "CWAgent/disk_used_percent{AutoScalingGroupName=web,InstanceId=mine,path=/}",
                "CWAgent/disk_used_percent{AutoScalingGroupName=web}",
                "CWAgent/disk_used_percent{}",
            ],
        );
    }

    #[test]
    fn a_roll_up_equal_to_the_series_is_not_a_second_one() {
        let alone = Shape { identity: Dimensions::default(), ..shape() };
        check(&alone, &Space::Own, "heartbeat", &[], &["Stormglass/heartbeat{}"]);
    }

    #[test]
    fn a_route_wins_over_the_space() {
        let pattern = Pattern::parse("jvm_*").expect("is sound");
        let routed = Shape { route: vec![(pattern, "Java".into())], aggregate: vec![], ..shape() };
        let expect = ["Java/jvm_threads{AutoScalingGroupName=web,InstanceId=i-1}"];
        check(&routed, &Space::Named("Web".into()), "jvm_threads", &[], &expect);
    }

    #[test]
    fn keep_and_drop() {
        let pattern = |text| Pattern::parse(text).expect("is sound");
        let shape = Shape { keep: vec![pattern("mem_*")], drop: vec![pattern("mem_free")], ..shape() };
        let keeps = |name| shape.keeps(name, &Dimensions::default());
        assert!(keeps("mem_used") && keeps(HEARTBEAT));
        assert!(!keeps("mem_free") && !keeps("cpu_usage_idle"));
        assert!(!Shape { drop: vec![pattern("heart*")], ..shape }.keeps(HEARTBEAT, &Dimensions::default()));
    }
}
