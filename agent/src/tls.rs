//! TLS for what sources ask: the host's own authorities, made once, when it is first needed.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

/// Certificates that are read from a file: the bundle of a cloud has some hundred.
const AUTHORITIES_MAX: usize = 1_000;

/// Nobody is trusted: then nobody can be spoken to by TLS, and AWS is among them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", Self::CODE, self.says())]
pub struct NoAuthority {
    pub why: String,
}

impl NoAuthority {
    pub const CODE: &str = "SG-RUN-011";
    pub const REMEDY: &str =
        "install the package ca-certificates, or let SSL_CERT_FILE name a file that holds authorities as PEM";

    pub fn says(&self) -> String {
        format!("no certificate authority on this host ({}): {}", self.why, Self::REMEDY)
    }
}

/// How many authorities the host trusts.
pub fn authorities() -> Result<usize, NoAuthority> {
    let found = rustls_native_certs::load_native_certs();
    let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.certs);
    let why = || match found.errors.first() {
        Some(error) => error.to_string(),
        None => "SSL_CERT_FILE and SSL_CERT_DIR, or else /etc/ssl/certs and its like, hold none".to_owned(),
    };
    if usable > 0 { Ok(usable) } else { Err(NoAuthority { why: why() }) }
}

/// Trusts what the host trusts.
pub fn connector() -> TlsConnector {
    static MADE: OnceLock<TlsConnector> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (_, unusable) = roots.add_parsable_certificates(found.certs);
        if unusable > 0 || !found.errors.is_empty() {
            tracing::debug!(unusable, errors = ?found.errors, "some certificates of this host cannot be used");
        }
        let config = builder().with_root_certificates(roots).with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    })
    .clone()
}

/// Trusts the authorities (PEM) of a file, or else what the host trusts.
pub fn trusting(file: Option<&Path>) -> Result<TlsConnector, String> {
    let Some(file) = file else { return Ok(connector()) };
    let place = file.display();
    let read = CertificateDer::pem_file_iter(file).map_err(|error| format!("{place}: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in read.take(AUTHORITIES_MAX) {
        let certificate = certificate.map_err(|error| format!("{place}: {error}"))?;
        roots.add(certificate).map_err(|error| format!("{place}: {error}"))?;
    }
    if roots.is_empty() {
        return Err(format!("{place} holds no certificate"));
    }
    Ok(TlsConnector::from(Arc::new(builder().with_root_certificates(roots).with_no_client_auth())))
}

/// Why it did not come about, and what to do.
pub fn said(host: &str, error: &io::Error) -> String {
    use rustls::CertificateError as Wrong;
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(wrong)) => match wrong {
            Wrong::UnknownIssuer => match authorities() {
                Ok(_) => format!(
                    "TLS: the certificate of {host} is of nobody whom this host trusts; `ca_file` names its authority"
                ),
                Err(missing) => format!("TLS: {missing}"),
            },
            Wrong::Expired | Wrong::ExpiredContext { .. } => format!("TLS: the certificate of {host} has ended"),
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
                format!("TLS: the certificate of {host} has not begun; is the clock right?")
            }
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
                format!("TLS: the certificate is not for {host}; use a name that stands in it")
            }
            wrong => format!("TLS: the certificate of {host} cannot be trusted: {wrong}"),
        },
        Some(rustls::Error::InvalidMessage(_)) => format!("TLS: what answers at {host} does not speak it"),
        _ if error.kind() == io::ErrorKind::UnexpectedEof => format!("TLS: {host} hung up; maybe it does not speak it"),
        _ => format!("TLS: {host}: {error}"),
    }
}

/// Trusts anybody: only to look at the certificate of who cannot be trusted, never to send or believe anything.
pub fn onlooker() -> TlsConnector {
    let verifier = Arc::new(Anybody(ring::default_provider()));
    let config = builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let versions =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    // The provider is our own and has the suites of both versions.
    versions.unwrap_or_else(|_| ClientConfig::builder())
}

#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
