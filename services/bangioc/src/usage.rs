//! What the command line itself refuses.

use std::io;

use bangioc_runtime::failure::{Class, Exit, Failure};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no code `{code}`")]
    UnknownCode { code: String, known: usize },
    #[error("there is no dataset `{dataset}`")]
    UnknownDataset { dataset: String, nearest: Option<String> },
    #[error("there is no dataset of an owner `{owner}`")]
    UnknownOwner { owner: String },
    #[error("dataset `{dataset}` is a draft: it has no topic and no rows")]
    Draft { dataset: String },
    #[error("the key of `{dataset}` is `{columns}`: {found} given")]
    KeyColumns { dataset: String, columns: String, found: usize },
    #[error("could not read the key from stdin")]
    NoKey(#[source] io::Error),
    #[error("nothing was done: nobody agreed to the cost above")]
    NotAgreed,
    #[error("dataset `{dataset}` is paused already, by {by}")]
    IsPaused { dataset: String, by: String },
    #[error("dataset `{dataset}` is not paused")]
    IsNotPaused { dataset: String },
    #[error("dataset `{dataset}` is paused: nothing of it is sent")]
    CopyOfPaused { dataset: String },
    #[error("the configuration names no `[{section}]`, so nothing can be taken back there")]
    NoStore { section: &'static str },
    #[error(
        "the copy of `{dataset}` changed nothing in the {side} store: {stale} of {records} records are older than what it has"
    )]
    CopyInVain { dataset: String, side: &'static str, stale: i64, records: i64 },
    #[error("name a dataset to see its Avro, or give `--write` alone to write the files of all")]
    DatasetOrWrite,
    #[error("source `{name}`: {findings}")]
    SourceUnfit { name: String, findings: String },
    #[error("could not read the password from `{path}`")]
    NoPassword {
        path: String,
        #[source]
        cause: io::Error,
    },
    #[error("a statement is signed, and the configuration names no key for it")]
    NoSigningKey,
    #[error("could not write the answer")]
    Unwritable(#[source] io::Error),
    #[error("could not start the runtime")]
    Runtime(#[source] io::Error),
    #[error("stopped to begin again, and could not")]
    BeginAgain(#[source] io::Error),
}

impl Failure for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownCode { .. } => "BG0190",
            Refusal::UnknownDataset { .. } | Refusal::UnknownOwner { .. } => "BG0193",
            Refusal::Draft { .. } => "BG0180",
            Refusal::KeyColumns { .. } | Refusal::NoKey(_) => "BG0181",
            Refusal::NotAgreed => "BG0182",
            Refusal::IsPaused { .. }
            | Refusal::IsNotPaused { .. }
            | Refusal::CopyOfPaused { .. } => "BG0183",
            Refusal::CopyInVain { .. } => "BG0434",
            Refusal::NoStore { .. } => "BG0435",
            Refusal::DatasetOrWrite => "BG0194",
            Refusal::SourceUnfit { .. } => "BG0195",
            Refusal::NoPassword { .. } => "BG0270",
            Refusal::NoSigningKey => "BG0810",
            Refusal::Unwritable(_) => "BG0191",
            Refusal::Runtime(_) => "BG0192",
            Refusal::BeginAgain(_) => "BG0196",
        }
    }

    fn class(&self) -> Class {
        Class::Halt
    }

    fn exit(&self) -> Exit {
        match self {
            Refusal::UnknownCode { .. }
            | Refusal::UnknownDataset { .. }
            | Refusal::UnknownOwner { .. }
            | Refusal::Draft { .. }
            | Refusal::KeyColumns { .. }
            | Refusal::NoKey(_)
            | Refusal::NotAgreed
            | Refusal::NoStore { .. }
            | Refusal::NoPassword { .. }
            | Refusal::NoSigningKey
            | Refusal::DatasetOrWrite => Exit::Usage,
            Refusal::SourceUnfit { .. }
            | Refusal::IsPaused { .. }
            | Refusal::IsNotPaused { .. }
            | Refusal::CopyOfPaused { .. }
            | Refusal::CopyInVain { .. }
            | Refusal::Unwritable(_)
            | Refusal::Runtime(_)
            | Refusal::BeginAgain(_) => Exit::Failed,
        }
    }

    fn hint(&self) -> String {
        match self {
            Refusal::UnknownCode { known, .. } => {
                format!("`bangioc explain` lists the {known} codes there are")
            }
            Refusal::UnknownDataset {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`? `bangioc contract list` shows all"),
            Refusal::UnknownDataset { nearest: None, .. } | Refusal::UnknownOwner { .. } => {
                "`bangioc contract list` shows all".into()
            }
            Refusal::SourceUnfit { .. } => {
                "let its administrator run what `bangioc source check --sql` prints, then check again".into()
            }
            Refusal::NoPassword { .. } => {
                "name a file that holds the password of `--as`, and nothing else".into()
            }
            Refusal::Draft { dataset } => {
                format!("`bangioc contract show {dataset}` says why it is one")
            }
            Refusal::KeyColumns { .. } | Refusal::NoKey(_) => {
                "give each column as an argument of its own, in that order; or `-`, and a line each on stdin".into()
            }
            Refusal::NotAgreed => "read what it costs, then add `--yes`".into(),
            Refusal::IsPaused { dataset, .. } | Refusal::CopyOfPaused { dataset } => {
                format!("`bangioc dataset resume {dataset}` sends it again, beginning with a whole copy")
            }
            Refusal::IsNotPaused { dataset } => {
                format!("to copy it again nevertheless: `bangioc dataset recopy {dataset}`")
            }
            Refusal::CopyInVain { dataset, .. } => format!("`bangioc dataset recopy {dataset} --from-nothing` takes back what was believed of it first"),
            Refusal::NoStore { section } => format!("give `[{section}]` to the tool, with a user that may write there"),
            Refusal::DatasetOrWrite => "`bangioc contract avro land-parcel`".into(),
            Refusal::NoSigningKey => "`bangioc statement key FILE` makes one; name that file in `[reconcile] signing_key_file`".into(),
            Refusal::Unwritable(_) => {
                "look at where stdout leads: a full disk, a closed pipe".into()
            }
            Refusal::Runtime(_) => {
                "look at the limits of this host: threads, memory, open files".into()
            }
            Refusal::BeginAgain(_) => "start the service; was its program moved or removed?".into(),
        }
    }
}
