//! How publishing and serving fail. A message names files, sets and tables, never a value of a row.

use std::io;
use std::path::{Path, PathBuf};

use bangioc_runtime::failure::{Class, Exit, Failure};
use bangioc_sink::SinkError;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the open store has no table `flow.{table}`")]
    StoreNotReady { table: String },
    #[error("`{path}` can't be written")]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("`{path}` can't be read")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{path}` {fault}")]
    Damaged { path: PathBuf, fault: Fault },
    #[error("there is no open set `{set}`")]
    UnknownSet { set: String, known: Vec<String> },
    #[error("another process publishes in `{dir}`")]
    Busy { dir: PathBuf },
    #[error("nothing is published in `{dir}` yet")]
    NothingPublished { dir: PathBuf },
    #[error("the pages can't be served on `{address}`")]
    CannotListen { address: String, source: io::Error },
    #[error("the contracts name no open set")]
    NoSets,
    #[error("the base address of the catalogue can't stand in one: `{address}`")]
    BadAddress { address: String },
    #[error(transparent)]
    Store(#[from] SinkError),
}

/// What `verify` finds wrong with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    #[error("is missing")]
    Missing,
    #[error("has another length than the manifest says")]
    Length,
    #[error("has another content than the manifest says")]
    Content,
    #[error("is not what its revision is named after")]
    Name,
}

impl OpenError {
    pub fn unwritable(path: &Path, source: io::Error) -> OpenError {
        OpenError::Unwritable { path: path.to_owned(), source }
    }

    pub fn unreadable(path: &Path, source: io::Error) -> OpenError {
        OpenError::Unreadable { path: path.to_owned(), source }
    }
}

impl Failure for OpenError {
    fn code(&self) -> &'static str {
        match self {
            OpenError::StoreNotReady { .. } => "BG0501",
            OpenError::Unwritable { .. } => "BG0502",
            OpenError::Unreadable { .. } => "BG0503",
            OpenError::Damaged { .. } => "BG0504",
            OpenError::UnknownSet { .. } => "BG0505",
            OpenError::Busy { .. } => "BG0506",
            OpenError::NothingPublished { .. } => "BG0507",
            OpenError::CannotListen { .. } => "BG0508",
            OpenError::NoSets => "BG0509",
            OpenError::BadAddress { .. } => "BG0510",
            OpenError::Store(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        match self {
            // A full disk is emptied, a store that is new gets its tables, a publisher comes to its end.
            OpenError::StoreNotReady { .. }
            | OpenError::Unwritable { .. }
            | OpenError::Unreadable { .. }
            | OpenError::Busy { .. } => Class::Retry,
            OpenError::Damaged { .. }
            | OpenError::UnknownSet { .. }
            | OpenError::NothingPublished { .. }
            | OpenError::CannotListen { .. }
            | OpenError::NoSets
            | OpenError::BadAddress { .. } => Class::Halt,
            OpenError::Store(error) => error.class(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            OpenError::StoreNotReady { .. }
            | OpenError::Unwritable { .. }
            | OpenError::Unreadable { .. }
            | OpenError::Damaged { .. }
            | OpenError::Busy { .. }
            | OpenError::NothingPublished { .. } => Exit::Failed,
            OpenError::UnknownSet { .. } => Exit::Usage,
            OpenError::CannotListen { .. } | OpenError::NoSets | OpenError::BadAddress { .. } => {
                Exit::Config
            }
            OpenError::Store(error) => error.exit(),
        }
    }

    fn hint(&self) -> String {
        match self {
            OpenError::StoreNotReady { .. } => {
                "`bangioc run open-data` makes the tables when it starts; does `[open-store]` name its database?".into()
            }
            OpenError::Unwritable { .. } => {
                "see that the disk has room and the folder belongs to this user; what was published stays as it is".into()
            }
            OpenError::Unreadable { .. } => "see its access rights; if it is damaged, `bangioc open-data verify` says so".into(),
            OpenError::Damaged { .. } => "remove the revision's folder, then `bangioc open-data publish`".into(),
            OpenError::UnknownSet { known, .. } => format!("there are {}", known.join(", ")),
            OpenError::Busy { .. } => "wait until it is done, then try again".into(),
            OpenError::NothingPublished { .. } => "`bangioc open-data publish`; does `dir` in `[open-data]` name the folder?".into(),
            OpenError::CannotListen { address, .. } => {
                format!("see who holds it: `ss -ltnp | grep {address}`, or set `listen` in `[open-data]`")
            }
            OpenError::NoSets => "a file with `publish:` below the contracts makes one; see `bangioc contract list`".into(),
            OpenError::BadAddress { .. } => "write `base_url` as in `https://dulieumo.example.vn`".into(),
            OpenError::Store(error) => error.hint(),
        }
    }
}
