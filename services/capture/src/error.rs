//! How capture fails: each way with a code that has a page in `ops/errors`.

use std::io;

use bangioc_change::version::Lsn;
use bangioc_feed::error::FeedError;
use bangioc_feed::registry::RegistryError;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use bangioc_runtime::printable::printable;

#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("can't reach the source database at `{address}`")]
    Unreachable {
        address: String,
        #[source]
        cause: io::Error,
    },
    #[error(
        "the source database at `{address}` refused user `{user}` on database `{database}`: {answer}"
    )]
    Refused { address: String, user: String, database: String, answer: String },
    #[error("the source database at `{address}` doesn't offer TLS, which `source.tls` asks for")]
    TlsRefused { address: String },
    #[error("TLS with the source database at `{address}` failed")]
    TlsFailed {
        address: String,
        #[source]
        cause: io::Error,
    },
    /// Nobody has proved to be it, and the password would be readable, or could be found by trying.
    #[error(
        "the server at `{address}` asks for the password in clear, or its MD5, without TLS; it was not sent"
    )]
    PasswordAsked { address: String },
    #[error("the connection to the source database at `{address}` broke")]
    Broken {
        address: String,
        #[source]
        cause: io::Error,
    },
    #[error("the source database at `{address}` sent {what}")]
    Protocol { address: String, what: &'static str },
    #[error("the source database at `{address}` refused `{command}`: {answer} ({sqlstate})")]
    CommandRefused { address: String, command: String, sqlstate: String, answer: String },
    #[error("the source database ended the stream: {answer} ({sqlstate})")]
    StreamRefused { sqlstate: String, answer: String },
    #[error("a question to the source database failed while {doing} ({})", answer_or(.answer.as_ref(), .sqlstate))]
    Question {
        doing: &'static str,
        sqlstate: String,
        /// The server's words, where they can only name tables, columns and rights.
        answer: Option<String>,
    },
    #[error("the source is not fit for capture: {problems} problem(s), listed above")]
    Unfit { problems: usize },
    #[error("no active contract has `source: {source_name}`")]
    NoContracts { source_name: String },
    #[error("slot `{slot}` is in use: {answer}")]
    SlotActive { slot: String, answer: String },
    #[error("slot `{slot}` is still being made by the server; it waits for {whom}")]
    SlotBeingMade { slot: String, whom: String },
    #[error(
        "the server counts this capture among its synchronous standbys, and another could answer instead: commits would wait for Kafka"
    )]
    CountedAsStandby,
    #[error(
        "PUBLICATION_GONE: the publication did not exist at a place in the log that is still to be read: {answer}"
    )]
    PublicationGone { answer: String },
    #[error("SLOT_LOST: slot `{slot}` is gone or has lost its log: {answer}")]
    SlotLost { slot: String, answer: String },
    #[error("STATE_LOST: {found}, but topic `{topic}` holds no state of source `{source_name}`")]
    StateLost { source_name: String, topic: String, found: String },
    #[error(
        "EPOCH_UNKNOWN: neither topic `{state_topic}` nor `{progress_topic}` says which epoch of source \
         `{source_name}` the stores have seen"
    )]
    EpochUnknown { source_name: String, state_topic: String, progress_topic: String },
    #[error("SOURCE_EPOCH: source `{source_name}` has another identity than before: {what}")]
    SourceEpoch { source_name: String, what: String },
    #[error(
        "SLOT_IDENTITY: slot `{slot}` is at {found}, past {confirmed}, the last position this capture confirmed"
    )]
    SlotIdentity { slot: String, found: Lsn, confirmed: Lsn },
    #[error("a record of topic `{topic}` can't be read as capture state (key `{key}`)")]
    State {
        topic: String,
        key: String,
        #[source]
        cause: serde_json::Error,
    },
    #[error("a message of the stream can't be parsed")]
    Message {
        #[source]
        cause: bangioc_change::pgoutput::PgoutputError,
    },
    #[error("contract `{dataset}` has no record form")]
    Encoder {
        dataset: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("no schema of this contract is registered for `{subject}`")]
    NotRegistered { subject: String },
    #[error("topic `{topic}` has {found} partition(s), its contract {expected}")]
    Partitions { topic: String, found: u32, expected: u32 },
    #[error("{failed} record(s) were not delivered to Kafka")]
    Undelivered {
        failed: u64,
        #[source]
        cause: FeedError,
    },
    #[error("the capture of `{source_name}` has not picked up the request yet")]
    NotTaken { source_name: String },
    #[error("Kafka did not accept the announcement of how far the versions will reach")]
    NotAnnounced,
    #[error("Kafka user `{user}` is no operator: a capture takes requests of operators only")]
    NoOperator { user: String },
    #[error("the stream stopped with an internal error: {what}")]
    Internal { what: &'static str },
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Failure for CaptureError {
    fn diagnosis(&self) -> Diagnosis {
        use CaptureError as E;
        match self {
            E::Unreachable { address, .. } => retry("BG0201", Exit::Unreachable).hint(format!(
                "check that PostgreSQL listens on `{address}` and that nothing between blocks it: \
                 `pg_isready -h HOST -p PORT`"
            )),
            E::Refused { .. } => halt("BG0202", Exit::Unreachable),
            E::TlsRefused { .. } => halt("BG0203", Exit::Unreachable),
            E::TlsFailed { .. } => halt("BG0203", Exit::Unreachable).hint(
                "check `source.ca_file` against the server's certificate, its dates, and that \
                 `source.host` is a name in it",
            ),
            E::Broken { .. } => retry("BG0204", Exit::Unreachable),
            E::StreamRefused { sqlstate, .. } => by_sqlstate("BG0204", sqlstate).hint(
                "run `bangioc source check`: it names missing rights and settings with the SQL to \
                 run",
            ),
            E::Protocol { .. } | E::Message { .. } | E::Internal { .. } => {
                halt("BG0205", Exit::Failed)
            }
            E::CommandRefused { sqlstate, .. } | E::Question { sqlstate, .. } => {
                by_sqlstate("BG0206", sqlstate)
            }
            E::Unfit { .. } => halt("BG0207", Exit::Halted),
            E::NoContracts { .. } => halt("BG0208", Exit::Config),
            E::SlotActive { .. } => retry("BG0209", Exit::Halted),
            E::SlotLost { .. } => halt("BG0210", Exit::Halted),
            E::StateLost { .. } => halt("BG0211", Exit::Halted),
            E::EpochUnknown { .. } => halt("BG0244", Exit::Halted),
            E::SourceEpoch { .. } => halt("BG0212", Exit::Halted),
            E::SlotIdentity { .. } => halt("BG0213", Exit::Halted),
            E::State { .. } => halt("BG0214", Exit::Halted),
            E::Encoder { .. } => halt("BG0215", Exit::Failed),
            E::Undelivered { .. } => retry("BG0216", Exit::Failed),
            E::NotRegistered { .. } => halt("BG0217", Exit::Halted),
            E::Partitions { .. } => halt("BG0218", Exit::Halted),
            E::SlotBeingMade { .. } => retry("BG0237", Exit::Halted),
            E::CountedAsStandby => retry("BG0238", Exit::Halted),
            E::PublicationGone { .. } => halt("BG0239", Exit::Halted),
            E::NotTaken { source_name } => retry("BG0222", Exit::Unreachable).hint(format!(
                "the request is kept and will be picked up when the capture runs: is `bangioc run \
                 capture` of `{source_name}` up? `bangioc dataset list` shows it"
            )),
            E::PasswordAsked { .. } => halt("BG0223", Exit::Unreachable),
            E::NotAnnounced => retry("BG0226", Exit::Unreachable),
            E::NoOperator { .. } => halt("BG0230", Exit::Config),
            E::Feed(error) => error.diagnosis(),
            E::Registry(error) => error.diagnosis(),
        }
    }
}

/// What the server refused may be had later, or never.
fn by_sqlstate(code: &'static str, sqlstate: &str) -> Diagnosis {
    // 57: shutting down or cancelled; 53: out of resources; 08: connection; 40: try again; 25P: idle for too long.
    let passes = sqlstate == IN_USE
        || sqlstate == LOCK_NOT_AVAILABLE
        || ["57", "53", "08", "40", "25P", "io"].iter().any(|class| sqlstate.starts_with(class));
    if passes { retry(code, Exit::Failed) } else { halt(code, Exit::Failed) }
}

/// SQLSTATE of a slot or another object that somebody uses.
const IN_USE: &str = "55006";
/// SQLSTATE of a lock that was not to be had within `lock_timeout`.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// SQLSTATE of a statement that took longer than `statement_timeout`, or was cancelled.
const QUERY_CANCELED: &str = "57014";

/// What a failed question about one table means for its dataset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TableTrouble {
    /// Somebody's lock, or too much to do: the same question may be answered in a while.
    Passing,
    /// It is not as the contract says, or may not be read.
    Lasting,
}

impl CaptureError {
    /// Of an SQL question. The SQLSTATE is kept; the server's words only in class 42, where they name what is
    /// not there or not allowed. Elsewhere they may quote a value of a row.
    pub(crate) fn question(doing: &'static str, error: &sqlx::Error) -> CaptureError {
        let mut answer = None;
        let sqlstate = match error {
            sqlx::Error::Database(database) => {
                let sqlstate = database
                    .code()
                    .map_or_else(|| "unknown".to_owned(), std::borrow::Cow::into_owned);
                if sqlstate.starts_with("42") {
                    answer = Some(printable(database.message()).into_owned());
                }
                sqlstate
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => "io".to_owned(),
            _ => "client".to_owned(),
        };
        CaptureError::Question { doing, sqlstate, answer }
    }

    /// Of a question about one table; none where the trouble is the connection's or the server's.
    pub(crate) fn of_table(&self) -> Option<TableTrouble> {
        let CaptureError::Question { sqlstate, .. } = self else {
            return None;
        };
        if sqlstate == LOCK_NOT_AVAILABLE || sqlstate == QUERY_CANCELED {
            return Some(TableTrouble::Passing);
        }
        // 40: try again; 42: names and rights; 0A: not with this kind of table; 22, 2F, 38, 39, P0, XX: a
        // value, a function or a page of this table's.
        if sqlstate.starts_with("40") {
            return Some(TableTrouble::Passing);
        }
        ["42", "0A", "22", "2F", "38", "39", "P0", "XX"]
            .iter()
            .any(|class| sqlstate.starts_with(class))
            .then_some(TableTrouble::Lasting)
    }

    /// In a few words for the dataset's reason: the server's, else the SQLSTATE.
    pub(crate) fn words(&self) -> String {
        match self {
            CaptureError::Question { sqlstate, answer, .. } => answer_or(answer.as_ref(), sqlstate),
            other => other.to_string(),
        }
    }
}

fn answer_or(answer: Option<&String>, sqlstate: &str) -> String {
    match answer {
        Some(answer) => format!("{answer}, SQLSTATE {sqlstate}"),
        None => format!("SQLSTATE {sqlstate}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tables_trouble_is_told_from_the_connections() {
        let of = |sqlstate: &str| {
            CaptureError::Question {
                doing: "reading rows",
                sqlstate: sqlstate.to_owned(),
                answer: None,
            }
            .of_table()
        };
        for passing in ["55P03", "57014", "40001", "40P01"] {
            assert_eq!(of(passing), Some(TableTrouble::Passing), "{passing}");
        }
        for lasting in ["42703", "42P01", "42501", "42883", "22P02", "P0001", "XX001"] {
            assert_eq!(of(lasting), Some(TableTrouble::Lasting), "{lasting}");
        }
        for other in ["57P01", "08006", "io", "client", "53300", "25P03"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
