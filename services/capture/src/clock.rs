//! This host's clock: for people and gauges, and for rules about today. No order is ever taken from it.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use bangioc_runtime::protection;

const DAY_US: i64 = 86_400_000_000;

/// Nothing but in a trial.
static AHEAD_US: LazyLock<i64> = LazyLock::new(|| protection::days_ahead() * DAY_US);

/// Microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX).saturating_add(*AHEAD_US)
}
