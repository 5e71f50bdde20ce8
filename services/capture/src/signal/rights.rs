//! What each asker may ask. Pure: a record's bytes in, what is to be done or why it is not.
//!
//! | asker | copy a key, shared side | copy a key, open side | copy, pause, resume a dataset |
//! |---|---|---|---|
//! | `shared-store` | yes | | |
//! | `open-data` | | of a dataset with something open | |
//! | `operator-<name>` | yes | of a dataset with something open | yes |
//!
//! All of it of the capture's own datasets only.

use bangioc_change::progress::Signal;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::Side;

use super::Ask;
use crate::unit::DatasetIndex;

/// Of a whole record. Ours are below 3 kB: a key that PostgreSQL can index, and some words.
const MOST_BYTES: usize = 32 << 10;
/// Of one key column. PostgreSQL's index holds entries of a third of a page of 8 KiB, compressed.
const MOST_KEY_BYTES: usize = 8 << 10;

/// A dataset of this capture, in the capture's order.
#[derive(Clone, Debug)]
pub(crate) struct SignalledDataset {
    pub(crate) name: String,
    pub(crate) key_columns: usize,
    /// Is anything of it sent to the open side?
    pub(crate) open: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Granted {
    Whole(DatasetIndex, Ask),
    /// One text per key column.
    Key(DatasetIndex, Side, Vec<String>),
}

/// Why a signal is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum SignalRefusal {
    TooLarge,
    Unreadable,
    /// Of another source, or of none.
    UnknownDataset,
    /// Its asker may ask for other things, not for this.
    NotTheirs,
    /// For the open side, of a dataset that has none.
    NotOpen,
    /// Another number of columns, or a text that no column holds.
    NoKey,
}

impl SignalRefusal {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            SignalRefusal::TooLarge => "too-large",
            SignalRefusal::Unreadable => "unreadable",
            SignalRefusal::UnknownDataset => "unknown-dataset",
            SignalRefusal::NotTheirs => "not-theirs",
            SignalRefusal::NotOpen => "not-open",
            SignalRefusal::NoKey => "no-key",
        }
    }
}

pub(super) fn judged(
    asker: &Asker,
    value: Option<&[u8]>,
    datasets: &[SignalledDataset],
) -> Result<Granted, SignalRefusal> {
    let value = value.ok_or(SignalRefusal::Unreadable)?;
    if value.len() > MOST_BYTES {
        return Err(SignalRefusal::TooLarge);
    }
    let signal: Signal = serde_json::from_slice(value).map_err(|_| SignalRefusal::Unreadable)?;
    let (index, dataset) = datasets
        .iter()
        .position(|known| known.name == signal.dataset())
        .and_then(|place| Some((DatasetIndex(u16::try_from(place).ok()?), &datasets[place])))
        .ok_or(SignalRefusal::UnknownDataset)?;
    let whole = |ask| match asker {
        Asker::Operator(_) => Ok(Granted::Whole(index, ask)),
        Asker::SharedStore | Asker::OpenData => Err(SignalRefusal::NotTheirs),
    };
    match signal {
        Signal::CopyDataset { .. } => whole(Ask::Copy),
        Signal::PauseDataset { .. } => whole(Ask::Pause),
        Signal::ResumeDataset { .. } => whole(Ask::Resume),
        Signal::CopyKey { side, key, .. } => {
            match (asker, side) {
                (Asker::SharedStore | Asker::Operator(_), Side::Shared)
                | (Asker::OpenData | Asker::Operator(_), Side::Open) => {}
                (Asker::SharedStore, Side::Open) | (Asker::OpenData, Side::Shared) => {
                    return Err(SignalRefusal::NotTheirs);
                }
            }
            if side == Side::Open && !dataset.open {
                return Err(SignalRefusal::NotOpen);
            }
            // PostgreSQL has no text with a zero byte in it.
            let fits = |text: &String| text.len() <= MOST_KEY_BYTES && !text.contains('\0');
            if key.len() != dataset.key_columns || !key.iter().all(fits) {
                return Err(SignalRefusal::NoKey);
            }
            Ok(Granted::Key(index, side, key))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPY: &str = r#"{"kind":"copy-dataset","dataset":"public"}"#;
    const PAUSE: &str = r#"{"kind":"pause-dataset","dataset":"public","by":"lan"}"#;
    const RESUME: &str = r#"{"kind":"resume-dataset","dataset":"public"}"#;
    const KEY: &str = r#"{"kind":"copy-key","dataset":"public","key":["1"]}"#;
    const OPEN_KEY: &str = r#"{"kind":"copy-key","dataset":"public","side":"open","key":["1"]}"#;

    fn judge(user: &str, value: &[u8]) -> Result<Granted, SignalRefusal> {
        let known = |name: &str, key_columns, open| SignalledDataset {
            name: name.to_owned(),
            key_columns,
            open,
        };
        let datasets = [known("private", 2, false), known("public", 1, true)];
        judged(&Asker::of_user(user).unwrap(), Some(value), &datasets)
    }

    #[test]
    fn each_asker_gets_what_is_its_own_and_nothing_else() {
        let whole = |ask| Ok(Granted::Whole(DatasetIndex(1), ask));
        let key = |side| Ok(Granted::Key(DatasetIndex(1), side, vec!["1".to_owned()]));
        let no = || Err(SignalRefusal::NotTheirs);
        // (signal, shared-store, open-data, operator)
        let table = [
            (KEY, key(Side::Shared), no(), key(Side::Shared)),
            (OPEN_KEY, no(), key(Side::Open), key(Side::Open)),
            (COPY, no(), no(), whole(Ask::Copy)),
            (PAUSE, no(), no(), whole(Ask::Pause)),
            (RESUME, no(), no(), whole(Ask::Resume)),
        ];
        for (signal, shared_store, open_data, operator) in table {
            let value = signal.as_bytes();
            assert_eq!(judge("shared-store", value), shared_store, "{signal}");
            assert_eq!(judge("open-data", value), open_data, "{signal}");
            assert_eq!(judge("operator-lan", value), operator, "{signal}");
        }
    }

    #[test]
    fn what_is_not_open_has_no_open_side() {
        let asked = br#"{"kind":"copy-key","dataset":"private","side":"open","key":["1","2"]}"#;
        for user in ["open-data", "operator-lan"] {
            assert_eq!(judge(user, asked), Err(SignalRefusal::NotOpen), "{user}");
        }
    }

    #[test]
    fn whatever_else_is_written_there_is_left_out() {
        let long = |count: usize| {
            format!(r#"{{"kind":"copy-key","dataset":"public","key":["{}"]}}"#, "x".repeat(count))
        };
        let (too_large, too_long, longest) = (long(40_000), long(8_193), long(8_192));
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let cases: [(&[u8], SignalRefusal); 12] = [
            (b"", SignalRefusal::Unreadable),
            (b"null", SignalRefusal::Unreadable),
            (b"\xff\xfe", SignalRefusal::Unreadable),
            (b"{\"kind\":\"copy-dataset\",\"dataset\":\"pub\xfflic\"}", SignalRefusal::Unreadable),
            (
                br#"{"kind":"copy-dataset","dataset":"public","force":true}"#,
                SignalRefusal::Unreadable,
            ),
            (br#"{"kind":"drop-dataset","dataset":"public"}"#, SignalRefusal::Unreadable),
            (deep.as_bytes(), SignalRefusal::Unreadable),
            (too_large.as_bytes(), SignalRefusal::TooLarge),
            (
                br#"{"kind":"copy-dataset","dataset":"of another source"}"#,
                SignalRefusal::UnknownDataset,
            ),
            (br#"{"kind":"copy-key","dataset":"public","key":[]}"#, SignalRefusal::NoKey),
            (br#"{"kind":"copy-key","dataset":"public","key":["a\u0000b"]}"#, SignalRefusal::NoKey),
            (too_long.as_bytes(), SignalRefusal::NoKey),
        ];
        for (value, expected) in cases {
            let shown = String::from_utf8_lossy(&value[..value.len().min(80)]);
            assert_eq!(judge("operator-lan", value), Err(expected), "{shown}");
        }
        assert!(judge("operator-lan", longest.as_bytes()).is_ok());
        assert_eq!(
            judged(&Asker::SharedStore, None, &[]),
            Err(SignalRefusal::Unreadable),
            "a record without a value"
        );
    }
}
