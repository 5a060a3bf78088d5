//! CloudWatch Logs: what the agents wrote about a host and a service around a moment.

use std::time::Duration;

use alarm::points::Time;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{DisplayErrorContext, ProvideErrorMetadata};

use crate::guilt::{Clues, Scene};
use crate::outside::Trouble;

/// A notice does not wait longer than this for a name.
const PATIENCE: Duration = Duration::from_secs(3);
/// Events of one answer.
const EVENTS_MAX: i32 = 20;

#[derive(Clone, Debug)]
pub(super) struct Logs {
    client: Client,
}

impl Logs {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    pub(super) async fn clues(&self, scene: &Scene, from: Time, until: Time) -> Result<Clues, Trouble> {
        let suspects = async {
            match &scene.host {
                // The pattern finds lines in which the name stands; whose line it is, is read from the line itself.
                Some(host) => self.lines("/stormglass/suspects", &format!("\"{}\"", plain(host)), from, until).await,
                None => Ok(Vec::new()),
            }
        };
        let errors = async {
            match &scene.service {
                Some(service) => self.lines(&format!("/stormglass/{service}"), "\"new_error_kind\"", from, until).await,
                None => Ok(Vec::new()),
            }
        };
        let clients = async {
            match &scene.service {
                Some(service) if scene.is_of_clients() => {
                    let pattern = format!("\"suspicious_clients\" \"{}\"", plain(service));
                    self.lines("/stormglass/suspects", &pattern, from, until).await
                }
                _ => Ok(Vec::new()),
            }
        };
        let all = Box::pin(async { tokio::join!(suspects, clients, errors) });
        let Ok((suspects, clients, errors)) = tokio::time::timeout(PATIENCE, all).await else {
            return Err(trouble(format!("FilterLogEvents: no answer within {} s", PATIENCE.as_secs())));
        };
        Ok(Clues { suspects: suspects?, clients: clients?, errors: errors? })
    }

    /// A group that is not there has no lines.
    async fn lines(&self, group: &str, pattern: &str, from: Time, until: Time) -> Result<Vec<String>, Trouble> {
        let sent = self
            .client
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(pattern)
            .start_time(from.saturating_mul(1_000))
            .end_time(until.saturating_mul(1_000))
            .limit(EVENTS_MAX)
            .send()
            .await;
        match sent {
            Ok(page) => Ok(page.events.unwrap_or_default().into_iter().filter_map(|event| event.message).collect()),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(trouble(format!("FilterLogEvents of {group}: {}", DisplayErrorContext(&error)))),
        }
    }
}

fn trouble(says: String) -> Trouble {
    Trouble { code: "SG-LAM-017", says }
}

/// Without what has a meaning in a pattern.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '"' | '\\')).collect()
}
