//! What is written of a run beside standard output, and the kept run that it is held beside.

use std::path::{Path, PathBuf};

use load::report::{self, Report};

use crate::failure::Failure;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Papers {
    /// Write the report as an HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write what was asked, and whether it held, as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Keep the report as JSON, for a later run to be held beside
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// A report that was kept: what is worse than the tolerance allows fails the run
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// By how much a latency may be above the baseline's, or the knee below, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, requires = "baseline", value_parser = percent)]
    tolerance: f64,
}

fn percent(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|percent| (0.0..=1_000.0).contains(percent)).ok_or("from 0 to 1000".to_owned())
}

impl Papers {
    /// Read before anything is pressed: an hour's run is not lost to a slip in a name.
    pub(super) fn baseline(&self, test: &str) -> Result<Option<Report>, Failure> {
        let Some(path) = &self.baseline else { return Ok(None) };
        let wrong =
            |says: String| Failure::usage("SG-LOA-027", format!("{} cannot be a baseline: {says}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let before: Report = serde_json::from_str(&text).map_err(|error| wrong(format!("no kept report: {error}")))?;
        match report::refuses(&before, test) {
            Some(says) => Err(wrong(says)),
            None => Ok(Some(before)),
        }
    }

    pub(super) fn compare(&self, before: &Report, now: &mut Report) {
        let (compared, doubts) = report::compare(before, now, self.tolerance);
        now.baseline = compared;
        now.warnings.extend(doubts);
    }

    pub(super) fn write(&self, report: &Report) -> Result<(), Failure> {
        write(self.html.as_deref(), || report::html(report))?;
        write(self.junit.as_deref(), || report::junit(report))?;
        // Numbers, texts and lists: nothing that JSON cannot say.
        write(self.keep.as_deref(), || serde_json::to_string_pretty(report).unwrap_or_default())
    }
}

/// Where it was asked for.
fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text())
        .map_err(|error| Failure::failed("SG-LOA-024", format!("cannot write {}", path.display())).because(error))
}
