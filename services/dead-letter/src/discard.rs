//! Giving a key's queue up takes two people; then the source is asked for the row as it is now, so that
//! no later partial change builds on what was given up.

use bangioc_sink::SinkError;
use bangioc_sink::intake::key_texts;
use bangioc_sink::ledger::Counts;
use bangioc_sink::outbox;
use bangioc_sink::queue::{self, Queue, Record};
use bangioc_sink::replay::standing;
use bangioc_sink::seal::KeyRef;
use serde::Serialize;
use sqlx::Connection as _;

use crate::DeadLetters;
use crate::error::DeadLetterError;
use crate::replay::named;

/// How far a discard has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Discarded {
    /// The first person asked; another has to confirm.
    Asked { by: String },
    /// `copy_asked`: the row was asked for again. It is not when no record of the queue tells its key.
    Done { records: i64, copy_asked: bool },
}

impl DeadLetters {
    pub async fn discard(
        &mut self,
        key_ref: KeyRef,
        by: &str,
    ) -> Result<Discarded, DeadLetterError> {
        let by = named(by)?;
        let (connection, tools) = self.parts();
        let mut transaction = connection.begin().await?;
        let locked = queue::lock(&mut transaction, key_ref).await?;
        match &locked.discard_by {
            None => {
                sqlx::query(
                    "update flow.parked_key set discard_by = $4, discard_asked_at = now() \
                     where topic = $1 and partition = $2 and key_ref = $3",
                )
                .bind(&locked.topic)
                .bind(locked.partition)
                .bind(&key_ref.0[..])
                .bind(&by)
                .execute(&mut *transaction)
                .await?;
                transaction.commit().await?;
                return Ok(Discarded::Asked { by });
            }
            Some(first) if *first == by => return Err(DeadLetterError::SamePerson { by }),
            Some(_) => {}
        }
        let dataset = locked.dataset_in(tools.datasets)?;
        let queue = Queue::load(&mut transaction, &locked, dataset, tools).await?;
        // A record that breaks a rule was decoded before: its key is known as well.
        let event = queue
            .records
            .iter()
            .find_map(Record::event)
            .or_else(|| (!queue.events.is_empty()).then_some(0));
        let key = event.and_then(|event| key_texts(dataset, &queue.events.event(event)));
        if let Some(key) = &key {
            outbox::ask(&mut transaction, dataset.id(), key).await?;
        }
        let records = i64::try_from(queue.records.len()).unwrap_or(i64::MAX);
        let (_, position) = standing(&mut transaction, &locked).await?;
        Counts {
            parked: -records,
            discarded: records,
            ..Counts::default()
        }
        .post(&mut transaction, &locked.topic, locked.partition, position)
        .await
        .map_err(SinkError::of_bookkeeping)?;
        sqlx::query(
            "update flow.parked_record set state = 'discarded', payload = null, ended_at = now() \
             where topic = $1 and partition = $2 and key_ref = $3 and state = 'parked'",
        )
        .bind(&locked.topic)
        .bind(locked.partition)
        .bind(&key_ref.0[..])
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "update flow.parked_key set state = 'discarded', ended_at = now(), ended_by = $4 \
             where topic = $1 and partition = $2 and key_ref = $3",
        )
        .bind(&locked.topic)
        .bind(locked.partition)
        .bind(&key_ref.0[..])
        .bind(&by)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Discarded::Done {
            records,
            copy_asked: key.is_some(),
        })
    }
}
