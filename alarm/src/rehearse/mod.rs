//! Plays series through rules before they are trusted: tests, backtests and explanations are all this.
//!
//! Nothing here judges: it is the same rounds, stepped over a past. Files are read by the caller; here are texts.

mod backtest;
mod csv;
mod explain;
mod get_metric_data;
mod import;
pub mod notation;
mod plan;
mod play;
mod report;
mod trial;
mod wanted;

pub use backtest::{Backtest, Episode, Notice, backtest};
pub use csv::Unreadable;
pub use explain::{Explanation, Found, NoSuchRule, explain};
pub use import::{Imported, import};
pub use plan::{Jumped, MINUTES, Planned, plan};
pub use play::{History, MOMENTS_MAX, Moment, Player};
pub use report::{Coverage, coverage, failures, junit};
pub use trial::{RawTrials, Trial, Tried, facts, parse as parse_trials, rules_of};
pub use wanted::{Wanted, wanted};

use crate::zone::Zone;

/// History from a text: what `aws cloudwatch get-metric-data` prints, else CSV. Times without an offset are of `zone`.
pub fn read(text: &str, zone: &Zone) -> Result<Vec<History>, Unreadable> {
    if text.trim_start().starts_with('{') { get_metric_data::read(text, zone) } else { csv::read(text, zone) }
}
