//! What the tables of several sources have in common: where to publish, how often, how many series, which address.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use alarm::sheet::{At, Faults, Seconds};

use crate::reading::Space;

/// A name to publish under; what is not said is the usual one.
pub fn namespace(said: Option<&At<String>>, usual: &str, faults: &mut Faults) -> String {
    let Some(said) = said else { return usual.to_owned() };
    let known = |c: char| c.is_ascii_alphanumeric() || " .-_/#:".contains(c);
    let name = said.value.as_str();
    if name.trim().is_empty() || name.len() > 255 || name.starts_with(':') || !name.chars().all(known) {
        let says = format!("\"{name}\" is no namespace: up to 255 letters, digits and .-_/#: , no colon first");
        faults.add(said.span.clone(), "SG-CWM-004", says);
    } else if name.starts_with("AWS/") {
        faults.add(said.span.clone(), "SG-CWM-004", format!("\"{name}\": namespaces of AWS/ belong to AWS services"));
    }
    name.to_owned()
}

/// Where a source publishes: the namespace of its table, else that of everything of our own.
pub fn space(said: Option<&At<String>>, faults: &mut Faults) -> Space {
    match said {
        Some(_) => Space::Named(namespace(said, "", faults).into()),
        None => Space::Own,
    }
}

/// A number within its bounds.
pub fn number(key: &str, said: Option<&At<u64>>, usual: u64, bounds: RangeInclusive<u64>, faults: &mut Faults) -> u64 {
    let Some(said) = said else { return usual };
    if !bounds.contains(&said.value) {
        let says = format!("`{key}`: from {} to {}, not {}", bounds.start(), bounds.end(), said.value);
        faults.add(said.span.clone(), "SG-SRC-001", says);
    }
    said.value.clamp(*bounds.start(), *bounds.end())
}

/// A length of time within its bounds, in seconds.
pub fn duration(
    key: &str,
    said: Option<&At<Seconds>>,
    usual: u64,
    bounds: RangeInclusive<u64>,
    faults: &mut Faults,
) -> Duration {
    let Some(said) = said else { return Duration::from_secs(usual) };
    if !bounds.contains(&said.value.0) {
        let says = format!("`{key}`: from {}s to {}s, not {}s", bounds.start(), bounds.end(), said.value.0);
        faults.add(said.span.clone(), "SG-SRC-001", says);
    }
    Duration::from_secs(said.value.0.clamp(*bounds.start(), *bounds.end()))
}

/// An address to listen at.
pub fn address(key: &str, said: Option<&At<String>>, usual: &str, faults: &mut Faults) -> Option<SocketAddr> {
    let text = said.map_or(usual, |said| said.value.as_str());
    let parsed = text.parse().ok();
    if let (None, Some(said)) = (&parsed, said) {
        let says = format!("`{key}`: \"{text}\" is no address and port; write it like \"{usual}\"");
        faults.add(said.span.clone(), "SG-SRC-002", says);
    }
    parsed
}

/// Names tell the tables of one source apart: said where one stands twice.
pub fn distinct<'a>(key: &str, names: impl IntoIterator<Item = &'a At<String>>, faults: &mut Faults) {
    let mut seen = Vec::<&str>::new();
    for name in names {
        if name.value.trim().is_empty() || seen.contains(&name.value.as_str()) {
            let says = format!("`{key}`: \"{}\" is empty or stands twice; a name tells series apart", name.value);
            faults.add(name.span.clone(), "SG-SRC-003", says);
        }
        seen.push(&name.value);
    }
}
