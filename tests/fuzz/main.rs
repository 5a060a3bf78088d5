//! The door for libFuzzer, which brings its own `main`. The target is named by `STORMGLASS_FUZZ_TARGET`.
#![no_main]

use std::sync::OnceLock;

/// What libFuzzer calls with every input. A panic becomes an abort, which it knows how to keep and report.
// SAFETY: nobody else exports this name; libFuzzer asks for it.
#[unsafe(no_mangle)]
pub extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    // SAFETY: libFuzzer owns `size` readable bytes at `data` until we return; with none, `data` may be null.
    let input = if size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, size) } };
    if std::panic::catch_unwind(|| run(input)).is_err() {
        std::process::abort();
    }
    0
}

fn run(input: &[u8]) {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("STORMGLASS_FUZZ_TARGET").expect("STORMGLASS_FUZZ_TARGET names a target");
        fuzz::find(&name).unwrap_or_else(|| panic!("no target is called {name}")).run
    });
    target(input);
}
