//! Protections that a test switches off one at a time, to show that each is needed: `BANGIOC_BREAK=<name>`. The
//! demo's check must then fail.
//!
//! Only a build with the feature `breakable` has them, and the tests are the ones that ask for it: in what people run,
//! no variable publishes a private row or forgets a version.

const VARIABLE: &str = "BANGIOC_BREAK";

/// How many days ahead of the host's clock the process lives, for what only the passing of days shows.
const DAYS: &str = "BANGIOC_DAYS_AHEAD";

/// Can protections be switched off in this build, and the process be killed at a named place?
pub const BREAKABLE: bool = cfg!(feature = "breakable");

/// Is the protection of this name switched off? Said in the log when it is.
pub fn is_off(name: &str) -> bool {
    let off = BREAKABLE && std::env::var(VARIABLE).is_ok_and(|broken| broken == name);
    if off {
        tracing::warn!(
            protection = name,
            "a protection is switched off: what this process writes will be wrong"
        );
    }
    off
}

/// 0 in what people run.
pub fn days_ahead() -> i64 {
    let ahead = || std::env::var(DAYS).ok()?.parse().ok();
    if BREAKABLE { ahead().unwrap_or(0) } else { 0 }
}
