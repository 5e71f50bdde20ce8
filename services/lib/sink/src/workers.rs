//! The few connections that batches are applied on, and the few buffers that they are prepared in: what
//! bounds both the load on the store and the memory of the process, however many partitions there are.
//! One buffer more than connections, so that one batch is prepared while the others are applied.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use bangioc_change::batch::EventBatch;
use sqlx::{Executor as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config::{StatementLimits, StoreSettings};
use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::merge;
use crate::stage::{Stage, Target};

/// The memory of one batch.
#[derive(Default)]
pub(crate) struct Buffers {
    pub events: EventBatch,
    /// Positions in `events` of what is to be applied.
    pub live: Vec<usize>,
    pub stage: Stage,
}

impl Buffers {
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.live.clear();
        self.stage.clear(Target::Stage);
    }
}

/// So many staging tables on one connection: at the end of each transaction that used one, PostgreSQL empties them all,
/// file by file.
const MOST_STAGED: usize = 4;

/// A connection, made when it is first needed, and which staging tables it has.
#[derive(Default)]
pub(crate) struct Connected {
    connection: Option<PgConnection>,
    staged: HashSet<String>,
}

impl Connected {
    pub(crate) async fn ready(
        &mut self,
        store: &StoreSettings,
        limits: StatementLimits,
    ) -> Result<&mut PgConnection, SinkError> {
        self.connected(store, limits).await.map(|(connection, _)| connection)
    }

    /// The connection, with the staging table of `dataset`.
    pub(crate) async fn ready_to_stage(
        &mut self,
        store: &StoreSettings,
        limits: StatementLimits,
        dataset: &Dataset,
    ) -> Result<&mut PgConnection, SinkError> {
        let (connection, staged) = self.connected(store, limits).await?;
        if !staged.contains(&dataset.table) {
            if staged.len() >= MOST_STAGED {
                connection.execute("discard temp").await?;
                staged.clear();
            }
            merge::make_stage(connection, dataset).await?;
            staged.insert(dataset.table.clone());
        }
        Ok(connection)
    }

    async fn connected(
        &mut self,
        store: &StoreSettings,
        limits: StatementLimits,
    ) -> Result<(&mut PgConnection, &mut HashSet<String>), SinkError> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            self.staged.clear();
            store.connect_within("bangioc sink worker", limits).await?
        };
        Ok((self.connection.insert(connection), &mut self.staged))
    }
}

impl Pool<Connected> {
    /// After a failure nothing is known about the connection; the next batch gets a new one.
    pub(crate) async fn lend<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connected) -> Result<T, SinkError>,
    ) -> Result<T, SinkError> {
        let mut loan = self.borrow().await?;
        let done = work(&mut loan).await;
        if done.is_err() {
            loan.connection = None;
        }
        done
    }
}

pub(crate) struct Workers {
    pub connections: Pool<Connected>,
    pub buffers: Pool<Buffers>,
}

impl Workers {
    pub(crate) fn new(count: usize) -> Workers {
        Workers { connections: Pool::new(count), buffers: Pool::new(count + 1) }
    }
}

/// A fixed number of things to borrow, first come, first served.
pub(crate) struct Pool<T> {
    permits: Semaphore,
    idle: Mutex<Vec<T>>,
}

/// One on loan; it goes back when dropped.
pub(crate) struct Loan<'a, T> {
    idle: &'a Mutex<Vec<T>>,
    lent: Option<T>,
    _permit: SemaphorePermit<'a>,
}

impl<T: Default> Pool<T> {
    fn new(count: usize) -> Pool<T> {
        Pool { permits: Semaphore::new(count), idle: Mutex::new(Vec::with_capacity(count)) }
    }

    pub(crate) async fn borrow(&self) -> Result<Loan<'_, T>, SinkError> {
        // Never closed, so never refused.
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| SinkError::StoreBusy { sqlstate: "57P01".into() })?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Loan { idle: &self.idle, lent: Some(idle.unwrap_or_default()), _permit: permit })
    }
}

impl<T> Drop for Loan<'_, T> {
    fn drop(&mut self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.lent.take());
    }
}

impl<T> std::ops::Deref for Loan<'_, T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "taken only by drop")]
    fn deref(&self) -> &T {
        self.lent.as_ref().expect("a loan holds what it lent until it is dropped")
    }
}

impl<T> std::ops::DerefMut for Loan<'_, T> {
    #[expect(clippy::expect_used, reason = "taken only by drop")]
    fn deref_mut(&mut self) -> &mut T {
        self.lent.as_mut().expect("a loan holds what it lent until it is dropped")
    }
}
