//! Which link of the credential chain answered, without its secret.

use std::time::SystemTime;

use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;

use super::Access;

/// What is known of the keys in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// In words for a person.
    pub from: &'static str,
    /// The public half; its first four letters tell a user's key (AKIA) from a role's (ASIA).
    pub key_id: String,
    pub expires: Option<SystemTime>,
    pub region: Option<String>,
}

/// Asks the chain as every client does.
pub async fn link(access: &Access) -> Result<Link, String> {
    let shared = access.load().await;
    let provider = shared.credentials_provider().ok_or("the chain has no link")?;
    let keys = provider.provide_credentials().await.map_err(|error| super::refusal::chain(&error))?;
    let features = keys.get_property::<Vec<AwsCredentialFeature>>();
    let from = features.into_iter().flatten().rev().find_map(|feature| word(feature)).unwrap_or("a link of its own");
    let region = shared.region().map(ToString::to_string);
    Ok(Link { from, key_id: keys.access_key_id().to_owned(), expires: keys.expiry(), region })
}

fn word(feature: &AwsCredentialFeature) -> Option<&'static str> {
    use AwsCredentialFeature as F;
    Some(match feature {
        F::CredentialsEnvVars => "the environment (AWS_ACCESS_KEY_ID)",
        F::CredentialsEnvVarsStsWebIdToken | F::CredentialsStsAssumeRoleWebId | F::CredentialsProfileStsWebIdToken => {
            "a web identity token"
        }
        F::CredentialsProfile => "a profile",
        F::CredentialsProfileSourceProfile | F::CredentialsProfileNamedProvider | F::CredentialsStsAssumeRole => {
            "a role assumed by a profile"
        }
        F::CredentialsProcess | F::CredentialsProfileProcess => "a credential_process",
        F::CredentialsHttp => "the container's endpoint",
        F::CredentialsImds => "the role of the instance (IMDSv2)",
        _ => return None,
    })
}
