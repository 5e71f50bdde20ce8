//! What each schema id meant when a record written with it was first applied. Ids never change their meaning;
//! where a registry says otherwise, now or after a restart, the dataset halts before any such record counts.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::error::SinkError;

pub(crate) type Fingerprint = [u8; 32];

/// Of one topic.
#[derive(Clone, Default, Debug)]
pub(crate) struct Pins {
    known: HashMap<u32, Fingerprint>,
    /// Met since, and not yet committed: where first.
    met: BTreeMap<u32, (Fingerprint, i64)>,
}

/// How an id's meaning stands to what is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Same,
    /// Nothing written with it was applied yet.
    New,
    Other,
}

impl Pins {
    pub(crate) fn compare(&self, id: u32, fingerprint: &Fingerprint) -> Meaning {
        let met = self.met.get(&id).map(|(fingerprint, _)| fingerprint);
        match self.known.get(&id).or(met) {
            None => Meaning::New,
            Some(known) if known == fingerprint => Meaning::Same,
            Some(_) => Meaning::Other,
        }
    }

    pub(crate) fn meet(&mut self, id: u32, fingerprint: Fingerprint, offset: i64) {
        self.met.entry(id).or_insert((fingerprint, offset));
    }

    /// What the books say now; what was met meanwhile is met still.
    pub(crate) fn learn(&mut self, books: Pins) {
        self.known = books.known;
    }

    pub(crate) fn has_news(&self) -> bool {
        !self.met.is_empty()
    }

    /// They are in the books.
    pub(crate) fn committed(&mut self) {
        let met = std::mem::take(&mut self.met);
        self.known.extend(met.into_iter().map(|(id, (fingerprint, _))| (id, fingerprint)));
    }
}

/// Of the schema's text, however it is spaced and its members ordered.
pub(crate) fn fingerprint(text: &str) -> Fingerprint {
    let canonical = serde_json::from_str(text).map_or_else(|_| text.to_owned(), sorted);
    Sha256::digest(canonical).into()
}

fn sorted(value: Value) -> String {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> = members.into_iter().collect();
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::String(name), sorted(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.into_iter().map(sorted).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}

pub(crate) async fn load(connection: &mut PgConnection, topic: &str) -> Result<Pins, SinkError> {
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select schema_id, fingerprint from flow.schema_seen where topic = $1")
            .bind(topic)
            .fetch_all(connection)
            .await?;
    let known = rows.into_iter().filter_map(|(id, fingerprint)| {
        Some((u32::try_from(id).ok()?, fingerprint.try_into().ok()?))
    });
    Ok(Pins { known: known.collect(), met: BTreeMap::new() })
}

/// Writes what was met, in the transaction of the records. Another partition may have been first: then it
/// must have met the same.
pub(crate) async fn write(
    connection: &mut PgConnection,
    topic: &str,
    pins: &Pins,
) -> Result<(), SinkError> {
    for (id, (fingerprint, offset)) in &pins.met {
        let same: bool = sqlx::query_scalar(
            "insert into flow.schema_seen as s (topic, schema_id, fingerprint, first_offset) values ($1, $2, $3, $4) \
             on conflict (topic, schema_id) do update set first_offset = s.first_offset \
             returning s.fingerprint = $3",
        )
        .bind(topic)
        .bind(i64::from(*id))
        .bind(&fingerprint[..])
        .bind(offset)
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| SinkError::from(error).of_bookkeeping())?;
        if !same {
            return Err(SinkError::SchemaMutated { topic: topic.to_owned(), id: *id });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_the_order_of_members_mean_nothing_and_the_order_of_fields_does() {
        let one = r#"{"type":"record","fields":[{"name":"a","type":"string"},{"name":"b","type":"string"}]}"#;
        let spaced = r#"{ "fields": [ {"type":"string","name":"a"}, {"name":"b","type":"string"} ], "type": "record" }"#;
        let exchanged = r#"{"type":"record","fields":[{"name":"b","type":"string"},{"name":"a","type":"string"}]}"#;
        assert_eq!(fingerprint(one), fingerprint(spaced));
        assert_ne!(fingerprint(one), fingerprint(exchanged));
    }

    #[test]
    fn an_id_means_what_it_meant_first() {
        let mut pins = Pins::default();
        let (one, other) = ([1; 32], [2; 32]);
        assert_eq!(pins.compare(7, &one), Meaning::New);
        pins.meet(7, one, 3);
        assert_eq!(pins.compare(7, &one), Meaning::Same);
        assert_eq!(pins.compare(7, &other), Meaning::Other);
        pins.committed();
        assert!(!pins.has_news());
        assert_eq!(pins.compare(7, &other), Meaning::Other);
    }
}
