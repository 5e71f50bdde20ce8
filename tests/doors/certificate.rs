//! Authorities of a test, and what they sign.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, as `ca_file`.
    pub(crate) file: PathBuf,
}

/// As PEM.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(dir: &Path, name: &str) -> Authority {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Else it is called as what it signs, and OpenSSL takes that for self-signed.
        params.distinguished_name.push(DnType::CommonName, name);
        let file = dir.join(format!("{name}.pem"));
        fs::write(&file, params.self_signed(&key).expect("signed").pem()).expect("a file");
        Authority { issuer: Issuer::new(params, key), file }
    }

    pub(crate) fn signs(&self, name: &str, until_year: i32) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_after = date_time_ymd(until_year, 1, 1);
        let signed = params.signed_by(&key, &self.issuer).expect("signed");
        Certificate { certificate: signed.pem(), key: key.serialize_pem() }
    }
}
