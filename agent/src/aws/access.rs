//! How the account is reached: what every client of this program is made from, made once and shared by all.
//!
//! One HTTP client, one TLS set-up and one cache of credentials for all services. On Lightsail the credentials of the
//! instance are refused here, with the way out: they belong to AWS and may do nothing (facts/burst-credits.md).

use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::OnceCell;

use crate::identity::LIGHTSAIL_ADVICE;
use crate::publish::{Kind, Refusal};

/// What is said of the way to the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub region: Option<String>,
    /// Another address of CloudWatch, and of CloudWatch Logs.
    pub endpoint: Option<String>,
    pub logs_endpoint: Option<String>,
    /// The metadata hands out Lightsail's role.
    pub is_lightsail_trap: bool,
}

#[derive(Clone, Debug)]
pub struct Access(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    way: Way,
    /// Made when first needed, and again while there is no Region: IMDS may answer later than we start.
    config: OnceCell<SdkConfig>,
}

impl Access {
    pub fn new(way: Way) -> Self {
        Self(Arc::new(Shared { way, config: OnceCell::new() }))
    }

    pub fn way(&self) -> &Way {
        &self.0.way
    }

    pub(super) async fn config(&self) -> Result<&SdkConfig, Refusal> {
        self.0.config.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<SdkConfig, Refusal> {
        let shared = self.load().await;
        if shared.region().is_none() {
            let says = "no Region: neither the configuration, the environment, the profile nor the instance names one";
            return Err(Refusal { kind: Kind::Denied, code: String::new(), says: says.to_owned() });
        }
        Ok(shared)
    }

    /// As found, with or without a Region.
    pub(super) async fn load(&self) -> SdkConfig {
        let mut loader = super::loader();
        if let Some(region) = &self.way().region {
            loader = loader.region(Region::new(region.clone()));
        }
        let shared = loader.load().await;
        match shared.credentials_provider() {
            Some(provider) if self.way().is_lightsail_trap => {
                let refusing = SharedCredentialsProvider::new(Refusing(provider));
                shared.into_builder().credentials_provider(refusing).build()
            }
            _ => shared,
        }
    }
}

/// Takes the keys of every link of the chain but the instance's.
#[derive(Debug)]
struct Refusing(SharedCredentialsProvider);

impl ProvideCredentials for Refusing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let keys = self.0.provide_credentials().await?;
            if is_of_the_instance(&keys) { Err(CredentialsError::not_loaded(LIGHTSAIL_ADVICE)) } else { Ok(keys) }
        })
    }
}

fn is_of_the_instance(keys: &Credentials) -> bool {
    let features = keys.get_property::<Vec<AwsCredentialFeature>>();
    features.is_some_and(|features| features.contains(&AwsCredentialFeature::CredentialsImds))
}
