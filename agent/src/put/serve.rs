//! Listens, and gives on what it is given.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::{PATH, SOURCE, Settings};
use crate::bounded::Bounded;
use crate::formats::json;
use crate::http::server::{Given, Reply, serve};
use crate::inlet::Inlet;
use crate::reading::{Readings, Space};
use crate::refusals::Refusals;
use crate::sockets::{Doors, Named};
use crate::stop::Stop;
use crate::vitals::Lost;

/// A thousand readings with many dimensions.
const BODY_MAX: usize = 256 << 10;
/// A door that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What was posted, or the answer that says why it is not taken.
pub fn take(given: &Given, space: &Space) -> Result<Readings, Reply> {
    match (given.method.as_str(), given.path.as_str(), given.content_type.as_str()) {
        ("POST", PATH, "application/json") => json::readings(&given.body, space).map_err(|says| Reply::text(400, says)),
        ("POST", PATH, other) => Err(Reply::text(415, format!("send application/json, not \"{other}\""))),
        (_, PATH, _) => Err(Reply::text(405, "POST it")),
        _ => Err(Reply::text(404, format!("there is {PATH} here, and nothing else"))),
    }
}

struct Desk {
    space: Space,
    bounded: Mutex<Bounded>,
    inlet: Inlet,
    clock: fn() -> Duration,
}

impl Desk {
    fn answer(&self, given: &Given) -> Reply {
        if !self.inlet.has_room() {
            return Reply::busy();
        }
        let mut refusals = Refusals::default();
        let mut readings = match take(given, &self.space) {
            Ok(readings) => readings,
            Err(reply) => {
                let reason = if reply.status == 413 { Lost::TooLarge } else { Lost::Unreadable };
                let says = String::from_utf8_lossy(&reply.body).trim().to_owned();
                self.inlet.vitals().lost(reason, 1, || format!("{SOURCE}: {says}"));
                return reply;
            }
        };
        let count = readings.0.len();
        let mut bounded = self.bounded.lock().unwrap_or_else(PoisonError::into_inner);
        bounded.admit(&mut readings, (self.clock)().as_secs() as Time, &mut refusals);
        let taken = readings.0.len();
        refusals.tell(SOURCE, self.inlet.vitals());
        self.inlet.give(SOURCE, readings);
        if taken < count {
            return Reply::text(
                429,
                format!("{} of {count} go beyond the series of this hour (`put.max_series`)", count - taken),
            );
        }
        Reply { status: 204, ..Reply::default() }
    }
}

/// Runs until stopped.
pub async fn run(settings: Settings, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let Settings { socket, listen, space, max_series } = settings;
    let doors = loop {
        let unix = Named::listen(&socket).map_err(|error| format!("{}: {error}", socket.display()));
        let tcp = match listen {
            Some(at) => TcpListener::bind(at).await.map(Some).map_err(|error| format!("{at}: {error}")),
            None => Ok(None),
        };
        match (unix, tcp) {
            (Ok(unix), Ok(tcp)) => break Doors { unix: Some(unix), tcp },
            (Err(says), _) | (_, Err(says)) => tracing::error!("`put` cannot listen, and tries again: {says}"),
        }
        tokio::select! {
            () = stop.asked() => return,
            () = sleep(AGAIN) => {}
        }
    };
    let desk = Arc::new(Desk { space, bounded: Mutex::new(Bounded::new(max_series)), inlet, clock });
    let handle = move |stream| {
        let desk = Arc::clone(&desk);
        async move { serve(stream, BODY_MAX, |given| desk.answer(&given)).await }
    };
    doors.open(stop, handle).await;
}
