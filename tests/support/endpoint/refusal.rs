//! How AWS says no: one refusal, spelled in the protocol that was asked in.

use super::cbor::Value;
use super::http::Answer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Smithy RPC v2 CBOR (CloudWatch).
    Cbor,
    /// AWS JSON 1.1 (Logs, Lightsail).
    Json,
    /// AWS query, answered in XML (STS).
    Query,
    /// The instance metadata: a bare status.
    Plain,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The name of the exception's shape, as CBOR and JSON carry it.
    pub(crate) code: String,
    /// The name that the query protocol had for it, still sent along by services that came from there.
    pub(crate) query_code: String,
    pub(crate) message: String,
}

impl Refusal {
    /// The caller's fault.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        let query_code = code.strip_suffix("Exception").unwrap_or(code).to_owned();
        Self { status: 400, code: code.to_owned(), query_code, message: message.into() }
    }

    #[must_use]
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn throttled() -> Self {
        Self { query_code: "Throttling".to_owned(), ..Self::new("ThrottlingException", "Rate exceeded") }
    }

    pub(crate) fn failed(status: u16) -> Self {
        let code = if status == 503 { "ServiceUnavailable" } else { "InternalFailure" };
        Self::new(code, "The request processing has failed because of an unknown error.").status(status)
    }

    pub(crate) fn denied(principal: &str, action: &str) -> Self {
        let why = format!("no identity-based policy allows the {action} action");
        Self::new(
            "AccessDeniedException",
            format!("User: {principal} is not authorized to perform: {action} because {why}"),
        )
    }

    pub(crate) fn expired() -> Self {
        Self::new("ExpiredTokenException", "The security token included in the request is expired")
    }

    pub(crate) fn answer(&self, protocol: Protocol) -> Answer {
        let blame = if self.status >= 500 { "Receiver" } else { "Sender" };
        match protocol {
            Protocol::Cbor => {
                let members = [("__type", &self.code), ("message", &self.message)];
                let body = members.map(|(name, value)| (name.to_owned(), Value::Text(value.clone())));
                Answer::new(self.status, "application/cbor", Value::Map(body.into()).write())
                    .header("smithy-protocol", "rpc-v2-cbor")
                    .header("x-amzn-query-error", format!("{};{blame}", self.query_code))
            }
            Protocol::Json => {
                let body = serde_json::json!({ "__type": self.code, "message": self.message });
                Answer::new(self.status, "application/x-amz-json-1.1", body.to_string())
            }
            Protocol::Query => {
                // Where the other protocols say 400, the query protocol says 403 to a caller it does not believe.
                let status = if self.is_about_identity() { 403 } else { self.status };
                let (code, message) = (&self.query_code, escape(&self.message));
                let error =
                    format!("<Error><Type>{blame}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
                Answer::new(status, "text/xml", format!("<ErrorResponse>{error}</ErrorResponse>"))
            }
            Protocol::Plain => Answer::text(self.status, self.message.clone()),
        }
    }

    fn is_about_identity(&self) -> bool {
        matches!(
            self.query_code.as_str(),
            "AccessDenied" | "ExpiredToken" | "InvalidSignature" | "MissingAuthenticationToken"
        )
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
