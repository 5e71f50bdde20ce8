//! Settings that every connection to a source is opened with, whatever its role, its database or the server
//! has set: sent in the startup message, they go before all three.
//!
//! `search_path` decides whose functions and operators answer us, and how types are spelled: the server's own
//! alone, or somebody's `>` in a schema that everyone may write to would end a copy early. `lc_monetary` is left alone, since it
//! decides how many decimals a `money` has, and another than the server's would change the amount.

use std::fmt::Write as _;
use std::time::Duration;

/// By which the server knows our connections, also among its standbys.
pub(crate) const APPLICATION_NAME: &str = "bangioc-capture";

/// How values are written: a streamed row and a copied row have the same text, today's and tomorrow's.
const TEXT_FORM: [(&str, &str); 10] = [
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "3"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("xmlbinary", "base64"),
    ("xmloption", "content"),
    ("search_path", "pg_catalog"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
];

/// Of both kinds of connection: we decide ourselves when one has been idle for too long.
const UNHURRIED: [(&str, &str); 1] = [("idle_session_timeout", "0")];

/// How long one question about a table may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuestionLimits {
    /// Waiting for somebody's lock.
    pub lock: Duration,
    /// All of it.
    pub statement: Duration,
}

pub(crate) type Pinned = (&'static str, String);

/// Of the connection that carries the log. It may have to wait for the longest transaction of the server
/// before its slot is made.
pub(crate) fn of_log() -> impl Iterator<Item = Pinned> {
    let unlimited = [
        ("lock_timeout", "0"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
    ];
    TEXT_FORM.into_iter().chain(UNHURRIED).chain(unlimited).map(owned)
}

/// Of a connection that asks in SQL.
pub(crate) fn of_sql(limits: QuestionLimits) -> impl Iterator<Item = Pinned> {
    let milliseconds = |limit: Duration| limit.as_millis().max(1).to_string();
    let own = [
        // A copy of less than the table is none: better an error than rows that a policy hides.
        ("row_security", "off"),
        // What we write are marks in the log. They need no standby's word, and never wait for one.
        ("synchronous_commit", "local"),
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_read_only", "off"),
        ("default_transaction_deferrable", "off"),
    ];
    let bounded = [
        ("lock_timeout", milliseconds(limits.lock)),
        ("statement_timeout", milliseconds(limits.statement)),
        // Longer than any of our pauses: only a capture that is frozen in the middle of reading meets it.
        ("idle_in_transaction_session_timeout", milliseconds(limits.statement)),
    ];
    TEXT_FORM.into_iter().chain(UNHURRIED).chain(own).map(owned).chain(bounded)
}

fn owned((name, value): (&'static str, &'static str)) -> Pinned {
    (name, value.to_owned())
}

/// As the startup message has them: a space within a value is escaped.
pub(crate) fn as_options(pinned: impl Iterator<Item = Pinned>) -> String {
    let mut options = String::new();
    for (name, value) in pinned {
        let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
        let _ = write!(options, "-c {name}={value} ");
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_space_is_one_value() {
        let one = [("default_transaction_isolation", "read committed".to_owned())];
        assert_eq!(
            as_options(one.into_iter()),
            "-c default_transaction_isolation=read\\ committed "
        );
    }
}
