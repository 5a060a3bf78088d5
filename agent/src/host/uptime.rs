//! How long the host has been up.
//!
//! Read here, not by `sysinfo`: one small file, read from where the configuration says /proc is.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::source::Source;
use crate::metrics::own as m;

/// Seconds since the start, the time suspended included.
pub fn parse(text: &str) -> Option<f64> {
    text.split_ascii_whitespace().next()?.parse().ok().filter(|seconds| (0.0..f64::MAX).contains(seconds))
}

#[derive(Debug)]
pub struct Uptime {
    uptime: Source,
}

impl Uptime {
    pub fn new(roots: &Roots) -> Self {
        Self { uptime: Source::new(roots.proc.join("uptime")) }
    }
}

impl Collector for Uptime {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let seconds = parse(self.uptime.read()?).ok_or_else(|| Miss::nonsense(self.uptime.path()))?;
        out.put(&m::UPTIME_SECONDS, seconds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn seconds() {
        assert_eq!(parse("2465.19 3481.61\n"), Some(2465.19));
        for wrong in ["", "x", "-1 0", "inf 0", "nan"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled("2465.19 3481.61\n")) {
            let _ = parse(&text);
        }
    }
}
