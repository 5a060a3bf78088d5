//! Where batches go: the service, or what stands in for it.

use std::future::Future;

use bytes::Bytes;

use super::engine::Rejected;
use crate::publish::Refusal;

/// Where batches go.
pub trait Outlet: Send + Sync + 'static {
    fn put(
        &self,
        group: &str,
        stream: &str,
        body: Bytes,
        events: usize,
    ) -> impl Future<Output = Result<Rejected, Refusal>> + Send;
    /// Makes the group, with its retention, and the stream, where they are missing.
    fn create(
        &self,
        group: &str,
        stream: &str,
        retention_days: u32,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;
}
