//! Waiting, at the start, for what `bangioc topic apply` makes: the topic and the rights to it. Starting in
//! whatever order is no mistake, and Kafka itself answers with a right some moments after it was granted.

use std::error::Error as _;
use std::time::Duration;

use bangioc_runtime::failure::Failure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::{Delays, Policy};

use crate::error::RegistryFailure;

/// Somebody waits for us on the first day, so look often; asking costs Kafka next to nothing.
const LOOKS: Policy = Policy {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(2),
    give_up_after: None,
};

/// One wait. Says each reason once, however often it is met.
pub(crate) struct Wait {
    metrics: Metrics,
    delays: Delays,
    said: Option<&'static str>,
}

impl Wait {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self { metrics: metrics.clone(), delays: LOOKS.delays(), said: None }
    }

    /// Looks again and again until `look` finds what it needs, or fails in another way.
    pub(crate) async fn until<T, F>(
        &mut self,
        mut look: impl FnMut() -> F,
    ) -> Result<T, RegistryFailure>
    where
        F: Future<Output = Result<T, RegistryFailure>>,
    {
        loop {
            let failure = match look().await {
                Ok(found) => return Ok(found),
                Err(failure) => failure,
            };
            let Some(delay) = self.delay(&failure) else {
                return Err(failure);
            };
            tokio::time::sleep(delay).await;
        }
    }

    /// How long until the next look; none where waiting does not help.
    pub(crate) fn delay(&mut self, failure: &RegistryFailure) -> Option<Duration> {
        if !failure.waiting_helps() {
            return None;
        }
        let code = failure.code();
        if self.said != Some(code) {
            self.said = Some(code);
            self.metrics.unwell("registry", format!("waiting, {code}: {failure}"));
            let cause = failure.source().map(ToString::to_string).unwrap_or_default();
            let hint = failure.hint();
            tracing::warn!(code, error = %failure, cause, hint, "not ready yet; trying again until it is");
        }
        self.delays.next()
    }
}
