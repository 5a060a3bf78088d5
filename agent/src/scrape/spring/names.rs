//! What Micrometer calls what we tell of.

use crate::metrics::{Metric, app as m};

/// What a metric of Micrometer is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scrape) enum What {
    Count,
    Sum,
    Max,
    Bucket,
    Active,
    Pool(usize),
    PoolTimeouts,
    Log,
    MemoryUsed,
    MemoryMax,
    PauseCount,
    PauseSum,
    PauseMax,
    /// A gauge that stands alone, by its place in `GAUGES`.
    Gauge(usize),
}

/// Gauges of a pool.
pub(super) const POOL: [(&str, &Metric); 4] = [
    ("hikaricp_connections_active", &m::HIKARICP_CONNECTIONS_ACTIVE),
    ("hikaricp_connections_idle", &m::HIKARICP_CONNECTIONS_IDLE),
    ("hikaricp_connections_pending", &m::HIKARICP_CONNECTIONS_PENDING),
    ("hikaricp_connections_max", &m::HIKARICP_CONNECTIONS_MAX),
];

/// Gauges of the process, with what they are multiplied by.
pub(super) const GAUGES: [(&str, &Metric, f64); 6] = [
    ("jvm_threads_live_threads", &m::JVM_THREADS, 1.0),
    ("process_files_open_files", &m::JVM_FILES_OPEN, 1.0),
    ("process_cpu_usage", &m::JVM_CPU_USED_PERCENT, 100.0),
    ("tomcat_threads_busy_threads", &m::TOMCAT_THREADS_BUSY, 1.0),
    ("tomcat_threads_config_max_threads", &m::TOMCAT_THREADS_MAX, 1.0),
    ("executor_queued_tasks", &m::EXECUTOR_QUEUED_TASKS, 1.0),
];

pub(in crate::scrape) fn what(name: &str) -> Option<What> {
    let pool = POOL.iter().position(|(known, _)| *known == name).map(What::Pool);
    let gauge = || GAUGES.iter().position(|(known, ..)| *known == name).map(What::Gauge);
    pool.or_else(gauge).or(match name {
        "http_server_requests_seconds_count" => Some(What::Count),
        "http_server_requests_seconds_sum" => Some(What::Sum),
        "http_server_requests_seconds_max" => Some(What::Max),
        "http_server_requests_seconds_bucket" => Some(What::Bucket),
        // One thing under three names: without a histogram, with one, and before Micrometer 1.10.
        "http_server_requests_active_seconds_count"
        | "http_server_requests_active_seconds_gcount"
        | "http_server_requests_active_seconds_active_count" => Some(What::Active),
        "hikaricp_connections_timeout_total" => Some(What::PoolTimeouts),
        "logback_events_total" => Some(What::Log),
        "jvm_memory_used_bytes" => Some(What::MemoryUsed),
        "jvm_memory_max_bytes" => Some(What::MemoryMax),
        "jvm_gc_pause_seconds_count" => Some(What::PauseCount),
        "jvm_gc_pause_seconds_sum" => Some(What::PauseSum),
        "jvm_gc_pause_seconds_max" => Some(What::PauseMax),
        _ => None,
    })
}

/// Whether a page is of Spring Boot, by what only it shows together.
pub(in crate::scrape) fn is_spring(page: &[u8]) -> bool {
    let has = |name: &[u8]| memchr::memmem::find(page, name).is_some();
    has(b"jvm_memory_used_bytes")
        && (has(b"http_server_requests_") || has(b"logback_events_total") || has(b"hikaricp_"))
}
