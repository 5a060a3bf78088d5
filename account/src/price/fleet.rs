//! A fleet that nobody has listed: for each rule the series that it would find, each standing for as many as are alike.

use std::collections::BTreeMap;

use alarm::rules::{Read, Rule, Rules};
use alarm::series::{Dimensions, Series};

use crate::plan::LIGHTSAIL;

/// Dimensions of which each host has a value of its own, the surest first.
pub const HOST_DIMENSIONS: [&str; 4] = ["InstanceId", "InstanceName", "host", "Host"];
/// Where a rule names no namespace it means what agents publish.
const USUAL_NAMESPACE: &str = "CWAgent";

/// Series, and for how many alike each stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    pub series: Vec<Series>,
    pub times: Vec<f64>,
}

/// How many there are of what the rules do not count themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub hosts: u64,
    /// Values of any other dimension, for each host: `path` 2. One where nothing is said.
    pub each: BTreeMap<String, u64>,
}

impl Fleet {
    /// As they were listed: each stands for itself.
    pub fn listed(series: Vec<Series>) -> Self {
        let times = vec![1.0; series.len()];
        Self { series, times }
    }

    /// As the rules would find them on so many hosts, all alike.
    pub fn imagined(rules: &Rules, counts: &Counts) -> Self {
        let reads = rules.alarms.iter().flat_map(|rule| rule.reads.iter().map(move |read| (rule, read)));
        let mut wanted: Vec<_> = reads.map(|(rule, read)| (rule, read, dimensions(rule, read))).collect();
        // The most exact first: a rule that names fewer dimensions means the same series, not one more.
        wanted.sort_by_key(|(_, _, dimensions)| std::cmp::Reverse(dimensions.len()));
        let mut fleet = Self::default();
        for (rule, read, dimensions) in wanted {
            let agrees = |it: &Series| {
                let has = |name: &String| it.dimensions.get(name).is_some();
                read.select.matches(it) && rule.each.iter().flatten().all(has)
            };
            if fleet.series.iter().any(agrees) {
                continue;
            }
            let free = |(name, value): &(String, String)| {
                let one = read.select.dimensions.iter().any(|(known, is)| known == name && is == value);
                if one { 1 } else { counts.of(name) }
            };
            fleet.times.push(dimensions.iter().map(free).product::<u64>() as f64);
            let namespace = read.select.namespace.clone().unwrap_or_else(|| USUAL_NAMESPACE.to_owned());
            let name = read.select.metric.clone();
            fleet.series.push(Series { namespace, name, dimensions: Dimensions::new(dimensions) });
        }
        fleet
    }
}

impl Counts {
    fn of(&self, dimension: &str) -> u64 {
        if HOST_DIMENSIONS.contains(&dimension) { self.hosts } else { self.each.get(dimension).copied().unwrap_or(1) }
    }
}

/// What a rule says of the dimensions, and what it leaves to be found: a host where it says nothing at all.
fn dimensions(rule: &Rule, read: &Read) -> Vec<(String, String)> {
    let plain = |(name, value): &(String, String)| (name.clone(), value.replace(['*', '?'], "x"));
    let mut found: Vec<_> = read.select.dimensions.iter().map(plain).collect();
    let namespace = read.select.namespace.as_deref().unwrap_or(USUAL_NAMESPACE);
    let host = if namespace == LIGHTSAIL { "InstanceName" } else { "InstanceId" };
    let of_hosts = !namespace.starts_with("AWS/") || matches!(namespace, "AWS/EC2" | LIGHTSAIL);
    let mut names: Vec<&str> = rule.each.iter().flatten().map(String::as_str).collect();
    if rule.each.is_none() && of_hosts && !found.iter().any(|(name, _)| HOST_DIMENSIONS.contains(&&**name)) {
        names.push(host);
    }
    if read.select.exact {
        names.clear();
    }
    for name in names {
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.to_owned(), "x".to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(rules: &str, hosts: u64, paths: u64) -> Vec<(String, f64)> {
        let rules = Rules::parse("x", rules).unwrap_or_else(|faults| panic!("{faults}"));
        let counts = Counts { hosts, each: BTreeMap::from([("path".to_owned(), paths)]) };
        let fleet = Fleet::imagined(&rules, &counts);
        fleet.series.iter().map(ToString::to_string).zip(fleet.times.iter().copied()).collect()
    }

    #[test]
    fn each_host_and_each_path_of_it() {
        let rules = "[[alarm]]\nname = 'm'\nmetric = 'mem'\nabove = 1\n\
            [[alarm]]\nname = 'd'\nmetric = 'disk'\neach = ['InstanceId', 'path']\nabove = 1\n";
        let found = fleet(rules, 40, 2);
        assert_eq!(
            found,
            [("CWAgent/disk{InstanceId=x,path=x}".to_owned(), 80.0), ("CWAgent/mem{InstanceId=x}".to_owned(), 40.0)]
        );
    }

    #[test]
    fn rules_over_one_metric_share_its_series() {
        let rules = "[[alarm]]\nname = 'a'\nmetric = 'm'\nabove = 1\n[[alarm]]\nname = 'b'\nmetric = 'm'\nabove = 2\n\
            [[alarm]]\nname = 'c'\nmetric = 'm'\neach = ['InstanceId', 'path']\nabove = 2\n";
        assert_eq!(fleet(rules, 7, 1).len(), 1);
    }

    #[test]
    fn what_is_named_is_there_once() {
        let rules = "[[alarm]]\nname = 'a'\nmetric = 'm'\ndimensions = { InstanceId = 'i-1' }\nabove = 1\n\
            [[alarm]]\nname = 'b'\nnamespace = 'AWS/RDS'\nmetric = 'CPUUtilization'\nabove = 1\n";
        assert!(fleet(rules, 50, 9).iter().all(|(_, times)| *times == 1.0));
    }
}
