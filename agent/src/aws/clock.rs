//! The service's clock, by the `Date` of its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use aws_sdk_cloudwatch::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudwatch::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudwatch::error::BoxError;
use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};

/// No answer yet.
const UNKNOWN: i64 = i64::MIN;

/// Our clock less the service's, in milliseconds; as exact as the header, which is to the second.
#[derive(Clone, Debug)]
pub(super) struct Offset(Arc<AtomicI64>);

impl Default for Offset {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl Offset {
    pub(super) fn millis(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|offset| *offset != UNKNOWN)
    }

    fn learn(&self, date: &str, ours: SystemTime) {
        if let Ok(theirs) = DateTime::from_str(date, DateTimeFormat::HttpDate)
            && let Ok(theirs) = theirs.to_millis()
            && let Ok(ours) = DateTime::from(ours).to_millis()
        {
            // The header is cut to the second: half of it is the likeliest rest.
            self.0.store(ours - theirs - 500, Ordering::Relaxed);
        }
    }
}

impl Intercept for Offset {
    fn name(&self) -> &'static str {
        "ClockOffset"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.learn(date, SystemTime::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_date_tells_the_offset_and_rubbish_tells_nothing() {
        let offset = Offset::default();
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 + 90);
        offset.learn("soon", ours);
        assert_eq!(offset.millis(), None);
        offset.learn("Sun, 06 Nov 1994 08:49:37 GMT", ours);
        assert_eq!(offset.millis(), Some(89_500));
    }
}
