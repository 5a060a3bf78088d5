//! One request in, one reply out: the fault that is due, the service's judgement, the entry in the ledger.
//!
//! Nothing here touches a socket; `serve` plays the reply.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::control;
use super::fault::{Fault, What};
use super::http::{Answer, Request};
use super::identity::Signer;
use super::imds::Imds;
use super::ledger::{Call, Ledger};
use super::lightsail::Lightsail;
use super::logs::{Groups, PutLogEvents};
use super::refusal::{Protocol, Refusal};
use super::{behind, clock, cloudwatch};

/// What the socket is to do.
#[derive(Debug)]
pub(crate) enum Reply {
    Send(Answer),
    SendLate(Duration, Answer),
    SendHalf(Answer),
    Close,
    Hang(Option<Duration>),
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) groups: Groups,
    pub(crate) imds: Imds,
    pub(crate) lightsail: Lightsail,
}

#[derive(Debug, Default)]
pub(crate) struct Service {
    state: Mutex<State>,
    pub(crate) changed: Condvar,
    faults: Mutex<Vec<Fault>>,
    /// How far the service's clock stands from this machine's, for simulated days.
    clock_offset_ms: AtomicI64,
    /// Who answers what is not spoken here.
    pub(crate) behind: Mutex<Option<String>>,
}

impl Service {
    pub(crate) fn new(state: State, clock_offset_ms: i64) -> Self {
        let clock_offset_ms = AtomicI64::new(clock_offset_ms);
        Self { state: Mutex::new(state), clock_offset_ms, ..Self::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_clock(&self, offset_ms: i64) {
        self.clock_offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        clock::now_ms() + self.clock_offset_ms.load(Ordering::Relaxed)
    }

    /// Answers one request; the number is that of its entry, when it has one.
    pub(crate) fn take(&self, request: &Request) -> (Option<u64>, Reply) {
        if let Some(rest) = request.path.strip_prefix(control::PREFIX) {
            return (None, Reply::Send(control::answer(self, rest, request)));
        }
        let operation = Operation::of(request);
        let what = self.faults().iter_mut().find_map(|fault| fault.draw(&operation.name));
        let skew_ms = if let Some(What::Skew { by_ms }) = what { by_ms } else { 0 };
        let now_ms = self.now_ms() + skew_ms;
        let mut call = Call {
            number: self.lock().ledger.begin(),
            at_ms: clock::now_ms(),
            operation: operation.name.clone(),
            key: String::new(),
            trouble: None,
            accepted: false,
            answered: false,
            wire_bytes: request.body.len(),
            bytes: request.body.len(),
            datums: 0,
            events: 0,
        };
        let judged = self.judge(&operation, request, &mut call, what.as_ref(), now_ms);
        let answer = match judged {
            Ok(answer) => {
                call.accepted = true;
                answer
            }
            Err(refusal) => {
                call.trouble = Some(refusal.code.clone());
                refusal.answer(operation.protocol)
            }
        };
        let answer =
            answer.header("date", clock::http_date(now_ms)).header("x-amzn-requestid", request_id(call.number));
        if let Some(name) = what.as_ref().and_then(disturbs) {
            call.trouble = Some(name.to_owned());
        }
        let number = call.number;
        self.lock().ledger.end(call);
        self.changed.notify_all();
        (Some(number), reply(what.as_ref(), answer))
    }

    /// The order is the service's: who you are, whether you may, how often, and only then what you say.
    fn judge(
        &self,
        operation: &Operation,
        request: &Request,
        call: &mut Call,
        what: Option<&What>,
        now_ms: i64,
    ) -> Result<Answer, Refusal> {
        let never_reached = Refusal::new("never reached the service", "");
        if let Some(What::DropBefore | What::HangBefore { .. } | What::Nonsense) = what {
            return Err(never_reached);
        }
        if operation.protocol == Protocol::Plain {
            return match what {
                Some(What::Error { status }) => Err(Refusal::failed(*status)),
                _ => Ok(self.lock().imds.answer(request, now_ms)),
            };
        }
        let signer = Signer::of(request, now_ms)?;
        call.key.clone_from(&signer.key);
        let asks_who = operation.name == "sts:GetCallerIdentity";
        match what {
            Some(What::Expired) => return Err(Refusal::expired()),
            Some(What::Denied) => return Err(Refusal::denied(&signer.principal(), &operation.name)),
            Some(What::Throttle) => return Err(Refusal::throttled()),
            Some(What::Error { status }) => return Err(Refusal::failed(*status)),
            _ if signer.is_trapped() && !asks_who => {
                return Err(Refusal::denied(&signer.principal(), &operation.name));
            }
            _ => {}
        }
        if asks_who {
            return Ok(signer.caller_identity());
        }
        let poison = if let Some(What::Poison { name }) = what { Some(name.as_str()) } else { None };
        self.obey(operation, request, call, poison, now_ms)
    }

    fn obey(
        &self,
        operation: &Operation,
        request: &Request,
        call: &mut Call,
        poison: Option<&str>,
        now_ms: i64,
    ) -> Result<Answer, Refusal> {
        match (operation.service(), operation.short()) {
            ("cloudwatch", "PutMetricData") => {
                let body = cloudwatch::body(request)?;
                call.bytes = body.len();
                let datums = cloudwatch::read(&body, call.number, now_ms, poison)?;
                call.datums = datums.len();
                self.lock().ledger.accept_datums(datums);
                Ok(cloudwatch::done())
            }
            ("logs", "PutLogEvents") => {
                let batch = PutLogEvents::read(&request.body)?;
                let state = &mut *self.lock();
                let before = state.ledger.totals.events;
                let answer = state.groups.put(&batch, call.number, now_ms, &mut state.ledger)?;
                call.events = (state.ledger.totals.events - before) as usize;
                Ok(Answer::json(&answer))
            }
            ("logs", short) => self.lock().groups.obey(short, &json(request)?).map(|it| Answer::json(&it)),
            ("lightsail", short) => self.lock().lightsail.obey(short, &json(request)?).map(|it| Answer::json(&it)),
            _ => {
                let behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let unspoken =
                    || Refusal::new("UnknownOperationException", format!("{} is not spoken here", operation.name));
                let address = behind.ok_or_else(unspoken)?;
                behind::ask(&address, request).map_err(|error| Refusal::new("ServiceUnavailable", error.to_string()))
            }
        }
    }
}

fn json(request: &Request) -> Result<Value, Refusal> {
    serde_json::from_slice(&request.body).map_err(|e| Refusal::new("SerializationException", e.to_string()))
}

/// The faults that leave no refusal of their own in the answer.
fn disturbs(what: &What) -> Option<&'static str> {
    match what {
        What::DropBefore => Some("drop-before"),
        What::DropAfter => Some("drop-after"),
        What::HangBefore { .. } => Some("hang-before"),
        What::HangAfter { .. } => Some("hang-after"),
        What::Nonsense => Some("nonsense"),
        What::Cut => Some("cut"),
        _ => None,
    }
}

fn reply(what: Option<&What>, answer: Answer) -> Reply {
    match what {
        Some(What::DropBefore | What::DropAfter) => Reply::Close,
        Some(What::HangBefore { lasting } | What::HangAfter { lasting }) => Reply::Hang(*lasting),
        Some(What::Slow { by }) => Reply::SendLate(*by, answer),
        Some(What::Cut) => Reply::SendHalf(answer),
        Some(What::Nonsense) => Reply::Send(Answer::new(
            200,
            "text/html",
            "<!doctype html><title>Welcome to Hotel Wi-Fi</title><p>Please accept our terms to go on.</p>",
        )),
        _ => Reply::Send(answer),
    }
}

fn request_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// What is asked, and in which protocol.
#[derive(Debug)]
struct Operation {
    /// `cloudwatch:PutMetricData`, which is also how IAM names the action.
    name: String,
    protocol: Protocol,
}

impl Operation {
    fn of(request: &Request) -> Self {
        if let Some(name) = Imds::operation(request) {
            return Self { name: name.to_owned(), protocol: Protocol::Plain };
        }
        if let Some(short) = request.path.strip_prefix("/service/GraniteServiceVersion20100801/operation/") {
            return Self { name: format!("cloudwatch:{short}"), protocol: Protocol::Cbor };
        }
        if let Some((target, short)) = request.header("x-amz-target").and_then(|target| target.split_once('.')) {
            let service = match target {
                "Logs_20140328" => "logs",
                "Lightsail_20161128" => "lightsail",
                other => other,
            };
            return Self { name: format!("{service}:{short}"), protocol: Protocol::Json };
        }
        let form = String::from_utf8_lossy(&request.body);
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("Unknown");
        Self { name: format!("sts:{action}"), protocol: Protocol::Query }
    }

    fn service(&self) -> &str {
        self.name.split_once(':').map_or("", |(service, _)| service)
    }

    fn short(&self) -> &str {
        self.name.split_once(':').map_or("", |(_, short)| short)
    }
}
