//! How the program is linked where it ships: functions that are the same, machine word for machine word, stand in it once.
//!
//! The SDK and the runtime are full of them (one for each type that they are made for). `lld` folds them, which is the
//! linker of this one target; the other targets, and the profiles that are built to be waited for, are linked as they come.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|held| held == value);
    if is("TARGET", "x86_64-unknown-linux-gnu") && is("OPT_LEVEL", "s") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
