//! Who hears a topic of SNS.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::error::DisplayErrorContext;

use crate::audit::{State, Subscription};

/// There is no spool behind a person who waits: the SDK tries again.
const ATTEMPTS: u32 = 3;
/// Subscriptions of one topic that are looked at.
const SUBSCRIPTIONS_MAX: usize = 1_000;

#[derive(Debug)]
pub struct Topics {
    client: Client,
}

impl Topics {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        Self { client: Client::from_conf(Builder::from(config).retry_config(retry).build()) }
    }

    /// All who subscribed, or what SNS says instead.
    pub async fn subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, String> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let sent = self.client.list_subscriptions_by_topic().topic_arn(topic).set_next_token(from).send().await;
            let page = sent.map_err(|error| DisplayErrorContext(error).to_string())?;
            for it in page.subscriptions.unwrap_or_default() {
                let arn = it.subscription_arn.unwrap_or_default();
                let (protocol, endpoint) = (it.protocol.unwrap_or_default(), it.endpoint.unwrap_or_default());
                let plain = Subscription { protocol, endpoint, ..Subscription::default() };
                found.push(self.look(&arn, plain).await);
            }
            from = page.next_token.filter(|token| !token.is_empty());
            if from.is_none() || found.len() >= SUBSCRIPTIONS_MAX {
                return Ok(found);
            }
        }
    }

    /// In place of its name, the list says of some what became of them.
    async fn look(&self, arn: &str, plain: Subscription) -> Subscription {
        match arn {
            "PendingConfirmation" => return Subscription { state: State::Pending, ..plain },
            "Deleted" => return Subscription { state: State::Ended, ..plain },
            _ => {}
        }
        let Ok(answer) = self.client.get_subscription_attributes().subscription_arn(arn).send().await else {
            return Subscription { state: State::Confirmed, ..plain };
        };
        let attributes = answer.attributes.unwrap_or_default();
        let pending = attributes.get("PendingConfirmation").is_some_and(|said| said == "true");
        // A filter of the body asks for keys of the JSON, which only it can judge.
        let of_body = attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
        let policy = attributes.get("FilterPolicy").filter(|policy| !of_body && !policy.trim().is_empty());
        Subscription {
            state: if pending { State::Pending } else { State::Confirmed },
            needs_sign_in_to_end: attributes.get("ConfirmationWasAuthenticated").map(|said| said == "true"),
            filter: policy.cloned(),
            ..plain
        }
    }
}
