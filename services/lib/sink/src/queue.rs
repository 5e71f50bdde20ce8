//! A key's queue, locked against the sink and judged anew.

use std::collections::HashMap;

use bangioc_change::batch::EventBatch;
use bangioc_change::decode::RecordBytes;
use bangioc_change::event::Operation;
use bangioc_change::wire;
use sqlx::PgConnection;

use crate::dataset::{Dataset, sql};
use crate::decoders::{Found, Recent};
use crate::error::SinkError;
use crate::park::{Kept, Poison};
use crate::partition::now_us;
use crate::pins;
use crate::reference;
use crate::replay::{ReplayError, Tools};
use crate::seal::{KeyRef, Place};

/// Which queue.
#[derive(Clone, Debug)]
pub struct Locked {
    pub key_ref: KeyRef,
    pub topic: String,
    pub partition: i32,
    pub dataset: String,
    pub discard_by: Option<String>,
}

impl Locked {
    /// The dataset that the key is of, when it has an active contract here.
    pub fn dataset_in<'a>(&self, datasets: &'a [Dataset]) -> Result<&'a Dataset, ReplayError> {
        let mine = |dataset: &&Dataset| dataset.topic == self.topic;
        datasets
            .iter()
            .find(mine)
            .ok_or_else(|| ReplayError::NoContract {
                key_ref: self.key_ref,
                dataset: self.dataset.clone(),
            })
    }
}

/// Locks a parked key until the transaction ends.
pub async fn lock(connection: &mut PgConnection, key_ref: KeyRef) -> Result<Locked, ReplayError> {
    parked(connection, key_ref, "for update").await
}

/// As it is now, for whoever may only look.
pub async fn find(connection: &mut PgConnection, key_ref: KeyRef) -> Result<Locked, ReplayError> {
    parked(connection, key_ref, "").await
}

async fn parked(
    connection: &mut PgConnection,
    key_ref: KeyRef,
    lock: &str,
) -> Result<Locked, ReplayError> {
    let row: Option<(String, i32, String, Option<String>)> = sqlx::query_as(sql(format!(
        "select topic, partition, dataset, discard_by from flow.parked_key \
         where key_ref = $1 and state = 'parked' order by topic limit 1 {lock}"
    )))
    .bind(&key_ref.0[..])
    .fetch_optional(connection)
    .await
    .map_err(SinkError::from)?;
    let (topic, partition, dataset, discard_by) = row.ok_or(ReplayError::NotParked { key_ref })?;
    Ok(Locked {
        key_ref,
        topic,
        partition,
        dataset,
        discard_by,
    })
}

/// What a new look at a record found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Index in the batch. `whole`: it needs nothing of what was before.
    Good {
        event: usize,
        whole: bool,
    },
    Bad {
        code: String,
        field: Option<String>,
    },
}

pub struct Record {
    pub offset: i64,
    pub verdict: Verdict,
    /// The key itself: two keys may share a reference.
    key: Option<Vec<u8>>,
}

impl Record {
    /// Of a good one: its index in the batch.
    pub fn event(&self) -> Option<usize> {
        match self.verdict {
            Verdict::Good { event, .. } => Some(event),
            Verdict::Bad { .. } => None,
        }
    }

    pub(crate) fn is_suspended(&self) -> bool {
        matches!(&self.verdict, Verdict::Bad { code, .. } if code == reference::CODE)
    }
}

#[derive(Default)]
pub struct Queue {
    pub records: Vec<Record>,
    pub events: EventBatch,
    recent: Recent,
}

/// Offset, payload and code of a parked record.
type ParkedRow = (i64, Option<Vec<u8>>, Option<String>);

impl Queue {
    /// Empty, and knowing what the dataset's schema ids mean.
    pub(crate) async fn of(
        connection: &mut PgConnection,
        dataset: &Dataset,
    ) -> Result<Queue, SinkError> {
        let pins = pins::load(connection, &dataset.topic).await?;
        Ok(Queue {
            recent: Recent::knowing(pins),
            ..Queue::default()
        })
    }

    pub async fn load(
        connection: &mut PgConnection,
        locked: &Locked,
        dataset: &Dataset,
        tools: Tools<'_>,
    ) -> Result<Queue, ReplayError> {
        let rows: Vec<ParkedRow> = sqlx::query_as(
            "select \"offset\", payload, code from flow.parked_record where topic = $1 and partition = $2 \
             and key_ref = $3 and state = 'parked' order by \"offset\"",
        )
        .bind(&locked.topic)
        .bind(locked.partition)
        .bind(&locked.key_ref.0[..])
        .fetch_all(&mut *connection)
        .await
        .map_err(SinkError::from)?;
        let mut queue = Queue::of(connection, dataset).await?;
        for row in rows {
            queue.take(tools, dataset, locked.partition, row)?;
        }
        queue.judge_references(connection, dataset).await?;
        Ok(queue)
    }

    /// One more record, opened and judged by itself.
    pub(crate) fn take(
        &mut self,
        tools: Tools<'_>,
        dataset: &Dataset,
        partition: i32,
        (offset, payload, code): ParkedRow,
    ) -> Result<(), SinkError> {
        let Some(payload) = payload else {
            let verdict = Verdict::Bad {
                code: code.unwrap_or_default(),
                field: None,
            };
            self.records.push(Record {
                offset,
                verdict,
                key: None,
            });
            return Ok(());
        };
        let place = Place {
            topic: &dataset.topic,
            partition,
            offset,
        };
        let kept = Kept::from_bytes(&tools.seal.open(place, &payload)?).unwrap_or_default();
        let verdict = self.judge(&kept.record(offset), dataset, tools)?;
        let key = kept
            .key
            .as_deref()
            .map(|key| wire::split(key).map_or(key, |(_, datum)| datum).to_vec());
        self.records.push(Record {
            offset,
            verdict,
            key,
        });
        Ok(())
    }

    /// What is good by itself and refers to what is not there is not good yet.
    pub(crate) async fn judge_references(
        &mut self,
        connection: &mut PgConnection,
        dataset: &Dataset,
    ) -> Result<(), SinkError> {
        let good: Vec<usize> = self.records.iter().filter_map(Record::event).collect();
        for missing in reference::missing(connection, dataset, &self.events, &good).await? {
            let mut records = self.records.iter_mut();
            if let Some(record) = records.find(|record| record.event() == Some(missing.event)) {
                let Poison { code, field } = missing.poison(dataset);
                let code = code.to_owned();
                record.verdict = Verdict::Bad { code, field };
            }
        }
        Ok(())
    }

    fn judge(
        &mut self,
        record: &RecordBytes<'_>,
        dataset: &Dataset,
        tools: Tools<'_>,
    ) -> Result<Verdict, SinkError> {
        let found = self.recent.find(
            tools.decoders,
            dataset,
            record.key,
            record.value,
            record.offset,
        )?;
        let decoder = match found {
            Found::Decoder(decoder) => decoder,
            Found::Bad { code, field } => {
                return Ok(Verdict::Bad {
                    code: code.as_str().to_owned(),
                    field,
                });
            }
            Found::Awaited(_) => {
                return Ok(Verdict::Bad {
                    code: "UNKNOWN_SCHEMA".to_owned(),
                    field: None,
                });
            }
        };
        let column = |index: usize| {
            dataset
                .contract
                .columns
                .get(index)
                .map(|column| column.name.clone())
        };
        let event = self.events.len();
        if let Err(error) = decoder.decode_into(*record, &mut self.events) {
            let field = error.column.and_then(column);
            return Ok(Verdict::Bad {
                code: error.code().as_str().to_owned(),
                field,
            });
        }
        let change = self.events.event(event);
        let after = change.after.filter(|_| change.op != Operation::Delete);
        if let Some(after) = after
            && let Err(breach) = dataset.contract.rules.check(after, now_us())
        {
            let field = breach.column.and_then(column);
            return Ok(Verdict::Bad {
                code: breach.code.as_str().to_owned(),
                field,
            });
        }
        Ok(Verdict::Good {
            event,
            whole: after.is_none_or(|row| !row.has_absent()),
        })
    }

    /// Which records go into the store, and how many a later one makes moot. Fails with the first that
    /// still fails and that nothing after it makes good, for any of the keys that share the reference.
    pub fn plan(&self, key_ref: KeyRef) -> Result<Plan, ReplayError> {
        let mut plan = Plan {
            live: Vec::new(),
            moot: Vec::new(),
        };
        let mut made_good: HashMap<Option<&[u8]>, bool> = HashMap::new();
        // From the end: what follows decides.
        for record in self.records.iter().rev() {
            let key = record.key.as_deref();
            match &record.verdict {
                Verdict::Good { event, whole } => {
                    plan.live.push(*event);
                    if *whole {
                        made_good.insert(key, true);
                    }
                }
                // A record that was not kept has no key here; then any later whole one of the queue is its.
                Verdict::Bad { .. }
                    if made_good.contains_key(&key) || (key.is_none() && !made_good.is_empty()) =>
                {
                    plan.moot.push(record.offset);
                }
                Verdict::Bad { .. } => {}
            }
        }
        plan.live.reverse();
        for record in &self.records {
            if let Verdict::Bad { code, field } = &record.verdict
                && !plan.moot.contains(&record.offset)
            {
                return Err(ReplayError::StillFails {
                    key_ref,
                    code: code.clone(),
                    field: field.clone(),
                });
            }
        }
        Ok(plan)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Events to apply, in order.
    pub live: Vec<usize>,
    /// Offsets that a later record makes moot.
    pub moot: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `g` good but partial, `w` good and whole, `b` bad; upper case: another key under the same reference.
    fn plan(records: &str) -> Option<(usize, Vec<i64>)> {
        let records = records.chars().enumerate().map(|(event, kind)| Record {
            offset: i64::try_from(event).unwrap(),
            verdict: match kind.to_ascii_lowercase() {
                'b' => Verdict::Bad {
                    code: "E_RANGE".into(),
                    field: None,
                },
                kind => Verdict::Good {
                    event,
                    whole: kind == 'w',
                },
            },
            key: Some(vec![u8::from(kind.is_ascii_uppercase())]),
        });
        let queue = Queue {
            records: records.collect(),
            ..Queue::default()
        };
        queue.plan(KeyRef([0; 8])).ok().map(|plan| {
            let mut moot = plan.moot;
            moot.reverse();
            (plan.live.len(), moot)
        })
    }

    #[test]
    fn only_a_later_whole_record_of_the_same_key_makes_a_bad_one_moot() {
        assert_eq!(plan("b"), None);
        assert_eq!(plan("w"), Some((1, vec![])));
        assert_eq!(plan("bw"), Some((1, vec![0])));
        assert_eq!(
            plan("bg"),
            None,
            "a partial record would build on what is missing"
        );
        assert_eq!(plan("wb"), None);
        assert_eq!(plan("gbbwg"), Some((3, vec![1, 2])));
        assert_eq!(
            plan("bW"),
            None,
            "another key's record says nothing of this one"
        );
        assert_eq!(plan("bWw"), Some((2, vec![0])));
    }
}
