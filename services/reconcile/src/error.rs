//! How a comparison fails. What PostgreSQL says never passes, since it quotes values: only its SQLSTATE does.

use std::path::PathBuf;

use bangioc_feed::FeedError;
use bangioc_runtime::failure::{Class, Exit, Failure};
use bangioc_sink::SinkError;

#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("source and stores differ: {rows} rows of {datasets} datasets")]
    Different { rows: u64, datasets: usize },
    #[error("{sides} of {of} sides of datasets could not be compared")]
    NotCompared { sides: usize, of: usize },
    #[error("source `{name}` can't answer a question, SQLSTATE `{sqlstate}`")]
    SourceQuestion { name: String, sqlstate: String },
    #[error("source `{name}` does not answer at `{address}`")]
    SourceUnreachable {
        name: String,
        address: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "whoever answers at `{address}` asks for the password itself, or its MD5, without TLS; it got nothing"
    )]
    PasswordAsked { address: String },
    #[error("the configuration names no database for source `{name}`")]
    NoSource { name: String },
    #[error("the configuration names no `[{section}]`")]
    NoStore { section: &'static str },
    #[error("the {side} store had not come to {lsn} of its source after {seconds} s")]
    StoreBehind { side: &'static str, lsn: String, seconds: u64 },
    #[error(
        "dataset `{dataset}` is {phase}: its source and its stores are not meant to be equal now"
    )]
    NotStreaming { dataset: String, phase: String },
    #[error("dataset `{dataset}` has no key: its rows can't be told apart")]
    Keyless { dataset: String },
    #[error("the table of `{dataset}` is not at its source, or not as the contract says")]
    NoTable { dataset: String },
    #[error("`{path}` is no statement of ours")]
    NoStatement { path: PathBuf },
    #[error("`{path}` was not signed with that key, or was changed afterwards")]
    BadSignature { path: PathBuf },
    #[error("that is no key for statements")]
    BadKey,
    #[error("can't read or write `{path}`")]
    File {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("a repair is asked for in a person's name, and Kafka's user `{user}` is none")]
    NoOperator { user: String },
    #[error("the books do not add up: {findings} findings in {partitions} partitions")]
    BooksWrong { findings: usize, partitions: usize },
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error(transparent)]
    Feed(#[from] FeedError),
}

impl ReconcileError {
    pub(crate) fn file(path: &std::path::Path, cause: std::io::Error) -> ReconcileError {
        ReconcileError::File { path: path.to_owned(), cause }
    }
}

/// A statement of ours at a store.
pub(crate) fn store(error: sqlx::Error) -> ReconcileError {
    ReconcileError::Sink(SinkError::from(error).of_bookkeeping())
}

impl Failure for ReconcileError {
    fn code(&self) -> &'static str {
        match self {
            ReconcileError::Different { .. } => "BG0801",
            ReconcileError::NotCompared { .. } => "BG0802",
            ReconcileError::SourceQuestion { .. } => "BG0803",
            ReconcileError::SourceUnreachable { .. } | ReconcileError::PasswordAsked { .. } => {
                "BG0804"
            }
            ReconcileError::NoSource { .. } | ReconcileError::NoStore { .. } => "BG0805",
            ReconcileError::StoreBehind { .. } => "BG0806",
            ReconcileError::NotStreaming { .. } => "BG0807",
            ReconcileError::Keyless { .. } | ReconcileError::NoTable { .. } => "BG0808",
            ReconcileError::NoStatement { .. } | ReconcileError::BadSignature { .. } => "BG0809",
            ReconcileError::BadKey | ReconcileError::File { .. } => "BG0810",
            ReconcileError::NoOperator { .. } => "BG0811",
            ReconcileError::BooksWrong { .. } => "BG0812",
            ReconcileError::Sink(error) => error.code(),
            ReconcileError::Feed(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        match self {
            ReconcileError::SourceQuestion { .. }
            | ReconcileError::SourceUnreachable { .. }
            | ReconcileError::StoreBehind { .. }
            | ReconcileError::NotStreaming { .. } => Class::Retry,
            ReconcileError::Different { .. }
            | ReconcileError::NotCompared { .. }
            | ReconcileError::PasswordAsked { .. }
            | ReconcileError::NoSource { .. }
            | ReconcileError::NoStore { .. }
            | ReconcileError::Keyless { .. }
            | ReconcileError::NoTable { .. }
            | ReconcileError::NoStatement { .. }
            | ReconcileError::BadSignature { .. }
            | ReconcileError::BadKey
            | ReconcileError::File { .. }
            | ReconcileError::NoOperator { .. }
            | ReconcileError::BooksWrong { .. } => Class::Halt,
            ReconcileError::Sink(error) => error.class(),
            ReconcileError::Feed(error) => error.class(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ReconcileError::SourceUnreachable { .. } | ReconcileError::PasswordAsked { .. } => {
                Exit::Unreachable
            }
            ReconcileError::NoSource { .. }
            | ReconcileError::NoStore { .. }
            | ReconcileError::NoOperator { .. }
            | ReconcileError::BadKey => Exit::Config,
            ReconcileError::Different { .. }
            | ReconcileError::NotCompared { .. }
            | ReconcileError::SourceQuestion { .. }
            | ReconcileError::StoreBehind { .. }
            | ReconcileError::NotStreaming { .. }
            | ReconcileError::Keyless { .. }
            | ReconcileError::NoTable { .. }
            | ReconcileError::NoStatement { .. }
            | ReconcileError::BadSignature { .. }
            | ReconcileError::File { .. }
            | ReconcileError::BooksWrong { .. } => Exit::Failed,
            ReconcileError::Sink(error) => error.exit(),
            ReconcileError::Feed(error) => error.exit(),
        }
    }

    fn hint(&self) -> String {
        match self {
            ReconcileError::Different { .. } => "`bangioc reconcile --repair` asks the sources for those rows again; first find out who changed them".into(),
            ReconcileError::NotCompared { .. } => "the reason stands beside each above".into(),
            ReconcileError::SourceQuestion { .. } => "`bangioc source check` says what the login may not, or what of the table is not as the contract says".into(),
            ReconcileError::SourceUnreachable { .. } => "check host, user, password file and `tls` of the source in the configuration".into(),
            ReconcileError::PasswordAsked { .. } => "is it your server? let it ask by SCRAM (`scram-sha-256` in `pg_hba.conf`), or give it TLS and write `tls = \"verify\"`".into(),
            ReconcileError::NoSource { .. } => "name the configuration of its capture in `[reconcile] sources`, or the database itself in `[source]`".into(),
            ReconcileError::NoStore { section } => format!("give `[{section}]`, with the login of the store's owner"),
            ReconcileError::StoreBehind { .. } => "does its sink run, and its capture? see `bangioc status`; then compare again".into(),
            ReconcileError::NotStreaming { dataset, .. } => format!("`bangioc dataset list` shows `{dataset}`; compare again when it streams"),
            ReconcileError::Keyless { .. } => "give the contract a natural key, if its rows have one".into(),
            ReconcileError::NoTable { .. } => "`bangioc source check` names what does not fit".into(),
            ReconcileError::NoStatement { .. } => "name a file that `bangioc reconcile --statement` wrote".into(),
            ReconcileError::BadSignature { .. } => "is it the public key of whoever made the statement? then believe nothing that the file says".into(),
            ReconcileError::BadKey => "`bangioc statement key FILE` makes one, and prints the public half".into(),
            ReconcileError::File { .. } => "look at its folder, and who may write there".into(),
            ReconcileError::NoOperator { .. } => "use the configuration of an `operator-<name>`".into(),
            ReconcileError::BooksWrong { .. } => "the findings stand above; see `bangioc explain BG0812` before anything is restarted".into(),
            ReconcileError::Sink(error) => error.hint(),
            ReconcileError::Feed(error) => error.hint(),
        }
    }
}
