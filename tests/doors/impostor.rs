//! Whoever answers in a server's place: takes every connection, with TLS and a certificate of its own or
//! without, asks for the password, and keeps what it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificate::Certificate;

/// What it asks a PostgreSQL client for.
pub(crate) const CLEARTEXT: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
pub(crate) const MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05salt";

pub(crate) struct Impostor {
    pub(crate) port: u16,
    told: Arc<Mutex<Vec<u8>>>,
}

#[derive(Clone)]
enum Speaks {
    /// Asks by these bytes; refuses TLS without a certificate.
    Postgres(Option<Certificate>, &'static [u8]),
    /// TLS from the first byte.
    Kafka(Certificate),
}

impl Impostor {
    pub(crate) fn postgres(certificate: Option<Certificate>, asks: &'static [u8]) -> Impostor {
        Impostor::start(Speaks::Postgres(certificate, asks))
    }

    pub(crate) fn kafka(certificate: Certificate) -> Impostor {
        Impostor::start(Speaks::Kafka(certificate))
    }

    fn start(speaks: Speaks) -> Impostor {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (speaks, heard) = (speaks.clone(), Arc::clone(&heard));
                thread::spawn(move || listen(client, speaks, &heard));
            }
        });
        Impostor { port, told }
    }

    /// Every byte that came after its question.
    pub(crate) fn told(&self) -> Vec<u8> {
        self.told.lock().expect("no panic").clone()
    }
}

fn listen(mut client: TcpStream, speaks: Speaks, heard: &Mutex<Vec<u8>>) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(5)));
    match speaks {
        Speaks::Kafka(certificate) => {
            let stream = StreamOwned::new(server(&certificate), client);
            keep(stream, heard);
        }
        Speaks::Postgres(certificate, asks) => {
            let mut first = [0; 8];
            if client.read_exact(&mut first).is_err() {
                return;
            }
            let asked_for_tls = first[4..] == 80_877_103_u32.to_be_bytes();
            if let Some(certificate) = certificate.filter(|_| asked_for_tls) {
                if client.write_all(b"S").is_ok() {
                    ask(StreamOwned::new(server(&certificate), client), asks, heard);
                }
            } else if !asked_for_tls || client.write_all(b"N").is_ok() {
                ask(client, asks, heard);
            }
        }
    }
}

fn ask(mut stream: impl Read + Write, question: &[u8], heard: &Mutex<Vec<u8>>) {
    let mut login = [0; 4096];
    if matches!(stream.read(&mut login), Ok(1..)) && stream.write_all(question).is_ok() {
        let _ = stream.flush();
        keep(stream, heard);
    }
}

fn keep(mut stream: impl Read, heard: &Mutex<Vec<u8>>) {
    let mut told = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut told) {
        heard.lock().expect("no panic").extend(&told[..length]);
    }
}

fn server(certificate: &Certificate) -> ServerConnection {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.certificate.as_bytes()).expect("PEM")],
            PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("PEM"),
        )
        .expect("a certificate and its key");
    ServerConnection::new(Arc::new(config)).expect("a connection")
}
