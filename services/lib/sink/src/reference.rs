//! Rows that refer to rows of other datasets: which of those are not in the store. One set query for each
//! reference of a dataset, and none for a dataset without.

use std::borrow::Cow;
use std::collections::HashMap;

use bangioc_change::batch::EventBatch;
use bangioc_change::event::Operation;
use bangioc_schemas::rules::RuleCode;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::poison::Poison;

/// An event whose row refers to what is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Missing {
    pub event: usize,
    /// Index into the contract's columns.
    pub column: usize,
}

impl Missing {
    pub(crate) fn poison(self, dataset: &Dataset) -> Poison {
        let column = dataset.contract.columns.get(self.column);
        Poison {
            code: RuleCode::Reference.as_str(),
            field: column.map(|column| column.name.clone()),
        }
    }
}

/// Of some events of a batch, those that refer to a row which is not in the store, or not any more.
pub(crate) async fn missing(
    connection: &mut PgConnection,
    dataset: &Dataset,
    events: &EventBatch,
    of: &[usize],
) -> Result<Vec<Missing>, SinkError> {
    let mut missing = Vec::new();
    let references = dataset.contract.references.iter();
    for (reference, statement) in references.zip(&dataset.sql.references) {
        let Some(statement) = statement else { continue };
        let mut wanted: HashMap<Cow<'_, str>, Vec<usize>> = HashMap::new();
        for &event in of {
            let change = events.event(event);
            if let Some(row) = change.after.filter(|_| change.op != Operation::Delete) {
                reference.values(row, &mut |value| {
                    wanted.entry(value).or_default().push(event);
                });
            }
        }
        if wanted.is_empty() {
            continue;
        }
        let values: Vec<&str> = wanted.keys().map(AsRef::as_ref).collect();
        let absent: Vec<String> =
            sqlx::query_scalar(statement.clone()).bind(values).fetch_all(&mut *connection).await?;
        for value in absent {
            let events = wanted.remove(value.as_str()).unwrap_or_default();
            let column = reference.column;
            missing.extend(events.into_iter().map(|event| Missing { event, column }));
        }
    }
    missing.sort_unstable_by_key(|missing| (missing.event, missing.column));
    missing.dedup_by_key(|missing| missing.event);
    Ok(missing)
}

/// Is some dataset that it refers to not copied yet, as far as its source and the store have told? Then
/// what is missing may be on its way.
pub(crate) async fn may_still_come(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<bool, SinkError> {
    Ok(sqlx::query_scalar(
        "select exists (select from unnest($1::text[]) d (dataset) left join flow.freshness f using (dataset) \
         where f.phase is null or f.phase = 'copying' or f.complete_at is null)",
    )
    .bind(parents(dataset))
    .fetch_one(connection)
    .await?)
}

/// Ids of the datasets that it refers to.
pub(crate) fn parents(dataset: &Dataset) -> Vec<&str> {
    let references = dataset.contract.references.iter();
    references.map(|reference| reference.to.as_str()).collect()
}
