//! Places where a test may kill or freeze the process: `BANGIOC_FAILPOINT=<name>[:<nth>][:kill|stop]`.
//! Without the variable a [`hit`] is one comparison; in a build that is not `breakable` it is nothing at all.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Signal, getpid, kill_process};

const VARIABLE: &str = "BANGIOC_FAILPOINT";

static ARMED: OnceLock<Option<Failpoint>> = OnceLock::new();

/// At the nth hit of the failpoint named by the variable, sends SIGKILL (or SIGSTOP) to this process.
#[inline]
pub fn hit(name: &str) {
    if cfg!(feature = "breakable") {
        look(name);
    }
}

fn look(name: &str) {
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var(VARIABLE).ok()?;
        let parsed = Failpoint::parse(&text);
        if parsed.is_none() {
            tracing::error!("can't read `{VARIABLE}`: write <name>[:<nth>][:kill|stop]");
        }
        parsed
    });
    if let Some(failpoint) = armed
        && failpoint.is_due(name)
    {
        tracing::warn!(name, signal = ?failpoint.signal, "failpoint");
        if let Err(error) = kill_process(getpid(), failpoint.signal) {
            tracing::error!(%error, "can't signal this process");
        }
    }
}

#[derive(Debug)]
struct Failpoint {
    name: String,
    nth: u64,
    signal: Signal,
    hits: AtomicU64,
}

impl Failpoint {
    fn parse(text: &str) -> Option<Failpoint> {
        let mut parts = text.split(':');
        let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
        let mut failpoint =
            Failpoint { name, nth: 1, signal: Signal::KILL, hits: AtomicU64::new(0) };
        for part in parts {
            match part {
                "kill" => failpoint.signal = Signal::KILL,
                "stop" => failpoint.signal = Signal::STOP,
                nth => failpoint.nth = nth.parse().ok().filter(|nth| *nth > 0)?,
            }
        }
        Some(failpoint)
    }

    fn is_due(&self, name: &str) -> bool {
        self.name == name && self.hits.fetch_add(1, Ordering::Relaxed) + 1 == self.nth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_count_and_signal() {
        let check = |text: &str| Failpoint::parse(text).map(|f| (f.name, f.nth, f.signal));
        assert_eq!(check("sink.committed"), Some(("sink.committed".into(), 1, Signal::KILL)));
        assert_eq!(check("a.b:3"), Some(("a.b".into(), 3, Signal::KILL)));
        assert_eq!(check("a.b:stop"), Some(("a.b".into(), 1, Signal::STOP)));
        assert_eq!(check("a.b:20:stop"), Some(("a.b".into(), 20, Signal::STOP)));
        for wrong in ["", ":3", "a:0", "a:-1", "a:often", "a:3:term"] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn is_due_once_at_the_nth_hit_of_its_name() {
        let failpoint = Failpoint::parse("a:3").unwrap();
        let due: Vec<bool> =
            ["a", "b", "a", "a", "a"].iter().map(|name| failpoint.is_due(name)).collect();
        assert_eq!(due, [false, false, false, true, false]);
    }
}
