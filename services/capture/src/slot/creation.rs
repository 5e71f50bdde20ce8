//! Making the slot. The server begins it between transactions and so waits for those that are running, as
//! long as they take. Nobody is harmed by that, but whoever watches must know for whom it waits.

use std::time::Duration;

use bangioc_change::version::Lsn;
use bangioc_postgres_text::quoting::quoted;
use bangioc_runtime::failpoint;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::time::Instant;

use super::{Slot, SlotPlan, SystemIdentity};
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::Session;
use crate::state::{SourceState, StateWriter};
use crate::tables::connect::connect;
use crate::unit::Position;

/// Between looks whether the server has answered.
const LOOK: Duration = Duration::from_millis(100);
/// Between words about whom it waits for.
const SAY_EVERY: Duration = Duration::from_secs(5);
/// The part of the process's health that tells of it.
const PART: &str = "slot";

/// How a slot is made.
pub(crate) struct Preparing<'a> {
    pub(crate) source: &'a SourceSettings,
    pub(crate) state: &'a StateWriter,
    /// By this host's clock, microseconds since 1970.
    pub(crate) now_us: i64,
    /// Of a service: who is told that it waits, and who may end that.
    pub(crate) watched: Option<(&'a Metrics, &'a Shutdown)>,
}

impl Preparing<'_> {
    /// Carries the decision out; from where to stream, and the source's epoch.
    pub(crate) async fn run(
        &self,
        session: &mut Session,
        identity: SystemIdentity,
        beginning: SlotPlan,
    ) -> Result<(u32, Position), CaptureError> {
        let (epoch, at) = match beginning {
            SlotPlan::Resume { epoch, from } => return Ok((epoch, from)),
            SlotPlan::Adopt { epoch, at } => (epoch, Some(at)),
            SlotPlan::Create { epoch } => (epoch, None),
            SlotPlan::Wait => return Err(self.being_made().await?),
        };
        let mut record = SourceState {
            system_id: identity.system_id,
            timeline: identity.timeline,
            slot: self.source.slot.clone(),
            epoch,
            consistent_point: None,
        };
        let at = if let Some(at) = at {
            at
        } else {
            // First the intent: a slot without state means lost state.
            self.state.source(&record).await?;
            self.create(session).await?
        };
        failpoint::hit("capture.slot_created");
        record.consistent_point = Some(at.to_string());
        let position = Position { lsn: at, at_us: self.now_us, last: None };
        self.state.position(position).await?;
        self.state.source(&record).await?;
        tracing::info!(slot = self.source.slot, lsn = %at, epoch, "slot created");
        Ok((epoch, position))
    }

    /// A process that was killed has left the server at it. Once done the slot is as good as ours; if it is
    /// given up, there is none.
    async fn being_made(&self) -> Result<CaptureError, CaptureError> {
        let slot = &self.source.slot;
        let mut connection = connect(self.source).await?;
        let found = Slot::look_up(&mut connection, slot).await?;
        let whom = match found.and_then(|found| found.being_made_by) {
            Some(walsender) => whom(&mut connection, walsender).await?,
            None => "nobody any longer".to_owned(),
        };
        Ok(CaptureError::SlotBeingMade { slot: slot.clone(), whom })
    }

    async fn create(&self, session: &mut Session) -> Result<Lsn, CaptureError> {
        let slot = &self.source.slot;
        let sql =
            format!("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput NOEXPORT_SNAPSHOT", quoted(slot));
        let mut connection = connect(self.source).await?;
        session.ask(&sql)?;
        let mut said_at = Instant::now();
        let mut waited = false;
        while !session.has_answer()? {
            tokio::time::sleep(LOOK).await;
            if self.watched.is_some_and(|(_, shutdown)| shutdown.is_requested()) {
                return Err(self.give_up(&mut connection, session.pid()).await);
            }
            if said_at.elapsed() > SAY_EVERY {
                let whom = whom(&mut connection, session.pid()).await?;
                tracing::warn!(
                    code = "BG0237",
                    slot,
                    "the server makes the slot; it waits for {whom}"
                );
                if let Some((health, _)) = self.watched {
                    health.unwell(
                        PART,
                        format!("the server makes slot `{slot}`; it waits for {whom}"),
                    );
                }
                (said_at, waited) = (Instant::now(), true);
            }
        }
        if let Some((health, _)) = self.watched.filter(|_| waited) {
            health.well(PART);
        }
        let answer = session.answer(&sql)?;
        let consistent_point = answer.first().and_then(|row| row.get(1)).and_then(Option::as_deref);
        consistent_point.and_then(|lsn| lsn.parse().ok()).ok_or(CaptureError::Internal {
            what: "an unreadable answer to CREATE_REPLICATION_SLOT",
        })
    }

    /// The server does not notice that nobody listens: left alone it would go on waiting, and then keep a
    /// slot that nobody reads.
    async fn give_up(&self, connection: &mut PgConnection, walsender: i32) -> CaptureError {
        let cancelled =
            sqlx::query("select pg_cancel_backend($1)").bind(walsender).execute(connection).await;
        if let Err(error) = cancelled {
            let failure = CaptureError::question("giving the slot up", &error);
            tracing::warn!(error = %failure, "the server is still creating the slot");
        }
        CaptureError::SlotBeingMade {
            slot: self.source.slot.clone(),
            whom: "whoever it was; the capture is stopping".to_owned(),
        }
    }
}

/// For whom a process of the server waits: process, user, since when. What they run is nobody's business.
pub(super) async fn whom(
    connection: &mut PgConnection,
    walsender: i32,
) -> Result<String, CaptureError> {
    let fails = |e: sqlx::Error| CaptureError::question("asking whom the slot waits for", &e);
    // Of another's session an ordinary role sees process and user alone: then the wait's own beginning stands
    // for the transaction's. Process 0 is a prepared transaction, which has none.
    let rows = sqlx::query(
        "select b.pid, coalesce(a.usename::text, '?'), to_char(coalesce(a.xact_start, w.waitstart, now()) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), \
         (select string_agg(p.gid, ', ' order by p.prepared) from pg_prepared_xacts p where b.pid = 0) \
         from (select min(waitstart) as waitstart from pg_locks where pid = $1 and not granted) w, unnest(pg_blocking_pids($1)) as b(pid) \
         left join pg_stat_activity a on a.pid = b.pid order by 1",
    )
    .bind(walsender)
    .fetch_all(connection)
    .await
    .map_err(fails)?;
    let mut words = Vec::new();
    for row in &rows {
        let (pid, user, since): (i32, String, String) = (
            row.try_get(0).map_err(fails)?,
            row.try_get(1).map_err(fails)?,
            row.try_get(2).map_err(fails)?,
        );
        let prepared: Option<String> = row.try_get(3).map_err(fails)?;
        words.push(match prepared {
            Some(names) => format!("a prepared transaction (`{names}`)"),
            None => format!("the transaction of process {pid}, user `{user}`, since {since} UTC"),
        });
    }
    words.dedup();
    Ok(if words.is_empty() { "the server's own work".to_owned() } else { words.join("; ") })
}
