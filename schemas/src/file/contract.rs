//! The contract of one dataset, or every mistake in it.

use super::code_list::References;
use super::column::{self, ReadColumn};
use super::entry::ContractEntry;
use super::fields::{Fields, Notes, shown};
use super::label::optional_label;
use super::seconds::seconds;
use super::{key, open, row_rule, source};
use crate::contracts::contract::{Contract, Kind, Label, OnPoison, Status};
use crate::contracts::mistake::MistakeKind;
use crate::contracts::names::Side;
use crate::rules::Rules;

const MAX_COLUMNS: usize = 500;
const MAX_PARTITIONS: u32 = 64;
const MAX_FRESHNESS_SECONDS: u32 = 7 * 86_400;

/// A contract that can be read, and the lines that later checks between files point at.
pub(crate) struct ReadContract {
    pub(crate) contract: Contract,
    pub(crate) dataset_line: usize,
    pub(crate) owner_line: usize,
    pub(crate) table_line: usize,
    /// Of each of the contract's references.
    pub(crate) reference_lines: Vec<usize>,
}

pub(super) fn read(
    fields: &mut Fields<'_>,
    entry: ContractEntry<'_>,
    references: &References,
    notes: &mut Notes,
) -> Option<ReadContract> {
    let (status, draft_because) = status(fields, notes);
    fields.required(
        "kind",
        "write `kind: state` for rows with a key, `kind: append` for inserts only",
        notes,
    );
    let kind = fields.choice("kind", &[("state", Kind::State), ("append", Kind::Append)], notes);
    let partitions = partitions(fields, notes);
    let truncate = truncate(fields, partitions, notes);
    let freshness_seconds = freshness(fields, notes);
    let on_poison = dead_letter(fields, notes);
    let columns = read_columns(fields, references, status, notes);
    let (key, natural_key_latest_by) = key::read(fields, kind, status, &columns, notes);
    let owner = entry.owner.map(|owner| owner.text);
    let source = source::read(fields, owner, status, &columns, &key, notes);
    let row_rules = row_rule::read(fields.node("rules"), &columns, references, notes);
    let outlines: Vec<usize> = row_rules.outlines().collect();
    let open = open::read(fields, &columns, &outlines, references, notes);
    let (references, reference_lines) = row_rules.references.into_iter().unzip();

    let named = entry.named()?;
    let mut contract_columns = Vec::with_capacity(columns.len());
    let mut column_rules = Vec::with_capacity(columns.len());
    for (index, read) in columns.into_iter().enumerate() {
        let (mut column, mut rules) = (read.column, read.rules);
        if key.contains(&index) {
            column.required = true;
            rules.required = true;
            if !read.is_prose {
                rules.key_text_is_a_code();
            }
        }
        contract_columns.push(column);
        column_rules.push(rules);
    }
    let mut contract = Contract {
        dataset: named.dataset,
        owner: named.owner,
        side: Side::Shared,
        name: named.name,
        about: entry.about,
        catalogue: entry.catalogue,
        legal: entry.legal,
        status,
        draft_because,
        kind: kind?,
        source,
        partitions,
        truncate,
        columns: contract_columns,
        key,
        natural_key_latest_by,
        on_poison,
        freshness_seconds,
        rules: Rules::new(column_rules, row_rules.rules),
        references,
        open: None,
    };
    contract.open = open.map(|open| open.project(&contract, notes).into());
    Some(ReadContract {
        dataset_line: named.dataset_line,
        owner_line: named.owner_line,
        table_line: fields.line_of("source"),
        reference_lines,
        contract,
    })
}

/// A draft has no topic yet, and says why.
fn status(fields: &mut Fields<'_>, notes: &mut Notes) -> (Status, Option<Label>) {
    let choices = [("active", Status::Active), ("draft", Status::Draft)];
    let status = fields.choice("status", &choices, notes).unwrap_or(Status::Active);
    let because = optional_label(fields, "draft_because", notes);
    if status == Status::Draft && !fields.has("draft_because") {
        notes.note(
            fields.line_of("status"),
            MistakeKind::MissingKey,
            "key `draft_because` is missing",
            "say why it is only a draft: `draft_because: { vi: …, en: … }`",
        );
    }
    if status == Status::Active && fields.has("draft_because") {
        notes.note(
            fields.line_of("draft_because"),
            MistakeKind::Conflict,
            "`draft_because`, but the contract is active",
            "remove it, or write `status: draft`",
        );
    }
    (status, because)
}

fn truncate(fields: &mut Fields<'_>, partitions: u32, notes: &mut Notes) -> bool {
    let truncate = fields.flag("truncate", false, notes);
    if truncate && partitions != 1 {
        let hint = "keep one partition, or leave `truncate` out: a TRUNCATE is then met with a copy and a sweep";
        notes.note(
            fields.line_of("truncate"),
            MistakeKind::Conflict,
            "`truncate: true` needs one partition",
            hint,
        );
    }
    truncate
}

fn partitions(fields: &mut Fields<'_>, notes: &mut Notes) -> u32 {
    match fields.number("partitions", notes) {
        None => 1,
        Some(count @ 1..=MAX_PARTITIONS) => count,
        Some(_) => {
            let what = format!("`partitions` is not between 1 and {MAX_PARTITIONS}");
            notes.note(
                fields.line_of("partitions"),
                MistakeKind::Value,
                what,
                "one partition is right unless measured otherwise; the count never changes",
            );
            1
        }
    }
}

fn freshness(fields: &mut Fields<'_>, notes: &mut Notes) -> u32 {
    let Some(at) = fields.text("freshness", notes) else {
        return 60;
    };
    if let Some(seconds @ 1..=MAX_FRESHNESS_SECONDS) = seconds(at.text) {
        return seconds;
    }
    let what = format!("`freshness: {}` is no time between 1 second and 7 days", shown(at.text));
    notes.note(at.line, MistakeKind::Value, what, "write `60s`, `5m`, `1h` or `1d`");
    60
}

fn dead_letter(fields: &mut Fields<'_>, notes: &mut Notes) -> OnPoison {
    let Some(mut inner) =
        fields.node("dead_letter").and_then(|node| Fields::of(node, "`dead_letter`", notes))
    else {
        return OnPoison::ParkKey;
    };
    inner.required("on_poison", "write `on_poison: park_key`", notes);
    let choices = [("park_key", OnPoison::ParkKey), ("halt", OnPoison::Halt)];
    let choice = inner.choice("on_poison", &choices, notes);
    inner.finish("`dead_letter`", notes);
    choice.unwrap_or(OnPoison::ParkKey)
}

fn read_columns(
    fields: &mut Fields<'_>,
    references: &References,
    status: Status,
    notes: &mut Notes,
) -> Vec<ReadColumn> {
    let hint = "list every column that travels, each with `type`, `class`, `vi` and `en`";
    let node = if status == Status::Active {
        fields.required("columns", hint, notes)
    } else {
        fields.node("columns")
    };
    let Some(node) = node else { return Vec::new() };
    let columns = column::read(node, references, notes);
    if columns.len() > MAX_COLUMNS {
        notes.note(
            node.line,
            MistakeKind::Limit,
            format!("more than {MAX_COLUMNS} columns"),
            "split the table into datasets",
        );
    }
    columns
}
