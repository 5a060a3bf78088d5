//! Where batches go: the service, or what stands in for it.

use std::future::Future;

use bytes::Bytes;

use super::batch::Sealed;
use super::engine::Rejected;
use crate::publish::Refusal;

/// What the service answers when a group or a stream is missing.
const MISSING: &str = "ResourceNotFoundException";

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

/// Sends a batch; makes what it goes to, where that is missing, and sends it again.
pub async fn put_or_make<O: Outlet>(
    outlet: &O,
    group: &str,
    stream: &str,
    sealed: &Sealed,
    retention_days: u32,
) -> Result<Rejected, Refusal> {
    let answer = outlet.put(group, stream, sealed.body.clone(), sealed.events()).await;
    if !answer.as_ref().is_err_and(|refusal| refusal.code == MISSING) {
        return answer;
    }
    outlet.create(group, stream, retention_days).await?;
    outlet.put(group, stream, sealed.body.clone(), sealed.events()).await
}
