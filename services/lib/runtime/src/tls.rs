//! Is the one who answers who we think? One pair of keys for every peer, `tls` and `ca_file`, and verified
//! TLS is what holds when nothing is written.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::settings::Section;

/// How a peer is spoken to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls {
    /// Encrypted, the certificate verified and the peer's name looked for in it. Without a file the
    /// certificates of the system count.
    Verify { ca_file: Option<PathBuf> },
    /// In the clear: the peer is on this machine, or the configuration says `insecure-off`.
    Off,
}

impl Tls {
    /// `hosts`: where the peer is, or its several addresses. A mistake is recorded, as everywhere in a
    /// section.
    pub fn read(section: &Section<'_>, hosts: &[&str]) -> Tls {
        Tls::read_or(section, hosts, "verify")
    }

    /// [`Tls::read`], where another key has already said which word holds when none is written.
    pub fn read_or(section: &Section<'_>, hosts: &[&str], default: &str) -> Tls {
        let word = section.optional_text("tls").unwrap_or_else(|| default.to_owned());
        let ca_file = section.optional_path("ca_file");
        let far = hosts.iter().find(|host| !is_here(host));
        match (word.as_str(), far) {
            ("verify", _) => {
                if hosts.iter().any(|host| host.starts_with('/')) {
                    section.refuse_tls(
                        "tls",
                        "is \"verify\", and there is no TLS over a Unix socket",
                        "write `tls = \"off\"`: nobody stands between",
                    );
                }
                if let Some(file) = &ca_file {
                    check_file(section, file);
                }
            }
            ("off", None) => return Tls::Off,
            ("off", Some(host)) => section.refuse_tls(
                "tls",
                &format!("is \"off\", and `{host}` is not on this machine"),
                "give the server a certificate and write `tls = \"verify\"`, with `ca_file` for one that you signed yourself; \
                 only where whoever is on the way may read and change everything: `tls = \"insecure-off\"`",
            ),
            ("insecure-off", _) => {
                if let Some(host) = far {
                    tracing::warn!(
                        section = section.name(),
                        host,
                        "no TLS: anyone on the way can read and change everything, passwords included"
                    );
                }
                return Tls::Off;
            }
            ("require", _) => section.refuse_tls(
                "tls",
                "is \"require\", which believed whoever answered",
                "write `tls = \"verify\"`, with `ca_file` for a certificate that you signed yourself",
            ),
            _ => section.refuse_tls(
                "tls",
                "is none of the choices",
                "write \"verify\", \"off\" on this machine, or \"insecure-off\"",
            ),
        }
        Tls::Verify { ca_file }
    }

    pub fn is_verified(&self) -> bool {
        matches!(self, Tls::Verify { .. })
    }
}

/// Does the host stand for this machine itself? The folder of a Unix socket does.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.starts_with('/')
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A file that is missing is a mistake to be named at the start, not a server that can't be reached.
fn check_file(section: &Section<'_>, file: &std::path::Path) {
    let problem = match std::fs::read_to_string(file) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => return,
        Ok(_) => format!("names `{}`, which holds no certificate", file.display()),
        Err(error) => format!("names `{}`, which can't be read: {error}", file.display()),
    };
    section.refuse_tls(
        "ca_file",
        &problem.to_lowercase(),
        "name a PEM file with the certificate of who signed the server's",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, SettingsError};

    fn read(lines: &str, host: &str) -> (Tls, Vec<String>) {
        let settings = Settings::of_text(&format!("[store]\n{lines}\n"));
        let tls = Tls::read(&settings.section("store"), &[host]);
        let mistakes = settings.finish().err();
        let said = mistakes.iter().flat_map(SettingsError::mistakes);
        (tls, said.map(|one| format!("{} {}", one.code(), one.place)).collect())
    }

    #[test]
    fn verified_is_what_holds_when_nothing_is_written() {
        for host in ["db.example.vn", "127.0.0.1", "localhost"] {
            assert_eq!(read("", host), (Tls::Verify { ca_file: None }, vec![]), "{host}");
        }
    }

    #[test]
    fn off_is_for_this_machine() {
        for host in [
            "127.0.0.1",
            "127.8.0.1",
            "::1",
            "[::1]",
            "localhost",
            "/run/postgresql",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(read("tls = \"off\"", host), (Tls::Off, vec![]), "{host}");
        }
        for host in
            ["10.0.0.9", "db", "127.0.0.1.example.vn", "localhost.example.vn", "0.0.0.0", "::"]
        {
            let (tls, mistakes) = read("tls = \"off\"", host);
            assert!(tls.is_verified(), "{host}");
            assert_eq!(mistakes, ["BG0113 store.tls"], "{host}");
            assert_eq!(read("tls = \"insecure-off\"", host), (Tls::Off, vec![]), "{host}");
        }
    }

    #[test]
    fn what_would_believe_anyone_is_refused() {
        for (lines, host, place) in [
            ("tls = \"require\"", "127.0.0.1", "store.tls"),
            ("tls = \"yes\"", "127.0.0.1", "store.tls"),
            ("tls = \"verify\"", "/run/postgresql", "store.tls"),
            ("ca_file = \"/nowhere/ca.pem\"", "db", "store.ca_file"),
            ("ca_file = \"/dev/null\"", "db", "store.ca_file"),
        ] {
            let (tls, mistakes) = read(lines, host);
            assert!(tls.is_verified(), "{lines}");
            assert_eq!(mistakes, [format!("BG0113 {place}")], "{lines}");
        }
    }
}
