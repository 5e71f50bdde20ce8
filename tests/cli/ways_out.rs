//! What ends a command or keeps a service from starting, without a server: the code, the exit, a hint, and then what
//! the code's page says to do, after which it works.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bangioc_tests::platform::free_port;
use bangioc_tests::service::Service;
use bangioc_tests::{bangioc, root, secret, wait};

use crate::{contracts_of_one_owner, seen, seen_with};

const SOON: Duration = Duration::from_secs(20);

/// Ends so, says the code and what to do.
#[track_caller]
fn refuses(said: &str, code: &str, exit: i32) {
    assert!(said.ends_with(&format!("[exit {exit}]")), "{said}");
    assert!(said.contains(code) && said.contains("hint:"), "no {code} with a hint: {said}");
}

#[track_caller]
fn works(said: &str) {
    assert!(said.ends_with("[exit 0]"), "{said}");
}

/// Run by a shell, for what only a shell sets up.
fn in_shell(script: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(bangioc())
        .current_dir(root())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    format!("{said}[exit {}]", output.status.code().expect("an exit code"))
}

#[test]
fn commands() {
    refuses(&in_shell("exec \"$0\" contract list > /dev/full"), "BG0191", 1);
    works(&in_shell("exec \"$0\" contract list > /dev/null"));

    refuses(&in_shell("ulimit -n 4; exec \"$0\" contract list"), "BG0192", 1);
    works(&in_shell("ulimit -n 64; exec \"$0\" contract list > /dev/null"));

    refuses(&seen(&["contract", "avro"]), "BG0194", 2);
    refuses(&seen(&["contract", "avro", "land-parcel", "--write"]), "BG0194", 2);
    works(&seen(&["contract", "avro", "land-parcel"]));

    let key = root().join("target/cli-statements-key");
    let _not_there = fs::remove_file(&key);
    let key = key.display().to_string();
    works(&seen(&["statement", "key", &key]));
    refuses(&seen(&["statement", "key", &key]), "BG0810", 1);
    let another = format!("{key}-2");
    let _not_there = fs::remove_file(&another);
    works(&seen(&["statement", "key", &another]));
}

/// Looked at before any broker is asked: with a certificate, what is left to say is that none answers.
#[test]
fn the_certificate_of_kafka() {
    let file = root().join("target/cli-kafka-ca.pem");
    let (password, path) = (root().join("target/cli-kafka-password"), file.display());
    secret::write(&password, "x");
    let config = format!(
        "[kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity = \"sasl_ssl\"\nuser = \"x\"\npassword_file = \"{}\"\nca_file = \"{path}\"\n[registry]\nurl = \"http://127.0.0.1:1\"\n",
        password.display()
    );
    fs::write(&file, "no certificate\n").expect("a file");
    refuses(&seen_with("kafka-ca", &config, &["topic", "plan"]), "BG0113", 3);
    let ca = rcgen::generate_simple_self_signed(["kafka".to_owned()]).expect("a certificate");
    fs::write(&file, ca.cert.pem()).expect("a file");
    refuses(&seen_with("kafka-ca", &config, &["topic", "plan"]), "BG0101", 4);
}

/// `open-data serve`, which needs no server.
struct Pages {
    dir: PathBuf,
    site_port: u16,
    metrics_port: u16,
}

impl Pages {
    fn start(&self, name: &str, contracts: &Path, more: &str) -> Service {
        let config = self.dir.join(format!("{name}.toml"));
        let text = format!(
            "contracts = \"{}\"\n[open-data]\ndir = \"{}\"\nlisten = \"127.0.0.1:{}\"\n[metrics]\nlisten = \"127.0.0.1:{}\"\n{more}",
            contracts.display(),
            self.dir.join("open").display(),
            self.site_port,
            self.metrics_port
        );
        fs::write(&config, text).expect("a configuration");
        let _not_there = fs::remove_file(self.dir.join(format!("{name}.log")));
        Service::start(name, &config, &["open-data", "serve"], &[], &self.dir)
    }

    #[track_caller]
    fn refuse(&self, code: &str, exit: i32, contracts: &Path, more: &str) {
        let mut service = self.start(code, contracts, more);
        let status = service.wait_for_end(SOON).code();
        let log = service.log();
        refuses(&format!("{log}[exit {}]", status.unwrap_or(-1)), code, exit);
    }

    #[track_caller]
    fn serve(&self, name: &str, contracts: &Path, more: &str) {
        let service = self.start(name, contracts, more);
        for port in [self.site_port, self.metrics_port] {
            wait::until("the listener", SOON, || {
                wait::holds(TcpStream::connect(("127.0.0.1", port)).is_ok(), service.log())
            });
        }
        service.stop();
    }
}

#[test]
fn pages_and_metrics() {
    let dir = root().join("target/tests/ways-out");
    fs::create_dir_all(dir.join("open")).expect("a folder");
    let pages = Pages { dir: dir.clone(), site_port: free_port(), metrics_port: free_port() };
    let contracts = root().join("schemas");

    for (port, code) in [(pages.site_port, "BG0508"), (pages.metrics_port, "BG0125")] {
        let other = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        pages.refuse(code, 3, &contracts, "");
        drop(other);
        pages.serve("free", &contracts, "");
    }

    let none_is_open = contracts_of_one_owner("cli-no-open-set");
    pages.refuse("BG0509", 3, &none_is_open, "");
    pages.serve("sets", &contracts, "");

    let [own, foreign] = ["own", "foreign"].map(|name| {
        let made = rcgen::generate_simple_self_signed([format!("{name}.example.vn")]);
        let made = made.expect("a certificate");
        let files = [format!("{name}.pem"), format!("{name}.key")].map(|file| dir.join(file));
        fs::write(&files[0], made.cert.pem()).expect("a certificate");
        secret::write(&files[1], &made.signing_key.serialize_pem());
        files
    });
    let tls = |key: &Path| {
        format!("certificate_file = \"{}\"\nkey_file = \"{}\"\n", own[0].display(), key.display())
    };
    pages.refuse("BG0155", 3, &contracts, &tls(&foreign[1]));
    pages.serve("certificate", &contracts, &tls(&own[1]));
}

/// A folder of the registry's users is looked at before Kafka is: mended, it is taken.
#[test]
fn users_of_the_registry() {
    let dir = root().join("target/tests/ways-out-users");
    let users = dir.join("users");
    let _not_there = fs::remove_dir_all(&dir);
    fs::create_dir_all(&users).expect("a folder");
    let mode = |mode| {
        fs::set_permissions(&users, fs::Permissions::from_mode(mode)).expect("its mode");
    };
    let config = dir.join("registry.toml");
    let text = format!(
        "contracts = \"{}\"\n[kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity = \"plaintext\"\n[registry]\nlisten = \"127.0.0.1:{}\"\nusers_dir = \"{}\"\n",
        root().join("schemas").display(),
        free_port(),
        users.display()
    );
    fs::write(&config, text).expect("a configuration");
    let start = |name: &str| Service::start(name, &config, &["run", "registry"], &[], &dir);
    let refuse = |code: &str| {
        let mut service = start(code);
        let status = service.wait_for_end(SOON).code();
        refuses(&format!("{}[exit {}]", service.log(), status.unwrap_or(-1)), code, 3);
    };

    // As the page of BG0146 makes it.
    let line = in_shell_says("printf 'sha256:'; printf %s secret | sha256sum | cut -d' ' -f1");
    mode(0o700);
    secret::write(&users.join("lan"), &format!("{line}reads caobang.open.*\n"));
    refuse("BG0146");
    secret::write(&users.join("lan"), &format!("{line}read caobang.open.*\n"));
    mode(0o777);
    refuse("BG0147");
    let mended = Command::new("chmod").args(["-R", "go-w"]).arg(&users).status();
    assert!(mended.expect("chmod").success());
    start("mended").wait_for_log("who may ask, and what is kept", SOON);
}

fn in_shell_says(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().expect("a shell");
    String::from_utf8(output.stdout).expect("a text")
}
