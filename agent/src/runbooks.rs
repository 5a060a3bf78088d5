//! The runbooks: what an alarm means, where to look, what to do, whom to call. They are the very pages of
//! `docs/runbooks`, carried inside the program, so that they can be read on a host without a network.
//!
//! Each page names the alarms that it is for in its line `Alarms:`, and each alarm has one page (a test holds both).

use serde::Serialize;

/// One page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Runbook {
    /// Of its file.
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        &[$(Runbook { name: $name, text: include_str!(concat!("../../docs/runbooks/", $name, ".md")) }),*]
    };
}

pub const PAGES: &[Runbook] = pages![
    "accept-queue-full",
    "agent-loses",
    "burst-running-out",
    "clock-adrift",
    "connections-near-limit",
    "cpu-crowded",
    "cpu-stolen",
    "disk-full",
    "disk-hangs",
    "disk-read-only",
    "drill",
    "error-budget",
    "error-kinds",
    "failing-requests",
    "files-near-limit",
    "host-silent",
    "io-crowded",
    "memory-kills",
    "memory-short",
    "memory-thrashing",
    "network-drops",
    "pool-exhausted",
    "process-down",
    "process-files-near-limit",
    "replication-lag",
    "rules-faulty",
    "slow-requests",
    "store-failing",
    "threads-near-limit",
    "unit-memory-near-limit",
    "unit-restarts",
    "unit-tasks-near-limit",
    "watcher",
];

impl Runbook {
    /// The alarms that it is for.
    pub fn alarms(&self) -> impl Iterator<Item = &'static str> {
        let line = self.text.lines().find_map(|line| line.strip_prefix("Alarms: ")).unwrap_or_default();
        line.split('`').skip(1).step_by(2)
    }

    pub fn title(&self) -> &'static str {
        self.text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or(self.name)
    }
}

/// The page of an alarm, or of that name. `stormglass-function-errors`, as CloudWatch calls it after the stack, is found by
/// its end.
pub fn find(alarm: &str) -> Option<&'static Runbook> {
    let named = |page: &&Runbook| page.alarms().any(|name| name == alarm);
    let after_stack =
        |name: &str| alarm.strip_suffix(name).is_some_and(|stack| stack.len() > 1 && stack.ends_with('-'));
    // Of `errors` and `function-errors` the longer one is meant.
    let end = |page: &Runbook| page.alarms().filter(|name| after_stack(name)).map(str::len).max();
    let all = || PAGES.iter();
    all().find(named).or_else(|| all().find(|page| page.name == alarm)).or_else(|| {
        all().filter_map(|page| Some((end(page)?, page))).max_by_key(|(length, _)| *length).map(|(_, page)| page)
    })
}

/// What a notice says of the page of an alarm, where it has one.
pub fn hint(alarm: &str) -> Option<String> {
    find(alarm).map(|_| format!("stormglass runbook {alarm}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_its_alarms_and_by_its_name() {
        let name = |alarm: &str| find(alarm).map(|page| page.name);
        assert_eq!(name("disk-fills"), Some("disk-full"));
        assert_eq!(name("watcher"), Some("watcher"));
        assert_eq!(name("stormglass-function-errors"), Some("watcher"));
        assert_eq!(name("shop-eu-rounds-missing"), Some("watcher"));
        assert_eq!((name("errors"), name("-errors"), name("nonsense")), (Some("error-kinds"), None, None));
    }

    #[test]
    fn every_page_of_the_folder_is_carried() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/runbooks");
        let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").file_name());
        let mut there: Vec<_> = files.map(|file| file.to_string_lossy().replace(".md", "")).collect();
        there.sort();
        assert_eq!(there, PAGES.iter().map(|page| page.name).collect::<Vec<_>>());
    }
}
