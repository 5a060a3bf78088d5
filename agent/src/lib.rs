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
pub mod audit;
pub mod aws;
pub mod batch;
pub mod bounded;
pub mod budget;
pub mod cli;
pub mod clients;
pub mod config;
pub mod dashboards;
pub mod distribution;
pub mod doctor;
pub mod exec;
pub mod failure;
pub mod formats;
pub mod host;
pub mod http;
pub mod identity;
pub mod import;
pub mod init;
pub mod inlet;
pub mod knobs;
pub mod limits;
pub mod local;
pub mod logs;
pub mod metrics;
pub mod otlp;
pub mod policy;
pub mod probe;
pub mod publish;
pub mod put;
pub(crate) mod quick;
pub mod rarely;
pub mod reading;
pub mod redis;
pub mod refusals;
pub mod run;
pub mod runbooks;
pub mod scrape;
pub mod sockets;
pub mod sources;
pub mod spool;
pub mod sql;
pub mod statsd;
pub mod stop;
pub mod suspects;
pub mod ticks;
pub mod tls;
pub mod trim;
pub mod vitals;
pub mod window;
