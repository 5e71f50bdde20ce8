//! How publishing and serving fail. A message names files, sets and tables, never a value of a row.

use std::io;
use std::path::{Path, PathBuf};

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
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
    #[error("the catalogue's base address is not usable in it: `{address}`")]
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
    fn diagnosis(&self) -> Diagnosis {
        match self {
            OpenError::StoreNotReady { .. } => retry("BG0501", Exit::Failed),
            OpenError::Unwritable { .. } => retry("BG0502", Exit::Failed),
            OpenError::Unreadable { .. } => retry("BG0503", Exit::Failed),
            OpenError::Damaged { .. } => halt("BG0504", Exit::Failed),
            OpenError::UnknownSet { known, .. } => {
                halt("BG0505", Exit::Usage).hint(format!("there are {}", known.join(", ")))
            }
            OpenError::Busy { .. } => retry("BG0506", Exit::Failed),
            OpenError::NothingPublished { .. } => halt("BG0507", Exit::Failed),
            OpenError::CannotListen { address, .. } => halt("BG0508", Exit::Config).hint(format!(
                "see who holds it: `ss -ltnp | grep {address}`, or set `listen` in `[open-data]`"
            )),
            OpenError::NoSets => halt("BG0509", Exit::Config),
            OpenError::BadAddress { .. } => halt("BG0510", Exit::Config),
            OpenError::Store(error) => error.diagnosis(),
        }
    }
}
