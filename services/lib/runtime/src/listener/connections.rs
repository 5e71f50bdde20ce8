//! Who is connected, and what each is at. Pure but for the wake-up of a connection that is to end.
//!
//! | at | limit | may be displaced |
//! |---|---|---|
//! | `Head`: it has not said what it wants | `header_timeout` | yes |
//! | `Idle`: answered, and silent since | `idle_timeout` | yes |
//! | `Request`: its body comes, or we work | `request_timeout` | no |
//! | `Answer`: it takes our answer | | no |
//! | any, while it takes nothing of what we write | `write_timeout` | no |
//!
//! Where a limit on the number of connections is reached, a newcomer displaces the one that has waited longest
//! without being at anything, of its own address when that is the limit. So a thousand half-sent requests push each other
//! out, while whoever sends a whole one is served, even from the same address (a proxy's, say). Refusing
//! newcomers instead would leave the door to those who came first, which is what a flood does.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::Limits;

/// Why a connection was ended, or never begun.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ended {
    TooMany,
    TooManyOfOneAddress,
    SlowHead,
    SlowRequest,
    SlowReader,
    /// Nothing wrong with it.
    Idle,
}

/// What a connection is at, since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ConnectionStep {
    Head(Instant),
    Idle(Instant),
    Request(Instant),
    Answer,
}

#[derive(Clone, Copy, Debug)]
struct ConnectionsState {
    at: ConnectionStep,
    /// Since when nothing of what we write is taken. Beside `at`: hyper is done with a short answer long before
    /// its client is.
    stuck: Option<Instant>,
}

/// One connection, as it and the others see it.
#[derive(Debug)]
pub(super) struct Connection {
    peer: SocketAddr,
    state: Mutex<ConnectionsState>,
    pub(super) end: Notify,
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, ConnectionsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_at(&self, at: ConnectionStep) {
        self.state().at = at;
    }

    /// Bytes came in.
    pub(super) fn read(&self, now: Instant) {
        let mut state = self.state();
        if matches!(state.at, ConnectionStep::Idle(_)) {
            state.at = ConnectionStep::Head(now);
        }
    }

    /// Bytes went out.
    pub(super) fn wrote(&self, now: Instant) {
        let mut state = self.state();
        state.stuck = None;
        if let ConnectionStep::Idle(since) = &mut state.at {
            *since = now;
        }
    }

    /// Bytes could not go out.
    pub(super) fn could_not_write(&self, now: Instant) {
        self.state().stuck.get_or_insert(now);
    }

    /// Since when it waits for the client to say something; none while it is at something.
    fn waits_since(&self) -> Option<Instant> {
        let ConnectionsState { at, stuck } = *self.state();
        match at {
            ConnectionStep::Head(since) | ConnectionStep::Idle(since) if stuck.is_none() => {
                Some(since)
            }
            ConnectionStep::Head(_)
            | ConnectionStep::Idle(_)
            | ConnectionStep::Request(_)
            | ConnectionStep::Answer => None,
        }
    }

    fn overdue(&self, limits: &Limits, now: Instant) -> Option<Ended> {
        let ConnectionsState { at, stuck } = *self.state();
        let (since, limit, why) = match (stuck, at) {
            (Some(since), _) => (since, limits.write_timeout, Ended::SlowReader),
            (None, ConnectionStep::Head(since)) => (since, limits.header_timeout, Ended::SlowHead),
            (None, ConnectionStep::Idle(since)) => (since, limits.idle_timeout, Ended::Idle),
            (None, ConnectionStep::Request(since)) => {
                (since, limits.request_timeout, Ended::SlowRequest)
            }
            (None, ConnectionStep::Answer) => return None,
        };
        (now.saturating_duration_since(since) >= limit).then_some(why)
    }
}

#[derive(Debug)]
pub(super) enum Admission {
    Welcome(HeldConnection),
    /// Another was ended for it.
    InPlaceOf(Ended, HeldConnection),
    Refused(Ended),
}

/// A connection's place among the others; dropped, it is free.
#[derive(Debug)]
pub(super) struct HeldConnection {
    pub(super) connection: Arc<Connection>,
    number: u64,
    among: Arc<Mutex<OpenConnection>>,
}

impl Drop for HeldConnection {
    fn drop(&mut self) {
        lock(&self.among).remove(self.number);
    }
}

#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    open: Arc<Mutex<OpenConnection>>,
}

#[derive(Debug, Default)]
struct OpenConnection {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
}

fn lock(open: &Mutex<OpenConnection>) -> MutexGuard<'_, OpenConnection> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OpenConnection {
    /// Whoever is told to end is no longer counted: its socket is closed within one turn of its task.
    fn remove(&mut self, number: u64) -> Option<Arc<Connection>> {
        self.all.remove(&number)
    }

    /// Ends the connection that has waited longest, of one host or of all.
    fn displace(&mut self, of: Option<IpAddr>) -> bool {
        let waiting = self
            .all
            .iter()
            .filter(|(_, connection)| of.is_none_or(|of| host(connection.peer) == of))
            .filter_map(|(number, connection)| Some((connection.waits_since()?, *number)));
        let Some((_, longest)) = waiting.min() else {
            return false;
        };
        if let Some(connection) = self.remove(longest) {
            connection.end.notify_one();
        }
        true
    }
}

/// Those who can easily have many addresses count as one.
fn host(peer: SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Connections {
        Connections { limits: limits.clone(), open: Arc::default() }
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.open).all.len()
    }

    pub(super) fn admit(&self, peer: SocketAddr, now: Instant) -> Admission {
        let mut open = lock(&self.open);
        let of_one =
            open.all.values().filter(|connection| host(connection.peer) == host(peer)).count();
        let displaced = if of_one >= self.limits.of_one_address {
            Some((Ended::TooManyOfOneAddress, Some(host(peer))))
        } else if open.all.len() >= self.limits.connections {
            Some((Ended::TooMany, None))
        } else {
            None
        };
        if let Some((why, of)) = displaced
            && !open.displace(of)
        {
            return Admission::Refused(why);
        }
        let number = open.next;
        open.next += 1;
        let connection = Arc::new(Connection {
            peer,
            state: Mutex::new(ConnectionsState { at: ConnectionStep::Head(now), stuck: None }),
            end: Notify::new(),
        });
        open.all.insert(number, Arc::clone(&connection));
        drop(open);
        let held = HeldConnection { connection, number, among: Arc::clone(&self.open) };
        match displaced {
            None => Admission::Welcome(held),
            Some((why, _)) => Admission::InPlaceOf(why, held),
        }
    }

    /// Ends whoever has had their time.
    pub(super) fn end_overdue(&self, now: Instant) -> Vec<(Ended, SocketAddr)> {
        let mut ended = Vec::new();
        lock(&self.open).all.retain(|_, connection| {
            let Some(why) = connection.overdue(&self.limits, now) else {
                return true;
            };
            connection.end.notify_one();
            ended.push((why, connection.peer));
            false
        });
        ended
    }

    /// Ends whoever is not at anything.
    pub(super) fn end_waiting(&self) {
        for connection in lock(&self.open).all.values() {
            if connection.waits_since().is_some() {
                connection.end.notify_one();
            }
        }
    }
}
