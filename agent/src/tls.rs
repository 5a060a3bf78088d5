//! TLS for what sources ask: the host's own authorities, made once, when it is first needed.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

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
