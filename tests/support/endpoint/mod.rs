//! An AWS of our own that can be told to fail: PutMetricData, Logs, STS, the instance metadata and Lightsail on one
//! loopback port, plain or over TLS, with scripted faults and an exact ledger of what was accepted.
//!
//! Never: a limit softer than the service's, an answer before the entry in the ledger, a fault that was not asked for.
//! Not spoken: reading back, SNS, `DynamoDB`, SSM (that is for ministack, which may stand behind); signatures are dated but not recomputed.

mod behind;
mod cbor;
mod clock;
mod cloudwatch;
mod control;
pub mod fault;
mod http;
pub mod identity;
mod imds;
pub mod ledger;
pub mod lightsail;
mod logs;
mod refusal;
mod serve;
mod service;
mod tls;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use self::fault::Fault;
pub use self::imds::Imds;
use self::ledger::{Keep, Ledger};
pub use self::lightsail::Lightsail;
use self::serve::Server;
use self::service::{Service, State};
use self::tls::Tls;

#[derive(Debug, Default)]
pub struct Settings {
    /// 0: any free one.
    pub port: u16,
    pub tls: bool,
    pub keep: Keep,
    /// Where each entry is also written, a line of JSON each, before its answer is sent.
    pub ledger: Option<PathBuf>,
    pub faults: Vec<String>,
    pub imds: Imds,
    pub lightsail: Lightsail,
    /// Groups and streams that exist from the start.
    pub streams: Vec<(String, String)>,
    pub clock_offset_ms: i64,
}

/// A running endpoint; stops, with all its connections, when dropped.
#[derive(Debug)]
pub struct Endpoint {
    server: Server,
    service: Arc<Service>,
    ca: Option<(tempfile::TempDir, String)>,
}

impl Endpoint {
    /// Plain HTTP, everything kept, no faults.
    pub fn plain() -> Self {
        Self::start(Settings::default())
    }

    /// The same over TLS; the program under test trusts it by `SSL_CERT_FILE` = `ca_file()`.
    pub fn tls() -> Self {
        Self::start(Settings { tls: true, ..Settings::default() })
    }

    pub fn start(settings: Settings) -> Self {
        Self::try_start(settings).unwrap_or_else(|says| panic!("the endpoint does not start: {says}"))
    }

    pub fn try_start(settings: Settings) -> Result<Self, String> {
        let file = settings.ledger.map(|path| File::create(&path).map_err(|e| format!("{}: {e}", path.display())));
        let mut state = State {
            ledger: Ledger::new(settings.keep, file.transpose()?),
            imds: settings.imds,
            lightsail: settings.lightsail,
            ..State::default()
        };
        for (group, stream) in &settings.streams {
            // The group may stand there already, by an earlier stream.
            let _ = state.groups.create_group(group);
            state.groups.create_stream(group, stream).map_err(|refusal| refusal.message)?;
        }
        let service = Service::new(state, settings.clock_offset_ms);
        for fault in settings.faults {
            service.faults().push(fault.parse()?);
        }
        let service = Arc::new(service);
        let tls = settings.tls.then(Tls::new);
        let config = tls.as_ref().map(|tls| Arc::clone(&tls.config));
        let server = Server::start(Arc::clone(&service), config, settings.port).map_err(|e| e.to_string())?;
        let ca = tls.map(|tls| {
            let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
            std::fs::write(folder.path().join("ca.pem"), &tls.ca_pem).map_err(|e| e.to_string())?;
            Ok::<_, String>((folder, tls.ca_pem))
        });
        Ok(Self { server, service, ca: ca.transpose()? })
    }

    pub fn url(&self) -> String {
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.server.address)
    }

    /// The authority's certificate as a file, when TLS is spoken.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.ca.as_ref().map(|(folder, _)| folder.path().join("ca.pem"))
    }

    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_ref().map(|(_, pem)| pem.as_str())
    }

    /// Adds a fault (`fault` has the language); its time windows begin now.
    pub fn fault(&self, text: &str) {
        let fault: Fault = text.parse().unwrap_or_else(|says| panic!("{says}"));
        self.service.faults().push(fault);
    }

    pub fn no_more_faults(&self) {
        self.service.faults().clear();
    }

    /// What is not spoken here is asked of the implementation at this address, and only our faults stand before it.
    pub fn stand_before(&self, url: &str) {
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        *self.service.behind.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    pub fn set_clock(&self, offset_ms: i64) {
        self.service.set_clock(offset_ms);
    }

    /// Looks into the ledger, which stands still meanwhile.
    pub fn ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.service.lock().ledger)
    }

    pub fn clear(&self) {
        self.service.lock().ledger.clear();
    }

    /// The retention of a log group, if it exists and has one.
    pub fn retention_days(&self, group: &str) -> Option<i64> {
        self.service.lock().groups.get(group)?.retention_days
    }

    pub fn set_lightsail(&self, lightsail: Lightsail) {
        self.service.lock().lightsail = lightsail;
    }

    pub fn change_imds(&self, change: impl FnOnce(&mut Imds)) {
        change(&mut self.service.lock().imds);
    }

    /// Waits until the ledger satisfies `done`; fails with the totals when it does not come to it.
    pub fn wait(&self, what: &str, at_most: Duration, mut done: impl FnMut(&Ledger) -> bool) {
        let start = Instant::now();
        let mut state = self.service.lock();
        while !done(&state.ledger) {
            let left = at_most.saturating_sub(start.elapsed());
            assert!(!left.is_zero(), "waited {at_most:?} for {what}; the ledger says {:#?}", state.ledger.totals);
            let waited = self.service.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Reads back a ledger's file, of this endpoint or of a dead one.
    pub fn read_file(path: &Path) -> Vec<ledger::Line> {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // Only whole lines count: the last one may have been cut by a kill of the endpoint itself.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("a line of the ledger")).collect()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.stop();
    }
}
