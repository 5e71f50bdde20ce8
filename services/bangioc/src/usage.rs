//! What the command line itself refuses.

use std::io;

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt};

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
    #[error("the configuration names no `[{section}]`, so nothing can be undone there")]
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
    #[error("could not start again after SIGHUP")]
    BeginAgain(#[source] io::Error),
}

impl Failure for Refusal {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Refusal::UnknownCode { known, .. } => halt("BG0190", Exit::Usage)
                .hint(format!("`bangioc explain` lists the {known} codes there are")),
            Refusal::UnknownDataset { nearest: Some(nearest), .. } => halt("BG0193", Exit::Usage)
                .hint(format!("did you mean `{nearest}`? `bangioc contract list` shows all")),
            Refusal::UnknownDataset { nearest: None, .. } | Refusal::UnknownOwner { .. } => {
                halt("BG0193", Exit::Usage)
            }
            Refusal::Draft { dataset } => halt("BG0180", Exit::Usage)
                .hint(format!("`bangioc contract show {dataset}` says why it is one")),
            Refusal::KeyColumns { .. } | Refusal::NoKey(_) => halt("BG0181", Exit::Usage).hint(
                "give each column as an argument of its own, in that order; or `-`, and a line \
                 each on stdin",
            ),
            Refusal::NotAgreed => halt("BG0182", Exit::Usage),
            Refusal::IsPaused { dataset, .. } | Refusal::CopyOfPaused { dataset } => {
                halt("BG0183", Exit::Failed).hint(format!(
                    "`bangioc dataset resume {dataset}` sends it again, beginning with a whole copy"
                ))
            }
            Refusal::IsNotPaused { dataset } => halt("BG0183", Exit::Failed)
                .hint(format!("to copy it again nevertheless: `bangioc dataset recopy {dataset}`")),
            Refusal::CopyInVain { dataset, .. } => halt("BG0434", Exit::Failed).hint(format!(
                "`bangioc dataset recopy {dataset} --from-nothing` takes back what was believed \
                 of it first"
            )),
            Refusal::NoStore { section } => halt("BG0435", Exit::Usage)
                .hint(format!("give `[{section}]` to the tool, with a user that may write there")),
            Refusal::DatasetOrWrite => halt("BG0194", Exit::Usage),
            Refusal::SourceUnfit { .. } => halt("BG0195", Exit::Failed),
            Refusal::NoPassword { .. } => halt("BG0270", Exit::Usage),
            Refusal::NoSigningKey => halt("BG0810", Exit::Usage).hint(
                "`bangioc statement key FILE` makes one; name that file in `[reconcile] \
                 signing_key_file`",
            ),
            Refusal::Unwritable(_) => halt("BG0191", Exit::Failed),
            Refusal::Runtime(_) => halt("BG0192", Exit::Failed),
            Refusal::BeginAgain(_) => halt("BG0196", Exit::Failed),
        }
    }
}
