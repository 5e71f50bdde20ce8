//! The trials, and the servers that they share.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bangioc_tests::platform::{ops, read_env};
use bangioc_tests::{bangioc, root, secret, wait};

use crate::certificate::{Authority, Certificate};
use crate::impostor::{CLEARTEXT, Impostor, MD5};

const PASSWORD: &str = "the password of this trial";
/// Long past, and far ahead.
const EXPIRED: i32 = 2020;
const GOOD: i32 = 2090;

pub(crate) struct Peers {
    dir: PathBuf,
    ours: Authority,
    another: Authority,
    /// What a real server has: signed by ours, for `localhost`, not for 127.0.0.1.
    postgres: BTreeMap<String, String>,
    kafka: BTreeMap<String, String>,
}

/// Each side of a database: its section, and a command that reaches it.
const SIDES: [(&str, &[&str], [&str; 2]); 3] = [
    ("source", &["source", "check"], ["BG0203", "BG0223"]),
    ("store", &["dead-letter", "list"], ["BG0422", "BG0423"]),
    ("open-store", &["dead-letter", "list", "--side", "open"], ["BG0422", "BG0423"]),
];

impl Peers {
    pub(crate) fn start() -> Peers {
        let dir = root().join("target/tests/doors");
        let (postgres, kafka) = (dir.join("postgres"), dir.join("kafka"));
        if dir.exists() {
            let _ = ops("postgres", &["down", &text(&postgres)]);
            let _ = ops("kafka", &["down", &text(&kafka)]);
            fs::remove_dir_all(&dir).expect("an empty folder");
        }
        fs::create_dir_all(&dir).expect("a folder");
        let (ours, another) = (Authority::new(&dir, "ours"), Authority::new(&dir, "another"));
        secret::write(&dir.join("password"), PASSWORD);
        // As the broker advertises itself.
        let broker = ours.signs("127.0.0.1", GOOD);
        let pem = dir.join("broker.pem");
        secret::write(&pem, &format!("{}{}", broker.key, broker.certificate));
        ops("kafka", &["up", &text(&kafka), "--tls", &text(&pem)]).expect("Kafka");
        ops("postgres", &["up", &text(&postgres), "--fsync", "off"]).expect("PostgreSQL");
        let peers = Peers {
            ours,
            another,
            postgres: read_env(&postgres.join("env")),
            kafka: read_env(&kafka.join("env")),
            dir,
        };
        peers.present(&peers.ours.signs("localhost", GOOD));
        peers
    }

    pub(crate) fn stop(&self) {
        let _ = ops("postgres", &["down", &text(&self.dir.join("postgres"))]);
        let _ = ops("kafka", &["down", &text(&self.dir.join("kafka"))]);
    }

    /// Gives the real PostgreSQL a certificate.
    fn present(&self, given: &Certificate) {
        let data = self.dir.join("postgres/data");
        let owner = fs::metadata(&data).expect("data").uid();
        for (name, content) in [("server.crt", &given.certificate), ("server.key", &given.key)] {
            let file = data.join(name);
            secret::write(&file, content);
            chown(&file, Some(owner), None).expect("its owner");
        }
        self.sql("alter system set ssl = on");
        self.sql("select pg_reload_conf()");
        wait::until("PostgreSQL to speak TLS", Duration::from_secs(20), || {
            wait::holds(self.sql("show ssl").trim() == "on", String::new())
        });
    }

    fn sql(&self, sql: &str) -> String {
        let output = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-c", sql])
            .envs(&self.postgres)
            .output()
            .expect("psql");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A database's section.
    fn section(&self, name: &str, host: &str, port: &str, lines: &str) -> String {
        let sink = self.dir.join("password");
        format!(
            "[{name}]\n{}host = \"{host}\"\nport = {port}\nuser = \"postgres\"\npassword_file = \"{}\"\ndatabase = \"postgres\"\n{lines}\n\
             [sink]\nsecret_file = \"{}\"\n",
            if name == "source" { "name = \"so-nnmt\"\n" } else { "" },
            self.password_file(port).display(),
            sink.display(),
        )
    }

    /// The real server's password, or the one that an impostor is after.
    fn password_file(&self, port: &str) -> PathBuf {
        if port == self.postgres["PGPORT"] {
            self.dir.join("postgres/secrets/postgres")
        } else {
            self.dir.join("password")
        }
    }

    /// What the binary says, and nothing else that it needs answers.
    fn said(&self, what: &str, sections: &str, args: &[&str]) -> String {
        let name = what.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let config = self.dir.join(format!("{name}-{}.toml", args.join("-")));
        let kafka = if sections.starts_with("[kafka]") {
            ""
        } else {
            "[kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity = \"plaintext\"\n"
        };
        let text = format!(
            "contracts = \"{}\"\n{kafka}[registry]\nurl = \"http://127.0.0.1:1\"\n{sections}",
            root().join("schemas").display()
        );
        fs::write(&config, text).expect("a configuration");
        let output = Command::new(bangioc())
            .arg("--config")
            .arg(&config)
            .args(args)
            .output()
            .expect("the binary");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

fn kafka_section(brokers: &str, password: &Path, lines: &str) -> String {
    format!(
        "[kafka]\nbrokers = \"{brokers}\"\nuser = \"admin\"\npassword_file = \"{}\"\n{lines}\n",
        password.display()
    )
}

fn trusting(authority: &Authority) -> String {
    format!("ca_file = \"{}\"", authority.file.display())
}

fn is_refused(said: &str, code: &str, what: &str) {
    assert!(said.contains(&format!("error[{code}]")), "{what}: {said}");
}

fn heard_nothing(impostor: &Impostor, what: &str) {
    let told = impostor.told();
    assert!(told.is_empty(), "{what}: {} bytes were told", told.len());
}

pub(crate) fn an_impostor_of_a_database_gets_no_password(peers: &Peers) {
    let ours = trusting(&peers.ours);
    for (name, args, [code, _]) in SIDES {
        for (what, certificate, lines) in [
            ("another authority", Some(peers.another.signs("127.0.0.1", GOOD)), &*ours),
            ("another name", Some(peers.ours.signs("db.example.vn", GOOD)), &*ours),
            ("expired", Some(peers.ours.signs("127.0.0.1", EXPIRED)), &*ours),
            ("unknown to the system", Some(peers.ours.signs("127.0.0.1", GOOD)), ""),
            ("no TLS at all", None, &*ours),
            ("no TLS, nothing written", None, ""),
        ] {
            let what = format!("{name}: {what}");
            let impostor = Impostor::postgres(certificate, CLEARTEXT);
            let section = peers.section(name, "127.0.0.1", &impostor.port.to_string(), lines);
            is_refused(&peers.said(&what, &section, args), code, &what);
            heard_nothing(&impostor, &what);
        }
    }
}

pub(crate) fn an_unverified_database_is_answered_by_scram_alone(peers: &Peers) {
    for (name, args, [_, code]) in SIDES {
        for (what, asks) in [("in clear", CLEARTEXT), ("as MD5", MD5)] {
            let what = format!("{name}: {what}");
            let impostor = Impostor::postgres(None, asks);
            let section =
                peers.section(name, "127.0.0.1", &impostor.port.to_string(), "tls = \"off\"");
            is_refused(&peers.said(&what, &section, args), code, &what);
            heard_nothing(&impostor, &what);
        }
    }
}

pub(crate) fn a_real_database_is_believed_by_its_certificate(peers: &Peers) {
    let (ours, another) = (trusting(&peers.ours), trusting(&peers.another));
    let port = &peers.postgres["PGPORT"];
    for (name, args, [code, _]) in SIDES {
        let said = |what: &str, host: &str, lines: &str| {
            let section = peers.section(name, host, port, lines);
            peers.said(&format!("real {name} {what}"), &section, args)
        };
        // It was let in, and found nothing prepared there.
        let is_in = |said: &str| match name {
            "source" => assert!(!said.contains("error[BG02"), "{name}: {said}"),
            _ => is_refused(said, "BG0405", name),
        };
        is_in(&said("good", "localhost", &ours));
        is_refused(&said("name", "127.0.0.1", &ours), code, name);
        is_refused(&said("authority", "localhost", &another), code, name);
        is_refused(&said("system", "localhost", ""), code, name);
        is_in(&said("off", "127.0.0.1", "tls = \"off\""));
    }
}

pub(crate) fn an_impostor_of_kafka_gets_no_password(peers: &Peers) {
    let ours = trusting(&peers.ours);
    for (what, certificate, lines) in [
        ("another authority", peers.another.signs("127.0.0.1", GOOD), &*ours),
        ("another name", peers.ours.signs("kafka.example.vn", GOOD), &*ours),
        ("expired", peers.ours.signs("127.0.0.1", EXPIRED), &*ours),
        ("unknown to the system", peers.ours.signs("127.0.0.1", GOOD), ""),
    ] {
        let impostor = Impostor::kafka(certificate);
        let brokers = format!("127.0.0.1:{}", impostor.port);
        let section = kafka_section(&brokers, &peers.dir.join("password"), lines);
        is_refused(&peers.said(what, &section, &["topic", "plan"]), "BG0115", what);
        heard_nothing(&impostor, what);
    }
}

pub(crate) fn a_real_kafka_is_believed_by_its_certificate(peers: &Peers) {
    let ours = trusting(&peers.ours);
    let by_address = &peers.kafka["KAFKA_TLS"];
    let by_name = by_address.replace("127.0.0.1", "localhost");
    let password = peers.dir.join("kafka/secrets/admin");
    let said = |what: &str, brokers: &str, lines: &str| {
        let section = kafka_section(brokers, &password, lines);
        peers.said(what, &section, &["topic", "plan"])
    };
    let good = said("kafka good", by_address, &ours);
    assert!(good.starts_with("Topics under"), "{good}");
    is_refused(&said("kafka name", &by_name, &ours), "BG0115", "another name");
    let another = trusting(&peers.another);
    is_refused(&said("kafka authority", by_address, &another), "BG0115", "another authority");
    let clear = said("kafka no TLS", &peers.kafka["KAFKA"], &ours);
    let is_told = ["error[BG0115]", "error[BG0101]"].iter().any(|code| clear.contains(code));
    assert!(is_told, "a port without TLS: {clear}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
