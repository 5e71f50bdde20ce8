//! How a comparison fails. What PostgreSQL says never passes, since it quotes values: only its SQLSTATE does.

use std::path::PathBuf;

use bangioc_feed::FeedError;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
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
        "the server at `{address}` asks for the password itself, or its MD5, without TLS; it was not sent"
    )]
    PasswordAsked { address: String },
    #[error("the configuration names no database for source `{name}`")]
    NoSource { name: String },
    #[error("the configuration names no `[{section}]`")]
    NoStore { section: &'static str },
    #[error("after {seconds} s the {side} store had not reached {lsn} of its source")]
    StoreBehind { side: &'static str, lsn: String, seconds: u64 },
    #[error("dataset `{dataset}` is {phase}: its source and its stores need not be equal now")]
    NotStreaming { dataset: String, phase: String },
    #[error("dataset `{dataset}` has no key: its rows can't be told apart")]
    Keyless { dataset: String },
    #[error("the table of `{dataset}` is not at its source, or not as the contract says")]
    NoTable { dataset: String },
    #[error(
        "the index of the key of `{dataset}` leads to {in_index} rows at the source, its table has {in_table}"
    )]
    IndexDamaged { dataset: String, in_table: i64, in_index: i64 },
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
    fn diagnosis(&self) -> Diagnosis {
        match self {
            ReconcileError::Different { .. } => halt("BG0801", Exit::Failed),
            ReconcileError::NotCompared { .. } => halt("BG0802", Exit::Failed),
            ReconcileError::SourceQuestion { .. } => retry("BG0803", Exit::Failed),
            ReconcileError::SourceUnreachable { .. } => retry("BG0804", Exit::Unreachable),
            ReconcileError::PasswordAsked { .. } => halt("BG0804", Exit::Unreachable).hint(
                "is it your server? let it ask by SCRAM (`scram-sha-256` in `pg_hba.conf`), or \
                 give it TLS and write `tls = \"verify\"`",
            ),
            ReconcileError::NoSource { .. } => halt("BG0805", Exit::Config),
            ReconcileError::NoStore { section } => halt("BG0805", Exit::Config)
                .hint(format!("give `[{section}]`, with the login of the store's owner")),
            ReconcileError::StoreBehind { .. } => retry("BG0806", Exit::Failed),
            ReconcileError::NotStreaming { dataset, .. } => retry("BG0807", Exit::Failed).hint(
                format!("`bangioc dataset list` shows `{dataset}`; compare again when it streams"),
            ),
            ReconcileError::Keyless { .. } => halt("BG0808", Exit::Failed),
            ReconcileError::NoTable { .. } => {
                halt("BG0808", Exit::Failed).hint("`bangioc source check` names what does not fit")
            }
            ReconcileError::IndexDamaged { .. } => halt("BG0271", Exit::Failed),
            ReconcileError::NoStatement { .. } => halt("BG0809", Exit::Failed),
            ReconcileError::BadSignature { .. } => halt("BG0809", Exit::Failed).hint(
                "is it the public key of whoever made the statement? then believe nothing that \
                 the file says",
            ),
            ReconcileError::BadKey => halt("BG0810", Exit::Config),
            ReconcileError::File { .. } => {
                halt("BG0810", Exit::Failed).hint("look at its folder, and who may write there")
            }
            ReconcileError::NoOperator { .. } => halt("BG0811", Exit::Config),
            ReconcileError::BooksWrong { .. } => halt("BG0812", Exit::Failed),
            ReconcileError::Sink(error) => error.diagnosis(),
            ReconcileError::Feed(error) => error.diagnosis(),
        }
    }
}
