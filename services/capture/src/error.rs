//! How capture fails: each way with a code that has a page in `ops/errors`.

use std::io;

use bangioc_change::version::Lsn;
use bangioc_feed::error::FeedError;
use bangioc_feed::registry::RegistryError;
use bangioc_runtime::failure::{Class, Exit, Failure};
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
    fn code(&self) -> &'static str {
        use CaptureError as E;
        match self {
            E::Unreachable { .. } => "BG0201",
            E::Refused { .. } => "BG0202",
            E::TlsRefused { .. } | E::TlsFailed { .. } => "BG0203",
            E::Broken { .. } | E::StreamRefused { .. } => "BG0204",
            E::Protocol { .. } | E::Message { .. } | E::Internal { .. } => "BG0205",
            E::CommandRefused { .. } | E::Question { .. } => "BG0206",
            E::Unfit { .. } => "BG0207",
            E::NoContracts { .. } => "BG0208",
            E::SlotActive { .. } => "BG0209",
            E::SlotLost { .. } => "BG0210",
            E::StateLost { .. } => "BG0211",
            E::SourceEpoch { .. } => "BG0212",
            E::SlotIdentity { .. } => "BG0213",
            E::State { .. } => "BG0214",
            E::Encoder { .. } => "BG0215",
            E::Undelivered { .. } => "BG0216",
            E::NotRegistered { .. } => "BG0217",
            E::Partitions { .. } => "BG0218",
            E::SlotBeingMade { .. } => "BG0237",
            E::CountedAsStandby => "BG0238",
            E::PublicationGone { .. } => "BG0239",
            E::NotTaken { .. } => "BG0222",
            E::PasswordAsked { .. } => "BG0223",
            E::NotAnnounced => "BG0226",
            E::NoOperator { .. } => "BG0230",
            E::Feed(error) => error.code(),
            E::Registry(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        use CaptureError as E;
        match self {
            E::Unreachable { .. }
            | E::Broken { .. }
            | E::SlotActive { .. }
            | E::SlotBeingMade { .. }
            | E::CountedAsStandby
            | E::Undelivered { .. }
            | E::NotTaken { .. }
            | E::NotAnnounced => Class::Retry,
            // 57: shutting down or cancelled; 53: out of resources; 08: connection; 55006: in use; 55P03: a lock
            // was not to be had in time; 40: try again; 25P: idle for too long.
            E::StreamRefused { sqlstate, .. }
            | E::Question { sqlstate, .. }
            | E::CommandRefused { sqlstate, .. } => {
                if sqlstate == "55006"
                    || sqlstate == LOCK_NOT_AVAILABLE
                    || ["57", "53", "08", "40", "25P", "io"]
                        .iter()
                        .any(|class| sqlstate.starts_with(class))
                {
                    Class::Retry
                } else {
                    Class::Halt
                }
            }
            E::Refused { .. }
            | E::TlsRefused { .. }
            | E::TlsFailed { .. }
            | E::PasswordAsked { .. }
            | E::Protocol { .. }
            | E::Message { .. }
            | E::Internal { .. }
            | E::Unfit { .. }
            | E::NoContracts { .. }
            | E::NoOperator { .. }
            | E::SlotLost { .. }
            | E::PublicationGone { .. }
            | E::StateLost { .. }
            | E::SourceEpoch { .. }
            | E::SlotIdentity { .. }
            | E::State { .. }
            | E::NotRegistered { .. }
            | E::Partitions { .. }
            | E::Encoder { .. } => Class::Halt,
            E::Feed(error) => error.class(),
            E::Registry(error) => error.class(),
        }
    }

    fn exit(&self) -> Exit {
        use CaptureError as E;
        match self {
            E::Unreachable { .. }
            | E::Broken { .. }
            | E::TlsRefused { .. }
            | E::TlsFailed { .. }
            | E::PasswordAsked { .. }
            | E::Refused { .. }
            | E::NotTaken { .. }
            | E::NotAnnounced => Exit::Unreachable,
            E::NoContracts { .. } | E::NoOperator { .. } => Exit::Config,
            E::Unfit { .. }
            | E::SlotActive { .. }
            | E::SlotBeingMade { .. }
            | E::CountedAsStandby
            | E::PublicationGone { .. }
            | E::SlotLost { .. }
            | E::StateLost { .. }
            | E::SourceEpoch { .. }
            | E::SlotIdentity { .. }
            | E::NotRegistered { .. }
            | E::Partitions { .. }
            | E::State { .. } => Exit::Halted,
            E::Protocol { .. }
            | E::Message { .. }
            | E::Internal { .. }
            | E::CommandRefused { .. }
            | E::StreamRefused { .. }
            | E::Question { .. }
            | E::Encoder { .. }
            | E::Undelivered { .. } => Exit::Failed,
            E::Feed(error) => error.exit(),
            E::Registry(error) => error.exit(),
        }
    }

    fn hint(&self) -> String {
        use CaptureError as E;
        match self {
            E::Unreachable { address, .. } => format!("check that PostgreSQL listens on `{address}` and that nothing between blocks it: `pg_isready -h HOST -p PORT`"),
            E::Refused { .. } => "check `source.user`, `source.password_file` and the server's `pg_hba.conf`; replication connections need a line of their own there only for physical replication".to_owned(),
            E::TlsRefused { .. } => "switch `ssl = on` at the server; `source.tls = \"off\"` is for a database on this machine".to_owned(),
            E::TlsFailed { .. } => "check `source.ca_file` against the server's certificate, its dates, and that `source.host` is a name in it".to_owned(),
            E::PasswordAsked { .. } => "is it your server? let it ask by SCRAM (`scram-sha-256` in `pg_hba.conf`, `password_encryption`, the password set anew), or give it TLS and write `source.tls = \"verify\"`".to_owned(),
            E::Broken { .. } => "capture connects again by itself and goes on where it stopped".to_owned(),
            E::Protocol { .. } | E::Message { .. } | E::Internal { .. } => "keep the log and report this: it is a defect, or something between changes the bytes".to_owned(),
            E::CommandRefused { .. } | E::StreamRefused { .. } | E::Question { .. } => "run `bangioc source check`: it names missing rights and settings with the SQL to run".to_owned(),
            E::Unfit { .. } => "run the SQL shown with each problem at the source, then `bangioc source check`".to_owned(),
            E::NoContracts { .. } => "check `source.name` against `bangioc contract list`".to_owned(),
            E::SlotActive { .. } => "another capture of this source runs; stop it, or leave this one waiting as its standby".to_owned(),
            E::SlotBeingMade { .. } => "nothing is lost: capture goes on by itself as soon as that has ended; `pg_stat_activity` at the source shows it".to_owned(),
            E::CountedAsStandby => "name the standbys at the source: `alter system set synchronous_standby_names = 'FIRST 1 (NAME)'; select pg_reload_conf();` with the `application_name` that the real standby has; capture then comes back by itself".to_owned(),
            E::PublicationGone { .. } => "the publication was dropped and made again, so changes between are missing: `bangioc source accept` makes a new slot, copies every dataset again and sweeps".to_owned(),
            E::SlotLost { .. } => "changes may be missing: `bangioc source accept` makes a new slot, copies every dataset again and sweeps".to_owned(),
            E::StateLost { .. } => "if the state topic was deleted or the prefix changed, put it back; else `bangioc source accept` starts over with a copy and a sweep".to_owned(),
            E::SourceEpoch { .. } => "if the database was restored, promoted or replaced on purpose: `bangioc source accept` copies every dataset again and sweeps".to_owned(),
            E::SlotIdentity { .. } => "someone re-created or advanced the slot, so changes may be missing: `bangioc source accept` copies every dataset again and sweeps".to_owned(),
            E::State { .. } => "the state topic holds a record of another version of this program; go back to it, or `bangioc source accept`".to_owned(),
            E::Encoder { .. } => "run `bangioc contract check` and `bangioc topic plan`".to_owned(),
            E::NotRegistered { .. } => "run `bangioc topic plan`, then `bangioc topic apply`".to_owned(),
            E::Partitions { .. } => "a topic's partitions never change, since keys would move: put the contract back, or delete the topic and `bangioc source accept`".to_owned(),
            E::Undelivered { .. } => "capture starts again from the last confirmed position by itself; check that the brokers answer".to_owned(),
            E::NotAnnounced => "capture starts again by itself; check that the brokers answer, and that it may write its progress topics".to_owned(),
            E::NotTaken { source_name } => format!("the request is kept and will be picked up when the capture runs: is `bangioc run capture` of `{source_name}` up? `bangioc dataset list` shows it"),
            E::NoOperator { .. } => "log in as a person: `user = \"operator-NAME\"` and its `password_file` below `[kafka]`; operators are listed below `[operators]` for `bangioc topic apply`".to_owned(),
            E::Feed(error) => error.hint(),
            E::Registry(error) => error.hint(),
        }
    }
}

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
