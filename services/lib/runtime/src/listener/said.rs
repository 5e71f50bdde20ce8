//! What metrics and log hear of connections that were ended: the metric of each, the log once a minute of each
//! kind, with their number, for whoever floods a listener must not flood the log too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Ended;
use crate::metrics::{Gauge, ListenerMetrics, Metrics};

const ONCE_IN: Duration = Duration::from_mins(1);

impl Ended {
    /// As a metric's label.
    fn outcome(self) -> &'static str {
        match self {
            Ended::TooMany => "too_many",
            Ended::TooManyOfOneAddress => "too_many_of_one_address",
            Ended::SlowHead => "slow_head",
            Ended::SlowRequest => "slow_request",
            Ended::SlowReader => "slow_reader",
            Ended::Idle => "idle",
        }
    }

    /// Code and words for the log; none for what is no trouble.
    fn words(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Ended::TooMany => ("BG0156", "too many connections: those that wait longest are ended"),
            Ended::TooManyOfOneAddress => {
                ("BG0156", "too many connections of one address: those that wait longest are ended")
            }
            Ended::SlowHead => ("BG0157", "ended connections that did not send a request in time"),
            Ended::SlowRequest => ("BG0157", "ended requests that took too long"),
            Ended::SlowReader => ("BG0157", "ended connections that did not take their answer"),
            Ended::Idle => return None,
        })
    }
}

pub(super) struct ListenerLog {
    name: &'static str,
    metrics: ListenerMetrics,
    open: Gauge,
    of: BTreeMap<Ended, ToldOfOneKind>,
    cannot_accept_at: Option<Instant>,
}

/// Of one kind: how many the log has not heard of yet, whose the last was, when the log heard last.
#[derive(Default)]
struct ToldOfOneKind {
    untold: u64,
    last: Option<SocketAddr>,
    at: Option<Instant>,
}

impl ListenerLog {
    pub(super) fn new(name: &'static str, metrics: &Metrics) -> ListenerLog {
        let metrics = metrics.listener();
        ListenerLog {
            name,
            open: metrics.open.of(&[name]),
            metrics,
            of: BTreeMap::new(),
            cannot_accept_at: None,
        }
    }

    pub(super) fn holds(&self, connections: usize) {
        self.open.set(f64::from(u32::try_from(connections).unwrap_or(u32::MAX)));
    }

    pub(super) fn ended(&mut self, why: Ended, peer: SocketAddr) {
        self.metrics.ended.of(&[self.name, why.outcome()]).inc();
        let told = self.of.entry(why).or_default();
        told.untold += 1;
        told.last = Some(peer);
        // The first at once, the others together.
        if told.at.is_none() {
            self.tell(why);
        }
    }

    /// Says what has gathered for a minute.
    pub(super) fn catch_up(&mut self) {
        let due: Vec<Ended> = self
            .of
            .iter()
            .filter(|(_, told)| told.at.is_none_or(|at| at.elapsed() >= ONCE_IN))
            .map(|(why, _)| *why)
            .collect();
        for why in due {
            self.tell(why);
        }
    }

    fn tell(&mut self, why: Ended) {
        let Some(told) = self.of.get_mut(&why) else {
            return;
        };
        // A minute without any: the next is told at once again.
        let Some(last) = told.last.take() else {
            told.at = None;
            return;
        };
        if let Some((code, words)) = why.words() {
            let (connections, last) = (told.untold, last.ip());
            tracing::warn!(code, listener = self.name, connections, %last, "{words}");
        }
        told.untold = 0;
        told.at = Some(Instant::now());
    }

    pub(super) fn cannot_accept(&mut self, error: &std::io::Error) {
        self.metrics.ended.of(&[self.name, "not_accepted"]).inc();
        let told = self.cannot_accept_at.is_some_and(|at| at.elapsed() < ONCE_IN);
        if !told {
            self.cannot_accept_at = Some(Instant::now());
            tracing::error!(code = "BG0158", listener = self.name, %error, "can't accept connections");
        }
    }
}
