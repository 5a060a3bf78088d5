//! The load averages.
//!
//! Read here, not by `sysinfo`: one small file, read from where the configuration says /proc is.

use std::time::Duration;

use super::collector::{Collector, Miss, Roots, Sink};
use super::source::Source;
use crate::metrics::own as m;

/// Averages of 1, 5 and 15 minutes.
pub fn parse(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse::<f64>().ok().filter(|load| *load >= 0.0));
    Some([words.next()??, words.next()??, words.next()??])
}

#[derive(Debug)]
pub struct Load {
    loadavg: Source,
    processors: usize,
}

impl Load {
    pub fn new(roots: &Roots) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { loadavg: Source::new(roots.proc.join("loadavg")), processors }
    }
}

impl Collector for Load {
    fn collect(&mut self, _: Duration, out: &mut Sink<'_>) -> Result<(), Miss> {
        let [one, five, fifteen] = parse(self.loadavg.read()?).ok_or_else(|| Miss::nonsense(self.loadavg.path()))?;
        out.put(&m::LOAD_1, one);
        out.put(&m::LOAD_5, five);
        out.put(&m::LOAD_15, fifteen);
        out.put(&m::LOAD_1_PER_CPU, one / self.processors as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::fixture;

    #[test]
    fn three_averages() {
        assert_eq!(parse("0.20 1.18 12.12 3/1084 4242\n"), Some([0.20, 1.18, 12.12]));
        for wrong in ["", "1 2", "1 x 3", "-1 0 0", "nan 0 0"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in fixture::mangled("0.20 1.18 12.12 3/1084 4242\n")) {
            let _ = parse(&text);
        }
    }
}
