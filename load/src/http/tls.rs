//! TLS as the host trusts it, and by what a scenario adds.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::Version;

/// `further` is PEM; what cannot be read of it is an error, since somebody named it.
pub fn connector(further: Option<&str>, version: Version) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    for certificate in further.into_iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes())) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn(version).to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// As it is registered (RFC 7301).
pub(super) fn alpn(version: Version) -> &'static [u8] {
    match version {
        Version::One => b"http/1.1",
        Version::Two => b"h2",
    }
}
