//! Reads a scenario and what it names, and asks for leave to press.

use std::path::{Path, PathBuf};

use load::scenario::{Scenario, Target};

use crate::failure::Failure;

pub(super) fn scenario(path: &Path) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage("SG-LOA-020", format!("cannot read {}", path.display())).because(error))?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let open = |name: &str| -> Result<String, String> {
        let file: PathBuf = folder.join(name);
        std::fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))
    };
    Ok(Scenario::parse(&path.display().to_string(), &text, open)?)
}

/// Loopback is one's own; of any other host the person must say so, by its name.
pub(super) fn leave(target: &Target, may_press: &[String]) -> Result<(), Failure> {
    if target.is_loopback() || may_press.contains(&target.host) {
        return Ok(());
    }
    let host = &target.host;
    Err(Failure::usage(
        "SG-LOA-021",
        format!("{host} is not this machine; if it is yours to press, say `--i-may-press {host}`"),
    ))
}
