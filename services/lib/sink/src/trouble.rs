//! What a partition that does not get on shows to people: in the store for `bangioc status`, in health, in metrics and
//! in the log; and that it is over.

use std::time::{Duration, Instant};

use bangioc_runtime::failure::Failure as _;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::instance::{self, Instance};
use crate::lease::Lease;

/// Between two lines of the log about the same trouble.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// Of one partition.
pub(crate) struct PartitionTrouble {
    part: String,
    dataset: String,
    /// Tables whose locks it may have to wait for.
    tables: Vec<String>,
    state: TroubleState,
    said: Option<(&'static str, Instant)>,
    /// The last failure was a lock that did not come in time.
    locked: bool,
    /// The store was told of it.
    told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TroubleState {
    Well,
    Retries,
    Halted,
}

impl PartitionTrouble {
    pub(crate) fn new(dataset: &Dataset, lease: &Lease) -> PartitionTrouble {
        let references = dataset.contract.references.iter();
        let parents = references.filter_map(|reference| reference.parent.as_ref());
        PartitionTrouble {
            part: format!("{}/{}", lease.topic, lease.partition),
            dataset: dataset.id().to_owned(),
            tables: std::iter::once(dataset.table.clone())
                .chain(parents.map(|parent| parent.table.clone()))
                .collect(),
            state: TroubleState::Well,
            said: None,
            locked: false,
            told: false,
        }
    }

    /// A batch went through, or nothing waits.
    pub(crate) fn is_over(&mut self, instance: &Instance, lease: &Lease) {
        if self.state != TroubleState::Well {
            tracing::info!(part = self.part, "goes on");
            self.turn(instance, TroubleState::Well);
        }
        instance.metrics.well(&self.part);
        if self.told {
            let cleared = instance.handle.block_on(async {
                let mut connection = instance.connect("bangioc sink").await?;
                clear(&mut connection, lease).await
            });
            // Else it is told after the next batch.
            self.told = cleared.is_err();
        }
        self.said = None;
    }

    /// Waiting may help; the batch is read again.
    pub(crate) fn retries(&mut self, instance: &Instance, lease: &Lease, failure: SinkError) {
        self.turn(instance, TroubleState::Retries);
        self.tell(instance, lease, failure);
    }

    /// It is looked again whether what stands in the way is gone.
    pub(crate) fn halts_for_now(&mut self, instance: &Instance, lease: &Lease, failure: SinkError) {
        self.turn(instance, TroubleState::Halted);
        self.tell(instance, lease, failure);
    }

    /// Until the service is started again; the keeper writes that down.
    pub(crate) fn halts(&mut self, instance: &Instance, failure: &SinkError) {
        self.turn(instance, TroubleState::Halted);
        self.say(instance, failure);
    }

    /// Somebody else works on the partition from now on.
    pub(crate) fn leave(&mut self, instance: &Instance) {
        self.turn(instance, TroubleState::Well);
    }

    /// The last thing that was told is a lock.
    pub(crate) fn waits_for_lock(&self) -> bool {
        self.state == TroubleState::Retries && self.locked
    }

    fn turn(&mut self, instance: &Instance, state: TroubleState) {
        if state == self.state {
            return;
        }
        match self.state {
            TroubleState::Well => {}
            TroubleState::Retries => instance.metrics.retrying(&self.dataset, -1.0),
            TroubleState::Halted => instance.metrics.halted(&self.dataset, -1.0),
        }
        match state {
            TroubleState::Well => {}
            TroubleState::Retries => instance.metrics.retrying(&self.dataset, 1.0),
            TroubleState::Halted => instance.metrics.halted(&self.dataset, 1.0),
        }
        self.state = state;
    }

    fn say(&mut self, instance: &Instance, failure: &SinkError) {
        let (code, now) = (failure.code(), Instant::now());
        if self.said.is_none_or(|(said, at)| said != code || now.duration_since(at) >= SAY_AGAIN) {
            instance::log(&self.part, failure);
            self.said = Some((code, now));
        }
        instance.metrics.dataset_unwell(&self.dataset, &self.part, &failure.to_string());
    }

    fn tell(&mut self, instance: &Instance, lease: &Lease, failure: SinkError) {
        let is_halted = self.state == TroubleState::Halted;
        let locked_out = failure.is_locked_out();
        self.locked = locked_out;
        let mut failure = failure;
        let told = instance.handle.block_on(Box::pin(async {
            let mut connection = instance.connect("bangioc sink").await?;
            if locked_out
                && let Some((table, holders)) = held(&mut connection, &self.tables).await?
            {
                failure = SinkError::TableLocked { table, holders };
            }
            write(&mut connection, lease, &failure, is_halted).await
        }));
        self.told |= told.is_ok();
        self.say(instance, &failure);
    }
}

async fn write(
    connection: &mut PgConnection,
    lease: &Lease,
    failure: &SinkError,
    is_halted: bool,
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.lease set tries = tries + 1, waits_code = $4, waits_for = $5, \
         waits_since = coalesce(waits_since, now()), halted_code = case when $6 then $4 end, \
         halted_at = case when $6 then coalesce(halted_at, now()) end \
         where topic = $1 and partition = $2 and epoch = $3",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .bind(failure.code())
    .bind(failure.to_string())
    .bind(is_halted)
    .execute(connection)
    .await?;
    Ok(())
}

async fn clear(connection: &mut PgConnection, lease: &Lease) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.lease set tries = 0, waits_code = null, waits_for = null, waits_since = null, \
         halted_code = null, halted_at = null where topic = $1 and partition = $2 and epoch = $3",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of the tables somebody holds a lock on that keeps others out, and who. Since when, PostgreSQL says only to
/// those who may see others' sessions; what they run is nobody's business.
async fn held(
    connection: &mut PgConnection,
    tables: &[String],
) -> Result<Option<(String, String)>, SinkError> {
    let sessions: Vec<(String, i32, String, Option<String>)> = sqlx::query_as(
        "select distinct c.relname::text, l.pid, coalesce(a.usename, '-')::text, \
         to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         from pg_locks l join pg_class c on c.oid = l.relation and c.relnamespace = 'flow'::regnamespace \
         left join pg_stat_activity a on a.pid = l.pid \
         where l.granted and l.pid <> pg_backend_pid() and c.relname = any($1) \
         and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
         and l.database = (select oid from pg_database where datname = current_database()) order by 4, 2 limit 5",
    )
    .bind(tables)
    .fetch_all(connection)
    .await?;
    let Some(table) = sessions.first().map(|(table, ..)| table.clone()) else {
        return Ok(None);
    };
    let holders: Vec<String> = sessions
        .into_iter()
        .map(|(_, pid, user, since)| {
            let since = since.map_or(String::new(), |since| format!(" since {since}"));
            format!("{user:?} (pid {pid}{since})")
        })
        .collect();
    Ok(Some((table, holders.join(", "))))
}
