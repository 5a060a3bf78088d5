//! SNS and the webhooks of messengers: each takes a notice in its own shape, and says that it has it.

use account::Outlet;
use account::item::Owed;
use account::outlet::{CHAT, TOPIC, WEBHOOK};
use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::json;

use super::parameters::Parameters;
use super::wire;
use crate::attributes::{Value, attributes};
use crate::messengers;
use crate::outside::Trouble;

#[derive(Clone, Debug)]
pub(super) struct Tell {
    client: Client,
    parameters: Parameters,
}

fn refused(way: &str, owed: &Owed, says: &str) -> Trouble {
    Trouble { code: "SG-LAM-044", says: format!("{way} of \"{}\", notice {}: {says}", owed.audience, owed.id()) }
}

impl Tell {
    pub(super) fn new(config: &SdkConfig, parameters: Parameters) -> Self {
        Self { client: Client::new(config), parameters }
    }

    /// What the outlet said when it took it.
    pub(super) async fn send(&self, owed: &Owed, way: &str, outlet: &Outlet) -> Result<String, Trouble> {
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
            (WEBHOOK, _, _, Some(name)) => self.post(owed, way, name, "application/json", owed.slack.clone()).await,
            _ => {
                // The outlets were checked when they were read: a way without an address was taken from them since.
                let named = messengers::find(way).zip(outlet.messengers.get(way));
                let Some((messenger, name)) = named else { return Ok("no longer told".to_owned()) };
                let body =
                    messenger.body(owed).ok_or_else(|| refused(way, owed, "it is of a form that is not known"))?;
                self.post(owed, way, name, messenger.accept, body).await
            }
        }
    }

    async fn publish(&self, owed: &Owed, topic: &str, body: &str, many: bool) -> Result<String, Trouble> {
        let mut call = self.client.publish().topic_arn(topic).message(body);
        for (name, value) in attributes(owed) {
            let (kind, text) = match value {
                Value::One(text) => ("String", text),
                Value::Many(texts) => ("String.Array", json!(texts).to_string()),
            };
            let value = MessageAttributeValue::builder().data_type(kind).string_value(text).build();
            call = call.message_attributes(name, value.map_err(|error| refused(TOPIC, owed, &error.to_string()))?);
        }
        let call = if many { call.message_structure("json").subject(&owed.subject) } else { call };
        let sent = call.send().await.map_err(|error| refused("SNS", owed, &DisplayErrorContext(error).to_string()))?;
        Ok(format!("SNS {}", sent.message_id.unwrap_or_default()))
    }

    /// What the webhook answers is said; its address never is.
    async fn post(
        &self,
        owed: &Owed,
        way: &str,
        name: &str,
        accept: &'static str,
        body: String,
    ) -> Result<String, Trouble> {
        let address = self.parameters.one(name).await?;
        let headers = [("content-type", "application/json"), ("accept", accept)];
        let request = wire::request(address.trim(), &headers, body).map_err(|why| refused(way, owed, why))?;
        let answer = wire::post(request).await.map_err(|why| refused(way, owed, why))?;
        let status = answer.status().as_u16();
        let taken = (200..300).contains(&status);
        if taken { Ok(format!("HTTP {status}")) } else { Err(refused(way, owed, &format!("it answers {status}"))) }
    }
}
