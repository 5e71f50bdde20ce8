//! What may be typed.

use std::path::PathBuf;

use bangioc_runtime::protection::BREAKABLE;
use bangioc_sink::seal::KeyRef;
use bangioc_sink::standing::StandingState;
use clap::{Parser, Subcommand, ValueEnum};

use crate::output::Format;

/// Says of a build for tests that it is one.
const VERSION: &str = if BREAKABLE {
    concat!(env!("CARGO_PKG_VERSION"), " (breakable: for tests only)")
} else {
    env!("CARGO_PKG_VERSION")
};

/// Carries each change from a department's database into the shared store, exactly.
#[derive(Parser)]
#[command(
    name = "bangioc",
    version = VERSION,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    /// The deployment's settings; the environment (BANGIOC__SECTION__KEY) goes before the file
    #[arg(long, short, global = true, value_name = "FILE", env = "BANGIOC_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// How reading commands answer
    #[arg(long, short, global = true, value_enum, default_value = "text")]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a service until it is asked to stop
    Run {
        #[arg(value_enum)]
        service: Service,
    },
    /// The data contracts
    #[command(subcommand)]
    Contract(Contract),
    /// Topics, subjects and access rights on Kafka
    #[command(subcommand)]
    Topic(Topic),
    /// A department's database
    #[command(subcommand)]
    Source(Source),
    /// A dataset at its source: how it stands; pause it, copy it again, repair a row
    #[command(subcommand)]
    Dataset(Dataset),
    /// Per dataset: rows, seconds behind, parked keys, state since when, the next step; the worst first. Exit code 5:
    /// some dataset is halted or waits for a yes; 1: some does not get on; 0: neither
    Status(Status),
    /// Follow one row: its records on Kafka, the store, the open side, the open snapshots
    Trace(Trace),
    /// Are source and stores equal, row for row? Told from outside the record's path
    Reconcile(Reconcile),
    /// Signed results of `reconcile`
    #[command(subcommand)]
    Statement(Statement),
    /// What became of every record of the log
    #[command(subcommand)]
    Ledger(Ledger),
    /// Records that can't be applied
    DeadLetter {
        /// Whose store they lie in
        #[arg(long, global = true, value_enum, default_value = "shared")]
        side: Side,
        #[command(subcommand)]
        command: DeadLetter,
    },
    /// What everyone may see: snapshots, their files, their pages
    #[command(subcommand)]
    OpenData(OpenData),
    /// What a code means and what to do; without one, all codes
    Explain { code: Option<String> },
}

#[derive(clap::Args)]
pub(crate) struct Status {
    /// Draw it again every second, until `q` or Ctrl-C; where stdout is no terminal, one answer after the other
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// Only the datasets of this owner
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Only datasets in this state; may be given several times
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(StandingState::NAMES))]
    pub(crate) state: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// All contracted columns: `[store]`
    Shared,
    /// What is public: `[open-store]`
    Open,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// The schema registry (one per deployment)
    Registry,
    /// One department's database to Kafka (one per source)
    Capture,
    /// Kafka to the shared store (any number)
    SharedStore,
    /// Kafka to the open store, then snapshots and pages (one per folder)
    OpenData,
    /// Sources and stores compared once in a while (one per deployment)
    Reconcile,
}

#[derive(Subcommand)]
pub(crate) enum Contract {
    /// Every mistake in every contract, at once
    Check,
    /// A line per dataset
    List,
    /// One dataset, in both languages
    Show { dataset: String },
    /// The Avro schemas of a dataset, or of all
    Avro {
        dataset: Option<String>,
        /// Write the schema files beside the contracts
        #[arg(long)]
        write: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Topic {
    /// What `apply` would do, line by line: SAFE, REVIEW or REFUSE. Exit code 4: the registry does not answer, so its
    /// part is missing
    Plan {
        /// Leave the subjects out: before the registry's first start
        #[arg(long)]
        kafka_only: bool,
    },
    /// Do the SAFE lines; nothing is ever deleted
    Apply {
        /// Do the REVIEW lines too
        #[arg(long)]
        reviewed: bool,
        /// Leave the subjects for later: on the first day the registry cannot start before its rights are there
        #[arg(long)]
        kafka_only: bool,
    },
    /// The topics that belong to the contracts, as they are
    List,
}

#[derive(Subcommand)]
pub(crate) enum Source {
    /// What the database lacks, what comes of it, and the exact SQL; reads only, needs no Kafka.
    /// Exit 0: nothing stops capture; 1: something does, or with `--strict` warnings are there; 4: nobody answers
    Check(SourceCheck),
    /// Take a replaced database as the source: a new epoch, a new slot, a whole copy
    Accept {
        /// The greatest epoch that the store has of this source, should nothing here tell it
        /// (`bangioc explain BG0244` says how to ask)
        #[arg(long, value_name = "EPOCH")]
        store_epoch: Option<u32>,
        /// Agree to the cost beforehand
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(clap::Args)]
pub(crate) struct SourceCheck {
    /// Say what is right, too, line by line
    #[arg(long, short)]
    pub(crate) all: bool,
    /// Only the SQL, in the order in which it runs: `psql -v ON_ERROR_STOP=1 -f`
    #[arg(long)]
    pub(crate) sql: bool,
    /// Warnings end with exit 1, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Look with another login than the capture's, an administrator's: before the capture has any right
    #[arg(long = "as", value_name = "USER", requires = "password_file")]
    pub(crate) login: Option<String>,
    /// Holds that login's password
    #[arg(long, value_name = "FILE", requires = "login")]
    pub(crate) password_file: Option<PathBuf>,
    /// Vietnamese or English
    #[arg(long, value_enum, default_value = "en", env = "BANGIOC_LANG")]
    pub(crate) lang: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Vi,
    En,
}

#[derive(Subcommand)]
pub(crate) enum Dataset {
    /// How each stands: its state, about how many rows, the last whole copy
    List,
    /// Send nothing of it from now on; to resume is to copy it again
    Pause {
        dataset: String,
        /// Agree to the cost beforehand
        #[arg(long, short)]
        yes: bool,
    },
    /// Send it again, beginning with a whole copy
    Resume {
        dataset: String,
        /// Agree to the cost beforehand
        #[arg(long, short)]
        yes: bool,
        /// Stay until the copy is done
        #[arg(long)]
        wait: bool,
    },
    /// Copy the whole table again, then remove what is gone at the source
    Recopy {
        dataset: String,
        /// First take back, in the stores, what was believed of it: floors, versions, sweeps
        #[arg(long)]
        from_nothing: bool,
        /// Agree to the cost beforehand
        #[arg(long, short)]
        yes: bool,
        /// Stay until the copy is done
        #[arg(long)]
        wait: bool,
    },
    /// Send one row again, as the source has it now
    Repair {
        dataset: String,
        /// Its key columns in the contract's order, or `-`: a line each on stdin
        #[arg(required = true)]
        key: Vec<String>,
    },
}

#[derive(clap::Args)]
pub(crate) struct Trace {
    pub(crate) dataset: String,
    /// Its key columns in the contract's order, or `-`: a line each on stdin
    #[arg(required = true)]
    pub(crate) key: Vec<String>,
    /// Show the row's values too; that, why, and who logged in at the store, goes on record
    #[arg(long, requires = "purpose")]
    pub(crate) values: bool,
    /// Why the values must be seen
    #[arg(long, value_name = "WHY", requires = "values")]
    pub(crate) purpose: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct Reconcile {
    /// Only these; without one, all whose source the configuration names
    #[arg(value_name = "DATASET")]
    pub(crate) datasets: Vec<String>,
    /// Ask the sources for what differs, and compare that again
    #[arg(long)]
    pub(crate) repair: bool,
    /// Write the result there, signed with the key of `[reconcile] signing_key_file`
    #[arg(long, value_name = "FILE")]
    pub(crate) statement: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Statement {
    /// Was it signed with that key, and is it unchanged? Needs neither configuration nor network
    Verify {
        file: PathBuf,
        /// The public key, 64 hexadecimal digits
        #[arg(long, value_name = "PUBLIC")]
        key: String,
    },
    /// Make a key for signing, in a new file that only you can read; prints its public half
    Key { file: PathBuf },
}

#[derive(Subcommand)]
pub(crate) enum Ledger {
    /// Read the log again, and find every record of it in the books and in the store
    Verify {
        /// Only these
        #[arg(value_name = "DATASET")]
        datasets: Vec<String>,
        /// Whose books
        #[arg(long, value_enum, default_value = "shared")]
        side: Side,
    },
}

#[derive(Subcommand)]
pub(crate) enum DeadLetter {
    /// Parked keys, oldest first
    List {
        /// Only this dataset
        #[arg(long)]
        dataset: Option<String>,
        /// Those that have ended too
        #[arg(long)]
        all: bool,
    },
    /// One parked key and its queue: which row, why in words, how to mend it; no other value
    Show {
        /// As `list` prints it
        key_ref: KeyRef,
        /// Why a personal key must be seen; that, and who logged in at the store, goes on record
        #[arg(long, value_name = "WHY")]
        purpose: Option<String>,
    },
    /// Apply a key's queue in order, all or nothing
    Replay {
        /// As `list` prints it
        key_ref: KeyRef,
    },
    /// Give a key's queue up and copy the key again; a second person confirms, with a login of their own
    Discard {
        /// As `list` prints it
        key_ref: KeyRef,
    },
}

#[derive(Subcommand)]
pub(crate) enum OpenData {
    /// Publish now: one line per resource
    Publish {
        /// Only these sets
        #[arg(value_name = "SET")]
        sets: Vec<String>,
    },
    /// What is published
    List,
    /// Read every file of every kept revision again and compare it with its manifest
    Verify {
        /// Only these sets
        #[arg(value_name = "SET")]
        sets: Vec<String>,
    },
    /// Serve the folder and nothing else: no store, no Kafka, no secret
    Serve,
}
