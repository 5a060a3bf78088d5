//! SSM: the rules, the key of the links, the addresses of webhooks.

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::DisplayErrorContext;

use crate::outside::Trouble;

/// A parameter holds 8 KB at most: rules in more parts than this are a program.
const PARTS_MAX: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Parameters {
    client: Client,
}

fn trouble<E: std::error::Error>(name: &str, error: &E) -> Trouble {
    Trouble { code: "SG-LAM-011", says: format!("parameter {name}: {}", DisplayErrorContext(error)) }
}

impl Parameters {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// One value, or the values of a path put together in the order of their names.
    pub(super) async fn text(&self, name: &str) -> Result<String, Trouble> {
        if !name.ends_with('/') {
            return self.one(name).await;
        }
        let mut parts = Vec::new();
        let mut from = None;
        loop {
            let call = self.client.get_parameters_by_path().path(name.trim_end_matches('/')).with_decryption(true);
            let page = call.set_next_token(from).send().await.map_err(|error| trouble(name, &error))?;
            for part in page.parameters.unwrap_or_default() {
                parts.push((part.name.unwrap_or_default(), part.value.unwrap_or_default()));
            }
            from = page.next_token;
            if from.is_none() || parts.len() > PARTS_MAX {
                break;
            }
        }
        if parts.is_empty() || parts.len() > PARTS_MAX {
            let says = format!("parameter {name}: {} parts; there must be 1 to {PARTS_MAX}", parts.len());
            return Err(Trouble { code: "SG-LAM-011", says });
        }
        parts.sort();
        Ok(parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n"))
    }

    pub(super) async fn one(&self, name: &str) -> Result<String, Trouble> {
        let sent = self.client.get_parameter().name(name).with_decryption(true).send().await;
        let answer = sent.map_err(|error| trouble(name, &error))?;
        Ok(answer.parameter.and_then(|it| it.value).unwrap_or_default())
    }
}
