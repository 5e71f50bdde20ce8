//! Which row of a batch PostgreSQL does not take. It names no row, so halves of the batch are tried, and every try is
//! rolled back. What refuses without any row is no row's fault.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::merge;
use crate::poison::Poison;
use crate::protection::Broken;
use crate::stage::Stage;

/// So many that the breaker opens: the rest is left for another look.
const ENOUGH: usize = 20;

/// Lines of a stage that are not taken, each with why.
pub(crate) async fn lines(
    connection: &mut PgConnection,
    dataset: &Dataset,
    stage: &Stage,
) -> Result<Vec<(usize, Poison)>, SinkError> {
    let batch = Attempt { dataset, stage };
    if let Some(refusal) = batch.refusal(connection, 0, 0).await? {
        return Err(refusal.of_table(dataset));
    }
    let mut found = Vec::new();
    let mut ranges = vec![(0, stage.len())];
    while let Some((from, to)) = ranges.pop() {
        if from >= to || found.len() >= ENOUGH {
            continue;
        }
        match batch.refusal(connection, from, to).await? {
            None => {}
            Some(refusal) if to - from == 1 => found.push((from, refusal.poison(dataset))),
            Some(_) => {
                let middle = from + (to - from) / 2;
                // The first half is looked at first.
                ranges.extend([(middle, to), (from, middle)]);
            }
        }
    }
    if found.is_empty() {
        found.extend(batch.together(connection).await?);
    }
    Ok(found)
}

struct Attempt<'a> {
    dataset: &'a Dataset,
    stage: &'a Stage,
}

struct StoreRefusal {
    sqlstate: String,
    column: Option<String>,
    statement: &'static str,
}

impl Attempt<'_> {
    /// Why lines `from..to` are not taken, if they are not. Whatever passes with time is an error.
    async fn refusal(
        &self,
        connection: &mut PgConnection,
        from: usize,
        to: usize,
    ) -> Result<Option<StoreRefusal>, SinkError> {
        let mut transaction = connection.begin().await?;
        let tried = async {
            merge::copy_stage(&mut transaction, self.dataset, self.stage.lines(from, to)).await?;
            merge::run_merge(&mut transaction, self.dataset, self.stage, Broken::Nothing).await?;
            // What would else be found by the commit only.
            let constraints = transaction.execute("set constraints all immediate").await;
            constraints.map_err(|error| {
                SinkError::from(error)
                    .in_statement("the check of deferred constraints", &self.dataset.contract)
            })?;
            Ok::<_, SinkError>(())
        }
        .await;
        transaction.rollback().await?;
        match tried {
            Ok(()) => Ok(None),
            Err(SinkError::RowRefused { sqlstate, column, statement }) => {
                Ok(Some(StoreRefusal { sqlstate, column, statement }))
            }
            Err(failure) => match failure.blames() {
                Some(sqlstate) => Ok(Some(StoreRefusal {
                    sqlstate: sqlstate.to_owned(),
                    column: None,
                    statement: failure.statement(),
                })),
                None => Err(failure),
            },
        }
    }

    /// Each is taken alone, and not all of them together, as with a unique index of an administrator's: the first
    /// that is not taken with those before it.
    async fn together(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<(usize, Poison)>, SinkError> {
        let (mut taken, mut refused) = (0, self.stage.len());
        let Some(mut why) = self.refusal(connection, 0, refused).await? else {
            return Ok(None);
        };
        while refused - taken > 1 {
            let middle = taken + (refused - taken) / 2;
            match self.refusal(connection, 0, middle).await? {
                None => taken = middle,
                Some(refusal) => (refused, why) = (middle, refusal),
            }
        }
        Ok(Some((taken, why.poison(self.dataset))))
    }
}

impl StoreRefusal {
    fn poison(&self, dataset: &Dataset) -> Poison {
        let mut columns = dataset.contract.columns.iter();
        // Whoever raises an error can name anything: only what the contract names is believed.
        let named = |column: &String| columns.any(|known| known.name == *column);
        Poison { code: code(&self.sqlstate), field: self.column.clone().filter(named) }
    }

    fn of_table(self, dataset: &Dataset) -> SinkError {
        let StoreRefusal { sqlstate, statement, .. } = self;
        SinkError::TableRefuses { table: dataset.table.clone(), sqlstate, statement }
    }
}

/// A constraint or unique index that somebody made in the store.
pub const STORE_CONSTRAINT: &str = "STORE_CONSTRAINT";
/// More than PostgreSQL can hold in an index, a row or a statement.
pub const STORE_LIMIT: &str = "STORE_LIMIT";
/// A trigger of somebody's says no.
pub const STORE_TRIGGER: &str = "STORE_TRIGGER";
/// Any other reason.
pub const STORE_REFUSED: &str = "STORE_REFUSED";

/// Names of ours for what PostgreSQL says of a row.
pub(crate) fn code(sqlstate: &str) -> &'static str {
    match sqlstate {
        "22003" => "E_RANGE",
        "22001" => "E_TOOBIG",
        "22021" => "TEXT_UTF8",
        "22P05" => "TEXT_NUL",
        "23502" => "E_REQUIRED",
        "22007" | "22008" => "DATE_INVALID",
        _ => match sqlstate.get(..2).unwrap_or_default() {
            "22" => "TYPE",
            "23" => STORE_CONSTRAINT,
            "54" => STORE_LIMIT,
            "P0" => STORE_TRIGGER,
            _ => STORE_REFUSED,
        },
    }
}

/// Of the page that says what to do about one of these codes.
pub fn page(code: &str) -> Option<&'static str> {
    match code {
        STORE_CONSTRAINT => Some("BG0448"),
        STORE_LIMIT => Some("BG0449"),
        STORE_TRIGGER => Some("BG0450"),
        STORE_REFUSED => Some("BG0451"),
        _ => None,
    }
}
