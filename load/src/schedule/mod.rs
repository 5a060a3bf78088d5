//! When each journey is meant to start: a profile of rates, and the arrivals that follow from it.
//!
//! Pure. An arrival is an offset from the start of the run, and nothing that happens during the run can move it: that
//! is what makes the model open, and why a service that stalls cannot hide its stall by being asked less.

mod arrivals;
mod profile;

pub use arrivals::{Arrivals, Spacing};
pub use profile::{Profile, STEPS_MAX, Segment, Shape};
