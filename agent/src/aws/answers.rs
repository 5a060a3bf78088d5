//! Is it CloudWatch that answered? A page with status 200, as a proxy or a captive portal sends it, must not count as
//! "I have your points".
//!
//! PutMetricData answers nothing but "yes", so the SDK finds nothing wrong with whatever body comes with a 200. What
//! speaks the service's protocol says so in its header, or at least answers in one of the forms of AWS.

use aws_sdk_cloudwatch::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudwatch::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudwatch::error::BoxError;

/// The protocol of the SDK, and the forms in which stand-ins of AWS answer.
const FORMS: [&str; 3] = ["cbor", "json", "xml"];

#[derive(Clone, Copy, Debug)]
pub(super) struct Answers;

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "Answers"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        let form = headers.get("content-type").unwrap_or_default();
        if headers.get("smithy-protocol").is_some() || is_of_aws(form) {
            return Ok(());
        }
        Err(format!("what answers is not CloudWatch (content-type \"{form}\")").into())
    }
}

fn is_of_aws(form: &str) -> bool {
    FORMS.iter().any(|known| form.contains(known)) && !form.contains("xhtml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_is_no_answer() {
        for (form, is) in [
            ("application/cbor", true),
            ("application/x-amz-json-1.1", true),
            ("text/xml", true),
            ("text/html; charset=utf-8", false),
            ("application/xhtml+xml", false),
            ("", false),
        ] {
            assert_eq!(is_of_aws(form), is, "{form}");
        }
    }
}
