//! I am the program `stormglass`: I watch a host, ship what I see, and can judge it here.
//!
//! The way of the data:
//!
//! ```text
//! /proc, sockets, targets -> sources -> window -> budget -> batch -> spool -> publish -> aws -> CloudWatch
//! ```
//!
//! What never is: a source imports no other source, nor what comes after `window`; AWS types appear in `aws` alone;
//! arguments, the environment and exit codes appear in `main` and `cli` alone (`tests/architecture` holds it).

pub mod access;
pub mod aws;
pub mod batch;
pub mod budget;
pub mod cli;
pub mod config;
pub mod distribution;
pub mod doctor;
pub mod failure;
pub mod host;
pub mod identity;
pub mod import;
pub mod init;
pub mod inlet;
pub mod knobs;
pub mod local;
pub mod logs;
pub mod metrics;
pub mod number;
pub mod policy;
pub mod publish;
pub mod rarely;
pub mod reading;
pub mod refusals;
pub mod run;
pub mod sources;
pub mod spool;
pub mod statsd;
pub mod stop;
pub mod suspects;
pub mod ticks;
pub mod trim;
pub mod vitals;
pub mod window;
