//! Why a key waits and how it is mended, in words for the people who do it; and which row it is, for those who may know.

use bangioc_change::version::Version;
use bangioc_schemas::contract::{Class, Contract};
use bangioc_schemas::rules::RuleCode;
use bangioc_sink::dataset::{Dataset, key_texts};
use bangioc_sink::queue::{self, Locked, Queue, Record};
use bangioc_sink::refused;
use bangioc_sink::seal::KeyRef;
use serde::Serialize;

use crate::DeadLetters;
use crate::error::DeadLetterError;

/// What is said of a parked key beside its codes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reason {
    pub row: RowKey,
    /// What the code means.
    pub meaning: &'static str,
    /// The contract's rules that the field must keep; without a field those between columns.
    pub rules: Vec<String>,
    /// How it is mended.
    pub mend: &'static str,
    /// `bangioc explain` prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<&'static str>,
}

/// The key of the row itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKey {
    /// Column and text.
    Named(Vec<(String, String)>),
    /// It is personal: who says why, on record, sees it.
    Withheld,
    /// No record of the queue tells it.
    Unknown,
}

impl DeadLetters {
    /// Of a key that is parked. `purpose`: why a personal key must be seen; that, and who logged in, is written down
    /// in the store before it is shown.
    pub async fn reason(
        &mut self,
        key_ref: KeyRef,
        code: &str,
        field: Option<&str>,
        purpose: Option<&str>,
    ) -> Result<Reason, DeadLetterError> {
        let locked = match queue::find(&mut self.connection, key_ref).await {
            Ok(locked) => Some(locked),
            // It has ended, or nothing waits behind it.
            Err(bangioc_sink::replay::ReplayError::NotParked { .. }) => None,
            Err(failure) => return Err(failure.into()),
        };
        let Some(locked) = locked else {
            return Ok(reason(None, RowKey::Unknown, code, field));
        };
        let row = self.row_of(&locked, purpose).await?;
        let dataset = locked.dataset_in(&self.datasets)?;
        Ok(reason(Some(&dataset.contract), row, code, field))
    }

    async fn row_of(
        &mut self,
        locked: &Locked,
        purpose: Option<&str>,
    ) -> Result<RowKey, DeadLetterError> {
        let Some(texts) = self.row_key(locked).await? else {
            return Ok(RowKey::Unknown);
        };
        let dataset = locked.dataset_in(&self.datasets)?;
        let is_personal =
            dataset.contract.key_columns().any(|column| column.class > Class::Internal);
        match purpose.map(str::trim).filter(|purpose| !purpose.is_empty()) {
            None if is_personal => return Ok(RowKey::Withheld),
            Some(purpose) if is_personal => {
                let (id, table) = (dataset.id().to_owned(), dataset.table.clone());
                let asked = sqlx::query("select flow.disclose($1, $2, $3, $4, $5)")
                    .bind(purpose)
                    .bind(id)
                    .bind(&locked.key_ref.0[..])
                    .bind(table)
                    .bind(&texts)
                    .execute(&mut self.connection)
                    .await;
                if let Err(error) = asked {
                    let by: String = sqlx::query_scalar("select session_user::text")
                        .fetch_one(&mut self.connection)
                        .await?;
                    return Err(crate::discard::refused(error, locked.key_ref, by));
                }
            }
            _ => {}
        }
        let dataset = locked.dataset_in(&self.datasets)?;
        let names = dataset.contract.key_columns();
        let names = names.map(|column| column.name.clone());
        Ok(RowKey::Named(names.zip(texts).collect()))
    }

    /// The key's texts, from a record that tells them.
    pub(crate) async fn row_key(
        &mut self,
        locked: &Locked,
    ) -> Result<Option<Vec<String>>, DeadLetterError> {
        let (connection, tools) = self.parts();
        let dataset: &Dataset = locked.dataset_in(tools.datasets)?;
        let queue = Queue::read(connection, locked, dataset, Version::default(), tools).await?;
        // A record that breaks a rule was decoded before: its key is known as well.
        let event = queue
            .records
            .iter()
            .find_map(Record::event)
            .or_else(|| (!queue.events.is_empty()).then_some(0));
        Ok(event.and_then(|event| key_texts(dataset, &queue.events.event(event))))
    }
}

fn reason(contract: Option<&Contract>, row: RowKey, code: &str, field: Option<&str>) -> Reason {
    let (meaning, mend) = words(code);
    let column = contract.zip(field).and_then(|(contract, field)| contract.column_index(field));
    let rules = match (contract, column, RuleCode::parse(code)) {
        (Some(contract), Some(column), Some(_)) => contract.rules_of(column),
        (Some(contract), None, Some(RuleCode::CrossField | RuleCode::Secret)) => {
            contract.rules_between()
        }
        _ => Vec::new(),
    };
    let page = RuleCode::parse(code).map(RuleCode::as_str).or_else(|| refused::page(code));
    Reason { row, meaning, rules, mend, page }
}

const AT_SOURCE: &str = "correct the row at its source: as soon as the corrected row arrives, it is applied and the key is free";
const IN_STORE: &str = "change the row at its source, or take the obstacle in the store away and run `bangioc dead-letter replay KEY`";
const BY_ITSELF: &str = "nothing: it is applied as soon as the other row is there";
const BY_WRITER: &str = "find out who wrote the record; whatever the source sends of the row later is applied once it can be read";

/// What a code means, and what to do about it.
fn words(code: &str) -> (&'static str, &'static str) {
    match RuleCode::parse(code) {
        Some(RuleCode::Required) => ("a value that must be there is missing", AT_SOURCE),
        Some(RuleCode::Format) => {
            ("a text does not have the form that the contract asks for", AT_SOURCE)
        }
        Some(RuleCode::CodeList) => ("a code is not in its list", AT_SOURCE),
        Some(RuleCode::Range) => ("a value lies outside what the contract allows", AT_SOURCE),
        Some(RuleCode::Precision) => {
            ("a number has more decimals than the contract allows", AT_SOURCE)
        }
        Some(RuleCode::CheckDigit) => ("a number's check digit is wrong", AT_SOURCE),
        Some(RuleCode::CrossField) => ("two columns contradict each other", AT_SOURCE),
        Some(RuleCode::Geometry) => {
            ("a geometry is not valid, or not where it should be", AT_SOURCE)
        }
        Some(RuleCode::Encoding) => {
            ("a text is in an old Vietnamese encoding, not in Unicode", AT_SOURCE)
        }
        Some(RuleCode::Unicode) => {
            ("a text holds control characters or look-alike letters", AT_SOURCE)
        }
        Some(RuleCode::TooBig) => ("a value is longer than the contract allows", AT_SOURCE),
        Some(RuleCode::Secret) => {
            ("the row is secret or holds a password: it is kept nowhere", AT_SOURCE)
        }
        Some(RuleCode::Reference) => {
            ("the row refers to one of another dataset that is not there", BY_ITSELF)
        }
        Some(RuleCode::Nfc | RuleCode::Whitespace) => {
            ("a text looks odd, and is taken as it is", AT_SOURCE)
        }
        None => match code {
            refused::STORE_CONSTRAINT => (
                "a constraint or unique index that somebody made in the store does not allow the row",
                IN_STORE,
            ),
            refused::STORE_LIMIT => {
                ("the row is more than PostgreSQL can hold in an index of the store's", IN_STORE)
            }
            refused::STORE_TRIGGER => {
                ("a trigger that somebody made in the store refuses the row", IN_STORE)
            }
            refused::STORE_REFUSED | "TYPE" => ("the store does not take the row", IN_STORE),
            "QUEUE_FULL" => (
                "so much waits under this key, or in its partition, that no more is kept",
                "have the row sent again with `bangioc dataset repair`: a whole record of it frees the key",
            ),
            "RECORD_TOO_LARGE" => (
                "the record is larger than one may be, and was not kept",
                "make the row smaller at its source, or have it sent again with `bangioc dataset repair`",
            ),
            "TEXT_UTF8" | "TEXT_NUL" | "DATE_INVALID" => {
                ("PostgreSQL can't hold a value of the row", AT_SOURCE)
            }
            _ => ("the record can't be read as the contract says", BY_WRITER),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for code in RuleCode::ALL {
            let (meaning, mend) = words(code.as_str());
            let is_warning = matches!(code, RuleCode::Nfc | RuleCode::Whitespace);
            assert!(seen.insert(meaning) || is_warning, "{code}");
            assert!(!mend.is_empty());
        }
        for code in [refused::STORE_CONSTRAINT, refused::STORE_LIMIT, refused::STORE_TRIGGER] {
            assert!(seen.insert(words(code).0), "{code}");
        }
    }
}
