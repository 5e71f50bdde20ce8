//! The Avro schemas beside the contracts, `<owner>/<dataset>.key.avsc` and `.value.avsc`, of the open
//! topic `<dataset>.open.key.avsc` and `.open.value.avsc`: generated, so that a change of a contract
//! shows in review what it does to readers, and what it makes public. They also remember each column's
//! class ([`crate::contracts::class_memory`]), so none is rewritten with a weaker one that the contract doesn't state.

use std::path::{Path, PathBuf};

use crate::contracts::avro;
use crate::contracts::catalogue::Catalogue;
use crate::contracts::class_memory::ClassMemory;
use crate::contracts::contract::Contract;
use crate::contracts::mistake::{ContractErrors, Mistake, MistakeKind};
use crate::contracts::names::{Side, topic};

/// The files are written for this prefix of topics; another deployment's differ in the namespace only.
pub const PREFIX: &str = "caobang";

/// A file's place, relative to the folder of the contracts, and its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AvroFile {
    pub path: PathBuf,
    pub text: String,
}

/// Key and value schema of each of a contract's topics. An append dataset has no key.
pub fn of(contract: &Contract) -> Vec<AvroFile> {
    [Side::Shared, Side::Open]
        .into_iter()
        .filter_map(|side| contract.on(side))
        .flat_map(of_side)
        .collect()
}

fn of_side(contract: &Contract) -> Vec<AvroFile> {
    let topic = topic(PREFIX, contract.side, &contract.owner, &contract.dataset);
    let infix = match contract.side {
        Side::Shared => "",
        Side::Open => "open.",
    };
    let file = |part: &str, schema: String| AvroFile {
        path: Path::new(contract.owner.as_str())
            .join(format!("{}.{infix}{part}.avsc", contract.dataset)),
        text: pretty(&schema),
    };
    let key = (!contract.key.is_empty()).then(|| file("key", avro::key_schema(contract, &topic)));
    key.into_iter().chain([file("value", avro::value_schema(contract, &topic))]).collect()
}

/// Indented, for people and their diffs. The schema of a topic has no line breaks.
pub fn pretty(schema: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(schema);
    value
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| schema.to_owned())
        + "\n"
}

/// Compares the files below `dir` with what the contracts say: missing, different and orphaned ones.
pub fn check(dir: &Path, catalogue: &Catalogue) -> Result<(), ContractErrors> {
    let expected: Vec<AvroFile> = catalogue.active().flat_map(of).collect();
    let mut mistakes = loosened(dir, catalogue);
    // With a class that may not be written, the file is right and the contract is not.
    let wrong: Vec<PathBuf> = mistakes.iter().map(|mistake| mistake.file.clone()).collect();
    for file in &expected {
        match std::fs::read_to_string(dir.join(&file.path)) {
            Ok(text) if text == file.text || wrong.contains(&contract_of(&file.path)) => {}
            Ok(_) => mistakes.push(out_of_step(&file.path, "is not what the contract says")),
            Err(_) => mistakes.push(out_of_step(&file.path, "is missing")),
        }
    }
    for path in present(dir, catalogue) {
        if expected.iter().all(|file| file.path != path) {
            mistakes.push(out_of_step(&path, "belongs to no contract"));
        }
    }
    ContractErrors::none_or(mistakes)
}

/// Writes what [`check`] would miss, removes what belongs to no contract; gives the paths touched. Writes
/// nothing at all when a column's class would become weaker without a statement.
pub fn write(dir: &Path, catalogue: &Catalogue) -> Result<Vec<PathBuf>, ContractErrors> {
    ContractErrors::none_or(loosened(dir, catalogue))?;
    let expected: Vec<AvroFile> = catalogue.active().flat_map(of).collect();
    let mut touched = Vec::new();
    let mut mistakes = Vec::new();
    let mut done = |path: &Path, result: std::io::Result<()>| match result {
        Ok(()) => touched.push(path.to_owned()),
        Err(error) => mistakes.push(Mistake {
            file: path.to_owned(),
            line: 0,
            kind: MistakeKind::Unreadable,
            what: format!("the file can't be written: {}", error.kind()),
            hint: "check the folder's access rights".into(),
        }),
    };
    for file in &expected {
        let path = dir.join(&file.path);
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&file.text) {
            done(&file.path, std::fs::write(&path, &file.text));
        }
    }
    for path in present(dir, catalogue) {
        if expected.iter().all(|file| file.path != path) {
            done(&path, std::fs::remove_file(dir.join(&path)));
        }
    }
    ContractErrors::none_or(mistakes)?;
    Ok(touched)
}

/// `so-tc/business.open.value.avsc` → `so-tc/business.yaml`; an id has no dots.
fn contract_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let dataset = name.split('.').next().unwrap_or_default();
    file.with_file_name(format!("{dataset}.yaml"))
}

/// Classes that are weaker than the files remember, at their lines in the contracts.
fn loosened(dir: &Path, catalogue: &Catalogue) -> Vec<Mistake> {
    catalogue
        .active()
        .flat_map(|contract| {
            // The value's schema is the last.
            let value = of_side(contract).pop();
            let faults = value.map_or_else(Vec::new, |file| {
                let text = std::fs::read_to_string(dir.join(&file.path)).unwrap_or_default();
                ClassMemory::of(&text).faults(&ClassMemory::of(&file.text))
            });
            faults.into_iter().map(|fault| Mistake {
                file: Path::new(contract.owner.as_str()).join(format!("{}.yaml", contract.dataset)),
                line: contract
                    .column_index(&fault.column)
                    .map_or(0, |column| contract.columns[column].class_line),
                kind: MistakeKind::Loosened,
                what: fault.to_string(),
                hint: fault.hint(),
            })
        })
        .collect()
}

fn out_of_step(path: &Path, what: &str) -> Mistake {
    Mistake {
        file: path.to_owned(),
        line: 0,
        kind: MistakeKind::OutOfStep,
        what: what.into(),
        hint: "run `bangioc contract avro --write`, and read the difference: readers depend on it"
            .into(),
    }
}

/// The Avro files in the folders of the owners.
fn present(dir: &Path, catalogue: &Catalogue) -> Vec<PathBuf> {
    let mut owners: Vec<&str> = catalogue.iter().map(|contract| contract.owner.as_str()).collect();
    owners.sort_unstable();
    owners.dedup();
    let mut found = Vec::new();
    for owner in owners {
        let Ok(entries) = std::fs::read_dir(dir.join(owner)) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = Path::new(owner).join(entry.file_name());
            if path.extension().is_some_and(|extension| extension == "avsc") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
