//! EventBridge: what changed, for programs.
//!
//! One call in JSON, signed with what the SDK signs with: the service's own crate would be 87,000 lines for it, and the
//! zip has an end. A try that fails is owed to the next round, so nothing is tried twice here.

use std::time::SystemTime;

use account::item::Owed;
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserialize;
use serde_json::json;

use super::wire;
use crate::outside::Trouble;

/// What rules of EventBridge match on.
const SOURCE: &str = "stormglass";
const DETAIL_TYPE: &str = "Stormglass Alarm State Change";
const TARGET: &str = "AWSEvents.PutEvents";
const JSON: &str = "application/x-amz-json-1.1";

#[derive(Clone, Debug)]
pub(super) struct Events {
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    address: String,
}

/// A refused entry comes inside a 200.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_entry_count: u32,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    error_code: Option<String>,
}

impl Events {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let region = config.region().map_or("us-east-1", |region| region.as_ref()).to_owned();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = || format!("https://events.{region}.{suffix}");
        let address = config.endpoint_url().map_or_else(usual, |url| url.trim_end_matches('/').to_owned()) + "/";
        Self { credentials: config.credentials_provider(), region, address }
    }

    pub(super) async fn send(&self, owed: &Owed, bus: &str) -> Result<(), Trouble> {
        let refused =
            |says: String| Trouble { code: "SG-LAM-045", says: format!("PutEvents of {}: {says}", owed.id()) };
        let entry = json!({ "Source": SOURCE, "DetailType": DETAIL_TYPE, "EventBusName": bus, "Detail": owed.json });
        let request = self.signed(json!({ "Entries": [entry] }).to_string()).await.map_err(refused)?;
        let answer = wire::post(request).await.map_err(|why| refused(why.to_owned()))?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|_| refused("half an answer".to_owned()))?.to_vec();
        if status != 200 {
            let says: String = String::from_utf8_lossy(&body).chars().take(300).collect();
            return Err(refused(format!("it answers {status}: {says}")));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| refused(error.to_string()))?;
        if answer.failed_entry_count == 0 {
            return Ok(());
        }
        let code = answer.entries.into_iter().find_map(|entry| entry.error_code);
        Err(refused(code.unwrap_or_else(|| "the bus did not take it".to_owned())))
    }

    async fn signed(&self, body: String) -> Result<wire::HttpRequest, String> {
        let Some(credentials) = &self.credentials else { return Err("there are no credentials".to_owned()) };
        let credentials = credentials.provide_credentials().await.map_err(|error| error.to_string())?;
        let identity: Identity = credentials.into();
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("events")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let headers = [("content-type", JSON), ("x-amz-target", TARGET)];
        let plain = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", self.address.as_str(), headers.into_iter(), plain);
        let signed = signable.and_then(|it| sign(it, &params)).map_err(|error| error.to_string())?;
        let mut request = wire::request(&self.address, &headers, body.clone())?;
        for (name, value) in signed.output().headers() {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }
}
