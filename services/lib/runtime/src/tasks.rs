//! A group of tasks and threads that live and end together: the first failure asks all to stop, and
//! all are waited for.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::failure::{BoxFailure, Diagnosis, Exit, Failure, halt};
use crate::shutdown::Trigger;

/// The tasks of one service. Drop without [`TaskGroup::wait`] ends the tasks where they await, and
/// leaves the threads to themselves.
pub struct TaskGroup {
    trigger: Trigger,
    running: JoinSet<(String, Result<(), BoxFailure>)>,
}

impl TaskGroup {
    /// `trigger` is asked at the first failure; whatever should end then watches its [`Shutdown`].
    ///
    /// [`Shutdown`]: crate::shutdown::Shutdown
    pub fn new(trigger: impl Into<Trigger>) -> TaskGroup {
        TaskGroup { trigger: trigger.into(), running: JoinSet::new() }
    }

    pub fn spawn(
        &mut self,
        name: impl Into<String>,
        task: impl Future<Output = Result<(), BoxFailure>> + Send + 'static,
    ) {
        let name = name.into();
        // A task of its own, so that a panic comes back with the name.
        let handle = tokio::spawn(task);
        self.running.spawn(async move {
            let end = match handle.await {
                Ok(end) => end,
                Err(broken) => Err(TaskFailure::panicked(&name, broken.into_panic_text()).into()),
            };
            (name, end)
        });
    }

    /// For work that blocks: a thread of the operating system, named in the process list.
    pub fn spawn_thread(
        &mut self,
        name: impl Into<String>,
        work: impl FnOnce() -> Result<(), BoxFailure> + Send + 'static,
    ) {
        let name = name.into();
        let (done, end) = oneshot::channel();
        let started = std::thread::Builder::new().name(name.clone()).spawn({
            let name = name.clone();
            move || {
                let end = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
                    Err(TaskFailure::panicked(&name, panic_text(&*panic)).into())
                });
                // The group may be gone: then nobody waits for this end.
                let _ = done.send(end);
            }
        });
        self.running.spawn(async move {
            let end = match started {
                Ok(_) => {
                    end.await.unwrap_or_else(|_| Err(TaskFailure::panicked(&name, None).into()))
                }
                Err(source) => Err(TaskFailure::NotStarted { name: name.clone(), source }.into()),
            };
            (name, end)
        });
    }

    /// Waits for all. The first failure is returned; later ones are logged, as they are often its echo.
    pub async fn wait(mut self) -> Result<(), BoxFailure> {
        let mut first = None;
        while let Some(end) = self.running.join_next().await {
            let (name, end) = match end {
                Ok(ended) => ended,
                Err(broken) => (
                    String::from("group"),
                    Err(TaskFailure::panicked("group", broken.into_panic_text()).into()),
                ),
            };
            match end {
                Ok(()) => tracing::debug!(task = name, "ended"),
                Err(failure) => {
                    self.trigger.request();
                    if first.is_none() {
                        tracing::debug!(task = name, code = failure.code(), error = %failure, "failed; stopping the others");
                        first = Some(failure);
                    } else {
                        tracing::warn!(task = name, code = failure.code(), error = %failure, "failed while stopping");
                    }
                }
            }
        }
        first.map_or(Ok(()), Err)
    }
}

trait IntoPanicText {
    fn into_panic_text(self) -> Option<String>;
}

impl IntoPanicText for tokio::task::JoinError {
    fn into_panic_text(self) -> Option<String> {
        self.try_into_panic().ok().and_then(|panic| panic_text(&*panic))
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> Option<String> {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
}

/// How a task ends that can't even return its own failure.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure {
    #[error("task `{name}` ended unexpectedly")]
    Panicked { name: String, source: PanicText },
    #[error("can't start thread `{name}`")]
    NotStarted { name: String, source: std::io::Error },
}

/// What the panic said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PanicText(String);

impl TaskFailure {
    fn panicked(name: &str, text: Option<String>) -> TaskFailure {
        let text = text.unwrap_or_else(|| String::from("no reason given"));
        TaskFailure::Panicked { name: name.to_owned(), source: PanicText(text) }
    }
}

impl Failure for TaskFailure {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            TaskFailure::Panicked { .. } => halt("BG0126", Exit::Failed),
            TaskFailure::NotStarted { .. } => halt("BG0127", Exit::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::shutdown::pair;

    #[derive(Debug, thiserror::Error)]
    #[error("no more room")]
    struct NoRoom;

    impl Failure for NoRoom {
        fn diagnosis(&self) -> Diagnosis {
            halt("BG0101", Exit::Halted)
        }
    }

    #[tokio::test]
    async fn the_first_failure_stops_all_and_all_are_awaited() {
        let (trigger, shutdown) = pair();
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let mut group = TaskGroup::new(trigger);
        for name in ["task", "slow task"] {
            let (shutdown, told) = (shutdown.clone(), told.clone());
            group.spawn(name, async move {
                shutdown.requested().await;
                tokio::time::sleep(Duration::from_millis(if name == "task" { 0 } else { 30 }))
                    .await;
                told.send(name).unwrap();
                Ok(())
            });
        }
        group.spawn_thread("thread", {
            let (shutdown, told) = (shutdown.clone(), told.clone());
            move || {
                assert!(shutdown.pause(Duration::from_mins(1)));
                told.send("thread").unwrap();
                Ok(())
            }
        });
        group.spawn("early", async { Ok(()) });
        group.spawn("failing", async { Err(NoRoom.into()) });
        drop(told);
        assert_eq!(group.wait().await.unwrap_err().code(), "BG0101");
        let mut ended = Vec::new();
        while let Some(name) = heard.recv().await {
            ended.push(name);
        }
        ended.sort_unstable();
        assert_eq!(ended, ["slow task", "task", "thread"]);
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_with_the_name_of_its_task() {
        for threaded in [false, true] {
            let (trigger, shutdown) = pair();
            let mut group = TaskGroup::new(trigger);
            if threaded {
                group.spawn_thread("copier", || panic!("lost my way"));
            } else {
                group.spawn("copier", async { panic!("lost my way") });
            }
            group.spawn("other", async move {
                shutdown.requested().await;
                Ok(())
            });
            let failure = group.wait().await.unwrap_err();
            assert_eq!(
                (failure.code(), failure.to_string().as_str()),
                ("BG0126", "task `copier` ended unexpectedly")
            );
            assert_eq!(failure.source().unwrap().to_string(), "lost my way");
        }
    }

    #[tokio::test]
    async fn a_group_whose_tasks_end_well_asks_for_nothing() {
        let (trigger, shutdown) = pair();
        let mut group = TaskGroup::new(trigger);
        group.spawn("one", async { Ok(()) });
        group.spawn_thread("two", || Ok(()));
        group.wait().await.unwrap();
        assert!(!shutdown.is_requested());
    }
}
