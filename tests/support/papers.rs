//! The papers of a server of the tests: a certificate, its key, and an authority of its own that signed it.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};

/// All as PEM, made anew each time.
#[derive(Debug)]
pub struct Papers {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Papers {
    /// For `localhost`, its subdomains, and 127.0.0.1.
    pub fn new() -> Self {
        Self::make().expect("keys and certificates of fixed parameters can be made")
    }

    fn make() -> Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        ca.distinguished_name.push(DnType::CommonName, "Stormglass test authority");
        let authority = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(vec!["localhost".to_owned(), "*.localhost".to_owned()])?;
        leaf.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        let certificate = leaf.signed_by(&key, &issuer)?.pem();
        Ok(Self { authority, certificate, key: key.serialize_pem() })
    }

    /// As `ca.pem`, `cert.pem` and `key.pem`.
    pub fn write(&self, folder: &Path) {
        for (name, text) in [("ca.pem", &self.authority), ("cert.pem", &self.certificate), ("key.pem", &self.key)] {
            std::fs::write(folder.join(name), text).expect("the test's own folder can be written");
        }
    }
}

impl Default for Papers {
    fn default() -> Self {
        Self::new()
    }
}
