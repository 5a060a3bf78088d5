//! Listens, and answers as the protocol wants it.

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

struct Desk {
    settings: Settings,
    state: Mutex<(Memory, Bounded)>,
    inlet: Inlet,
    clock: fn() -> Duration,
}

impl Desk {
    fn answer(&self, given: &Given) -> Reply {
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
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (memory, bounded) = &mut *state;
        let mut told = read(request, &self.settings, memory);
        if told.rejected > 0 {
            refusals.add_many(Lost::Unreadable, told.rejected, || told.says.clone());
        }
        let count = told.readings.0.len();
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
            return Reply { status: 200, content_type: JSON, body };
        }
        Reply { status: 200, content_type: PROTOBUF, body: answer.encode_to_vec() }
    }
}

/// Runs until stopped.
pub async fn run(settings: Settings, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
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
    let state = Mutex::new((Memory::default(), Bounded::new(settings.max_series)));
    let desk = Arc::new(Desk { settings, state, inlet, clock });
    let handle = move |stream| {
        let desk = Arc::clone(&desk);
        async move { serve(stream, BODY_MAX, |given| desk.answer(&given)).await }
    };
    Doors { unix: None, tcp: Some(tcp) }.open(stop, handle).await;
}
