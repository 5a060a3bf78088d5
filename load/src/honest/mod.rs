//! Looks at ourselves, and decides whether the numbers may be believed.
//!
//! A tool that presses shares its machine's processor, ports and descriptors with what it measures, and its own limit
//! looks just like the service's. So it watches itself throughout (`own`, from `/proc`), says before it starts what
//! would bind (`limits`), and judges at the end (`verdict`). Reading and judging are apart; the judging is pure.

mod calibrate;
mod limits;
mod null;
mod own;
mod verdict;

pub use calibrate::{Calibration, calibrate};
pub use limits::{Limits, Warning};
pub use null::{Null, Pause};
pub use own::{Own, Watch};
pub use verdict::{Client, Judged, Verdict, broken, judge};
