//! One contract file → a [`Contract`], or every mistake in it.

use std::path::Path;

use crate::code_list::References;
use crate::column_file::{self, ReadColumn};
use crate::contract::{
    ColumnType, Contract, DatasetId, Kind, Label, OnPoison, OwnerId, SourceTable, Status,
};
use crate::fields::{At, Fields, Notes, nearest, shown};
use crate::mistake::{Mistake, MistakeKind};
use crate::rules::Rules;
use crate::{names, row_rule_file, yaml};

/// A contract is a few kilobytes; the limits are there for what is none.
const MAX_BYTES: usize = 1 << 20;
const MAX_COLUMNS: usize = 500;
const MAX_PARTITIONS: u32 = 64;
const MAX_FRESHNESS_SECONDS: u32 = 7 * 86_400;

/// A contract that can be read, and the lines that later checks between files point at.
pub(crate) struct ReadContract {
    pub(crate) contract: Contract,
    pub(crate) dataset_line: usize,
    pub(crate) owner_line: usize,
    pub(crate) table_line: usize,
}

/// `file` names the place in mistakes. A contract comes back only without a mistake.
pub(crate) fn read(
    file: &Path,
    text: &str,
    references: &References,
) -> (Option<ReadContract>, Vec<Mistake>) {
    let mut notes = Notes::new(file);
    let contract = read_into(text, references, &mut notes).filter(|_| notes.count() == 0);
    (contract, notes.into_mistakes())
}

fn read_into(text: &str, references: &References, notes: &mut Notes) -> Option<ReadContract> {
    if text.len() > MAX_BYTES {
        notes.note(
            0,
            MistakeKind::Limit,
            format!("the file is larger than {MAX_BYTES} bytes"),
            "a contract describes rows, it doesn't hold them",
        );
        return None;
    }
    let node = match yaml::read(text) {
        Ok((node, doubles)) => {
            for double in doubles {
                notes.note(double.line, double.kind, double.what, double.hint);
            }
            node
        }
        Err(error) => {
            notes.note(error.line, error.kind, error.what, error.hint);
            return None;
        }
    };
    let mut fields = Fields::of(&node, "the contract", notes)?;
    let contract = read_fields(&mut fields, references, notes);
    fields.finish("the contract", notes);
    contract
}

fn read_fields(
    fields: &mut Fields<'_>,
    references: &References,
    notes: &mut Notes,
) -> Option<ReadContract> {
    let dataset = id(
        fields,
        "dataset",
        "write `dataset: land-parcel`, as in the catalogue",
        notes,
    );
    let owner = id(
        fields,
        "owner",
        "write `owner: so-nnmt`, as in the catalogue",
        notes,
    );
    let status = fields
        .choice(
            "status",
            &[("active", Status::Active), ("draft", Status::Draft)],
            notes,
        )
        .unwrap_or(Status::Active);
    let name = required_label(fields, "name", notes);
    let about = optional_label(fields, "about", notes);
    required_choice_hint(
        fields,
        "kind",
        "write `kind: state` for rows with a key, `kind: append` for inserts only",
        notes,
    );
    let kind = fields.choice(
        "kind",
        &[("state", Kind::State), ("append", Kind::Append)],
        notes,
    );
    let source = read_source(fields, owner.map(|owner| owner.text), status, notes);
    let partitions = partitions(fields, notes);
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
    let freshness_seconds = freshness(fields, notes);
    let on_poison = dead_letter(fields, notes);
    if kind == Some(Kind::Append) && on_poison == OnPoison::Supersede {
        let hint = "use `park_key` or `halt`";
        notes.note(
            fields.line_of("dead_letter"),
            MistakeKind::Conflict,
            "`supersede` needs a key, and `kind: append` has none",
            hint,
        );
    }
    let columns = read_columns(fields, references, status, notes);
    let (key, natural_key_latest_by) = read_key(fields, kind, status, &columns, notes);
    let row_rules = row_rule_file::read(fields.node("rules"), &columns, references, notes);

    let (dataset, owner, name) = (dataset?, owner?, name?);
    let mut contract_columns = Vec::with_capacity(columns.len());
    let mut column_rules = Vec::with_capacity(columns.len());
    for (index, read) in columns.into_iter().enumerate() {
        let (mut column, mut rules) = (read.column, read.rules);
        if key.contains(&index) {
            column.required = true;
            rules.required = true;
            rules.key_text_is_a_code();
        }
        contract_columns.push(column);
        column_rules.push(rules);
    }
    Some(ReadContract {
        dataset_line: dataset.line,
        owner_line: owner.line,
        table_line: fields.line_of("source"),
        contract: Contract {
            dataset: DatasetId(dataset.text.to_owned()),
            owner: OwnerId(owner.text.to_owned()),
            name,
            about,
            status,
            kind: kind?,
            source,
            partitions,
            truncate,
            columns: contract_columns,
            key,
            natural_key_latest_by,
            on_poison,
            freshness_seconds,
            rules: Rules::new(column_rules, row_rules),
        },
    })
}

fn id<'a>(
    fields: &mut Fields<'a>,
    key: &'static str,
    hint: &str,
    notes: &mut Notes,
) -> Option<At<'a>> {
    let at = fields.required_text(key, hint, notes)?;
    if let Some(fault) = names::id_fault(at.text) {
        let hint = "ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most";
        notes.note(
            at.line,
            MistakeKind::Name,
            format!("`{key}: {}` {fault}", shown(at.text)),
            hint,
        );
        return None;
    }
    Some(at)
}

fn required_choice_hint(fields: &mut Fields<'_>, key: &'static str, hint: &str, notes: &mut Notes) {
    fields.required(key, hint, notes);
}

fn required_label(fields: &mut Fields<'_>, key: &'static str, notes: &mut Notes) -> Option<Label> {
    fields.required(key, &format!("write `{key}: {{ vi: …, en: … }}`"), notes)?;
    optional_label(fields, key, notes)
}

/// `{ vi: …, en: … }`, both.
pub(crate) fn optional_label(
    fields: &mut Fields<'_>,
    key: &'static str,
    notes: &mut Notes,
) -> Option<Label> {
    let node = fields.node(key)?;
    let mut inner = Fields::of(node, &format!("`{key}`"), notes)?;
    let label = label_here(&mut inner, notes);
    inner.finish(&format!("`{key}`"), notes);
    label
}

/// The keys `vi` and `en` of a mapping.
pub(crate) fn label_here(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Label> {
    let vi = fields.required_text("vi", "people read this in Vietnamese: write `vi: …`", notes);
    let en = fields.required_text("en", "and in English: write `en: …`", notes);
    for at in [vi, en].into_iter().flatten() {
        check_people_text(at, notes);
    }
    Some(Label {
        vi: vi?.text.to_owned(),
        en: en?.text.to_owned(),
    })
}

/// Labels go to everyone, open side included: an example copied from a real row must not be in them.
fn check_people_text(at: At<'_>, notes: &mut Notes) {
    let longest_number = at
        .text
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .max()
        .unwrap_or(0);
    if longest_number >= 9 || at.text.contains('@') {
        let what = "a label or description holds what looks like a personal number, phone number or address";
        notes.note(
            at.line,
            MistakeKind::PersonalText,
            what,
            "describe the form instead, as in `12 digits`",
        );
    }
    if at.text.trim().is_empty() {
        notes.note(
            at.line,
            MistakeKind::Value,
            "a label is empty",
            "write what people call it",
        );
    }
}

fn read_source(
    fields: &mut Fields<'_>,
    owner: Option<&str>,
    status: Status,
    notes: &mut Notes,
) -> SourceTable {
    let mut source = SourceTable {
        source: owner.unwrap_or_default().to_owned(),
        schema: String::new(),
        table: String::new(),
    };
    let hint = "write `source: { table: dept.land_parcel }`";
    let node = if status == Status::Active {
        fields.required("source", hint, notes)
    } else {
        fields.node("source")
    };
    let Some(mut inner) = node.and_then(|node| Fields::of(node, "`source`", notes)) else {
        return source;
    };
    if let Some(at) = inner.text("name", notes) {
        match names::id_fault(at.text) {
            None => at.text.clone_into(&mut source.source),
            Some(fault) => {
                let what = format!("source `{}` {fault}", shown(at.text));
                notes.note(
                    at.line,
                    MistakeKind::Name,
                    what,
                    "a source is named like its owner; leave `name` out when it is",
                );
            }
        }
    }
    if let Some(at) = inner.required_text("table", hint, notes) {
        let (schema, table) = at.text.split_once('.').unwrap_or(("", at.text));
        match [schema, table]
            .into_iter()
            .find_map(|part| names::column_fault(part).map(|fault| (part, fault)))
        {
            None => {
                schema.clone_into(&mut source.schema);
                table.clone_into(&mut source.table);
            }
            Some((part, fault)) => {
                let what = format!("`{}` in `table: {}` {fault}", shown(part), shown(at.text));
                notes.note(
                    at.line,
                    MistakeKind::Name,
                    what,
                    "write schema and table, as in `dept.land_parcel`",
                );
            }
        }
    }
    inner.finish("`source`", notes);
    source
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
    let what = format!(
        "`freshness: {}` is no time between 1 second and 7 days",
        shown(at.text)
    );
    notes.note(
        at.line,
        MistakeKind::Value,
        what,
        "write `60s`, `5m`, `1h` or `1d`",
    );
    60
}

/// `60s`, `5m`, `1h`, `90d` → seconds.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let (number, unit) = text.split_at(
        text.len()
            .checked_sub(1)
            .filter(|&end| text.is_char_boundary(end))?,
    );
    let scale = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(scale)
}

fn dead_letter(fields: &mut Fields<'_>, notes: &mut Notes) -> OnPoison {
    let Some(mut inner) = fields
        .node("dead_letter")
        .and_then(|node| Fields::of(node, "`dead_letter`", notes))
    else {
        return OnPoison::ParkKey;
    };
    inner.required("on_poison", "write `on_poison: park_key`", notes);
    let choices = [
        ("park_key", OnPoison::ParkKey),
        ("supersede", OnPoison::Supersede),
        ("halt", OnPoison::Halt),
    ];
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
    let columns = column_file::read(node, references, notes);
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

fn read_key(
    fields: &mut Fields<'_>,
    kind: Option<Kind>,
    status: Status,
    columns: &[ReadColumn],
    notes: &mut Notes,
) -> (Vec<usize>, Option<usize>) {
    let (has_key, has_natural) = (fields.has("key"), fields.has("natural_key"));
    let key = fields.texts("key", notes);
    let natural = fields
        .node("natural_key")
        .and_then(|node| Fields::of(node, "`natural_key`", notes));
    match (kind, has_key, has_natural) {
        (Some(Kind::Append), true, _) | (Some(Kind::Append), _, true) => {
            let line = fields.line_of(if has_key { "key" } else { "natural_key" });
            notes.note(
                line,
                MistakeKind::Conflict,
                "`kind: append` has no key",
                "remove the key, or write `kind: state`",
            );
        }
        (_, true, true) => {
            let hint = "`key` is the table's primary key; `natural_key` is for a table without one";
            notes.note(
                fields.line_of("natural_key"),
                MistakeKind::Conflict,
                "both `key` and `natural_key`",
                hint,
            );
        }
        (Some(Kind::State), false, false) if status == Status::Active => {
            let hint = "write `key: [column, …]`, the primary key, or `natural_key: { columns: […], latest_by: … }`";
            notes.note(
                fields.line,
                MistakeKind::MissingKey,
                "key `key` is missing",
                hint,
            );
        }
        _ => {}
    }
    let Some(mut natural) = natural else {
        return (
            key.map(|key| key_columns(&key, columns, fields.line_of("key"), notes))
                .unwrap_or_default(),
            None,
        );
    };
    natural.required("columns", "name the columns that identify a row", notes);
    let line = natural.line_of("columns");
    let natural_columns = natural.texts("columns", notes).unwrap_or_default();
    let key = key_columns(&natural_columns, columns, line, notes);
    let latest_by = natural
        .required_text(
            "latest_by",
            "name the column whose greatest value marks the latest of several rows",
            notes,
        )
        .and_then(|at| latest_by(at, columns, notes));
    natural.finish("`natural_key`", notes);
    (key, latest_by)
}

fn key_columns(
    names: &[At<'_>],
    columns: &[ReadColumn],
    line: usize,
    notes: &mut Notes,
) -> Vec<usize> {
    if names.is_empty() {
        notes.note(
            line,
            MistakeKind::Key,
            "the key names no column",
            "name the columns that identify a row",
        );
    }
    let mut key = Vec::with_capacity(names.len());
    for at in names {
        let Some(index) = find_column(*at, columns, MistakeKind::Key, notes) else {
            continue;
        };
        let column_type = &columns[index].column.column_type;
        if key.contains(&index) {
            notes.note(
                at.line,
                MistakeKind::Key,
                format!("column `{}` stands twice in the key", at.text),
                "name it once",
            );
        } else if !can_be_key(column_type) {
            let hint = "a key needs one written form per value: text, whole numbers, dates, uuid, or numeric with a scale";
            notes.note(
                at.line,
                MistakeKind::Key,
                format!(
                    "column `{}` of type `{column_type}` can't be in a key",
                    at.text
                ),
                hint,
            );
        } else {
            key.push(index);
        }
    }
    key
}

/// Types whose equal values can differ in text, or differ between versions of PostgreSQL, can't.
fn can_be_key(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Smallint
        | ColumnType::Integer
        | ColumnType::Bigint
        | ColumnType::Boolean
        | ColumnType::Numeric { .. }
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Timestamp
        | ColumnType::Timestamptz
        | ColumnType::Uuid
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. } => true,
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::NumericAny
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Bytea
        | ColumnType::Array(_)
        | ColumnType::Other { .. } => false,
    }
}

fn latest_by(at: At<'_>, columns: &[ReadColumn], notes: &mut Notes) -> Option<usize> {
    let index = find_column(at, columns, MistakeKind::Key, notes)?;
    let column_type = &columns[index].column.column_type;
    let ordered = matches!(
        column_type,
        ColumnType::Timestamp
            | ColumnType::Timestamptz
            | ColumnType::Date
            | ColumnType::Integer
            | ColumnType::Bigint
    );
    if !ordered {
        let what = format!(
            "`latest_by` can't order by `{}` of type `{column_type}`",
            at.text
        );
        notes.note(
            at.line,
            MistakeKind::Key,
            what,
            "name a column of type timestamptz, timestamp, date, integer or bigint",
        );
        return None;
    }
    Some(index)
}

/// The column of that name, or a mistake with the nearest one.
pub(crate) fn find_column(
    at: At<'_>,
    columns: &[ReadColumn],
    kind: MistakeKind,
    notes: &mut Notes,
) -> Option<usize> {
    let found = columns.iter().position(|read| read.column.name == at.text);
    if found.is_none() {
        let names: Vec<&str> = columns
            .iter()
            .map(|read| read.column.name.as_str())
            .collect();
        let hint = match nearest(at.text, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "list it under `columns` first".to_owned(),
        };
        notes.note(
            at.line,
            kind,
            format!("there is no column `{}`", shown(at.text)),
            hint,
        );
    }
    found
}
