//! The module for Terraform: formatted, valid, and true to its own tests, with its examples.

use std::path::Path;
use std::process::{Command, Output};

use tests::{root, skip};

/// Terraform in a folder. `STORMGLASS_TERRAFORM_PLUGINS` names a folder with its providers, where none may be downloaded.
fn terraform(folder: &Path, args: &[&str]) -> Option<Output> {
    Command::new("terraform").args(args).arg("-no-color").current_dir(folder).output().ok()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Whether the providers of a folder can be had; else why not.
fn initialized(folder: &Path) -> Result<(), String> {
    let plugins = std::env::var("STORMGLASS_TERRAFORM_PLUGINS").map(|folder| format!("-plugin-dir={folder}"));
    let mut args = vec!["init", "-backend=false", "-input=false"];
    args.extend(plugins.as_deref());
    let output = terraform(folder, &args).ok_or("terraform is not installed")?;
    let why = said(&output).lines().find(|line| line.contains("Error")).unwrap_or("init fails").to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("no provider: {why}")) }
}

#[test]
fn the_module_is_formatted_valid_and_true_to_its_tests() {
    let copy = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").args(["-r", "infra", "examples"]).arg(copy.path()).current_dir(root()).status();
    assert!(copied.expect("cp").success());
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
    assert!(tested.status.success() && said(&tested).contains("5 passed, 0 failed"), "{}", said(&tested));
}
