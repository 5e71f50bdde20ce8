//! Where the cluster is and who we are there; whether it is there at all.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bangioc_runtime::Secret;
use bangioc_runtime::settings::Section;
use bangioc_runtime::tls::Tls;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::util::Timeout;

use crate::error::{ErrorPlace, FeedError, is_transient};

/// How one metadata request may take before the next try within [`KafkaSettings::check`].
const ONE_TRY: Duration = Duration::from_millis(300);

/// How long brokers that are verified have, where another is not.
const SEVERAL_TRIES: Duration = Duration::from_secs(2);

/// librdkafka repeats every 30 s what it meets while reconnecting; somewhat longer, then.
const REPEATS_WITHIN: Duration = Duration::from_secs(40);

/// One broker of several may be away for hours: say so, but not at every try.
const WARN_EVERY: Duration = Duration::from_mins(5);

/// The `[kafka]` section.
#[derive(Clone, Debug)]
pub struct KafkaSettings {
    /// `host:port`, comma-separated.
    pub brokers: String,
    pub security: Security,
    /// Copies of each record that new topics get.
    pub replication: u16,
}

/// How to talk to the brokers. Passwords go by SCRAM-SHA-512.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Security {
    Plaintext,
    SaslPlaintext(Credentials),
    SaslTls { credentials: Credentials, ca_file: Option<PathBuf> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    pub user: String,
    pub password: Secret,
}

impl KafkaSettings {
    /// Keys: `brokers`, `security = "sasl_ssl" | "sasl_plaintext" | "plaintext"`, `user`, `password_file`,
    /// `tls` and `ca_file` as everywhere ([`Tls`]), `replication`. Without TLS the brokers must be on this
    /// machine, or `tls = "insecure-off"` must say what it is.
    pub fn read(section: &Section<'_>) -> KafkaSettings {
        let brokers = section.text("brokers");
        let security =
            section.choice("security", &["sasl_ssl", "sasl_plaintext", "plaintext"], "sasl_ssl");
        let hosts: Vec<&str> = brokers.split(',').map(host).collect();
        let encrypted = security == "sasl_ssl";
        let word = if encrypted { "verify" } else { "off" };
        let tls = Tls::read_or(section, &hosts, word);
        if section.has("tls") && tls.is_verified() != encrypted {
            section.refuse(
                "tls",
                "says the opposite of `security`",
                "`sasl_ssl` goes with \"verify\", the others with \"off\" or \"insecure-off\"",
            );
        }
        let credentials =
            || Credentials { user: section.text("user"), password: section.secret("password") };
        let security = match (security.as_str(), tls) {
            ("plaintext", _) => Security::Plaintext,
            ("sasl_plaintext", _) => Security::SaslPlaintext(credentials()),
            (_, tls) => Security::SaslTls {
                credentials: credentials(),
                ca_file: match tls {
                    Tls::Verify { ca_file } => ca_file,
                    Tls::Off => None,
                },
            },
        };
        // 1 to 9: more copies than anyone runs brokers is a slip of the finger.
        let replication = section.whole_number("replication", 1..=9, 1);
        KafkaSettings { brokers, security, replication: u16::try_from(replication).unwrap_or(1) }
    }

    /// Without credentials, as on a developer's machine.
    pub fn plaintext(brokers: impl Into<String>) -> KafkaSettings {
        KafkaSettings { brokers: brokers.into(), security: Security::Plaintext, replication: 1 }
    }

    /// Who we are to the cluster; `ANONYMOUS` without credentials, as Kafka calls it.
    pub fn principal(&self) -> &str {
        match &self.security {
            Security::Plaintext => "ANONYMOUS",
            Security::SaslPlaintext(credentials) | Security::SaslTls { credentials, .. } => {
                &credentials.user
            }
        }
    }

    /// What every client of ours has in common. `client_id` shows in the brokers' logs and quotas.
    pub(crate) fn client(&self, client_id: &str) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", client_id)
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            // From the default 10 s: after an outage, nothing should wait longer than a person would.
            .set("reconnect.backoff.max.ms", "2000")
            // From 60 s: a frozen broker is noticed within one lease.
            .set("socket.timeout.ms", "20000")
            .set("socket.connection.setup.timeout.ms", "10000")
            // From 30 s: below a record's time-out, so that a missing topic is called that.
            .set("topic.metadata.propagation.max.ms", "10000")
            // The brokers close idle connections: nothing to report.
            .set("log.connection.close", "false")
            .set_log_level(RDKafkaLogLevel::Info);
        let sasl = |client: &mut ClientConfig, credentials: &Credentials| {
            client
                .set("sasl.mechanism", "SCRAM-SHA-512")
                .set("sasl.username", &credentials.user)
                .set("sasl.password", credentials.password.reveal());
        };
        match &self.security {
            Security::Plaintext => {
                client.set("security.protocol", "plaintext");
            }
            Security::SaslPlaintext(credentials) => {
                client.set("security.protocol", "sasl_plaintext");
                sasl(&mut client, credentials);
            }
            Security::SaslTls { credentials, ca_file } => {
                client
                    .set("security.protocol", "sasl_ssl")
                    // Both are librdkafka's defaults today; nothing here may hang on that.
                    .set("enable.ssl.certificate.verification", "true")
                    .set("ssl.endpoint.identification.algorithm", "https");
                sasl(&mut client, credentials);
                if let Some(file) = ca_file {
                    client.set("ssl.ca.location", file.display().to_string());
                }
            }
        }
        client
    }

    /// Is the cluster there and does it take our credentials? Tries for `timeout`; blocks.
    pub fn check(&self, timeout: Duration) -> Result<(), FeedError> {
        self.metadata(None, timeout).map(|_| ())
    }

    /// [`KafkaSettings::check`], and whether the topic exists and may be seen: its number of partitions.
    pub fn partitions(&self, topic: &str, timeout: Duration) -> Result<u32, FeedError> {
        partition_count(
            &self.metadata(Some(topic), timeout)?,
            topic,
            self.place(topic, 0, "reading metadata"),
        )
    }

    fn metadata(&self, topic: Option<&str>, timeout: Duration) -> Result<Metadata, FeedError> {
        let place = self.place(topic.unwrap_or("the cluster"), 0, "reading metadata");
        let watch = Watch::quiet();
        let client: BaseProducer<Watch> =
            BaseProducer::from_config_and_context(&self.client("bangioc-check"), watch.clone())
                .map_err(|source| FeedError::of(source, place))?;
        let began = Instant::now();
        let end = began + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let failed = match client.client().fetch_metadata(topic, left.min(ONE_TRY)) {
                Ok(metadata) => return Ok(metadata),
                Err(source) => source,
            };
            // The reason of a refusal comes as an event, not as the request's error.
            client.poll(Duration::from_millis(5));
            if watch.refused() {
                return Err(FeedError::of(
                    KafkaError::Global(RDKafkaErrorCode::Authentication),
                    place,
                ));
            }
            // One broker of several may have a bad certificate: leave the others time to answer.
            if let Some(source) = watch.unverified()
                && (left.is_zero() || began.elapsed() >= SEVERAL_TRIES)
            {
                return Err(FeedError::Unverified { address: self.brokers.clone(), source });
            }
            let passes = failed.rdkafka_error_code().is_some_and(is_transient);
            if left.is_zero() || !passes {
                return Err(FeedError::of(failed, place));
            }
        }
    }

    pub(crate) fn place<'a>(
        &'a self,
        topic: &'a str,
        partition: i32,
        doing: &'a str,
    ) -> ErrorPlace<'a> {
        ErrorPlace { address: &self.brokers, principal: self.principal(), topic, partition, doing }
    }
}

/// Of `host:port`; an IPv6 address stands in brackets.
fn host(broker: &str) -> &str {
    let broker = broker.trim();
    broker.rsplit_once(':').map_or(broker, |(host, _)| host)
}

pub(crate) fn partition_count(
    metadata: &Metadata,
    topic: &str,
    place: ErrorPlace<'_>,
) -> Result<u32, FeedError> {
    let unknown = || FeedError::UnknownTopic { topic: topic.to_owned() };
    let found = metadata.topics().iter().find(|one| one.name() == topic).ok_or_else(unknown)?;
    if let Some(error) = found.error() {
        return Err(FeedError::of(KafkaError::MetadataFetch(error.into()), place));
    }
    match u32::try_from(found.partitions().len()) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(unknown()),
    }
}

/// Receives what librdkafka says outside of any request: tells the log when the cluster goes away and
/// when it is back, instead of at every reconnect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    state: Arc<WatchState>,
}

#[derive(Debug, Default)]
struct WatchState {
    /// Keeps troubles from the log: those of a check go to its caller, those of a closing client to nobody.
    quiet: AtomicBool,
    /// True from a trouble until something comes through; spares the lock on the record's path.
    troubled: AtomicBool,
    trouble: Mutex<Option<ConnectionTrouble>>,
}

#[derive(Debug)]
struct ConnectionTrouble {
    error: KafkaError,
    at: Instant,
    warned: Instant,
}

impl Watch {
    pub(crate) fn quiet() -> Watch {
        let watch = Watch::default();
        watch.hush();
        watch
    }

    /// Before its client closes: connections that close half-open are reported as broken ones.
    pub(crate) fn hush(&self) {
        self.state.quiet.store(true, Ordering::Relaxed);
    }

    fn refused(&self) -> bool {
        self.trouble().and_then(|error| error.rdkafka_error_code())
            == Some(RDKafkaErrorCode::Authentication)
    }

    fn unverified(&self) -> Option<KafkaError> {
        let of_tls = |error: &KafkaError| error.rdkafka_error_code() == Some(RDKafkaErrorCode::SSL);
        self.trouble().filter(of_tls)
    }

    /// What is wrong with the connection now, as far as is known: no news is good news.
    pub(crate) fn trouble(&self) -> Option<KafkaError> {
        if !self.state.troubled.load(Ordering::Relaxed) {
            return None;
        }
        let trouble = self.state.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble
            .as_ref()
            .filter(|trouble| trouble.at.elapsed() < REPEATS_WITHIN)
            .map(|trouble| trouble.error.clone())
    }

    /// Something came through: the trouble is over.
    pub(crate) fn works(&self) {
        if self.state.troubled.load(Ordering::Relaxed)
            && self.state.troubled.swap(false, Ordering::Relaxed)
        {
            tracing::debug!("Kafka answers again");
        }
    }

    fn note(&self, error: KafkaError, reason: &str) {
        let now = Instant::now();
        let mut trouble = self.state.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let warned = trouble.as_ref().map(|trouble| trouble.warned);
        let due = warned.is_none_or(|warned| now.duration_since(warned) >= WARN_EVERY);
        if due && !self.state.quiet.load(Ordering::Relaxed) {
            tracing::warn!(%error, reason, "no connection to Kafka, or to one of its brokers; still trying");
        }
        let warned = if due { now } else { warned.unwrap_or(now) };
        *trouble = Some(ConnectionTrouble { error, at: now, warned });
        self.state.troubled.store(true, Ordering::Relaxed);
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Its warnings repeat at every reconnect; what matters comes as an error too.
        tracing::debug!(target: "librdkafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let of_the_connection = matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::AllBrokersDown
                    | RDKafkaErrorCode::Authentication
                    | RDKafkaErrorCode::BrokerTransportFailure
                    | RDKafkaErrorCode::Resolve
                    | RDKafkaErrorCode::SSL
            )
        );
        // A connection that breaks while it authenticates says both; it is no refusal.
        let broken = KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure);
        let error = if reason.contains("Broker transport failure") { broken } else { error };
        if of_the_connection {
            self.note(error, reason);
        } else {
            // Of a request or a partition: its owner hears of it there.
            tracing::debug!(%error, reason, "Kafka client");
        }
    }
}

impl ConsumerContext for Watch {
    /// Whoever waits for a record need not wake for anything else: a client that lives long has a thread
    /// that serves its events.
    fn main_queue_min_poll_interval(&self) -> Timeout {
        Timeout::Never
    }
}

impl ProducerContext for Watch {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use bangioc_runtime::failure::Failure;
    use bangioc_runtime::settings::Settings;

    fn read(environment: &[(&str, &str)]) -> (KafkaSettings, Result<(), String>) {
        let environment =
            environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let settings = Settings::load_with(None, environment).unwrap();
        let kafka = KafkaSettings::read(&settings.section("kafka"));
        (kafka, settings.finish().map_err(|mistakes| mistakes.to_string()))
    }

    #[test]
    fn reads_each_kind_of_security() {
        let (plain, end) = read(&[
            ("BANGIOC__KAFKA__BROKERS", "127.0.0.1:1"),
            ("BANGIOC__KAFKA__SECURITY", "plaintext"),
        ]);
        assert_eq!(
            (plain.principal(), plain.security.clone(), end),
            ("ANONYMOUS", Security::Plaintext, Ok(()))
        );
        let secure = [
            ("BANGIOC__KAFKA__BROKERS", "h:1,h:2"),
            ("BANGIOC__KAFKA__USER", "shared-store"),
            ("BANGIOC__KAFKA__PASSWORD", "hidden"),
            ("BANGIOC__KAFKA__REPLICATION", "3"),
        ];
        let (kafka, end) = read(&secure);
        assert_eq!((kafka.principal(), kafka.replication, end), ("shared-store", 3, Ok(())));
        assert!(!format!("{kafka:?}").contains("hidden"));
        assert!(
            matches!(kafka.security, Security::SaslTls { .. }),
            "verified TLS is what holds when nothing is written"
        );
        let client = kafka.client("x");
        assert_eq!(client.get("ssl.endpoint.identification.algorithm"), Some("https"));
        let (_, end) = read(&[
            ("BANGIOC__KAFKA__SECURITY", "sasl_plaintext"),
            ("BANGIOC__KAFKA__REPLICATION", "0"),
        ]);
        let text = end.unwrap_err();
        for mistake in ["kafka.brokers", "kafka.user", "kafka.password_file", "kafka.replication"] {
            assert!(text.contains(mistake), "{mistake}: {text}");
        }
    }

    #[test]
    fn in_the_clear_is_for_this_machine() {
        let of = |brokers, security, tls: Option<&'static str>| {
            let mut lines =
                vec![("BANGIOC__KAFKA__BROKERS", brokers), ("BANGIOC__KAFKA__SECURITY", security)];
            if security != "plaintext" {
                lines.push(("BANGIOC__KAFKA__USER", "u"));
                lines.push(("BANGIOC__KAFKA__PASSWORD", "p"));
            }
            lines.extend(tls.map(|tls| ("BANGIOC__KAFKA__TLS", tls)));
            read(&lines).1.err()
        };
        for (brokers, security, tls) in [
            ("127.0.0.1:1,[::1]:2,localhost:3", "sasl_plaintext", None),
            ("localhost:1", "plaintext", Some("off")),
            ("kafka:1", "sasl_plaintext", Some("insecure-off")),
            ("kafka:1", "sasl_ssl", Some("verify")),
        ] {
            assert_eq!(of(brokers, security, tls), None, "{brokers} {security}");
        }
        for (brokers, security, tls) in [
            ("kafka:1", "sasl_plaintext", None),
            ("kafka:1", "plaintext", None),
            ("127.0.0.1:1,kafka:1", "sasl_plaintext", None),
            ("kafka:1", "sasl_plaintext", Some("off")),
            ("localhost:1", "sasl_plaintext", Some("verify")),
            ("localhost:1", "sasl_ssl", Some("off")),
            ("kafka:1", "sasl_ssl", Some("insecure-off")),
        ] {
            let text = of(brokers, security, tls).expect(brokers);
            assert!(text.contains("kafka.tls"), "{brokers} {security}: {text}");
        }
    }

    #[test]
    fn a_cluster_that_is_not_there_is_named() {
        // Port 1 on loopback: refused at once.
        let failure =
            KafkaSettings::plaintext("127.0.0.1:1").check(Duration::from_millis(1500)).unwrap_err();
        assert_eq!(
            (failure.code(), failure.to_string().as_str()),
            ("BG0101", "can't reach Kafka at `127.0.0.1:1`")
        );
    }
}
