//! Local mode: all of it on one box, without an account.
//!
//! ```text
//! sources -> window (10 s) -> store -> judge -> notices -> terminal, webhook, e-mail, command
//! logs -> book of errors  \--------\---> page on 127.0.0.1:7300, /metrics
//! ```
//!
//! `stormglass run` with `[local]` publishes and has all of this beside it (`annex`): collected once, for both.
//!
//! The rules, verdicts, ladders and words are those of the Lambda: the same crate. What never is: a page or an outlet
//! that the judge waits for; a disk that stops the judge; a point, a connection or a notice without a bound.

mod annex;
mod beside;
mod book;
pub mod config;
mod demo;
mod house;
mod judge;
mod page;
mod run;
pub mod store;
mod tell;

pub(crate) use annex::{Annex, Overlooked};
pub(crate) use book::Book;
pub use config::{Config as Settings, Raw};
pub(crate) use demo::{Demo, SPEED as DEMO_SPEED};
pub(crate) use run::{OwnHost, Wiring, run};
