//! From the errors of the SDK to the words by which `publish` decides (facts/cloudwatch.md, Retryable).

use std::error::Error;

use aws_sdk_cloudwatch::config::http::HttpResponse;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};

use crate::publish::{Kind, Refusal};
use crate::tls::NoAuthority;

const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
];

/// Guilt of the request itself. Any other refusal below 500 is one that a person mends: to drop points for an answer
/// that we do not know would be to guess.
const INVALID: &[&str] = &[
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidParameterCombination",
    "InvalidParameterCombinationException",
    "MissingParameter",
    "MissingRequiredParameterException",
    "ValidationError",
    "ValidationException",
    "SerializationException",
    "RequestEntityTooLarge",
];

pub(super) fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(missing) = nobody_trusted(error) {
        return Refusal { kind: Kind::Denied, code: NoAuthority::CODE.to_owned(), says: missing.says() };
    }
    let unanswered = |kind| Refusal { kind, code: String::new(), says: chain(error) };
    match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            classify(status, error.code().unwrap_or_default(), error.message().unwrap_or_default())
        }
        // An answer that is no answer of the service: something stands between.
        SdkError::ResponseError(answer) => {
            let says = format!("status {}: {}", answer.raw().status(), chain(error));
            Refusal { kind: Kind::Unreachable, code: String::new(), says }
        }
        // `as_other` knows the kind of what was under way when the connection closed; of what was never sent it does not.
        SdkError::DispatchFailure(failure)
            if failure.is_io() || failure.is_timeout() || failure.as_other().is_some() =>
        {
            unanswered(Kind::Unreachable)
        }
        SdkError::TimeoutError(_) => unanswered(Kind::Unreachable),
        // Never sent: no credentials, no Region, an endpoint that is no address.
        _ => unanswered(Kind::Denied),
    }
}

fn classify(status: u16, code: &str, says: &str) -> Refusal {
    // `com.amazonaws...#Throttling`, `Throttling:http://...`
    let name = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let kind = if THROTTLED.contains(&name) || status == 429 {
        Kind::Throttled
    } else if status < 300 {
        // A page with a friendly status that is no answer of the service: something stands between.
        Kind::Unreachable
    } else if status >= 500 || name == "RequestTimeout" || name == "RequestTimeoutException" {
        Kind::Unreachable
    } else if INVALID.contains(&name) || status == 413 {
        Kind::Invalid
    } else {
        Kind::Denied
    };
    let says = match says {
        "" if status < 300 => format!("status {status}, but what answers is not the service"),
        "" => format!("status {status}"),
        says => says.to_owned(),
    };
    Refusal { kind, code: name.to_owned(), says }
}

/// It was never sent, or no key came for it, for want of anybody to trust.
fn nobody_trusted<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a NoAuthority> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(missing) = cause.downcast_ref() {
            return Some(missing);
        }
        next = cause.source();
    }
    None
}

/// The whole chain of causes on one line: the first link alone is "dispatch failure".
pub(super) fn chain(error: &dyn Error) -> String {
    let (mut says, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        let cause_says = cause.to_string();
        if !says.contains(&cause_says) {
            says = format!("{says}: {cause_says}");
        }
        next = cause.source();
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_kind() {
        for (status, code, kind) in [
            (400, "Throttling", Kind::Throttled),
            (400, "com.amazonaws.cloudwatch#ThrottlingException", Kind::Throttled),
            (429, "", Kind::Throttled),
            (200, "", Kind::Unreachable),
            (500, "InternalServiceFault", Kind::Unreachable),
            (503, "", Kind::Unreachable),
            (408, "RequestTimeout", Kind::Unreachable),
            (403, "AccessDenied", Kind::Denied),
            (403, "ExpiredToken", Kind::Denied),
            (403, "SignatureDoesNotMatch", Kind::Denied),
            (400, "ExpiredTokenException", Kind::Denied),
            (400, "UnrecognizedClientException", Kind::Denied),
            (404, "", Kind::Denied),
            (400, "SomethingOfNextYear", Kind::Denied),
            (400, "InvalidParameterValueException", Kind::Invalid),
            (400, "InvalidParameterCombination:http://internal.amazon.com/", Kind::Invalid),
            (400, "ValidationError", Kind::Invalid),
            (413, "", Kind::Invalid),
        ] {
            assert_eq!(classify(status, code, "").kind, kind, "{status} {code}");
        }
    }

    #[test]
    fn what_aws_says_is_kept() {
        let says = "User: arn:aws:sts::1:assumed-role/web/i-1 is not authorized to perform: cloudwatch:PutMetricData";
        assert_eq!(classify(403, "AccessDenied", says).to_string(), format!("AccessDenied: {says}"));
    }
}
