//! Whoever answers in the source's place gets no password: a server of our own, which asks for it in every
//! way, behind certificates of every kind.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use bangioc_runtime::Secret;
use bangioc_runtime::failure::{Class, Failure as _};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::pinned::QuestionLimits;

const CLEARTEXT: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
const MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05salt";
const SCRAM: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
const WELCOME: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority(Issuer::new(params, key), pem)
    }

    fn signs(&self, name: &str, until: i32) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 1, 1);
        let signed = params.signed_by(&key, &self.0).unwrap();
        (signed.pem(), key.serialize_pem())
    }

    /// As `ca_file`.
    fn file(&self, name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bangioc-ca-{}-{name}", std::process::id()));
        std::fs::write(&path, &self.1).unwrap();
        path
    }
}

/// Certificate and key, as PEM.
type Certificate = (String, String);

/// Takes one connection, over TLS when it has a certificate, and answers the login with `answer`. Its end
/// is what it was told after that.
fn server(certificate: Option<Certificate>, answer: &'static [u8]) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = [0; 8];
        stream.read_exact(&mut first).unwrap();
        let asks_for_tls = first[4..] == 80_877_103_u32.to_be_bytes();
        let Some((certificate, key)) = certificate else {
            if asks_for_tls {
                stream.write_all(b"N").unwrap();
            }
            return dialogue(stream, answer);
        };
        assert!(asks_for_tls);
        stream.write_all(b"S").unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        dialogue(StreamOwned::new(connection, stream), answer)
    });
    (port, told)
}

fn dialogue(mut stream: impl Read + Write, answer: &[u8]) -> Vec<u8> {
    let mut login = [0; 1024];
    if !matches!(stream.read(&mut login), Ok(1..)) || stream.write_all(answer).is_err() {
        return Vec::new();
    }
    let _ = stream.flush();
    let mut told = vec![0; 1024];
    let length = stream.read(&mut told).unwrap_or(0);
    told.truncate(length);
    told
}

fn source(port: u16, tls: Tls) -> SourceSettings {
    SourceSettings {
        name: "so-nnmt".into(),
        host: "127.0.0.1".into(),
        port,
        user: "bangioc_capture".into(),
        password: Secret::new("the password"),
        database: "so_nnmt".into(),
        tls,
        slot: "bangioc".into(),
        publication: "bangioc".into(),
        limits: QuestionLimits { lock: Duration::from_secs(1), statement: Duration::from_secs(1) },
    }
}

fn has_password(told: &[u8]) -> bool {
    told.windows(12).any(|bytes| bytes == b"the password")
}

#[test]
fn whoever_is_not_verified_gets_no_password_in_clear_or_as_md5() {
    for answer in [CLEARTEXT, MD5] {
        let (port, told) = server(None, answer);
        let failure = Session::connect(&source(port, Tls::Off)).err().unwrap();
        assert_eq!((failure.code(), failure.class()), ("BG0223", Class::Halt));
        assert_eq!(told.join().unwrap(), b"", "not a byte after the question");
    }
    let (port, told) = server(None, SCRAM);
    let _ = Session::connect(&source(port, Tls::Off));
    let told = told.join().unwrap();
    assert!(told.starts_with(b"p") && !has_password(&told), "SCRAM is answered");
}

#[test]
fn only_a_certificate_that_is_signed_named_and_in_date_is_believed() {
    let (ours, another) = (Authority::new(), Authority::new());
    let ca_file = Some(ours.file("ours"));
    let verify = |ca_file: &Option<PathBuf>| Tls::Verify { ca_file: ca_file.clone() };
    for (what, certificate) in [
        ("another authority", Some(another.signs("127.0.0.1", 2090))),
        ("another name", Some(ours.signs("db.example.vn", 2090))),
        ("expired", Some(ours.signs("127.0.0.1", 2020))),
        ("no TLS", None),
    ] {
        let (port, told) = server(certificate, CLEARTEXT);
        let failure = Session::connect(&source(port, verify(&ca_file))).err();
        let failure = failure.expect(what);
        assert_eq!((failure.code(), failure.class()), ("BG0203", Class::Halt), "{what}");
        assert!(!has_password(&told.join().unwrap()), "{what}");
    }
    // The system's authorities, when no file is named, do not know ours.
    let (port, _) = server(Some(ours.signs("127.0.0.1", 2090)), CLEARTEXT);
    let failure = Session::connect(&source(port, verify(&None))).err().unwrap();
    assert_eq!(failure.code(), "BG0203");

    let good = || Some(ours.signs("127.0.0.1", 2090));
    let (port, _) = server(good(), WELCOME);
    assert!(Session::connect(&source(port, verify(&ca_file))).is_ok());
    // Who is known may ask in any way.
    let (port, told) = server(good(), CLEARTEXT);
    let _ = Session::connect(&source(port, verify(&ca_file)));
    assert!(has_password(&told.join().unwrap()));
}
