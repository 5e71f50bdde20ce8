//! Back-off, in one place: nothing else uses the `backoff` crate, which is unmaintained.

use std::future::Future;
use std::time::Duration;

use backoff::backoff::Backoff;

use crate::failure::{BoxFailure, Class, Failure};
use crate::shutdown::Shutdown;

/// How long to wait between tries, and when to stop trying.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    /// Before the second try. Later waits grow by half, each ± 50 % so that a crowd spreads out.
    pub first: Duration,
    pub longest: Duration,
    /// Counted from the first try; none: until it works or the process stops.
    pub give_up_after: Option<Duration>,
}

impl Default for Policy {
    /// 100 ms up to 10 s, for ever.
    fn default() -> Policy {
        Policy {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(10),
            give_up_after: None,
        }
    }
}

impl Policy {
    #[must_use]
    pub fn giving_up_after(self, time: Duration) -> Policy {
        Policy { give_up_after: Some(time), ..self }
    }

    /// The waits of one run of tries, for loops that [`retry`] does not fit.
    pub fn delays(&self) -> Delays {
        Delays(backoff::ExponentialBackoff {
            current_interval: self.first,
            initial_interval: self.first,
            max_interval: self.longest,
            max_elapsed_time: self.give_up_after,
            ..Default::default()
        })
    }
}

/// Ever longer waits; none once the policy gives up.
pub struct Delays(backoff::ExponentialBackoff);

impl Delays {
    /// Starts again with the shortest, after something worked.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next_backoff()
    }
}

/// A failure, boxed or not.
pub trait AsFailure {
    fn as_failure(&self) -> &dyn Failure;
}

impl<F: Failure> AsFailure for F {
    fn as_failure(&self) -> &dyn Failure {
        self
    }
}

impl AsFailure for BoxFailure {
    fn as_failure(&self) -> &dyn Failure {
        &**self
    }
}

/// Tries `operation` until it works, fails with another class than [`Class::Retry`], the policy gives up
/// or the process stops; then returns its last failure. One log line per failed try.
pub async fn retry<T, E, F>(
    what: &str,
    policy: &Policy,
    shutdown: &Shutdown,
    mut operation: impl FnMut() -> F,
) -> Result<T, E>
where
    E: AsFailure,
    F: Future<Output = Result<T, E>>,
{
    let mut delays = policy.delays();
    loop {
        let failure = match operation().await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let Some(delay) = next_delay(what, failure.as_failure(), &mut delays) else {
            return Err(failure);
        };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = shutdown.requested() => return Err(failure),
        }
    }
}

/// [`retry`] for a thread.
pub fn retry_blocking<T, E: AsFailure>(
    what: &str,
    policy: &Policy,
    shutdown: &Shutdown,
    mut operation: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut delays = policy.delays();
    loop {
        let failure = match operation() {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let Some(delay) = next_delay(what, failure.as_failure(), &mut delays) else {
            return Err(failure);
        };
        if shutdown.pause(delay) {
            return Err(failure);
        }
    }
}

fn next_delay(what: &str, failure: &dyn Failure, delays: &mut Delays) -> Option<Duration> {
    match failure.class() {
        Class::Retry => {
            let delay = delays.next()?;
            let cause = failure.source().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(
                code = failure.code(),
                error = %failure,
                cause,
                again_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
                "{what} failed; trying again"
            );
            Some(delay)
        }
        Class::Halt => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Diagnosis, Exit, halt};
    use crate::shutdown::pair;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("try {0}")]
    struct Failed(u32, Class);

    impl Failure for Failed {
        fn diagnosis(&self) -> Diagnosis {
            Diagnosis { class: self.1, ..halt("BG0101", Exit::Failed) }
        }
    }

    const QUICK: Policy = Policy {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(3),
        give_up_after: None,
    };

    /// Fails with `classes` in turn, then works.
    async fn run(classes: &[Class], policy: Policy) -> (Result<(), Failed>, u32) {
        let (_trigger, shutdown) = pair();
        let mut tries = 0;
        let end = retry("the test", &policy, &shutdown, || {
            tries += 1;
            let end = match classes.get(tries as usize - 1) {
                Some(class) => Err(Failed(tries, *class)),
                None => Ok(()),
            };
            async move { end }
        })
        .await;
        (end, tries)
    }

    #[tokio::test]
    async fn only_the_class_retry_is_tried_again() {
        assert_eq!(run(&[], QUICK).await, (Ok(()), 1));
        assert_eq!(run(&[Class::Retry; 5], QUICK).await, (Ok(()), 6));
        assert_eq!(
            run(&[Class::Retry, Class::Halt], QUICK).await,
            (Err(Failed(2, Class::Halt)), 2)
        );
        assert_eq!(run(&[Class::Halt], QUICK).await, (Err(Failed(1, Class::Halt)), 1));
    }

    #[tokio::test]
    async fn gives_up_in_time() {
        let (end, tries) =
            run(&[Class::Retry; 1000], QUICK.giving_up_after(Duration::from_millis(20))).await;
        assert!(end.is_err() && tries > 2, "{tries} tries");
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait() {
        let (trigger, shutdown) = pair();
        let policy = Policy {
            first: Duration::from_mins(1),
            longest: Duration::from_mins(1),
            give_up_after: None,
        };
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move {
                retry("the test", &policy, &shutdown, || async {
                    Err::<(), _>(Failed(1, Class::Retry))
                })
                .await
            }
        });
        let thread = std::thread::spawn(move || {
            retry_blocking("the test", &policy, &shutdown, || {
                Err::<(), BoxFailure>(Failed(1, Class::Retry).into())
            })
        });
        tokio::task::yield_now().await;
        trigger.request();
        assert_eq!(waiting.await.unwrap(), Err(Failed(1, Class::Retry)));
        assert_eq!(thread.join().unwrap().unwrap_err().code(), "BG0101");
    }
}
