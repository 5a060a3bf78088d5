//! A certificate authority of one's own, made anew for each endpoint, for the program to trust by `SSL_CERT_FILE`.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Papers;

#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// The authority's certificate.
    pub(crate) ca_pem: String,
}

impl Tls {
    /// For `localhost`, its subdomains, and 127.0.0.1.
    pub(crate) fn new() -> Self {
        Self::make(&Papers::new()).expect("papers of fixed parameters can be used")
    }

    fn make(papers: &Papers) -> Result<Self, Box<dyn std::error::Error>> {
        let certificate = CertificateDer::from_pem_slice(papers.certificate.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(papers.key.as_bytes())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), ca_pem: papers.authority.clone() })
    }
}
