//! `[put]`: the table is the switch.

use std::net::SocketAddr;
use std::path::PathBuf;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::knobs;
use crate::reading::Space;

const SOCKET: &str = "/run/stormglass/put.sock";
const SERIES: u64 = 200;
const SERIES_MAX: u64 = 5_000;

/// Where the socket is when nobody says otherwise.
pub fn usual_socket() -> PathBuf {
    SOCKET.into()
}

/// `[put]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The UNIX socket, which every user of this host may write to. Default: /run/stormglass/put.sock.
    pub socket: Option<PathBuf>,
    /// An address beside it, for who cannot use a UNIX socket. Default: none.
    pub listen: Option<At<String>>,
    /// Where its metrics are published. Default: with everything of our own.
    pub namespace: Option<At<String>>,
    /// The most series in an hour. Default: 200.
    pub max_series: Option<At<u64>>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub socket: PathBuf,
    pub listen: Option<SocketAddr>,
    pub space: Space,
    pub max_series: usize,
}

impl Settings {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let listen =
            raw.listen.as_ref().and_then(|said| knobs::address("put.listen", Some(said), "127.0.0.1:7301", faults));
        let series = knobs::number("put.max_series", raw.max_series.as_ref(), SERIES, 1..=SERIES_MAX, faults);
        let space = knobs::space(raw.namespace.as_ref(), faults);
        Self { socket: raw.socket.unwrap_or_else(usual_socket), listen, space, max_series: series as usize }
    }
}
