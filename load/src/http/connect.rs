//! From a name to a connection, each phase timed by itself.

use std::net::SocketAddr;
use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::alpn;
use super::{Broken, Phases, Version};

/// Where to, as a name or as numbers.
#[derive(Clone, Debug)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

/// Makes connections to one target.
#[derive(Clone)]
pub struct Dialer {
    pub address: Address,
    pub tls: Option<TlsConnector>,
    pub version: Version,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Dialer({:?}, tls: {}, {:?})", self.address, self.tls.is_some(), self.version)
    }
}

#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Dialer {
    pub(super) async fn dial(&self, phases: &mut Phases) -> Result<Wire, Broken> {
        let tcp = self.connect(phases).await?;
        // A request is one write; waiting to fill a packet would be a delay of our own making.
        tcp.set_nodelay(true).map_err(|error| Broken::of(&error))?;
        let Some(tls) = &self.tls else { return Ok(Wire::Plain(tcp)) };
        let name = ServerName::try_from(self.address.host.clone()).map_err(|_| Broken::Name)?;
        let from = Instant::now();
        let stream = tls.connect(name, tcp).await.map_err(|error| refusal(&error))?;
        phases.tls = Some(from.elapsed());
        // A server of HTTP/1.1 that knows no ALPN answers nothing to it, and may be asked all the same.
        match (self.version, stream.get_ref().1.alpn_protocol()) {
            (Version::One, None) => {}
            (version, agreed) if agreed == Some(alpn(version)) => {}
            _ => return Err(Broken::Version),
        }
        Ok(Wire::Tls(Box::new(stream)))
    }

    async fn connect(&self, phases: &mut Phases) -> Result<TcpStream, Broken> {
        let Address { host, port } = &self.address;
        let from = Instant::now();
        let addresses: Vec<SocketAddr> = if let Ok(ip) = host.parse() {
            vec![SocketAddr::new(ip, *port)]
        } else {
            let found = tokio::net::lookup_host((host.as_str(), *port)).await;
            let found = found.map_err(|_| Broken::Name)?.collect();
            phases.dns = Some(from.elapsed());
            found
        };
        let from = Instant::now();
        let mut last = Broken::Name;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(tcp) => {
                    phases.connect = Some(from.elapsed());
                    return Ok(tcp);
                }
                Err(error) => last = Broken::of(&error),
            }
        }
        Err(last)
    }
}

/// A certificate that is not trusted is told from a handshake that failed: different people mend them.
fn refusal(error: &std::io::Error) -> Broken {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => Broken::Certificate,
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) => Broken::Version,
        Some(_) => Broken::Tls,
        None => match Broken::of(error) {
            Broken::Unreachable => Broken::Tls,
            broken => broken,
        },
    }
}
