//! What is shipped: what it is built from is told whole, it runs on the oldest glibc that is promised, and nobody installs what
//! was not verified.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tests::{binary, root};

/// Amazon Linux 2023 has 2.34, Ubuntu 22.04 2.35.
const GLIBC: (u32, u32) = (2, 34);

/// The versions of glibc that a program asks for.
fn asked_of_glibc(program: &Path) -> BTreeSet<(u32, u32)> {
    let output = Command::new("objdump").arg("-T").arg(program).output().expect("objdump");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let versions = text.split("GLIBC_").skip(1).filter_map(|rest| {
        let mut numbers = rest.split(|it: char| !it.is_ascii_digit());
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    });
    versions.collect()
}

/// The shipped program where it was built, and always that of these tests: both are linked by the same toolchain.
#[test]
fn the_programs_run_on_the_oldest_glibc_that_is_promised() {
    let ship = ["stormglass", "bootstrap"].map(|name| root().join("target/ship").join(name));
    let built = ["stormglass", "bootstrap"].map(binary);
    for program in ship.iter().filter(|program| program.exists()).chain(&built) {
        let asked = asked_of_glibc(program);
        let newest = asked.last().copied().unwrap_or_else(|| panic!("{} asks for no glibc", program.display()));
        assert!(newest <= GLIBC, "{} asks for glibc {newest:?}", program.display());
    }
}

/// `cargo tree` is another reader of the same graph.
fn linked(package: &str) -> BTreeSet<String> {
    let args = ["tree", "--offline", "--locked", "-e", "normal", "--prefix", "none", "-p", package, "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().expect("cargo");
    let text = String::from_utf8(output.stdout).expect("text");
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{}@{}", words.next()?, words.next()?.trim_start_matches('v')))
    };
    text.lines().filter_map(name).collect()
}

#[test]
fn the_bill_of_materials_names_all_that_is_linked() {
    let host = "x86_64-unknown-linux-gnu";
    let args = ["scripts/lib/sbom.py", host, "1790000000", "agent", "lambda"];
    let output = Command::new("python3").args(args).current_dir(root()).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bill: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = bill["components"].as_array().expect("components");
    let named = |it: &Value| format!("{}@{}", it["name"].as_str().unwrap_or(""), it["version"].as_str().unwrap_or(""));
    let told: BTreeSet<_> = components.iter().map(named).collect();
    let linked: BTreeSet<_> = linked("agent").union(&linked("lambda")).cloned().collect();
    assert_eq!(told, linked);
    assert!(told.iter().any(|it| it.starts_with("aws-sdk-dynamodb@")), "what only the Lambda has");
    assert!(!told.iter().any(|it| it.starts_with("proptest@")), "what only tests have");
    let ours = ["account", "agent", "alarm", "lambda", "load"];
    for it in components {
        let foreign = !ours.contains(&it["name"].as_str().unwrap_or(""));
        assert!(!foreign || it["hashes"][0]["content"].as_str().is_some_and(|sum| sum.len() == 64), "{it}");
        assert!(it["licenses"][0]["expression"].is_string(), "{it}");
    }
}

/// A folder with an archive as scripts/package makes it, its sum, and the script.
fn offered() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let make = "set -e; mkdir -p s/bin s/systemd s/man; cp \"$0\" s/bin/stormglass; cp \"$1\"/infra/systemd/stormglass.service s/systemd/\n\
        echo .TH >s/man/stormglass.1; tar -I 'gzip -1' -cf stormglass-0.1.0-$(uname -m)-linux-gnu.tar.gz s; rm -r s\n\
        sha256sum *.tar.gz >SHA256SUMS; cp \"$1\"/infra/package/install.sh .";
    let status =
        Command::new("bash").args(["-c", make]).arg(binary("bootstrap")).arg(root()).current_dir(&folder).status();
    assert!(status.expect("bash").success());
    folder
}

fn install(folder: &Path, args: &[&str]) -> (Output, String) {
    let output = Command::new("sh").arg("install.sh").args(args).current_dir(folder).output().expect("sh");
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    (output, said)
}

#[test]
fn nothing_is_installed_that_was_not_verified() {
    let folder = offered();
    let host = tempfile::tempdir().expect("a folder");
    let to = host.path().to_str().expect("text");
    let installed = host.path().join("usr/bin/stormglass");

    let (dry, said) = install(folder.path(), &["--dry-run", "--root", to]);
    assert!(
        dry.status.success() && said.contains("verified: stormglass-") && said.contains("nothing was done"),
        "{said}"
    );
    assert!(!installed.exists(), "a dry run installed");

    let (real, said) = install(folder.path(), &["--root", to]);
    assert!(real.status.success() && installed.exists(), "{said}");
    assert!(
        host.path().join("etc/systemd/system/stormglass.service").exists() && said.contains("not started"),
        "{said}"
    );

    std::fs::remove_file(&installed).expect("removed");
    let (other, said) = install(folder.path(), &["--root", to, "--sum", &"0".repeat(64)]);
    assert!(other.status.code() == Some(2) && said.contains("Nothing was done") && !installed.exists(), "{said}");
    std::fs::write(folder.path().join("SHA256SUMS"), "").expect("written");
    let (unnamed, said) = install(folder.path(), &["--root", to]);
    assert!(unnamed.status.code() == Some(2) && said.contains("SHA256SUMS names no") && !installed.exists(), "{said}");
}

/// Whether the toolchain has a target and its linker, asked without the script.
fn can_build(target: &str, linker: &str) -> bool {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", target]).current_dir(root()).output();
    let folder = String::from_utf8(output.expect("rustc").stdout).expect("text");
    let search = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&search).any(|folder| folder.join(linker).is_file());
    Path::new(folder.trim()).is_dir() && is_there
}

#[test]
fn what_cannot_be_built_here_is_named_with_what_it_lacks() {
    let output = Command::new("scripts/package").arg("--plan").current_dir(root()).output().expect("the script");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let (built, skipped) =
        said.rsplit_once("passed: ").and_then(|(_, end)| end.split_once("; skipped: ")).expect("an end");
    for (name, target, linker) in [
        ("arm64", "aarch64-unknown-linux-gnu", "aarch64-linux-gnu-gcc"),
        ("musl", "x86_64-unknown-linux-musl", "musl-gcc"),
        ("arm64-musl", "aarch64-unknown-linux-musl", "aarch64-linux-musl-gcc"),
    ] {
        let is_built = built.split(", ").any(|one| one == name);
        assert_eq!(is_built, can_build(target, linker), "{name}: {said}");
        let why = said.split(&format!("{name}: skipped (")).nth(1).and_then(|rest| rest.split(')').next());
        assert_eq!(why.is_none(), is_built, "{name}: {said}");
        assert!(why.is_none_or(|why| why.contains(target) || why.contains(linker)), "{name}: {why:?}");
        assert!(is_built || skipped.contains(&format!("{name} (")), "the closing line forgets {name}: {said}");
    }
}
