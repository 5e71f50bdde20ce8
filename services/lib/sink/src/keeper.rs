//! Which partitions this instance works on: takes free ones up to its share, renews what it holds, hands
//! over what is too much, and sees how work on each has ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use bangioc_runtime::failure::{BoxFailure, Failure as _};
use sqlx::PgConnection;

use crate::error::SinkError;
use crate::instance::Instance;
use crate::lease::{self, Lease};
use crate::partition::{PartitionEnd, PartitionWork};

struct HeldPartition {
    lease: Lease,
    stop: Arc<AtomicBool>,
    work: Option<JoinHandle<PartitionEnd>>,
}

pub(crate) struct Keeper {
    instance: Arc<Instance>,
    /// By topic and partition; a halted one stays, without work.
    held: HashMap<(String, i32), HeldPartition>,
}

impl Keeper {
    pub(crate) fn new(instance: Arc<Instance>) -> Keeper {
        Keeper { instance, held: HashMap::new() }
    }

    /// Until asked to stop, or until every partition held has halted.
    pub(crate) async fn keep(&mut self) -> Result<(), BoxFailure> {
        let instance = Arc::clone(&self.instance);
        let mut connection = None;
        let mut first_halt: Option<SinkError> = None;
        loop {
            let round = async {
                if connection.is_none() {
                    connection = Some(instance.connect("bangioc sink leases").await?);
                }
                match &mut connection {
                    Some(connection) => Box::pin(self.round(connection, &mut first_halt)).await,
                    None => Ok(()),
                }
            };
            match round.await {
                Ok(()) => instance.metrics.well("leases"),
                Err(failure) => {
                    // Leases run out meanwhile; nobody commits under one that passed on.
                    connection = None;
                    instance.report("leases", &failure);
                }
            }
            if let Some(failure) = first_halt.take_if(|_| self.all_halted()) {
                return Err(failure.into());
            }
            tokio::select! {
                () = instance.shutdown.requested() => return Ok(()),
                () = tokio::time::sleep(instance.settings.lease / 5) => {}
            }
        }
    }

    fn all_halted(&self) -> bool {
        !self.held.is_empty() && self.held.values().all(|held| held.work.is_none())
    }

    async fn round(
        &mut self,
        connection: &mut PgConnection,
        first_halt: &mut Option<SinkError>,
    ) -> Result<(), SinkError> {
        let instance = Arc::clone(&self.instance);
        self.reap(connection, first_halt).await?;
        let held: Vec<(String, i32, i64)> = self
            .held
            .iter()
            .map(|((topic, partition), held)| (topic.clone(), *partition, held.lease.epoch))
            .collect();
        let kept =
            lease::renew(connection, &instance.owner, &held, instance.settings.lease).await?;
        for ((topic, partition), held) in &self.held {
            if !kept.iter().any(|(kept, number)| kept == topic && number == partition) {
                held.stop.store(true, Ordering::Release);
            }
        }
        // Of a halted one nothing is left to stop; it may be taken anew.
        self.held.retain(|(topic, partition), held| {
            let is_kept = kept.iter().any(|(kept, n)| kept == topic && n == partition);
            if held.work.is_none() && !is_kept {
                instance.metrics.well(&format!("{topic}/{partition}"));
            }
            held.work.is_some() || is_kept
        });
        let instances = lease::instances(connection, instance.settings.lease).await?;
        let rank = instances.iter().position(|owner| *owner == instance.owner).unwrap_or(0);
        let partitions: usize = instance
            .datasets
            .iter()
            .map(|dataset| usize::try_from(dataset.contract.partitions).unwrap_or(0))
            .sum();
        let share = lease::fair_share(partitions, instances.len(), rank);
        let mut surplus = self.held.len().saturating_sub(share);
        for held in self.held.values().filter(|held| held.work.is_some()) {
            if surplus > 0 {
                held.stop.store(true, Ordering::Release);
                surplus -= 1;
            }
        }
        if self.held.len() < share {
            self.take(connection, share - self.held.len()).await?;
        }
        Ok(())
    }

    async fn take(
        &mut self,
        connection: &mut PgConnection,
        wanted: usize,
    ) -> Result<(), SinkError> {
        let instance = Arc::clone(&self.instance);
        let topics: Vec<String> =
            instance.datasets.iter().map(|dataset| dataset.topic.clone()).collect();
        let free = lease::free(connection, &topics).await?;
        let free: Vec<_> =
            free.into_iter().filter(|place| !self.held.contains_key(place)).take(wanted).collect();
        for (topic, partition) in free {
            let Some(dataset) = instance.datasets.iter().find(|dataset| dataset.topic == topic)
            else {
                continue;
            };
            let Some(lease) = lease::take(
                connection,
                &instance.owner,
                &topic,
                partition,
                instance.settings.lease,
            )
            .await?
            else {
                continue;
            };
            tracing::debug!(topic, partition, epoch = lease.epoch, "partition taken");
            let stop = Arc::new(AtomicBool::new(false));
            let work = PartitionWork::new(&instance, dataset, lease.clone(), &stop);
            let name = format!("sink-{}-{partition}", dataset.id());
            let work = start_thread(&name, move || work.run())?;
            self.held.insert((topic, partition), HeldPartition { lease, stop, work: Some(work) });
        }
        Ok(())
    }

    /// Looks which threads have ended, and how.
    async fn reap(
        &mut self,
        connection: &mut PgConnection,
        first_halt: &mut Option<SinkError>,
    ) -> Result<(), SinkError> {
        let instance = Arc::clone(&self.instance);
        let ended: Vec<(String, i32)> = self
            .held
            .iter()
            .filter(|(_, held)| held.work.as_ref().is_some_and(JoinHandle::is_finished))
            .map(|(place, _)| place.clone())
            .collect();
        for place in ended {
            let Some(held) = self.held.get_mut(&place) else {
                continue;
            };
            let Some(work) = held.work.take() else {
                continue;
            };
            match join(work).await {
                Some(PartitionEnd::Halted(failure)) => {
                    // Stays held: whoever took it would halt as well.
                    lease::mark_halted(connection, &held.lease, failure.code()).await?;
                    first_halt.get_or_insert(failure);
                }
                Some(PartitionEnd::Released | PartitionEnd::Lost) => {
                    instance.metrics.well(&format!("{}/{}", place.0, place.1));
                    self.held.remove(&place);
                }
                // It broke off. The lease runs out, and somebody takes the partition anew.
                None => {
                    lease::release(connection, &held.lease).await?;
                    self.held.remove(&place);
                }
            }
        }
        Ok(())
    }

    /// Ends all work, and hands every partition over.
    pub(crate) async fn stop(&mut self) {
        let halted: Vec<Lease> = self
            .held
            .values()
            .filter(|held| held.work.is_none())
            .map(|held| held.lease.clone())
            .collect();
        for (_, held) in self.held.drain() {
            if let Some(work) = held.work {
                join(work).await;
            }
        }
        let left = async {
            let mut connection = self.instance.connect("bangioc sink leases").await?;
            for lease in &halted {
                lease::release(&mut connection, lease).await?;
            }
            lease::leave(&mut connection, &self.instance.owner).await
        };
        if let Err(failure) = left.await {
            tracing::debug!(code = failure.code(), "this instance could not say that it leaves");
        }
    }
}

pub(crate) fn start_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, SinkError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(SinkError::Thread)
}

/// None: the thread panicked, which its own message told.
pub(crate) async fn join<T: Send + 'static>(thread: JoinHandle<T>) -> Option<T> {
    tokio::task::spawn_blocking(move || thread.join().ok()).await.ok().flatten()
}
