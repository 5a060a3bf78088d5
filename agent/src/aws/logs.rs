//! `PutLogEvents` and what it needs: groups, streams, retention.
//!
//! The body is not the SDK's: it was written while the events came (`logs::batch`), and takes the place of the one that
//! the SDK would write from a list of its own types. The SDK signs it, sends it and reads the answer. That saves a copy
//! of every message and most of the time of a request (`docs/performance.md`).

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::types::RejectedLogEventsInfo;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use tokio::sync::OnceCell;

use super::Access;
use super::refusal::refusal;
use crate::logs::engine::Rejected;
use crate::logs::run::Outlet;
use crate::publish::Refusal;

/// What the service answers when a group or a stream that should be made is there already.
const EXISTS: &str = "ResourceAlreadyExistsException";

/// What it answers when a group or a stream is missing.
const MISSING: &str = "ResourceNotFoundException";

/// CloudWatch Logs, as a place for batches.
#[derive(Debug)]
pub struct Logs {
    access: Access,
    client: OnceCell<Client>,
}

impl Logs {
    pub fn new(access: Access) -> Self {
        Self { access, client: OnceCell::new() }
    }

    async fn client(&self) -> Result<&Client, Refusal> {
        self.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client, Refusal> {
        let mut builder = Builder::from(self.access.config().await?);
        if let Some(endpoint) = &self.access.way().logs_endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Client::from_conf(builder.build()))
    }
}

impl Outlet for Logs {
    async fn put(&self, group: &str, stream: &str, body: Bytes, events: usize) -> Result<Rejected, Refusal> {
        let request = self.client().await?.put_log_events().log_group_name(group).log_stream_name(stream);
        let sent = request.set_log_events(Some(vec![])).customize().mutate_request(move |request| {
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body.clone());
        });
        let answer = sent.send().await.map_err(|error| refusal(&error))?;
        Ok(answer.rejected_log_events_info().map_or_else(Rejected::default, |info| rejected(info, events as u64)))
    }

    async fn create(&self, group: &str, stream: &str, retention_days: u32) -> Result<(), Refusal> {
        // The stream first: a role may well be allowed to make streams in a group that somebody else made.
        match self.make_stream(group, stream).await {
            Err(refusal) if refusal.code == MISSING => {
                self.make_group(group, retention_days).await?;
                self.make_stream(group, stream).await
            }
            made => made,
        }
    }
}

impl Logs {
    async fn make_stream(&self, group: &str, stream: &str) -> Result<(), Refusal> {
        let request = self.client().await?.create_log_stream().log_group_name(group).log_stream_name(stream);
        unless_there(request.send().await.map(drop).map_err(|error| refusal(&error))).map(drop)
    }

    async fn make_group(&self, group: &str, retention_days: u32) -> Result<(), Refusal> {
        let client = self.client().await?;
        let made = client.create_log_group().log_group_name(group).send().await;
        if !unless_there(made.map(drop).map_err(|error| refusal(&error)))? {
            return Ok(());
        }
        let kept = client.put_retention_policy().log_group_name(group).retention_in_days(retention_days as i32);
        if let Err(error) = kept.send().await {
            // The group is there and takes events: the rest is for a person to know, and is said this once.
            let refusal = refusal(&error);
            tracing::warn!(group, %refusal, "made, but its retention cannot be set, so that it keeps its events for ever");
        }
        Ok(())
    }
}

/// Whether it was made now.
fn unless_there(made: Result<(), Refusal>) -> Result<bool, Refusal> {
    match made {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.code == EXISTS => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// The service counts from both ends of the batch, in its order: what is too old or expired stands first.
fn rejected(info: &RejectedLogEventsInfo, events: u64) -> Rejected {
    let index = |index: Option<i32>| index.and_then(|index| u64::try_from(index).ok());
    let too_old = index(info.too_old_log_event_end_index()).unwrap_or(0).min(events);
    let expired = index(info.expired_log_event_end_index()).unwrap_or(0).min(events).saturating_sub(too_old);
    let too_new = index(info.too_new_log_event_start_index()).map_or(0, |start| events.saturating_sub(start));
    Rejected { too_old, too_new, expired }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_events_are_counted_from_both_ends() {
        let info = RejectedLogEventsInfo::builder()
            .too_old_log_event_end_index(3)
            .expired_log_event_end_index(5)
            .too_new_log_event_start_index(9)
            .build();
        assert_eq!(rejected(&info, 10), Rejected { too_old: 3, too_new: 1, expired: 2 });
        let info = RejectedLogEventsInfo::builder().expired_log_event_end_index(2).build();
        assert_eq!(rejected(&info, 10), Rejected { too_old: 0, too_new: 0, expired: 2 });
    }
}
