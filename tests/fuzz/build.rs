//! Hands libFuzzer's archive to the linker of the one binary that needs it.

fn main() {
    println!("cargo::rerun-if-env-changed=STORMGLASS_LIBFUZZER");
    if let Some(archive) = std::env::var_os("STORMGLASS_LIBFUZZER") {
        println!("cargo::rustc-link-arg-bin=fuzz={}", archive.display());
        println!("cargo::rustc-link-arg-bin=fuzz=-lstdc++");
    }
}
