//! The client of a registry against servers that are not who they should be. Nothing is sent to them: no request,
//! and so no password.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use bangioc_runtime::failure::{Class, Failure as _};
use bangioc_runtime::listener::{Limits, Listener, ListenerSettings, TlsFiles};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::{Trigger, pair};
use tokio::net::TcpListener;

use super::{RegistryClient, RegistryError, RegistrySettings};

const NOW: [u16; 2] = [2026, 2999];

struct Certificates(PathBuf);

impl Certificates {
    fn new(test: &str) -> Certificates {
        let dir = std::env::temp_dir()
            .join(format!("bangioc-registry-tls-{test}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Certificates(dir)
    }

    fn openssl(&self, args: &str) {
        let output = Command::new("openssl")
            .args(args.split_whitespace())
            .current_dir(&self.0)
            .output()
            .expect("openssl");
        assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn authority(&self, name: &str) {
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2"
        ));
    }

    /// For the host, signed by `authority`, for the years from and to.
    fn server(&self, name: &str, authority: &str, host: &str, years: [u16; 2]) -> TlsFiles {
        const RULES: &str = "[ca]\ndefault_ca = here\n[here]\ndatabase = index\nserial = serial\nnew_certs_dir = .\n\
            default_md = sha256\npolicy = any\ncopy_extensions = copy\nunique_subject = no\n[any]\ncommonName = supplied\n";
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name} -addext subjectAltName={host}"
        ));
        fs::write(self.0.join("rules"), RULES).unwrap();
        fs::write(self.0.join("index"), "").unwrap();
        fs::write(self.0.join("serial"), "01").unwrap();
        let [from, to] = years;
        self.openssl(&format!(
            "ca -batch -notext -config rules -cert {authority}.pem -keyfile {authority}.key -in {name}.csr -out {name}.pem \
             -startdate {from}0101000000Z -enddate {to}0101000000Z"
        ));
        TlsFiles {
            certificate: self.0.join(format!("{name}.pem")),
            key: self.0.join(format!("{name}.key")),
        }
    }
}

struct VerifiedServer {
    port: u16,
    /// Requests that came with a login.
    logins: Arc<AtomicUsize>,
    _trigger: Trigger,
}

async fn serve(tls: Option<TlsFiles>) -> VerifiedServer {
    let settings = ListenerSettings { limits: Limits::default(), tls };
    let listener = Listener::new("registry", &settings, &Metrics::default()).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let (trigger, shutdown) = pair();
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&logins);
    let router = Router::new().route(
        "/subjects",
        get(async move |headers: HeaderMap| {
            counted
                .fetch_add(usize::from(headers.contains_key("authorization")), Ordering::Relaxed);
            "[\"a\"]"
        }),
    );
    tokio::spawn(async move { listener.serve(socket, router, &shutdown).await });
    VerifiedServer { port, logins, _trigger: trigger }
}

async fn subjects(
    dir: &Path,
    port: u16,
    host: &str,
    ca: &str,
) -> Result<Vec<String>, RegistryError> {
    let (file, password) = (dir.join(format!("{port}{ca}.toml")), dir.join("password"));
    fs::write(&password, "a password of some length").unwrap();
    fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let ca = if ca.is_empty() {
        String::new()
    } else {
        format!("ca_file = \"{}\"\n", dir.join(ca).display())
    };
    let text = format!(
        "[registry]\nurl = \"https://{host}:{port}\"\nuser = \"someone\"\npassword_file = \"{}\"\n{ca}",
        password.display()
    );
    fs::write(&file, text).unwrap();
    let settings = Settings::load_with(Some(&file), []).unwrap();
    let registry = RegistrySettings::read(&settings.section("registry"));
    settings.finish().unwrap();
    let asked = tokio::task::spawn_blocking(move || RegistryClient::new(&registry).subjects());
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_registry_itself_gets_a_password() {
    let certificates = Certificates::new("client");
    let dir = certificates.0.as_path();
    certificates.authority("ca");
    certificates.authority("stranger");

    let good =
        serve(Some(certificates.server("good", "ca", "DNS:localhost,IP:127.0.0.1", NOW))).await;
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(subjects(dir, good.port, host, "ca.pem").await.unwrap(), ["a"]);
    }
    assert_eq!(good.logins.load(Ordering::Relaxed), 2);

    for (name, authority, host, years, ca) in [
        ("of_a_stranger", "stranger", "DNS:localhost", NOW, "ca.pem"),
        ("of_another_host", "ca", "DNS:registry.example.vn", NOW, "ca.pem"),
        ("of_another_address", "ca", "IP:127.0.0.2", NOW, "ca.pem"),
        ("expired", "ca", "DNS:localhost", [2020, 2021], "ca.pem"),
        // The system does not know this authority.
        ("unknown_to_the_system", "ca", "DNS:localhost", NOW, ""),
    ] {
        let server = serve(Some(certificates.server(name, authority, host, years))).await;
        let failure = subjects(dir, server.port, "localhost", ca).await.unwrap_err();
        assert_eq!(
            (failure.code(), failure.class()),
            ("BG0152", Class::Halt),
            "{name}: {failure:?}"
        );
        assert_eq!(server.logins.load(Ordering::Relaxed), 0, "{name}");
    }
    // Nobody falls back to a connection without TLS.
    let clear = serve(None).await;
    let failure = subjects(dir, clear.port, "localhost", "ca.pem").await.unwrap_err();
    assert_eq!(failure.code(), "BG0730", "{failure:?}");
    assert_eq!(clear.logins.load(Ordering::Relaxed), 0);
    fs::remove_dir_all(dir).unwrap();
}
