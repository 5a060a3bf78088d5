//! The back door, for scripts and people: read the ledger, set faults, move the clock, while the endpoint runs.
//!
//! ```text
//! GET    /_stand/ledger      everything kept, as JSON       GET  /_stand/totals   the sums alone
//! POST   /_stand/faults      one fault a line, added        POST /_stand/clock    the offset in milliseconds
//! DELETE /_stand/faults      none any more                  POST /_stand/lightsail  instances and points, as JSON
//! POST   /_stand/clear       an empty ledger
//! ```

use serde_json::json;

use super::fault::Fault;
use super::http::{Answer, Request};
use super::service::Service;

pub(crate) const PREFIX: &str = "/_stand/";

pub(crate) fn answer(service: &Service, path: &str, request: &Request) -> Answer {
    match obey(service, path, request) {
        Ok(answer) => answer,
        Err(says) => Answer::text(400, format!("{says}\n")),
    }
}

fn obey(service: &Service, path: &str, request: &Request) -> Result<Answer, String> {
    let body = String::from_utf8_lossy(&request.body);
    match (request.method.as_str(), path) {
        ("GET", "ledger") => {
            let ledger = &service.lock().ledger;
            let (calls, datums, events) = (&ledger.calls, &ledger.datums, &ledger.events);
            return Ok(Answer::json(
                &json!({ "calls": calls, "datums": datums, "events": events, "totals": ledger.totals }),
            ));
        }
        ("GET", "totals") => return Ok(Answer::json(&json!(service.lock().ledger.totals))),
        ("POST", "faults") => {
            let faults: Vec<Fault> = body.lines().map(str::parse).collect::<Result<_, _>>()?;
            service.faults().extend(faults);
        }
        ("DELETE", "faults") => service.faults().clear(),
        ("POST", "clear") => service.lock().ledger.clear(),
        ("POST", "clock") => {
            let offset_ms = body.trim().parse().map_err(|_| "the offset is a number of milliseconds")?;
            service.set_clock(offset_ms);
        }
        ("POST", "lightsail") => {
            service.lock().lightsail = serde_json::from_str(&body).map_err(|e| e.to_string())?;
        }
        (method, path) => return Err(format!("{method} {PREFIX}{path} is not a door of this endpoint")),
    }
    Ok(Answer::text(200, "done\n"))
}
