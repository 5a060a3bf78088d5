//! The lock file: one TLS stack, one HTTP, no package that the design refuses, nothing from outside the registry.

use super::tree;

/// Package, and the versions of it that must not come in (a prefix; empty is any version), with the reason.
const NEVER: &[(&str, &str, &str)] = &[
    ("hyper", "0.14", "the SDKs' legacy client: a second HTTP stack"),
    ("h2", "0.3", "comes with hyper 0.14"),
    ("hyper-rustls", "0.24", "comes with hyper 0.14"),
    ("rustls", "0.21", "a second TLS stack"),
    ("aws-lc-rs", "", "a second cryptography provider beside ring"),
    ("aws-lc-sys", "", "needs cmake and minutes of compiling"),
    ("openssl-sys", "", "a second TLS stack, and a system library"),
    ("native-tls", "", "a second TLS stack"),
    ("aws-sdk-ec2", "", "alone doubles the build"),
    ("async-std", "", "a second runtime"),
];

/// Packages that may stand in the lock file once only.
const ONCE: &[&str] = &["rustls", "ring", "hyper", "tokio", "h2", "rustls-webpki", "tokio-rustls", "hyper-rustls"];

fn packages() -> Vec<(String, String, Option<String>)> {
    let lock: toml::Table = tree::read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let listed = lock["package"].as_array().expect("packages");
    listed
        .iter()
        .map(|p| (text(p, "name").unwrap_or_default(), text(p, "version").unwrap_or_default(), text(p, "source")))
        .collect()
}

#[test]
fn nothing_refused_is_locked() {
    let packages = packages();
    for (name, version, reason) in NEVER {
        let found = packages.iter().find(|(held, at, _)| held == name && at.starts_with(version));
        assert!(found.is_none(), "{name} {version} is in Cargo.lock: {reason}");
    }
}

#[test]
fn one_of_each_stack() {
    let packages = packages();
    for name in ONCE {
        let versions: Vec<_> = packages.iter().filter(|(held, ..)| held == name).map(|(_, at, _)| at).collect();
        assert!(versions.len() <= 1, "{name} is locked in {versions:?}: one only");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    for (name, _, source) in packages() {
        let from_registry = source.as_ref().is_none_or(|source| source.starts_with("registry+"));
        assert!(from_registry, "{name} comes from {source:?}");
    }
}
