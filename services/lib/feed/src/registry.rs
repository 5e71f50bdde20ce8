//! Client of a schema registry with Confluent's REST API: ours or any other, by URL. Blocks.

use std::error::Error as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use bangioc_runtime::Secret;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use bangioc_runtime::printable::printable;
use bangioc_runtime::settings::Section;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Method, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// For one request, connection included. A registry waits up to 30 s for its own log.
const PATIENCE: Duration = Duration::from_secs(40);
const CONNECT: Duration = Duration::from_secs(5);

/// Largest answer read, in bytes: a schema, and a list of messages that quote it.
const LARGEST_ANSWER: u64 = 16 << 20;

/// The `[registry]` section, as a client reads it. The service reads `listen`, `topic` and more from the same.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// `https://host:port`, with a path where the registry has one.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Who vouches for the registry's certificate.
    pub authorities: Authorities,
}

impl RegistrySettings {
    /// Keys: `url`, `user`, `password_file`, `tls`, `ca_file`. Without TLS only loopback is spoken to, unless
    /// `tls = "insecure-off"` says so.
    pub fn read(section: &Section<'_>) -> RegistrySettings {
        for key in ["listen", "topic", "users_dir", "insecure", "certificate_file", "key_file"] {
            section.has(key);
        }
        let url = section.text("url");
        let tls = section.choice("tls", &["verify", "off", "insecure-off"], "verify");
        let (off, anywhere) = (tls != "verify", tls == "insecure-off");
        // An empty one is reported as missing.
        if !url.is_empty() {
            match Transport::of(&url) {
                None => section.refuse("url", "is no address", "write it as `https://registry.example.vn:8081`, without a login in it"),
                Some(Transport::InTheClear) if anywhere => tracing::warn!(
                    "`registry.tls` is \"insecure-off\": logins and schemas pass in the clear, and nobody vouches for who answers"
                ),
                Some(Transport::InTheClear) => section.refuse(
                    "url",
                    "leads off this machine without TLS",
                    "write it as `https://…`; where the network between is your own from end to end, `tls = \"insecure-off\"`",
                ),
                Some(Transport::Tls) if off => section.refuse("tls", "is off, but `url` says https", "take one of them out"),
                Some(Transport::Tls | Transport::Loopback) => {}
            }
        }
        let authorities = section.optional_path("ca_file").map(|file| Authorities::read(&file));
        RegistrySettings {
            url,
            user: section.optional_text("user"),
            password: section.optional_secret("password"),
            authorities: authorities.unwrap_or(Ok(Authorities::default())).unwrap_or_else(
                |problem| {
                    section.refuse(
                        "ca_file",
                        &problem,
                        "name a PEM file with the certificates of those you trust",
                    );
                    Authorities::default()
                },
            ),
        }
    }
}

/// Where an address leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Transport {
    Tls,
    /// Without TLS, but nobody stands between.
    Loopback,
    InTheClear,
}

impl Transport {
    /// None for what is no address of a registry.
    fn of(url: &str) -> Option<Transport> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        // A password in an address would end in logs.
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>();
        let loopback = host == "localhost"
            || address.is_ok_and(|address| address.to_canonical().is_loopback());
        match uri.scheme_str()? {
            "https" => Some(Transport::Tls),
            "http" if loopback => Some(Transport::Loopback),
            "http" => Some(Transport::InTheClear),
            _ => None,
        }
    }
}

/// Certificates that may vouch for a registry's; by default the system's.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Option<RootCerts>);

impl Authorities {
    /// What is wrong with the file, where it does not hold any.
    fn read(file: &Path) -> Result<Authorities, String> {
        let text = std::fs::read(file)
            .map_err(|error| format!("can't be read: {}", error.to_string().to_lowercase()))?;
        let mut found = Vec::new();
        for item in parse_pem(&text) {
            match item {
                Ok(PemItem::Certificate(certificate)) => found.push(certificate),
                Ok(_) => {}
                Err(_) => return Err("is no PEM".to_owned()),
            }
        }
        if found.is_empty() {
            return Err("holds no certificate".to_owned());
        }
        Ok(Authorities(Some(found.into())))
    }

    fn roots(&self) -> RootCerts {
        self.0.clone().unwrap_or_else(|| {
            // Those that can't be read vouch for nobody.
            let system = rustls_native_certs::load_native_certs().certs;
            RootCerts::from(system.iter().map(|one| Certificate::from_der(one).to_owned()))
        })
    }
}

/// How a registry fails. No text here holds a schema; what a registry says of one stands in the source.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("can't reach the schema registry at `{url}`")]
    Unreachable { url: String, source: Box<ureq::Error> },
    /// It answers, but could not do it now: its own log or its Kafka fails.
    #[error("the schema registry at `{url}` could not answer")]
    Unwell { url: String, source: RegistrySaid },
    #[error("the schema registry at `{url}` refuses the credentials")]
    CredentialsRefused { url: String },
    /// It does not prove to be who it should be; nothing was sent to it.
    #[error("the schema registry at `{url}` has no certificate that can be trusted")]
    NotVerified { url: String, source: Box<rustls::Error> },
    #[error("the schema registry at `{url}` does not let this user {doing}")]
    Denied { url: String, doing: String, source: RegistrySaid },
    #[error("the schema for `{subject}` is incompatible with a version before it")]
    Incompatible { subject: String, source: RegistrySaid },
    #[error("the schema registry rejects this schema for `{subject}`")]
    InvalidSchema { subject: String, source: RegistrySaid },
    #[error("the schema registry at `{url}` refused to {doing}")]
    Refused { url: String, doing: String, source: RegistrySaid },
    #[error("the answer of `{url}` is not a schema registry's")]
    NotARegistry { url: String },
}

/// The registry's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Deserialize)]
#[error("{message} (error {code})")]
pub struct RegistrySaid {
    #[serde(rename = "error_code")]
    pub code: u32,
    #[serde(default)]
    pub message: String,
}

impl Failure for RegistryError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            RegistryError::Unreachable { url, .. } => retry("BG0730", Exit::Unreachable).hint(format!(
                "check that the registry runs and that this is its address: `curl {url}/subjects`"
            )),
            RegistryError::Unwell { .. } => retry("BG0731", Exit::Unreachable),
            RegistryError::CredentialsRefused { .. } => halt("BG0732", Exit::Config),
            RegistryError::Incompatible { .. } => halt("BG0733", Exit::Failed),
            RegistryError::InvalidSchema { .. } => halt("BG0734", Exit::Failed),
            RegistryError::Refused { .. } => halt("BG0735", Exit::Failed),
            RegistryError::NotARegistry { url } => halt("BG0736", Exit::Config).hint(format!(
                "something else may listen there: `curl {url}/schemas/types` should answer \
                 `[\"AVRO\"]` or more"
            )),
            RegistryError::NotVerified { .. } => halt("BG0152", Exit::Config),
            RegistryError::Denied { .. } => retry("BG0153", Exit::Config),
        }
    }
}

/// A version of a subject.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct RegisteredSchema {
    pub subject: String,
    pub version: u32,
    pub id: u32,
    /// JSON text.
    pub schema: String,
}

/// What a new version must be able to do with those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompatibilityLevel {
    None,
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

impl CompatibilityLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            CompatibilityLevel::None => "NONE",
            CompatibilityLevel::Backward => "BACKWARD",
            CompatibilityLevel::BackwardTransitive => "BACKWARD_TRANSITIVE",
            CompatibilityLevel::Forward => "FORWARD",
            CompatibilityLevel::ForwardTransitive => "FORWARD_TRANSITIVE",
            CompatibilityLevel::Full => "FULL",
            CompatibilityLevel::FullTransitive => "FULL_TRANSITIVE",
        }
    }
}

/// Whether a schema could be registered, and if not, why, in the registry's words.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Compatibility {
    pub is_compatible: bool,
    #[serde(default)]
    pub messages: Vec<String>,
}

/// Clones share connections. From async code, call it through `tokio::task::spawn_blocking`.
#[derive(Clone, Debug)]
pub struct RegistryClient {
    url: String,
    authorization: Option<Secret>,
    agent: Agent,
}

impl RegistryClient {
    /// Does not connect yet.
    pub fn new(settings: &RegistrySettings) -> RegistryClient {
        let RegistrySettings { url, user, password, authorities } = settings;
        let authorization = user.as_ref().map(|user| {
            let login = format!("{user}:{}", password.as_ref().map_or("", Secret::reveal));
            Secret::new(format!("Basic {}", STANDARD.encode(login)))
        });
        let mut agent = Agent::config_builder();
        // The environment's proxy would be one who stands between.
        if Transport::of(url) == Some(Transport::Tls) {
            let tls = TlsConfig::builder().root_certs(authorities.roots());
            agent = agent.tls_config(tls.build());
        } else {
            agent = agent.proxy(None);
        }
        let agent = agent
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(CONNECT))
            // The body of a refusal holds the registry's own code.
            .http_status_as_error(false)
            // A redirect could lead the credentials elsewhere.
            .max_redirects(0)
            .build()
            .new_agent();
        RegistryClient { url: url.trim_end_matches('/').to_owned(), authorization, agent }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Registers a schema, or finds it registered; its id.
    pub fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let path = format!("/subjects/{}/versions", encoded(subject));
        let answer = self.ask(Method::POST, &path, Some(&json!({"schema": schema})))?;
        let RegisteredId { id } = self.expect(&answer, subject, "register a schema")?;
        Ok(id)
    }

    /// The text of a schema; none when no subject has it.
    pub fn schema(&self, id: u32) -> Result<Option<String>, RegistryError> {
        let answer = self.ask(Method::GET, &format!("/schemas/ids/{id}"), None)?;
        let found: Option<SchemaText> = self.find(&answer, "", "look up an id")?;
        Ok(found.map(|SchemaText { schema }| schema))
    }

    /// The id of this very schema in the subject; none when it is not registered there.
    pub fn look_up(&self, subject: &str, schema: &str) -> Result<Option<u32>, RegistryError> {
        let answer = self.ask(
            Method::POST,
            &format!("/subjects/{}", encoded(subject)),
            Some(&json!({"schema": schema})),
        )?;
        let found: Option<RegisteredId> = self.find(&answer, subject, "look up a schema")?;
        Ok(found.map(|RegisteredId { id }| id))
    }

    /// None when the subject has no version.
    pub fn latest(&self, subject: &str) -> Result<Option<RegisteredSchema>, RegistryError> {
        let answer = self.ask(
            Method::GET,
            &format!("/subjects/{}/versions/latest", encoded(subject)),
            None,
        )?;
        self.find(&answer, subject, "show the latest version")
    }

    /// A version by its number; none when the subject has none such.
    pub fn version(
        &self,
        subject: &str,
        number: u32,
    ) -> Result<Option<RegisteredSchema>, RegistryError> {
        let path = format!("/subjects/{}/versions/{number}", encoded(subject));
        let answer = self.ask(Method::GET, &path, None)?;
        self.find(&answer, subject, "show a version")
    }

    /// In order of their names.
    pub fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        let answer = self.ask(Method::GET, "/subjects", None)?;
        self.expect(&answer, "", "list subjects")
    }

    /// Whether the schema could be the subject's next version, by the subject's level.
    pub fn check_compatible(
        &self,
        subject: &str,
        schema: &str,
    ) -> Result<Compatibility, RegistryError> {
        let path = format!("/compatibility/subjects/{}/versions?verbose=true", encoded(subject));
        let answer = self.ask(Method::POST, &path, Some(&json!({"schema": schema})))?;
        let verdict = self.find(&answer, subject, "check a schema")?;
        // A subject that isn't there has nothing to be incompatible with; some registries say 404.
        Ok(verdict.unwrap_or(Compatibility { is_compatible: true, messages: Vec::new() }))
    }

    /// The level set for the subject itself; none when it follows the registry's.
    pub fn compatibility(&self, subject: &str) -> Result<Option<String>, RegistryError> {
        let answer = self.ask(Method::GET, &format!("/config/{}", encoded(subject)), None)?;
        let found: Option<LevelSet> =
            self.find(&answer, subject, "show the compatibility level")?;
        Ok(found.map(|LevelSet { compatibility_level }| compatibility_level))
    }

    pub fn set_compatibility(
        &self,
        subject: &str,
        level: CompatibilityLevel,
    ) -> Result<(), RegistryError> {
        let body = json!({"compatibility": level.as_str()});
        let answer =
            self.ask(Method::PUT, &format!("/config/{}", encoded(subject)), Some(&body))?;
        self.expect::<Value>(&answer, subject, "set the compatibility level").map(|_| ())
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<RegistryAnswer, RegistryError> {
        let fails = |source| {
            let url = self.url.clone();
            match not_verified(&source) {
                Some(why) => RegistryError::NotVerified { url, source: Box::new(why) },
                None => RegistryError::Unreachable { url, source: Box::new(source) },
            }
        };
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("accept", CONTENT_TYPE)
            .header("content-type", CONTENT_TYPE);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization.reveal());
        }
        let sent = match body {
            Some(body) => request
                .body(body.to_string())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => request
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
        };
        let mut response = sent.map_err(fails)?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_string()
            .map_err(fails)?;
        Ok(RegistryAnswer { status, body })
    }

    /// None for the refusals that mean "there is none": 40401, 40402, 40403, 40408.
    fn find<T: DeserializeOwned>(
        &self,
        answer: &RegistryAnswer,
        subject: &str,
        doing: &str,
    ) -> Result<Option<T>, RegistryError> {
        if answer.status == 404
            && answer.said().is_some_and(|said| matches!(said.code, 40401..=40403 | 40408))
        {
            return Ok(None);
        }
        self.expect(answer, subject, doing).map(Some)
    }

    fn expect<T: DeserializeOwned>(
        &self,
        answer: &RegistryAnswer,
        subject: &str,
        doing: &str,
    ) -> Result<T, RegistryError> {
        let url = || self.url.clone();
        if answer.status == 200 {
            return serde_json::from_str(&answer.body)
                .map_err(|_| RegistryError::NotARegistry { url: url() });
        }
        // 401 and 403 often come from a proxy, with a body of its own.
        if let (403, Some(source)) = (answer.status, answer.said()) {
            return Err(RegistryError::Denied { url: url(), doing: doing.to_owned(), source });
        }
        if matches!(answer.status, 401 | 403) {
            return Err(RegistryError::CredentialsRefused { url: url() });
        }
        let subject = || subject.to_owned();
        Err(match (answer.status, answer.said()) {
            (500.., said) => {
                RegistryError::Unwell { url: url(), source: said.unwrap_or_else(|| answer.bare()) }
            }
            (_, None) => RegistryError::NotARegistry { url: url() },
            (409, Some(source)) => RegistryError::Incompatible { subject: subject(), source },
            (_, Some(source @ RegistrySaid { code: 42201, .. })) => {
                RegistryError::InvalidSchema { subject: subject(), source }
            }
            (_, Some(source)) => {
                RegistryError::Refused { url: url(), doing: doing.to_owned(), source }
            }
        })
    }
}

struct RegistryAnswer {
    status: u16,
    body: String,
}

impl RegistryAnswer {
    fn said(&self) -> Option<RegistrySaid> {
        let said: RegistrySaid = serde_json::from_str(&self.body).ok()?;
        Some(RegistrySaid { message: printable(&said.message).into_owned(), ..said })
    }

    fn bare(&self) -> RegistrySaid {
        RegistrySaid { code: self.status.into(), message: "no reason given".to_owned() }
    }
}

#[derive(Deserialize)]
struct RegisteredId {
    id: u32,
}

#[derive(Deserialize)]
struct SchemaText {
    schema: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LevelSet {
    compatibility_level: String,
}

/// What is wrong with the other side's certificate, if that is what a request failed for.
fn not_verified(error: &ureq::Error) -> Option<rustls::Error> {
    let cause = match error {
        ureq::Error::Rustls(cause) => cause,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
        other => other.source()?.downcast_ref()?,
    };
    matches!(cause, rustls::Error::InvalidCertificate(_)).then(|| cause.clone())
}

/// A subject as one segment of a path.
fn encoded(subject: &str) -> String {
    let mut out = String::with_capacity(subject.len());
    for byte in subject.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.extend(
                    char::from_digit(u32::from(half), 16).map(|digit| digit.to_ascii_uppercase()),
                );
            }
        }
    }
    out
}

#[cfg(test)]
mod verified;

#[cfg(test)]
mod tests {
    use bangioc_runtime::settings::Settings;

    use bangioc_runtime::failure::Class;

    use super::*;

    #[test]
    fn a_subject_is_one_segment_of_the_path() {
        assert_eq!(
            encoded("caobang.shared.so-tc.business-value"),
            "caobang.shared.so-tc.business-value"
        );
        assert_eq!(encoded("a/b Đ?"), "a%2Fb%20%C4%90%3F");
    }

    /// A registry that is none: says `status` and `body` to whoever asks, once.
    fn answering(status: &'static str, body: &'static str) -> RegistryClient {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        });
        RegistryClient::new(&RegistrySettings {
            url,
            user: None,
            password: None,
            authorities: Authorities::default(),
        })
    }

    #[test]
    fn answers_become_classes() {
        let check = |status, body, code, class| {
            let failure = answering(status, body).latest("s").unwrap_err();
            assert_eq!((failure.code(), failure.class()), (code, class), "{status} {body}");
        };
        let none = r#"{"error_code":40401,"message":"Subject 's' not found."}"#;
        assert_eq!(answering("404 Not Found", none).latest("s").unwrap(), None);
        check("500 Oops", r#"{"error_code":50001,"message":"m"}"#, "BG0731", Class::Retry);
        check("502 Bad Gateway", "<html>", "BG0731", Class::Retry);
        check("401 Unauthorized", "", "BG0732", Class::Halt);
        check("422 No", r#"{"error_code":42205,"message":"m"}"#, "BG0735", Class::Halt);
        // A page of something else is not "there is no such subject".
        check("404 Not Found", "<html>", "BG0736", Class::Halt);
        check(
            "404 Not Found",
            r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#,
            "BG0735",
            Class::Halt,
        );
        check("200 OK", "<html>", "BG0736", Class::Halt);
    }

    #[test]
    fn without_tls_only_loopback_is_spoken_to() {
        let read = |text: &str| {
            let file = std::env::temp_dir()
                .join(format!("bangioc-registry-client-{}.toml", std::process::id()));
            std::fs::write(&file, format!("[registry]\n{text}\n")).unwrap();
            let settings = Settings::load_with(Some(&file), []).unwrap();
            RegistrySettings::read(&settings.section("registry"));
            let end = settings.finish().is_ok();
            std::fs::remove_file(file).unwrap();
            end
        };
        for good in [
            "url = \"http://127.0.0.1:8081\"",
            "url = \"http://127.1.2.3\"",
            "url = \"http://[::1]:8081/registry\"",
            "url = \"http://localhost:8081\"",
            "url = \"https://registry:8081\"",
            "url = \"http://127.0.0.1:8081\"\ntls = \"off\"",
            "url = \"http://registry:8081\"\ntls = \"insecure-off\"",
        ] {
            assert!(read(good), "{good}");
        }
        for bad in [
            "url = \"http://registry:8081\"",
            "url = \"http://registry:8081\"\ntls = \"off\"",
            "url = \"http://10.0.0.1\"",
            "url = \"http://127.0.0.1.example.vn\"",
            "url = \"http://localhost.example.vn\"",
            "url = \"http://127.0.0.1@evil.example\"",
            "url = \"https://user:password@registry\"",
            "url = \"ftp://127.0.0.1\"",
            "url = \"registry:8081\"",
            "url = \"https://registry:8081\"\ntls = \"off\"",
            "url = \"https://registry:8081\"\ntls = \"require\"",
            "url = \"https://registry:8081\"\nca_file = \"/nowhere\"",
        ] {
            assert!(!read(bad), "{bad}");
        }
    }
}
