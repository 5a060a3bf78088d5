//! Listens, and answers as the protocol wants it.
//!
//! Invariant: what is answered with success is on its way to the window, or was said to be rejected.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::convert::{Memory, read};
use super::{SOURCE, Settings};
use crate::bounded::Bounded;
use crate::http::server::{Given, Reply, serve};
use crate::inlet::Inlet;
use crate::refusals::Refusals;
use crate::sockets::Doors;
use crate::stop::Stop;
use crate::vitals::Lost;

const PATH: &str = "/v1/metrics";
/// An SDK's export has some 100 KB; a Collector batches more.
const BODY_MAX: usize = 4 << 20;
/// A door that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);
const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// What was heard so far outlives a reload: sums go on where they were.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Option<Memory>>>);

struct Desk {
    settings: Settings,
    memory: Kept,
    bounded: Mutex<Bounded>,
    inlet: Inlet,
    clock: fn() -> Duration,
}

impl Desk {
    fn answer(&self, given: &Given) -> Reply {
        if !self.inlet.has_room() {
            // Whoever exports keeps it and comes again, as the protocol has it.
            return Reply::busy();
        }
        let request = match (given.method.as_str(), given.path.as_str(), given.content_type.as_str()) {
            ("POST", PATH, JSON) => serde_json::from_slice(&given.body).map_err(|error| error.to_string()),
            ("POST", PATH, PROTOBUF) => {
                ExportMetricsServiceRequest::decode(given.body.as_slice()).map_err(|error| error.to_string())
            }
            ("POST", PATH, _) => return Reply::text(415, format!("send {PROTOBUF} or {JSON}")),
            (_, PATH, _) => return Reply::text(405, "POST it"),
            _ => return Reply::text(404, format!("there is {PATH} here, and nothing else")),
        };
        match request {
            Ok(request) => self.take(&request, given.content_type == JSON),
            Err(says) => {
                self.inlet.vitals().lost(Lost::Unreadable, 1, || format!("{SOURCE}: {says}"));
                Reply::text(400, format!("no export of metrics: {says}"))
            }
        }
    }

    fn take(&self, request: &ExportMetricsServiceRequest, is_json: bool) -> Reply {
        let mut refusals = Refusals::default();
        let mut memory = self.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.get_or_insert_with(|| Memory::listening_since((self.clock)()));
        let mut told = read(request, &self.settings, memory);
        if told.rejected > 0 {
            refusals.add_many(Lost::Unreadable, told.rejected, || told.says.clone());
        }
        let count = told.readings.0.len();
        let mut bounded = self.bounded.lock().unwrap_or_else(PoisonError::into_inner);
        bounded.admit(&mut told.readings, (self.clock)().as_secs() as Time, &mut refusals);
        let beyond = (count - told.readings.0.len()) as u64;
        refusals.tell(SOURCE, self.inlet.vitals());
        self.inlet.give(SOURCE, told.readings);
        let rejected = told.rejected + beyond;
        let error_message = match (told.rejected, beyond) {
            (0, 0) => String::new(),
            (0, _) => "more series than `otlp.max_series` allows in an hour".to_owned(),
            _ => told.says,
        };
        let partial = ExportMetricsPartialSuccess { rejected_data_points: rejected as i64, error_message };
        let answer = ExportMetricsServiceResponse { partial_success: (rejected > 0).then_some(partial) };
        if is_json {
            let body = serde_json::to_vec(&answer).unwrap_or_default();
            return Reply { status: 200, content_type: JSON, body, ..Reply::default() };
        }
        Reply { status: 200, content_type: PROTOBUF, body: answer.encode_to_vec(), ..Reply::default() }
    }
}

/// Runs until stopped.
pub async fn run(settings: Settings, kept: Kept, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let Some(at) = settings.listen else { return };
    let tcp = loop {
        match TcpListener::bind(at).await {
            Ok(tcp) => break tcp,
            Err(error) => tracing::error!(%error, %at, "OTLP cannot listen, and tries again"),
        }
        tokio::select! {
            () = stop.asked() => return,
            () = sleep(AGAIN) => {}
        }
    };
    // From here on every export is heard.
    let begun = || Memory::listening_since(clock());
    kept.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(begun);
    let bounded = Mutex::new(Bounded::new(settings.max_series));
    let desk = Arc::new(Desk { settings, memory: kept, bounded, inlet, clock });
    let handle = move |stream| {
        let desk = Arc::clone(&desk);
        async move { serve(stream, BODY_MAX, |given| desk.answer(&given)).await }
    };
    Doors { unix: None, tcp: Some(tcp) }.open(stop, handle).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Readings;
    use crate::vitals::Vitals;
    use alarm::sheet::Faults;

    fn export(name: &str) -> Given {
        let body = format!(
            "{{\"resourceMetrics\":[{{\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"{name}\",\"gauge\":{{\"dataPoints\":[{{\"asDouble\":1}}]}}}}]}}]}}]}}"
        );
        Given { method: "POST".into(), path: PATH.into(), content_type: JSON.into(), body: body.into_bytes() }
    }

    #[test]
    fn who_finds_no_room_is_told_to_come_again_and_nothing_is_lost() {
        let vitals = Arc::new(Vitals::default());
        let (inlet, mut turn) = Inlet::new(&vitals);
        let settings = Settings::check(super::super::Raw::default(), &mut Faults::new("", ""));
        let bounded = Mutex::new(Bounded::new(1));
        let desk = Desk { settings, memory: Kept::default(), bounded, inlet, clock: || Duration::from_mins(1) };
        let mut taken = 0;
        while desk.inlet.has_room() {
            desk.inlet.give("other", Readings::default());
            taken += 1;
        }
        let refused = desk.answer(&export("a"));
        assert_eq!(refused.status, 503);
        assert!(refused.retry_after_s.is_some());
        assert!(vitals.losses(Lost::QueueFull).0 == 0 && taken > 0);
        turn.try_recv().expect("what waited is taken");
        assert_eq!(desk.answer(&export("a")).status, 200);
        turn.try_recv().expect("what waited is taken");
        let partial: ExportMetricsServiceResponse =
            serde_json::from_slice(&desk.answer(&export("b")).body).expect("an answer of the protocol");
        let partial = partial.partial_success.expect("a second series has no place");
        assert_eq!(partial.rejected_data_points, 1);
        assert!(partial.error_message.contains("max_series"), "{}", partial.error_message);
    }
}
