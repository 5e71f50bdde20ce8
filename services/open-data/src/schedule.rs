//! When what is published: each set once in each of its slots, and again soon after a failure.

use std::time::Duration;

use bangioc_runtime::failure::{Class, Failure as _};
use bangioc_runtime::retry::Policy;
use bangioc_runtime::shutdown::Shutdown;
use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::error::OpenError;
use crate::folder::SetFolder;
use crate::publish::{Outcome, Published, Publisher};
use crate::set::OpenSet;
use crate::slot::Slot;

/// Longest sleep: a clock that was set right is noticed, and a set that was held comes soon.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Runs on a thread of its own until the stop is asked for. `now` is the clock.
pub fn run(
    publisher: &Publisher,
    handle: &Handle,
    shutdown: &Shutdown,
    now: fn() -> Timestamp,
) -> Result<(), OpenError> {
    let mut delays = Policy { longest: Duration::from_mins(1), ..Policy::default() }.delays();
    let mut everything = publisher.settings.publish_on_start;
    loop {
        let due: Vec<&OpenSet> =
            if everything { publisher.sets.iter().collect() } else { due(publisher, now())? };
        let pause = if due.is_empty() {
            until_next(publisher, now()).min(LOOK_AGAIN)
        } else {
            match handle.block_on(publisher.publish(&due, now())) {
                Ok(done) => {
                    everything = false;
                    delays.reset();
                    publisher.metrics.well();
                    report(&done);
                    // What is held is still due.
                    if done.iter().any(|set| set.outcome == Outcome::Held) {
                        LOOK_AGAIN / 10
                    } else {
                        Duration::ZERO
                    }
                }
                Err(failure) if failure.class() == Class::Retry => {
                    use std::error::Error as _;
                    let cause = failure.source().map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(code = failure.code(), error = %failure, cause, hint = failure.hint(), "not published; trying again");
                    publisher.metrics.unwell(&failure.to_string());
                    delays.next().unwrap_or(LOOK_AGAIN)
                }
                Err(failure) => return Err(failure),
            }
        };
        if shutdown.pause(pause) {
            return Ok(());
        }
    }
}

/// The sets that were not looked at in their current slot.
fn due(publisher: &Publisher, now: Timestamp) -> Result<Vec<&OpenSet>, OpenError> {
    let mut due = Vec::new();
    for set in &publisher.sets {
        let history = SetFolder::new(&publisher.settings.dir, set).history()?;
        if history.current_at.is_none_or(|seen| seen < Slot::of(now, set.every_seconds)) {
            due.push(set);
        }
    }
    Ok(due)
}

fn until_next(publisher: &Publisher, now: Timestamp) -> Duration {
    let wait = |set: &OpenSet| {
        let next = Slot::of(now, set.every_seconds).next(set.every_seconds);
        Duration::try_from(next.duration_since(now)).unwrap_or_default()
    };
    publisher.sets.iter().map(wait).min().unwrap_or(LOOK_AGAIN)
}

fn report(published: &[Published]) {
    for set in published {
        let rows: u64 = set.resources.iter().map(|resource| resource.rows).sum();
        match set.outcome {
            Outcome::New => {
                tracing::info!(dataset = set.dataset, revision = set.revision, rows, "published");
            }
            Outcome::Unchanged => {
                tracing::debug!(dataset = set.dataset, revision = set.revision, rows, "unchanged");
            }
            Outcome::Held => {
                tracing::debug!(dataset = set.dataset, "held until its first copy is whole");
            }
        }
    }
}
