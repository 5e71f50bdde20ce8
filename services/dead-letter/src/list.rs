//! What is parked, and why: for people who mend it at the source.

use std::fmt::Write as _;

use bangioc_runtime::printable::printable;
use bangioc_runtime::table::aligned;
use bangioc_sink::seal::KeyRef;
use serde::Serialize;

use crate::DeadLetters;
use crate::error::DeadLetterError;
use crate::reason::{InTwoLanguages, Reason, RowKey};

/// A key that waits, or waited; or a row that is in the store without a value which is too large.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ParkedKey {
    pub dataset: String,
    /// Names the key without telling it.
    pub key_ref: String,
    /// `parked`, `drained`, `superseded`, `discarded`; `incomplete`: nothing waits, and it ends by itself when the
    /// value comes.
    pub state: String,
    /// Why its first record could not be applied.
    pub code: String,
    pub field: Option<String>,
    /// RFC 3339, UTC.
    pub since: String,
    /// Records that wait now.
    pub records: i64,
    /// The first of the two people whom a discard needs.
    pub discard_by: Option<String>,
}

/// One record of a key's queue. No value of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ParkedRecord {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub state: String,
    /// None: it only waits behind another.
    pub code: Option<String>,
    pub field: Option<String>,
    /// False: it held what must not be kept.
    pub kept: bool,
    pub attempts: i32,
    pub parked_at: String,
}

/// Which keys to list.
#[derive(Clone, Default, Debug)]
pub struct KeyFilter {
    pub dataset: Option<String>,
    /// Only what waits, or also what has ended.
    pub ended_too: bool,
}

type KeyRow = (String, Vec<u8>, String, String, Option<String>, String, i64, Option<String>);

type RecordRow = (String, i32, i64, String, Option<String>, Option<String>, bool, i32, String);

/// Times as RFC 3339, whatever the session's style.
const KEYS: &str = "select dataset, key_ref, state, code, field_path, \
    to_char(since at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), waiting, discard_by from (\
    select k.dataset, k.key_ref, k.state, k.code, k.field_path, k.since, \
    (select count(*) from flow.parked_record r where r.topic = k.topic and r.partition = k.partition \
    and r.key_ref = k.key_ref and r.state = 'parked') as waiting, k.discard_by from flow.parked_key k \
    where ($2 or k.state = 'parked') \
    union all \
    select l.dataset, r.key_ref, r.state, coalesce(r.code, ''), r.field_path, r.parked_at, 0, null \
    from flow.parked_record r join flow.lease l using (topic, partition) where r.state = 'incomplete') k \
    where ($1::text is null or dataset = $1) and ($3::bytea is null or key_ref = $3) \
    order by dataset, since, key_ref";

impl DeadLetters {
    pub async fn list(&mut self, filter: &KeyFilter) -> Result<Vec<ParkedKey>, DeadLetterError> {
        self.keys(filter.dataset.as_deref(), filter.ended_too, None).await
    }

    async fn keys(
        &mut self,
        dataset: Option<&str>,
        ended_too: bool,
        key_ref: Option<KeyRef>,
    ) -> Result<Vec<ParkedKey>, DeadLetterError> {
        let rows: Vec<KeyRow> = sqlx::query_as(KEYS)
            .bind(dataset)
            .bind(ended_too)
            .bind(key_ref.as_ref().map(|key| &key.0[..]))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(dataset, key_ref, state, code, field, since, records, discard_by)| ParkedKey {
                dataset,
                key_ref: key_ref
                    .try_into()
                    .map(|bytes| KeyRef(bytes).to_string())
                    .unwrap_or_default(),
                state,
                code,
                field,
                since,
                records,
                discard_by,
            })
            .collect())
    }

    /// A key and its queue, in order.
    pub async fn show(
        &mut self,
        key_ref: KeyRef,
    ) -> Result<(ParkedKey, Vec<ParkedRecord>), DeadLetterError> {
        let mut keys = self.keys(None, true, Some(key_ref)).await?;
        // One that waits is what was asked for, whatever else there is under its name.
        keys.sort_by_key(|key| key.state == "parked");
        let key = keys.pop().ok_or(DeadLetterError::NotParked { key_ref })?;
        let rows: Vec<RecordRow> = sqlx::query_as(
            "select topic, partition, \"offset\", state, code, field_path, payload is not null, attempts, \
             to_char(parked_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
             from flow.parked_record where key_ref = $1 order by topic, partition, \"offset\"",
        )
        .bind(&key_ref.0[..])
        .fetch_all(&mut self.connection)
        .await?;
        let records = rows
            .into_iter()
            .map(|(topic, partition, offset, state, code, field, kept, attempts, parked_at)| {
                ParkedRecord {
                    topic,
                    partition,
                    offset,
                    state,
                    code,
                    field,
                    kept,
                    attempts,
                    parked_at,
                }
            })
            .collect();
        Ok((key, records))
    }
}

/// The list as a table.
pub fn to_table(keys: &[ParkedKey]) -> String {
    if keys.is_empty() {
        return "nothing is parked\n".to_owned();
    }
    let head = ["DATASET", "KEY", "CODE", "FIELD", "WAITING", "SINCE", "STATE"].map(str::to_owned);
    let cells = keys.iter().map(|key| {
        [
            key.dataset.clone(),
            key.key_ref.clone(),
            key.code.clone(),
            key.field.clone().unwrap_or_else(|| "–".to_owned()),
            key.records.to_string(),
            key.since.clone(),
            match &key.discard_by {
                Some(by) if key.state == "parked" => format!("parked, discard asked for by {by}"),
                _ => key.state.clone(),
            },
        ]
    });
    let mut text = aligned(&std::iter::once(head).chain(cells).collect::<Vec<_>>(), 0..0);
    let count = |state| keys.iter().filter(|key| key.state == state).count();
    let incomplete = match count("incomplete") {
        0 => String::new(),
        1 => ", 1 row without a value that is too large".to_owned(),
        rows => format!(", {rows} rows without a value that is too large"),
    };
    let _ = writeln!(
        text,
        "\n{} parked{incomplete}; `bangioc dead-letter show KEY` tells more",
        count("parked")
    );
    text
}

/// One key as a page.
pub fn to_page(key: &ParkedKey, records: &[ParkedRecord], reason: &Reason) -> String {
    let field = key.field.as_ref().map(|field| format!(" at `{field}`")).unwrap_or_default();
    let mut text = format!(
        "key      {}\ndataset  {}\nstate    {} since {}\nreason   {}{field}\n",
        key.key_ref, key.dataset, key.state, key.since, key.code
    );
    let row = match &reason.row {
        RowKey::Named(columns) => columns
            .iter()
            .map(|(name, text)| format!("{name} = {}", printable(text)))
            .collect::<Vec<_>>()
            .join(", "),
        RowKey::Withheld => {
            "not shown, since its key is personal: add `--purpose WHY`, which goes on record"
                .to_owned()
        }
        RowKey::Unknown => "no record tells its key".to_owned(),
    };
    let _ = writeln!(text, "row      {row}");
    let mut say = |head: &str, InTwoLanguages { vi, en }: &InTwoLanguages| {
        let _ = writeln!(text, "{head:9}{en}\n         {vi}");
    };
    say("meaning", &reason.meaning);
    reason.rules.iter().for_each(|rule| say("rule", rule));
    say("to do", &reason.mend);
    if let Some(page) = reason.page {
        let _ = writeln!(text, "page     `bangioc explain {page}`");
    }
    if let Some(by) = &key.discard_by {
        let _ = writeln!(text, "discard  asked for by {}", printable(by));
    }
    text.push('\n');
    let head =
        ["TOPIC", "PARTITION", "OFFSET", "STATE", "CODE", "KEPT", "TRIES"].map(str::to_owned);
    let cells = records.iter().map(|record| {
        [
            record.topic.clone(),
            record.partition.to_string(),
            record.offset.to_string(),
            record.state.clone(),
            record.code.clone().unwrap_or_else(|| "waits behind".to_owned()),
            if record.kept { "yes" } else { "no" }.to_owned(),
            record.attempts.to_string(),
        ]
    });
    text + &aligned(&std::iter::once(head).chain(cells).collect::<Vec<_>>(), 0..0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let key = ParkedKey {
            dataset: "business".into(),
            key_ref: "0011223344556677".into(),
            state: "parked".into(),
            code: "E_CHECKDIGIT".into(),
            field: Some("enterprise_code".into()),
            since: "2026-11-24T05:00:00Z".into(),
            records: 2,
            discard_by: None,
        };
        let incomplete = ParkedKey {
            dataset: "land-parcel".into(),
            field: Some("geom_wkt".into()),
            code: "E_TOOBIG".into(),
            state: "incomplete".into(),
            records: 0,
            ..key.clone()
        };
        let asked = ParkedKey {
            field: None,
            discard_by: Some("lan".into()),
            code: "BAD_MAGIC".into(),
            ..key.clone()
        };
        insta::assert_snapshot!(to_table(&[key, asked, incomplete]), @r"
        DATASET      KEY               CODE          FIELD            WAITING  SINCE                 STATE
        business     0011223344556677  E_CHECKDIGIT  enterprise_code  2        2026-11-24T05:00:00Z  parked
        business     0011223344556677  BAD_MAGIC     –                2        2026-11-24T05:00:00Z  parked, discard asked for by lan
        land-parcel  0011223344556677  E_TOOBIG      geom_wkt         0        2026-11-24T05:00:00Z  incomplete

        2 parked, 1 row without a value that is too large; `bangioc dead-letter show KEY` tells more
        ");
    }
}
