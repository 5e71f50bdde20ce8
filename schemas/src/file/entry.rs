//! What every file begins with: ids, names, its entry in the catalogue, its legal ground.

use super::fields::{At, Fields, Notes, shown};
use super::label::{optional_label, required_label};
use crate::contracts::contract::{CatalogueEntry, Group, Label, Seed};
use crate::contracts::mistake::MistakeKind;
use crate::id::id_fault;
use crate::id::{DatasetId, OwnerId};

/// None of its parts is there when it could not be read; a mistake is then noted.
pub(super) struct ContractEntry<'a> {
    pub(super) dataset: Option<At<'a>>,
    pub(super) owner: Option<At<'a>>,
    pub(super) name: Option<Label>,
    pub(super) about: Option<Label>,
    pub(super) catalogue: Option<CatalogueEntry>,
    pub(super) legal: Option<Label>,
}

/// The parts that a contract can't do without.
pub(super) struct NamedParts {
    pub(super) dataset: DatasetId,
    pub(super) owner: OwnerId,
    pub(super) name: Label,
    pub(super) dataset_line: usize,
    pub(super) owner_line: usize,
}

pub(super) fn read<'a>(fields: &mut Fields<'a>, notes: &mut Notes) -> ContractEntry<'a> {
    ContractEntry {
        dataset: id(fields, "dataset", "write `dataset: land-parcel`, as in the catalogue", notes),
        owner: id(fields, "owner", "write `owner: so-nnmt`, as in the catalogue", notes),
        name: required_label(fields, "name", notes),
        about: optional_label(fields, "about", notes),
        catalogue: catalogue(fields, notes),
        legal: optional_label(fields, "legal", notes),
    }
}

impl ContractEntry<'_> {
    pub(super) fn named(&self) -> Option<NamedParts> {
        let (dataset, owner) = (self.dataset?, self.owner?);
        Some(NamedParts {
            dataset: DatasetId(dataset.text.to_owned()),
            owner: OwnerId(owner.text.to_owned()),
            name: self.name.clone()?,
            dataset_line: dataset.line,
            owner_line: owner.line,
        })
    }
}

pub(super) fn id<'a>(
    fields: &mut Fields<'a>,
    key: &'static str,
    hint: &str,
    notes: &mut Notes,
) -> Option<At<'a>> {
    let at = fields.required_text(key, hint, notes)?;
    is_id(key, at, notes).then_some(at)
}

fn is_id(key: &str, at: At<'_>, notes: &mut Notes) -> bool {
    let fault = id_fault(at.text);
    if let Some(fault) = fault {
        let hint = "ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most";
        notes.note(
            at.line,
            MistakeKind::Name,
            format!("`{key}: {}` {fault}", shown(at.text)),
            hint,
        );
    }
    fault.is_none()
}

const GROUPS: [(&str, Group); 4] = [
    ("specialised", Group::Specialised),
    ("shared-national", Group::SharedNational),
    ("shared-provincial", Group::SharedProvincial),
    ("open", Group::Open),
];
const SEEDS: [(&str, Seed); 4] = [
    ("named", Seed::Named),
    ("field-named", Seed::FieldNamed),
    ("implied", Seed::Implied),
    ("assumed", Seed::Assumed),
];

fn catalogue(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<CatalogueEntry> {
    let node = fields.node("catalogue")?;
    let mut inner = Fields::of(node, "`catalogue`", notes)?;
    inner.required(
        "group",
        "write `group: specialised`, `shared-national`, `shared-provincial` or `open`",
        notes,
    );
    let group = inner.choice("group", &GROUPS, notes);
    inner.required(
        "seed",
        "write `seed: named`, `field-named`, `implied` or `assumed`, as in the catalogue",
        notes,
    );
    let seed = inner.choice("seed", &SEEDS, notes);
    let phrase = inner.text("phrase", notes).map(|at| at.text.to_owned());
    let consumers = inner.texts("consumers", notes).unwrap_or_default();
    for at in &consumers {
        is_id("consumers", *at, notes);
    }
    let mut words = |key, hint| inner.required_text(key, hint, notes).map(|at| at.text.to_owned());
    let personal_data =
        words("personal_data", "say which personal data it holds, or `personal_data: none`");
    let sensitivity = words(
        "sensitivity",
        "write `sensitivity: open`, `internal` or `restricted`, as in the catalogue",
    );
    let cadence = words("cadence", "say how often it changes, as in `cadence: on change`");
    inner.finish("`catalogue`", notes);
    Some(CatalogueEntry {
        group: group?,
        seed: seed?,
        phrase,
        consumers: consumers.iter().map(|at| at.text.to_owned()).collect(),
        personal_data: personal_data?,
        sensitivity: sensitivity?,
        cadence: cadence?,
    })
}
