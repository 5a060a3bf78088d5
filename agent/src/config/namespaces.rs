//! Where a configuration publishes, and how often: what the policy must allow and what requests cost.

use std::collections::BTreeMap;

use super::Config;
use crate::metrics::{self, Home};
use crate::reading::Space;
use crate::{run, window};

impl Config {
    /// Every namespace that this configuration publishes to.
    pub fn namespaces(&self) -> Vec<String> {
        let named = spaces(self);
        published(&self.cloudwatch, &named).into_keys().map(str::to_owned).collect()
    }

    /// With what its requests cost, which is paid before series are.
    pub(super) fn priced(mut self) -> Self {
        self.budget.limits.requests_per_minute = requests_per_minute(&self);
        self
    }
}

/// Where sources with names of the user's choice publish.
fn spaces(config: &Config) -> Vec<&Space> {
    let Config { exec, otlp, put, scrape, sql, statsd, .. } = config;
    let pulled = exec.iter().map(|one| &one.space).chain(scrape.iter().map(|one| &one.space));
    let pulled = pulled.chain(sql.iter().map(|one| &one.space));
    let pushed = otlp.iter().map(|one| &one.space).chain(put.iter().map(|one| &one.space));
    pulled.chain(pushed).chain(statsd.iter().map(|one| &one.space)).collect()
}

/// Each namespace, and whether it may hold a series at high resolution.
fn published<'a>(cloudwatch: &'a window::Config, named: &[&'a Space]) -> BTreeMap<&'a str, bool> {
    let shape = &cloudwatch.shape;
    let may_be_fine = |name: &str| shape.fine.iter().any(|pattern| pattern.may_match(name));
    let of = |home| metrics::all().filter(move |metric| metric.space == home);
    let usual = [(Home::Host, &shape.host_namespace), (Home::Own, &shape.own_namespace)];
    let usual = usual.map(|(home, namespace)| (namespace.as_str(), of(home).any(|metric| may_be_fine(metric.name))));
    // Whatever a route takes or a user names may be fine: a pattern that may match another cannot be told from one that
    // does not.
    let any_fine = !shape.fine.is_empty();
    let routed = shape.route.iter().map(|(_, namespace)| (namespace.as_str(), any_fine));
    let named = named.iter().map(|space| match space {
        Space::Host => (shape.host_namespace.as_str(), any_fine),
        Space::Own => (shape.own_namespace.as_str(), any_fine),
        Space::Named(name) => (name.as_ref(), any_fine),
    });
    let mut namespaces = BTreeMap::new();
    for (namespace, fine) in usual.into_iter().chain(routed).chain(named) {
        *namespaces.entry(namespace).or_insert(false) |= fine;
    }
    namespaces
}

/// One request a namespace a flush, as long as a flush has at most 1,000 datums. At high resolution each namespace that
/// may hold such a series is flushed so much more often.
fn requests_per_minute(config: &Config) -> f64 {
    let Config { agent, cloudwatch, .. } = config;
    let run::Settings { period_s, .. } = agent;
    let named = spaces(config);
    let namespaces = published(cloudwatch, &named);
    let fine = namespaces.values().filter(|fine| **fine).count() as f64 * 60.0 / f64::from(cloudwatch.fine_period_s);
    namespaces.len() as f64 * 60.0 / f64::from(*period_s) + fine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(text: &str) -> f64 {
        Config::parse("x.toml", text).expect("is sound").budget.limits.requests_per_minute
    }

    #[test]
    fn requests_are_counted_by_namespace_and_resolution() {
        let requests = |table: &str| requests(&format!("[cloudwatch]\n{table}\n"));
        assert_eq!(requests("high_resolution = ['mem_*']"), 2.0 + 6.0);
        assert_eq!(requests("high_resolution = ['mem_*', 'load_1']"), 2.0 + 12.0, "two namespaces");
        assert_eq!(requests("high_resolution = ['*']\nown_namespace = 'CWAgent'"), 1.0 + 6.0, "one namespace");
        assert_eq!(requests("high_resolution = ['cpu_*{cpu=cpu0}']\nhigh_resolution_period = '1s'"), 2.0 + 60.0);
        let routed = "route = [{ series = 'disk_*', namespace = 'Disks' }]\n";
        assert_eq!(requests(routed), 3.0);
        assert_eq!(requests(&format!("{routed}high_resolution = ['disk_*']")), 3.0 + 18.0);
    }

    #[test]
    fn a_source_with_a_namespace_of_its_own_takes_requests_of_its_own() {
        assert_eq!(requests("[statsd]\n[put]\n"), 2.0, "theirs is ours");
        let own = "[statsd]\nnamespace = 'Shop'\n[otlp]\nnamespace = 'Shop'\n[put]\nnamespace = 'Cron'\n";
        assert_eq!(requests(own), 4.0);
        assert_eq!(requests(&format!("{own}[cloudwatch]\nhigh_resolution = ['orders']\n")), 4.0 + 12.0);
        let config = Config::parse("x", own).expect("is sound");
        assert_eq!(config.namespaces(), ["CWAgent", "Cron", "Shop", "Stormglass"]);
    }
}
