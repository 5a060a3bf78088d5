//! The module for Terraform: formatted, valid, and true to its own tests, with its examples.

use std::path::Path;
use std::process::{Command, Output};

use tests::{root, skip};

/// One call: the provider is some 600 MB, which a busy machine reads for a while.
const PATIENCE_S: &str = "300";

/// Terraform in a folder. `STORMGLASS_TERRAFORM_PLUGINS` names a folder with its providers, where none may be downloaded.
fn terraform(folder: &Path, args: &[&str]) -> Option<Output> {
    Command::new("timeout")
        .args([PATIENCE_S, "terraform"])
        .args(args)
        .arg("-no-color")
        .current_dir(folder)
        .output()
        .ok()
        .filter(|output| output.status.code() != Some(127))
}

pub(super) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Whether the providers of a folder can be had; else why not.
pub(super) fn initialized(folder: &Path) -> Result<(), String> {
    let plugins = std::env::var("STORMGLASS_TERRAFORM_PLUGINS").map(|folder| format!("-plugin-dir={folder}"));
    let mut args = vec!["init", "-backend=false", "-input=false"];
    args.extend(plugins.as_deref());
    let output = terraform(folder, &args).ok_or("terraform is not installed")?;
    if output.status.success() {
        return Ok(());
    }
    let said = said(&output);
    // Anything else is a fault of the module.
    assert!(["provider packages", "provider plugins"].iter().any(|words| said.contains(words)), "{said}");
    Err("no provider: it can be downloaded from nowhere here".to_owned())
}

/// A copy of the module with what its examples read: terraform writes beside what it reads.
pub(super) fn copied() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").args(["-r", "infra", "examples"]).arg(copy.path()).current_dir(root()).status();
    assert!(copied.expect("cp").success());
    copy
}

#[test]
fn the_module_is_formatted_valid_and_true_to_its_tests() {
    let copy = copied();
    let module = copy.path().join("infra/terraform");
    let Some(formatted) = terraform(&module, &["fmt", "-check", "-recursive"]) else {
        return skip("terraform", "terraform is not installed");
    };
    assert!(formatted.status.success(), "{}", said(&formatted));
    for folder in [module.clone(), module.join("examples/minimal"), module.join("examples/fleet")] {
        if let Err(why) = initialized(&folder) {
            return skip("terraform", &why);
        }
        let valid = terraform(&folder, &["validate"]).expect("terraform");
        assert!(valid.status.success(), "{}", said(&valid));
    }
    let tested = terraform(&module, &["test"]).expect("terraform");
    assert!(tested.status.success() && said(&tested).contains("6 passed, 0 failed"), "{}", said(&tested));
}
