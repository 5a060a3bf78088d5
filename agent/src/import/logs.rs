//! The official agent's `logs`: which files, where their lines go, and what of them.

use regex_lite::Regex;

use super::ledger::Node;
use crate::logs::tail::Glob;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Logs {
    pub(super) endpoint: Option<String>,
    pub(super) stream: Option<String>,
    pub(super) linger_s: Option<u64>,
    pub(super) retention_days: Option<u64>,
    pub(super) files: Vec<Source>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
/// A file, or the journal.
pub(super) struct Source {
    /// `None`: it is the journal, of these units.
    pub(super) path: Option<String>,
    pub(super) units: Vec<String>,
    pub(super) group: Option<String>,
    pub(super) stream: Option<String>,
    pub(super) zone: Option<&'static str>,
    pub(super) event_start: Option<String>,
    /// Regular expressions.
    pub(super) exclude: Vec<String>,
}

impl Source {
    /// Whose log it is: the last word of its group, else its own name, or that of its first unit.
    pub(super) fn service(&self) -> String {
        let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let named = self.group.as_deref().map(last).filter(|name| !name.is_empty() && !name.contains('{'));
        let itself = self.path.as_ref().or(self.units.first()).map(|name| last(name)).unwrap_or_default();
        let stem = || itself.split('.').next().unwrap_or_default().replace(['*', '?'], "");
        Some(named.unwrap_or_else(stem)).filter(|name| !name.is_empty()).unwrap_or_else(|| "logs".to_owned())
    }
}

pub(super) fn read(logs: &Node<'_>) -> Logs {
    let mut wanted = Logs::default();
    for (name, node) in logs.members() {
        match name {
            "logs_collected" => collected(&node, &mut wanted),
            "log_stream_name" => wanted.stream = node.text().and_then(|text| template(&node, text)),
            "force_flush_interval" => wanted.linger_s = node.number(),
            "endpoint_override" => wanted.endpoint = node.text().map(str::to_owned),
            "credentials" => super::official::role(&node),
            "metrics_collected" => {
                node.leave("embedded metrics of an agent's own listener and container insights are not read");
            }
            _ => {}
        }
    }
    wanted
}

fn collected(node: &Node<'_>, wanted: &mut Logs) {
    for (name, node) in node.members() {
        match name {
            "files" => {
                let list = node.key("collect_list");
                for item in list.iter().flat_map(Node::items) {
                    wanted.files.extend(file(&item, &mut wanted.retention_days));
                }
            }
            "windows_events" => node.leave("Windows events; Stormglass runs on Linux"),
            "journald" => {
                let list = node.key("collect_list");
                for item in list.iter().flat_map(Node::items) {
                    wanted.files.push(journal(&item, &mut wanted.retention_days));
                }
            }
            _ => {}
        }
    }
}

fn journal(item: &Node<'_>, retention_days: &mut Option<u64>) -> Source {
    let mut source = Source::default();
    for (key, node) in item.members() {
        match key {
            "units" => source.units = node.texts().into_iter().map(str::to_owned).collect(),
            _ => common(key, &node, &mut source, retention_days),
        }
    }
    source
}

/// What files and the journal have in common.
fn common(key: &str, node: &Node<'_>, source: &mut Source, retention_days: &mut Option<u64>) {
    match key {
        "log_group_name" => source.group = node.text().and_then(|text| template(node, text)),
        "log_stream_name" => source.stream = node.text().and_then(|text| template(node, text)),
        "retention_in_days" => retention(node, retention_days),
        "filters" => node.items().iter().for_each(|filter| exclude(filter, &mut source.exclude)),
        "log_group_class" if node.text() != Some("STANDARD") => node.leave("groups are made in the standard class"),
        _ => {}
    }
}

fn file(item: &Node<'_>, retention_days: &mut Option<u64>) -> Option<Source> {
    let named = item.key("file_path")?;
    let path = named.text()?;
    if let Err(says) = Glob::parse(path) {
        item.leave(format!("its path cannot be followed: {says}"));
        return None;
    }
    let mut file = Source { path: Some(path.to_owned()), ..Source::default() };
    for (key, node) in item.members() {
        match key {
            "timezone" => match node.text() {
                Some(zone) if zone.eq_ignore_ascii_case("local") => file.zone = Some("local"),
                Some(zone) if zone.eq_ignore_ascii_case("utc") => file.zone = Some("UTC"),
                _ => node.leave("UTC or Local was expected"),
            },
            "timestamp_format" => node.leave("times are known by their form, without being told"),
            "multi_line_start_pattern" => file.event_start = start(&node),
            "encoding" => encoding(&node),
            "publish_multi_logs" if node.flag() == Some(false) => node.leave("every file that matches is followed"),
            "auto_removal" if node.flag() != Some(false) => node.leave("files are never removed; let logrotate do it"),
            "blacklist" => node.leave("name the files more narrowly in `paths`"),
            _ => common(key, &node, &mut file, retention_days),
        }
    }
    Some(file)
}

/// The names that both know. The instance's id is not known to the logs' way: the host's name stands for it.
fn template(node: &Node<'_>, text: &str) -> Option<String> {
    if text.contains("{instance_id}") || text.contains("{ip_address}") {
        node.leave("carried, but the host's name stands where the instance's id or address stood");
    }
    let known = ["{hostname}", "{local_hostname}", "{instance_id}", "{ip_address}"];
    let text = known.iter().fold(text.to_owned(), |text, known| text.replace(known, "{host}"));
    if text.replace("{host}", "").contains(['{', '}']) {
        node.leave("it holds a placeholder that is not known here");
        return None;
    }
    Some(text)
}

/// One for all groups that are made.
fn retention(node: &Node<'_>, held: &mut Option<u64>) {
    let days = node.number().filter(|days| crate::logs::config::keeps(*days));
    match days {
        Some(days) if held.is_none_or(|held| held == days) => *held = Some(days),
        Some(_) => node.leave("one retention is set, for all groups that are made"),
        None => node.leave("for ever is not set: a group that is made keeps its events for 30 days"),
    }
}

fn start(node: &Node<'_>) -> Option<String> {
    let pattern = node.text()?;
    match pattern {
        // Lines that begin with a time begin an event without being told.
        "{timestamp_format}" | "{datetime_format}" => None,
        _ if Regex::new(pattern).is_ok() => Some(pattern.to_owned()),
        _ => {
            node.leave("a regular expression that is not understood here");
            None
        }
    }
}

fn exclude(filter: &Node<'_>, list: &mut Vec<String>) {
    let kind = filter.key("type").and_then(|kind| kind.text());
    let Some(expression) = filter.key("expression") else { return };
    match (kind, expression.text()) {
        (Some("exclude"), Some(text)) if Regex::new(text).is_ok() => list.push(text.to_owned()),
        (Some("exclude"), Some(_)) => filter.leave("a regular expression that is not understood here"),
        _ => filter.leave("nothing is shipped but what matches: say by `level` and `exclude` what that is"),
    }
}

fn encoding(node: &Node<'_>) {
    let known = |name: &str| ["utf-8", "utf8", "ascii", "us-ascii"].contains(&name.to_ascii_lowercase().as_str());
    if !node.text().is_some_and(known) {
        node.leave("files are read as UTF-8; other bytes are replaced and counted");
    }
}
