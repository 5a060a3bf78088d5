//! Speaks AWS: no type of an SDK is known outside this room.
//!
//! One TLS stack (hyper 1, rustls, ring), one client for all services, few idle connections, every wait bounded. The
//! SDK's own retries are off: `publish` decides, with the spool behind it, and two that retry do not know of each other.

mod access;
mod answers;
mod clock;
mod link;
mod logs;
mod memory;
mod metrics;
mod past;
mod refusal;
mod topics;
mod trust;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};

pub use access::{Access, Way};
pub use link::{Link, link};
pub use logs::Logs;
pub use memory::Memory;
pub use metrics::Metrics;
pub use past::{Ask, Past, Span, calls};
pub use topics::Topics;

/// A connection that is not made by then will not be made.
const CONNECT: Duration = Duration::from_secs(5);
/// One attempt, the answer included.
const ATTEMPT: Duration = Duration::from_secs(20);
/// A flush is a few requests and then a minute of nothing: connections are kept for the flush, not for the minute.
const IDLE: Duration = Duration::from_secs(10);

/// What all clients have in common.
fn loader() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(trust::client())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
}
