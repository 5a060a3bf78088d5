//! Dashboards of CloudWatch from what the configuration publishes and what the rules judge.
//!
//! Metrics are named by the rows of `metrics`, so that no dashboard asks for a name that nobody publishes. Series are
//! found by SEARCH, so that a host that comes tomorrow is shown tomorrow. A dashboard beyond what CloudWatch takes is
//! refused here, by name, and not by the service.

mod boards;
mod body;
mod burst;
mod rules;

use alarm::rules::Rules;
use serde_json::Value;

pub use body::TooLarge;

/// What the dashboards are made for.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What the names of all begin with.
    pub name: &'a str,
    pub region: &'a str,
    pub host_namespace: &'a str,
    pub own_namespace: &'a str,
    /// The dimension that tells hosts apart.
    pub host: &'a str,
    /// The function, its table and its queue are called by it.
    pub stack: &'a str,
    /// Where logs are shipped.
    pub log_groups: &'a [String],
    pub rules: &'a Rules,
}

/// Every dashboard, by its name.
pub fn render(site: &Site<'_>) -> Result<Vec<(String, Value)>, TooLarge> {
    let boards = [
        boards::overview(site),
        boards::host(site),
        burst::board(site),
        boards::disks(site),
        boards::api(site),
        boards::redis(site),
        boards::errors(site),
        boards::itself(site),
    ];
    boards.into_iter().map(|board| board.finish(site.name)).collect()
}

#[cfg(test)]
mod tests;
