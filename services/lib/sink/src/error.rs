//! How a sink fails. A message of the store's never passes: PostgreSQL quotes values of rows in it, so
//! only its SQLSTATE does.

use bangioc_feed::error::FeedError;
use bangioc_feed::registry::RegistryError;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use bangioc_schemas::contract::Contract;
use sqlx::postgres::PgDatabaseError;

#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("the store does not answer at `{address}`")]
    StoreUnreachable {
        address: String,
        #[source]
        cause: Option<std::io::Error>,
    },
    /// Waiting does not help: whoever answers has not proved to be the store.
    #[error("TLS with the store at `{address}` failed")]
    StoreUnverified {
        address: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the server at `{address}` asks for the password itself, or its MD5, without TLS; it was not sent"
    )]
    PasswordAsked { address: String },
    #[error("the store refuses the login or the right to do this, SQLSTATE `{sqlstate}`")]
    StoreDenied { sqlstate: String },
    /// Waiting helps: a deadlock, a full disk, a server that is stopping.
    #[error("the store can't do this now, SQLSTATE `{sqlstate}`")]
    StoreBusy { sqlstate: String },
    #[error("the tables of the store are locked by {}", if holders.is_empty() { "a session that has ended since" } else { holders })]
    StoreLocked { holders: String },
    /// PostgreSQL refuses a value of the batch. `column`: where it says which.
    #[error("the store refuses a row in {statement}{}, SQLSTATE `{sqlstate}`", at_column(.column.as_ref(), .statement))]
    RowRefused { sqlstate: String, column: Option<String>, statement: &'static str },
    /// Of no kind that is known to pass with time: once it comes again, some row may be to blame.
    #[error("the store refuses {statement}, SQLSTATE `{sqlstate}`")]
    StoreRefuses { sqlstate: String, statement: &'static str },
    #[error("table `flow.{table}` refuses {statement} even without a row, SQLSTATE `{sqlstate}`")]
    TableRefuses { table: String, sqlstate: String, statement: &'static str },
    #[error("table `flow.{table}` is locked by {}", if holders.is_empty() { "a session that has ended since" } else { holders })]
    TableLocked { table: String, holders: String },
    #[error("table `flow.{table}` is gone from the store")]
    TableMissing { table: String },
    #[error("column `{column}` of `flow.{table}` was removed in the store")]
    ColumnMissing { table: String, column: String },
    #[error("the store does not understand {statement}, SQLSTATE `{sqlstate}`")]
    StoreDiffers { sqlstate: String, statement: &'static str },
    #[error(
        "column `{column}` of `flow.{table}` is `{found}` in the store and `{wanted}` in the contract"
    )]
    ColumnDiffers { table: String, column: String, found: String, wanted: String },
    #[error("the bookkeeping of the store was made by another version, step `{step}`")]
    MigrationDiffers { step: i32 },
    #[error("this database is the store of the {found} side, not of the {wanted} side")]
    OtherSide { found: String, wanted: &'static str },
    #[error(
        "records of `{topic}` partition {partition} from offset {wanted} on are gone; the first one left is at {low}"
    )]
    Gap { topic: String, partition: i32, wanted: i64, low: i64 },
    #[error("`{topic}` partition {partition} ends at offset {end}, before our position {position}")]
    LogTruncated { topic: String, partition: i32, end: i64, position: i64 },
    #[error("`{topic}` has {found} partitions, its contract says {wanted}")]
    PartitionsChanged { topic: String, found: u32, wanted: u32 },
    #[error("too many records of `{topic}` partition {partition} fail by themselves: {reason}")]
    Systemic { topic: String, partition: i32, reason: &'static str },
    #[error(
        "a record of `{topic}` partition {partition} at offset {offset} can't be applied (`{code}`), and the contract says halt"
    )]
    PoisonHalts { topic: String, partition: i32, offset: i64, code: String },
    #[error("another instance works on `{topic}` partition {partition} now")]
    LeaseLost { topic: String, partition: i32 },
    #[error("schema {id} of `{topic}` partition {partition} is not in the registry yet")]
    SchemaAwaited { topic: String, partition: i32, id: u32 },
    #[error(
        "the highest version allowed for `{topic}` is unknown: its progress topic can't be read to its end"
    )]
    CeilingAwaited { topic: String },
    #[error(
        "schema {id} of `{topic}` no longer means what it meant when its records were first applied"
    )]
    SchemaMutated { topic: String, id: u32 },
    #[error("a schema from the registry for `{topic}` can't be read")]
    SchemaUnreadable { topic: String },
    /// Not a failure of the batch: what was thought of a parked key no longer holds, prepare it again.
    #[error("parked keys of `{topic}` partition {partition} changed meanwhile")]
    ParkedChanged { topic: String, partition: i32 },
    #[error("a kept payload can't be opened with this secret")]
    PayloadSealed,
    #[error("the keys of this store were sealed with another secret")]
    SecretDiffers,
    #[error("the secret of the sink is shorter than {wanted} bytes")]
    SecretShort { wanted: usize },
    #[error("a thread of the sink can't be started")]
    Thread(#[source] std::io::Error),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Failure for SinkError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            SinkError::StoreUnreachable { .. } => retry("BG0401", Exit::Unreachable),
            SinkError::StoreDenied { .. } => halt("BG0402", Exit::Unreachable),
            SinkError::StoreBusy { .. } => retry("BG0403", Exit::Failed),
            SinkError::RowRefused { .. } => retry("BG0404", Exit::Failed),
            SinkError::StoreRefuses { .. } => retry("BG0443", Exit::Failed),
            SinkError::TableRefuses { .. } => halt("BG0444", Exit::Halted),
            SinkError::TableLocked { .. } => retry("BG0445", Exit::Failed),
            SinkError::TableMissing { .. } => halt("BG0446", Exit::Halted),
            SinkError::ColumnMissing { .. } => halt("BG0447", Exit::Halted),
            SinkError::StoreDiffers { .. } => halt("BG0405", Exit::Halted),
            SinkError::ColumnDiffers { .. } => halt("BG0406", Exit::Halted),
            SinkError::MigrationDiffers { .. } => halt("BG0407", Exit::Halted),
            SinkError::Gap { .. } => halt("BG0408", Exit::Halted),
            SinkError::LogTruncated { .. } => halt("BG0409", Exit::Halted),
            SinkError::PartitionsChanged { .. } => halt("BG0410", Exit::Halted),
            SinkError::Systemic { .. } => halt("BG0411", Exit::Halted),
            SinkError::PoisonHalts { .. } => halt("BG0413", Exit::Halted),
            SinkError::LeaseLost { .. } => retry("BG0414", Exit::Failed),
            SinkError::SchemaAwaited { .. } => retry("BG0415", Exit::Failed),
            SinkError::SchemaUnreadable { .. } => halt("BG0416", Exit::Halted),
            SinkError::ParkedChanged { .. } => retry("BG0417", Exit::Failed),
            SinkError::PayloadSealed => halt("BG0418", Exit::Failed),
            SinkError::SecretShort { .. } => halt("BG0419", Exit::Config),
            SinkError::SecretDiffers => halt("BG0606", Exit::Config),
            SinkError::Thread(_) => halt("BG0127", Exit::Failed),
            SinkError::OtherSide { .. } => halt("BG0421", Exit::Config),
            SinkError::SchemaMutated { .. } => halt("BG0430", Exit::Halted),
            SinkError::CeilingAwaited { .. } => retry("BG0432", Exit::Failed),
            SinkError::StoreUnverified { .. } => halt("BG0422", Exit::Unreachable),
            SinkError::PasswordAsked { .. } => halt("BG0423", Exit::Unreachable),
            SinkError::StoreLocked { .. } => retry("BG0440", Exit::Failed),
            SinkError::Feed(error) => error.diagnosis(),
            SinkError::Registry(error) => error.diagnosis(),
        }
    }
}

/// What PostgreSQL said, without the words in which it quotes values.
impl From<sqlx::Error> for SinkError {
    fn from(error: sqlx::Error) -> SinkError {
        match error {
            sqlx::Error::Database(database) => {
                let sqlstate = database.code().unwrap_or_default().into_owned();
                let column = database
                    .try_downcast_ref::<PgDatabaseError>()
                    .and_then(PgDatabaseError::column)
                    .map(str::to_owned);
                from_sqlstate(sqlstate, column)
            }
            sqlx::Error::Tls(cause) => {
                SinkError::StoreUnverified { address: "store".into(), cause }
            }
            // A certificate that is not believed comes as an IO error.
            sqlx::Error::Io(cause) if is_tls(&cause) => {
                SinkError::StoreUnverified { address: "store".into(), cause: Box::new(cause) }
            }
            sqlx::Error::Io(cause) => {
                SinkError::StoreUnreachable { address: "store".into(), cause: Some(cause) }
            }
            _ => SinkError::StoreUnreachable { address: "store".into(), cause: None },
        }
    }
}

fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
}

const A_STATEMENT: &str = "a statement";

/// Not before it is known what failed: see [`SinkError::in_statement`].
fn at_column(column: Option<&String>, statement: &str) -> String {
    let column = column.filter(|_| statement != A_STATEMENT);
    column.map(|column| format!(", column `{column}`")).unwrap_or_default()
}

/// The classes of PostgreSQL's errors, each with what it means for the work.
fn from_sqlstate(sqlstate: String, column: Option<String>) -> SinkError {
    match sqlstate.get(..2).unwrap_or_default() {
        "22" | "23" => SinkError::RowRefused { sqlstate, column, statement: A_STATEMENT },
        "28" | "3D" => SinkError::StoreDenied { sqlstate },
        "42" if sqlstate == "42501" => SinkError::StoreDenied { sqlstate },
        // Syntax, undefined table or column, wrong type; `cached plan must not change result type`.
        "42" => SinkError::StoreDiffers { sqlstate, statement: A_STATEMENT },
        // A connection, a transaction that was ended or rolled back, a lock, space, an operator, the disk.
        "08" | "25" | "40" | "53" | "55" | "57" | "58" => SinkError::StoreBusy { sqlstate },
        _ => SinkError::StoreRefuses { sqlstate, statement: A_STATEMENT },
    }
}

impl SinkError {
    /// Of a statement about our own books: no row is to blame for it.
    #[must_use]
    pub fn of_bookkeeping(self) -> SinkError {
        match self {
            SinkError::RowRefused { sqlstate, .. } => {
                SinkError::StoreDiffers { sqlstate, statement: "a statement about the books" }
            }
            other => other,
        }
    }

    /// The same, naming the kind of statement that failed, and a column only where the contract has it: whoever raises
    /// an error in the store can name anything.
    #[must_use]
    pub(crate) fn in_statement(self, statement: &'static str, contract: &Contract) -> SinkError {
        match self {
            SinkError::RowRefused { sqlstate, column, .. } => {
                let mut columns = contract.columns.iter();
                let known = |column: &String| columns.any(|known| known.name == *column);
                SinkError::RowRefused { sqlstate, column: column.filter(known), statement }
            }
            SinkError::StoreRefuses { sqlstate, .. } => {
                SinkError::StoreRefuses { sqlstate, statement }
            }
            SinkError::StoreDiffers { sqlstate, .. } => {
                SinkError::StoreDiffers { sqlstate, statement }
            }
            other => other,
        }
    }

    /// The kind of statement that was refused.
    pub(crate) fn statement(&self) -> &'static str {
        match self {
            SinkError::RowRefused { statement, .. }
            | SinkError::StoreRefuses { statement, .. }
            | SinkError::StoreDiffers { statement, .. }
            | SinkError::TableRefuses { statement, .. } => statement,
            _ => A_STATEMENT,
        }
    }

    /// A server that takes the connection and says nothing.
    pub fn silent() -> SinkError {
        SinkError::StoreUnreachable {
            address: "store".into(),
            cause: Some(std::io::ErrorKind::TimedOut.into()),
        }
    }

    /// A unique violation: the row is there already.
    pub fn is_key_taken(&self) -> bool {
        matches!(self, SinkError::RowRefused { sqlstate, .. } if sqlstate == "23505")
    }

    /// May a row of the batch be to blame? Its SQLSTATE then.
    pub(crate) fn blames(&self) -> Option<&str> {
        match self {
            SinkError::RowRefused { sqlstate, .. }
            | SinkError::StoreRefuses { sqlstate, .. }
            | SinkError::StoreDiffers { sqlstate, .. } => Some(sqlstate),
            _ => None,
        }
    }

    /// A lock that did not come in time.
    pub(crate) fn is_locked_out(&self) -> bool {
        matches!(self, SinkError::StoreBusy { sqlstate } if sqlstate == "55P03")
    }

    /// A statement that did not end in time.
    pub(crate) fn is_out_of_time(&self) -> bool {
        matches!(self, SinkError::StoreBusy { sqlstate } if sqlstate == "57014")
    }

    /// Does it concern one table, and no other?
    pub(crate) fn is_of_a_table(&self) -> bool {
        self.blames().is_some() || self.heals() || self.is_locked_out()
    }

    /// A halt that ends by itself: it is looked again whether what stood in the way is gone.
    pub(crate) fn heals(&self) -> bool {
        matches!(
            self,
            SinkError::StoreDenied { .. }
                | SinkError::StoreDiffers { .. }
                | SinkError::ColumnDiffers { .. }
                | SinkError::ColumnMissing { .. }
                | SinkError::TableMissing { .. }
                | SinkError::TableRefuses { .. }
        )
    }

    /// The same, naming the store's address where the driver could not.
    #[must_use]
    pub fn at(self, address: &str) -> SinkError {
        match self {
            SinkError::StoreUnreachable { cause, .. } => {
                SinkError::StoreUnreachable { address: address.to_owned(), cause }
            }
            SinkError::StoreUnverified { cause, .. } => {
                SinkError::StoreUnverified { address: address.to_owned(), cause }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use bangioc_runtime::failure::Class;

    use super::*;

    #[test]
    fn what_is_known_to_pass_with_time_blames_no_row_and_what_is_not_may() {
        for (sqlstate, class, blames) in [
            ("22P02", Class::Retry, true),
            ("23502", Class::Retry, true),
            ("23505", Class::Retry, true),
            ("54000", Class::Retry, true),
            ("P0001", Class::Retry, true),
            ("XX000", Class::Retry, true),
            ("0A000", Class::Retry, true),
            ("42703", Class::Halt, true),
            ("08006", Class::Retry, false),
            ("25P03", Class::Retry, false),
            ("53100", Class::Retry, false),
            ("55P03", Class::Retry, false),
            ("57014", Class::Retry, false),
            ("57P01", Class::Retry, false),
            ("58030", Class::Retry, false),
            ("40P01", Class::Retry, false),
            ("28P01", Class::Halt, false),
            ("42501", Class::Halt, false),
        ] {
            let error = from_sqlstate(sqlstate.into(), None);
            let found = (error.class(), error.blames().is_some());
            assert_eq!(found, (class, blames), "{sqlstate}");
        }
    }
}
