//! Obeys deny.toml without the tool that usually reads it: cargo-deny takes minutes to compile, and its file would
//! otherwise claim what nobody checks.

use serde_json::Value;

use super::tree;

fn packages() -> Vec<Value> {
    // What other systems would need is neither shipped nor fetched: on a new machine it is not there to be read.
    let ours = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let args = [&["metadata", "--format-version", "1", "--offline", "--locked"][..], &ours].concat();
    let metadata = tree::run(env!("CARGO"), &args);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn deny() -> toml::Table {
    tree::read("deny.toml").parse().expect("deny.toml is TOML")
}

/// Whether an SPDX expression can be met by allowed licences alone. OR binds weaker than AND.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "+WITH+");
    let words: Vec<_> = spaced.split_whitespace().map(|word| word.replace("+WITH+", " WITH ")).collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(rest: &mut &[String], allowed: &[&str]) -> bool {
    let mut met = all(rest, allowed);
    while rest.first().is_some_and(|word| word == "OR") {
        *rest = &rest[1..];
        met |= all(rest, allowed);
    }
    met
}

fn all(rest: &mut &[String], allowed: &[&str]) -> bool {
    let mut met = one(rest, allowed);
    while rest.first().is_some_and(|word| word == "AND") {
        *rest = &rest[1..];
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[String], allowed: &[&str]) -> bool {
    let Some((word, after)) = rest.split_first() else { return false };
    *rest = after;
    if word != "(" {
        return allowed.contains(&word.as_str());
    }
    let met = any(rest, allowed);
    *rest = rest.get(1..).unwrap_or_default();
    met
}

#[test]
fn every_licence_is_allowed() {
    let deny = deny();
    let allowed: Vec<_> =
        deny["licenses"]["allow"].as_array().expect("a list").iter().filter_map(|l| l.as_str()).collect();
    for package in packages() {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or(""));
        assert!(is_allowed(licence, &allowed), "{name} is licensed {licence:?}, which deny.toml does not allow");
    }
}

#[test]
fn no_banned_package() {
    let deny = deny();
    let banned = deny["bans"]["deny"].as_array().expect("a list");
    let names: Vec<_> = banned.iter().filter_map(|ban| ban.get("name").and_then(toml::Value::as_str)).collect();
    assert!(!names.is_empty());
    for package in packages() {
        let name = package["name"].as_str().unwrap_or("");
        assert!(!names.contains(&name), "{name} is banned by deny.toml");
    }
}

#[test]
fn expressions() {
    assert!(is_allowed("MIT OR Apache-2.0", &["MIT"]));
    assert!(is_allowed("Apache-2.0 AND ISC", &["Apache-2.0", "ISC"]));
    assert!(is_allowed("(MIT OR GPL-3.0) AND ISC", &["MIT", "ISC"]));
    assert!(!is_allowed("(MIT OR GPL-3.0) AND ISC", &["MIT"]));
    assert!(is_allowed("GPL-3.0 OR Apache-2.0 WITH LLVM-exception", &["Apache-2.0 WITH LLVM-exception"]));
    assert!(!is_allowed("GPL-3.0", &["MIT"]));
    assert!(!is_allowed("MIT AND GPL-3.0", &["MIT"]));
    assert!(!is_allowed("", &["MIT"]));
}
