//! SNS and the Slack webhook: each takes a notice in its own shape.

use account::item::Owed;
use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

use super::parameters::Parameters;
use crate::outside::Trouble;
use crate::settings::Outlet;

const TOPIC: &str = "topic";
const CHAT: &str = "chat";
const WEBHOOK: &str = "webhook";
/// A webhook that has not answered by then is tried again by the next round.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

#[derive(Clone, Debug)]
pub(super) struct Tell {
    client: Client,
    parameters: Parameters,
}

/// On which ways an outlet is reached.
pub(super) fn ways(outlet: &Outlet) -> Vec<String> {
    let all = [(TOPIC, &outlet.topic), (CHAT, &outlet.chat_topic), (WEBHOOK, &outlet.webhook)];
    all.into_iter().filter(|(_, to)| to.is_some()).map(|(way, _)| way.to_owned()).collect()
}

fn refused(way: &str, owed: &Owed, says: &str) -> Trouble {
    Trouble { code: "SG-LAM-044", says: format!("{way} of \"{}\", notice {}: {says}", owed.audience, owed.id()) }
}

impl Tell {
    pub(super) fn new(config: &SdkConfig, parameters: Parameters) -> Self {
        Self { client: Client::new(config), parameters }
    }

    pub(super) async fn send(&self, owed: &Owed, way: &str, outlet: &Outlet) -> Result<(), Trouble> {
        match (way, &outlet.topic, &outlet.chat_topic, &outlet.webhook) {
            (TOPIC, Some(topic), _, _) => {
                // Each protocol its own body: people read text, programs read JSON.
                let bodies = json!({
                    "default": owed.email, "email": owed.email, "email-json": owed.json, "sqs": owed.json,
                    "lambda": owed.json, "http": owed.json, "https": owed.json,
                });
                self.publish(owed, topic, &bodies.to_string(), true).await
            }
            (CHAT, _, Some(topic), _) => self.publish(owed, topic, &owed.chat, false).await,
            (WEBHOOK, _, _, Some(name)) => self.post(owed, name).await,
            _ => Ok(()),
        }
    }

    async fn publish(&self, owed: &Owed, topic: &str, body: &str, many: bool) -> Result<(), Trouble> {
        let text = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let attribute = |value: &str| text(value).map_err(|error| refused(TOPIC, owed, &error.to_string()));
        let call = self
            .client
            .publish()
            .topic_arn(topic)
            .message(body)
            .message_attributes("incident", attribute(&owed.incident)?)
            .message_attributes("audience", attribute(&owed.audience)?);
        let call = if many { call.message_structure("json").subject(&owed.subject) } else { call };
        let sent = call.send().await;
        sent.map(drop).map_err(|error| refused("SNS", owed, &DisplayErrorContext(error).to_string()))
    }

    /// What the webhook answers is said; its address never is.
    async fn post(&self, owed: &Owed, name: &str) -> Result<(), Trouble> {
        let address = self.parameters.one(name).await?;
        let mut request = HttpRequest::new(SdkBody::from(owed.slack.as_str()));
        request.set_uri(address.trim()).map_err(|_| refused(WEBHOOK, owed, &format!("{name} holds no address")))?;
        let method = request.set_method("POST");
        method.map_err(|_| refused(WEBHOOK, owed, "it takes no POST"))?;
        request.headers_mut().insert("content-type", "application/json");
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        let answer = tokio::time::timeout(PATIENCE, connector.call(request)).await;
        let answer = answer.map_err(|_| refused(WEBHOOK, owed, "no answer in time"))?;
        let answer = answer.map_err(|error| {
            let kind = if error.is_timeout() { "no answer in time" } else { "it cannot be reached" };
            refused(WEBHOOK, owed, kind)
        })?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) { Ok(()) } else { Err(refused(WEBHOOK, owed, &format!("it answers {status}"))) }
    }
}
