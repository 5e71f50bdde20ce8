//! Waiting for a condition, never for a time.

use std::fmt::Display;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Asks until the answer is `Ok`; after `limit` fails with the last `Err`.
#[track_caller]
pub fn until<T, W: Display>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> Result<T, W>,
) -> T {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(10);
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(why) if Instant::now() > end => panic!("waited {limit:?} for {what}: {why}"),
            Err(_) => sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}

/// `Ok` when it holds, else the words that say what was seen instead.
pub fn holds(condition: bool, seen: impl Display) -> Result<(), String> {
    if condition { Ok(()) } else { Err(seen.to_string()) }
}
