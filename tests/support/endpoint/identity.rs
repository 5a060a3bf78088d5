//! Who signs, and who that is: the credentials that the instance metadata gives, and STS's answer.

use super::clock;
use super::http::{Answer, Request};
use super::refusal::Refusal;

/// The service takes a signature for five minutes around its own time.
const SIGNATURE_MS: i64 = 5 * 60_000;
const ACCOUNT: &str = "123456789012";
/// The account that AWS owns and every Lightsail instance's own role lives in.
const LIGHTSAIL_ACCOUNT: &str = "999999999999";
pub const INSTANCE: &str = "i-0123456789abcdef0";

/// The role that the instance metadata hands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// An instance profile of the account's own.
    #[default]
    Own,
    /// The trap: `AmazonLightsailInstanceRole`, which may do nothing at all.
    Lightsail,
    /// No role: the list of roles is a 404.
    None,
}

impl Role {
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Own => Some("web"),
            Self::Lightsail => Some("AmazonLightsailInstanceRole"),
            Self::None => None,
        }
    }

    /// The access key tells the roles apart when a request comes back signed with it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Lightsail => "ASIALIGHTSAILTRAP000",
            Self::Own | Self::None => "ASIAINSTANCEPROFILE0",
        }
    }
}

/// The signer of a request, as the service sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signer {
    pub(crate) key: String,
}

impl Signer {
    /// Reads the access key and holds the signature's age against the service's clock. The signature itself is not
    /// recomputed: it is the SDK's, and both stand-ins leave it alone as well.
    pub(crate) fn of(request: &Request, now_ms: i64) -> Result<Self, Refusal> {
        let missing =
            || Refusal::new("MissingAuthenticationTokenException", "Missing Authentication Token").status(403);
        let header = request.header("authorization").ok_or_else(missing)?;
        let key = header.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).ok_or_else(missing)?.0;
        let date = request.header("x-amz-date").unwrap_or_default();
        let signed_ms = clock::parse_amz_date(date).ok_or_else(missing)?;
        let limit = |ms: i64| format!("({} {} 5 min.)", clock::amz_date(now_ms), if ms < 0 { '-' } else { '+' });
        if now_ms - signed_ms > SIGNATURE_MS {
            let earliest = clock::amz_date(now_ms - SIGNATURE_MS);
            let says = format!("Signature expired: {date} is now earlier than {earliest} {}", limit(-1));
            return Err(Refusal::new("InvalidSignatureException", says));
        }
        if signed_ms - now_ms > SIGNATURE_MS {
            let latest = clock::amz_date(now_ms + SIGNATURE_MS);
            let says = format!("Signature not yet current: {date} is still later than {latest} {}", limit(1));
            return Err(Refusal::new("InvalidSignatureException", says));
        }
        Ok(Self { key: key.to_owned() })
    }

    pub(crate) fn principal(&self) -> String {
        if self.key == Role::Lightsail.key() {
            format!("arn:aws:sts::{LIGHTSAIL_ACCOUNT}:assumed-role/AmazonLightsailInstanceRole/{INSTANCE}")
        } else if self.key == Role::Own.key() {
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/web/{INSTANCE}")
        } else {
            format!("arn:aws:iam::{ACCOUNT}:user/stormglass")
        }
    }

    /// Everything but asking who one is.
    pub(crate) fn is_trapped(&self) -> bool {
        self.key == Role::Lightsail.key()
    }

    /// `GetCallerIdentity`, in the query protocol's XML.
    pub(crate) fn caller_identity(&self) -> Answer {
        let (arn, account) = (self.principal(), if self.is_trapped() { LIGHTSAIL_ACCOUNT } else { ACCOUNT });
        let user =
            if arn.contains(":user/") { "AIDASTORMGLASS000000".to_owned() } else { format!("AROAROLE00:{INSTANCE}") };
        let result = format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>");
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             {result}</GetCallerIdentityResult><ResponseMetadata><RequestId>{INSTANCE}</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>"
        );
        Answer::new(200, "text/xml", body)
    }
}
