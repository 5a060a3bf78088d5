//! Redis, asked by `INFO`: memory, hits, clients, replication, and the commands that hold everybody up.
//!
//! The protocol is a page and spoken by hand (`resp`): a client library brings pools and types for commands that nobody
//! here sends. Invariants: nothing but `AUTH`, `INFO` and `CONFIG GET` is ever sent; an answer is bounded in bytes and
//! time; a field that is unknown is passed over, one that is missing is no reading; what is dangerous is said once.

mod config;
mod facts;
mod info;
pub mod resp;
mod serve;

pub use config::{Raw, Settings};
pub use serve::{look_once, run};

/// The source's name in shares of the budget.
pub const SOURCE: &str = "redis";

/// For `tests/fuzz`: whatever a server answers is read, waited for or refused; and whatever `INFO` says is finite.
pub fn fuzz_redis(data: &[u8]) {
    if let Ok(Some((reply, used))) = resp::reply(data) {
        assert!(used <= data.len() && used > 0, "{reply:?}");
    }
    let text = String::from_utf8_lossy(data);
    let mut before = facts::Before::default();
    for _ in 0..2 {
        let readings = facts::readings("x", &info::Info::read(&text), &mut before);
        assert!(readings.0.len() < 60 && readings.0.iter().all(|reading| reading.value.is_finite()));
    }
}
