//! The one way to ask a process to stop, for tasks and threads alike.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Held by whatever must stop when asked. Clones see the same request.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<ShutdownState>);

/// Asks for the stop. Asking twice is asking once; a request is never taken back.
#[derive(Clone, Debug)]
pub struct Trigger(Arc<ShutdownState>);

#[derive(Debug)]
struct ShutdownState {
    // Two views of one fact: tasks await the channel, threads wait on the condition.
    asked: watch::Sender<bool>,
    asked_threads: Mutex<bool>,
    changed: Condvar,
}

/// A shutdown that only its trigger asks for.
pub fn pair() -> (Trigger, Shutdown) {
    let state = Arc::new(ShutdownState {
        asked: watch::Sender::new(false),
        asked_threads: Mutex::new(false),
        changed: Condvar::new(),
    });
    (Trigger(Arc::clone(&state)), Shutdown(state))
}

/// Asked for by SIGINT or SIGTERM. The second of them ends the process at once, status 130. Needs a
/// running tokio runtime.
pub fn on_signals() -> Shutdown {
    let (trigger, shutdown) = pair();
    tokio::spawn(async move {
        if next_signal().await {
            trigger.request();
            if next_signal().await {
                std::process::exit(130);
            }
        }
    });
    shutdown
}

/// False when the process can't be told of signals; they then end it in the system's way.
async fn next_signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => tracing::info!("stopping: interrupted"),
                _ = terminate.recv() => tracing::info!("stopping: asked to terminate"),
            }
            true
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "can't listen for signals");
            false
        }
    }
}

impl Trigger {
    pub fn request(&self) {
        *self.0.asked_threads.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
        self.0.asked.send_replace(true);
    }
}

impl Shutdown {
    pub fn is_requested(&self) -> bool {
        *self.0.asked.borrow()
    }

    /// Ends when the stop is asked for; at once if it was. Cancel-safe, may be awaited again.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + 'static {
        let state = Arc::clone(&self.0);
        async move {
            let mut asked = state.asked.subscribe();
            // Can't fail: `state` keeps the sender alive.
            let _ = asked.wait_for(|asked| *asked).await;
        }
    }

    /// For threads: waits for `time` or until the stop is asked for; true if it was.
    pub fn pause(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut asked = self.0.asked_threads.lock().unwrap_or_else(PoisonError::into_inner);
        while !*asked {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            asked =
                self.0.changed.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub fn trigger(&self) -> Trigger {
        Trigger(Arc::clone(&self.0))
    }
}

impl From<&Shutdown> for Trigger {
    fn from(shutdown: &Shutdown) -> Trigger {
        shutdown.trigger()
    }
}

impl From<Shutdown> for Trigger {
    fn from(shutdown: Shutdown) -> Trigger {
        Trigger(shutdown.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_and_threads_see_one_request() {
        let (trigger, shutdown) = pair();
        assert!(!shutdown.pause(Duration::from_millis(1)));
        let thread = std::thread::spawn({
            let shutdown = shutdown.clone();
            move || shutdown.pause(Duration::from_mins(1))
        });
        let task = tokio::spawn(shutdown.clone().requested());
        assert!(!shutdown.is_requested());
        trigger.request();
        trigger.request();
        task.await.unwrap();
        assert!(thread.join().unwrap());
        assert!(shutdown.is_requested());
        shutdown.requested().await;
    }

    #[tokio::test]
    async fn a_dropped_trigger_asks_for_nothing() {
        let (trigger, shutdown) = pair();
        drop(trigger);
        let waited = tokio::time::timeout(Duration::from_millis(20), shutdown.requested()).await;
        assert!(waited.is_err());
    }
}
