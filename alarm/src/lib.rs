//! I judge. Rules, points and a time go in; verdicts, notices and incidents come out.
//!
//! I have no clock, no file, no network, no randomness, no log: time is an argument, and so is everything else.
//! The same rules give the same verdicts and the same words on a laptop, on a host and in the Lambda.

pub mod budget;
pub mod burst;
pub mod composite;
pub mod cursor;
mod dimensions;
pub mod disk;
pub mod glob;
pub mod grade;
pub mod hours;
pub mod hush;
pub mod incident;
pub mod inhibit;
pub mod inputs;
pub mod judge;
pub mod ladder;
pub mod log;
pub mod matcher;
pub mod math;
pub mod memory;
pub mod notice;
pub mod notify;
pub mod points;
pub mod rehearse;
pub mod round;
pub mod rules;
pub mod series;
pub mod sheet;
pub mod silence;
pub mod silent;
pub mod step;
pub mod team;
pub mod threshold;
pub mod unusual;
pub mod verdict;
pub mod zone;
