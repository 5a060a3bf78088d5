//! What the tests stand on: the AWS stand-ins as real processes, an endpoint that fails on request, and the program
//! under test as a person would start it.
//!
//! Nothing here outlives a test, not even one that panics; nothing binds beyond loopback; nothing reads the machine's
//! own AWS settings. `docs/testing.md` says which stand-in is good for what.

mod account;
mod agent;
mod browser;
pub mod endpoint;
mod now;
mod papers;
mod process;
mod program;
mod python;
pub mod shop;
mod standin;
mod webhook;

pub use account::{Account, RULES, zipped};
pub use agent::{Agent, Usage};
pub use browser::Browser;
pub use endpoint::Endpoint;
pub use now::{now_ms, now_s};
pub use papers::Papers;
pub use process::{Process, was_killed};
pub use program::{binary, root, skip, stormglass, target};
pub use python::{boto3, boto3_trusting, boto3_try, opentelemetry, venv};
pub use standin::{Ministack, Moto};
pub use webhook::Webhook;
