//! What the tables of several sources have in common: where to publish, how often, how many series, which address.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
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

/// An address of HTTP.
pub fn url(key: &str, said: &At<String>, faults: &mut Faults) -> Option<hyper::Uri> {
    let parsed = said.value.parse::<hyper::Uri>().ok();
    let is_sound = |url: &hyper::Uri| {
        matches!(url.scheme_str(), Some("http" | "https"))
            && url.authority().is_some_and(|it| !it.as_str().contains('@'))
    };
    let parsed = parsed.filter(is_sound);
    if parsed.is_none() {
        // The text is not repeated: it may hold a secret.
        let says = format!("`{key}`: write it like http://127.0.0.1:8080/path, without a user or a password");
        faults.add(said.span.clone(), "SG-SRC-004", says);
    }
    parsed
}

/// A host and a port.
pub fn place(key: &str, said: Option<&At<String>>, usual: &str, faults: &mut Faults) -> Option<(String, u16)> {
    let text = said.map_or(usual, |said| said.value.as_str());
    let parsed = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let parsed = parsed.filter(|(host, port)| !host.is_empty() && !host.contains(['/', '@', ' ']) && *port > 0);
    if let (None, Some(said)) = (&parsed, said) {
        let says = format!("`{key}`: \"{text}\" is no host and port; write it like \"{usual}\"");
        faults.add(said.span.clone(), "SG-SRC-005", says);
    }
    parsed.map(|(host, port)| (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
}

/// The longest secret in a file.
const SECRET_MAX: usize = 16 << 10;

/// A secret from a file that holds it alone. Read anew each time: it may change, and is not kept in memory.
pub fn secret(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if text.len() > SECRET_MAX {
        return Err(format!("{} is larger than a secret", file.display()));
    }
    Ok(text.trim().to_owned())
}
