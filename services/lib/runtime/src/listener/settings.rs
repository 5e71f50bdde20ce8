//! `[listener]`, the limits of every HTTP listener of a process, and what each has of its own.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

use crate::settings::{Section, Settings};

/// A listener never takes more than this part of the process's files: a page holds a file beside its
/// connection, a process may have two listeners, and leases, logs and databases need theirs at any time.
const PART_OF_FILES: usize = 4;
/// However many files there are: each connection has buffers, too.
const MOST_CONNECTIONS: usize = 1_024;

/// How many may be connected, and how long each step may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connections: usize,
    /// Of an IPv4 address, or of an IPv6 network of 64 bits, which one host may have for itself.
    pub of_one_address: usize,
    /// From the connection to the last byte of the request's head, TLS handshake included; of further requests
    /// from their first byte on.
    pub header_timeout: Duration,
    /// For a request's body, and for us to answer it.
    pub request_timeout: Duration,
    /// Between two requests.
    pub idle_timeout: Duration,
    /// Without the client taking any of an answer.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: MOST_CONNECTIONS,
            of_one_address: MOST_CONNECTIONS / 2,
            header_timeout: Duration::from_secs(10),
            // A registry waits up to 30 s for its own log.
            request_timeout: Duration::from_mins(1),
            // Longer than the 15 s after which our own clients let go: they never meet an end that comes first.
            idle_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_mins(1),
        }
    }
}

impl Limits {
    /// Keys: `connections`, `connections_of_one_address`, `header_timeout`, `request_timeout`, `idle_timeout`,
    /// `write_timeout`.
    pub fn read(section: &Section<'_>) -> Limits {
        let default = Limits::default();
        let number = |key, default: usize| {
            let number = section.whole_number(key, 1..=100_000, default as u64);
            usize::try_from(number).unwrap_or(default)
        };
        let connections = number("connections", default.connections);
        Limits {
            connections,
            of_one_address: number("connections_of_one_address", connections.div_ceil(2)),
            header_timeout: section.duration("header_timeout", default.header_timeout),
            request_timeout: section.duration("request_timeout", default.request_timeout),
            idle_timeout: section.duration("idle_timeout", default.idle_timeout),
            write_timeout: section.duration("write_timeout", default.write_timeout),
        }
    }

    /// For a listener that only a few should ever use.
    #[must_use]
    pub fn at_most(mut self, connections: usize) -> Limits {
        self.connections = self.connections.min(connections);
        self.of_one_address = self.of_one_address.min(connections.div_ceil(2));
        self
    }

    /// As asked for, as far as the process may have files.
    pub(super) fn within_files(&self) -> Limits {
        let files = getrlimit(Resource::Nofile).current;
        let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
        let share = (files / PART_OF_FILES).max(1);
        let mut limits = self.clone();
        if share < limits.connections {
            limits.connections = share;
            // The part of one address stays the same part.
            limits.of_one_address = (self.of_one_address * share).div_ceil(self.connections);
        }
        limits
    }
}

/// Certificate chain and key, PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug, Default)]
pub struct ListenerSettings {
    pub limits: Limits,
    /// None: HTTP without TLS.
    pub tls: Option<TlsFiles>,
}

impl ListenerSettings {
    /// `[listener]`, and `certificate_file` and `key_file` of the section that the listener belongs to: both or
    /// none.
    pub fn read(settings: &Settings, section: &str) -> ListenerSettings {
        let section = settings.section(section);
        let (certificate, key) =
            (section.optional_path("certificate_file"), section.optional_path("key_file"));
        let tls = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                section.refuse("certificate_file", "has no key", "set `key_file` too");
                None
            }
            (None, Some(_)) => {
                let hint = "set `certificate_file` too";
                section.refuse("key_file", "has no certificate", hint);
                None
            }
        };
        ListenerSettings { limits: Limits::read(&settings.section("listener")), tls }
    }
}
