//! Certificate and key of a listener.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::{ListenerFailure, TlsFiles};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// TLS 1.2 and 1.3, HTTP/1.1.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ListenerFailure> {
    let read = || -> Result<ServerConfig, Cause> {
        let chain = CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_file(&files.key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    };
    let config = read().map_err(|source| ListenerFailure::Tls {
        certificate: files.certificate.display().to_string(),
        key: files.key.display().to_string(),
        source,
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
