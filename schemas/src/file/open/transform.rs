//! The `transform` part of `open`: what becomes of values before they are public.

use super::outline::Outlines;
use crate::column_type::ColumnType;
use crate::contracts::mistake::MistakeKind;
use crate::file::column::ReadColumn;
use crate::file::condition;
use crate::file::fields::{At, Fields, Notes, shown};
use crate::file::key::find_column;
use crate::file::yaml::{Data, YamlEntry, YamlNode};
use crate::id::column_fault;
use crate::open::OpenColumn;
use crate::open::transform::{ColumnChange, Round, System, Transform};
use crate::open::vn2000::Zone;
use bangioc_postgres_text::rounding::Grain;

/// Puts each transform on its output.
pub(super) fn read(
    node: &YamlNode,
    columns: &[ReadColumn],
    outlines: &mut Outlines<'_>,
    outputs: &mut [OpenColumn],
    notes: &mut Notes,
) {
    let Data::Map(entries) = &node.data else {
        let what = format!("`transform` is {}, not a mapping", node.kind());
        let hint = "write `transform: { column: { round: 0.1 } }`";
        notes.note(node.line, MistakeKind::Value, what, hint);
        return;
    };
    for entry in entries {
        let at = At { text: &entry.key, line: entry.line };
        let Some(column) = find_column(at, columns, MistakeKind::Rule, notes) else {
            continue;
        };
        let read = one(entry, column, columns, outlines, notes);
        let output = outputs.iter_mut().find(|output| output.column == column);
        if let Some(output) = output {
            if let Some((name, transform)) = read {
                output.transformed(name, transform);
            }
        } else {
            let what = format!("column `{}` is transformed, but not in `open`", at.text);
            let hint = "add it to `columns` of `open`, or remove the transform";
            notes.note(at.line, MistakeKind::Conflict, what, hint);
        }
    }
    check_names(node.line, columns, outputs, notes);
}

fn check_names(line: usize, columns: &[ReadColumn], outputs: &[OpenColumn], notes: &mut Notes) {
    let name = |output: &OpenColumn| match &output.name {
        Some(name) => name.clone(),
        None => columns[output.column].column.name.clone(),
    };
    for (place, output) in outputs.iter().enumerate() {
        let own = name(output);
        if output.name.is_some()
            && outputs
                .iter()
                .enumerate()
                .any(|(other, output)| other != place && name(output) == own)
        {
            let what = format!("two open columns are called `{own}`");
            notes.note(line, MistakeKind::Claimed, what, "choose another name after `as`");
        }
    }
}

/// The new name, if it gets one, and the transform. None also for an outline that stays as it is.
fn one(
    entry: &YamlEntry,
    column: usize,
    columns: &[ReadColumn],
    outlines: &mut Outlines<'_>,
    notes: &mut Notes,
) -> Option<(Option<String>, Transform)> {
    let what = format!("the transform of `{}`", shown(&entry.key));
    let mut fields = Fields::of(&entry.value, &what, notes)?;
    let column_type = &columns[column].column.column_type;
    let condition = |fields: &mut Fields<'_>, key, notes: &mut Notes| {
        fields.node(key).map(|node| condition::read(node, key, columns, notes).unwrap_or_default())
    };
    let withhold_when = condition(&mut fields, "withhold_when", notes);
    let when = condition(&mut fields, "when", notes);
    let wgs84 = fields.text("wgs84", notes);
    let round = fields.text("round", notes);
    let name = fields.text("as", notes);
    let keys = keys(&mut fields, notes);
    let mask = outlines.mask(&mut fields, column, wgs84.is_some(), notes);
    let change = match (wgs84, round) {
        (None, None) if outlines.are_read_in(column) => Some(ColumnChange::Outline),
        (None, None) => Some(keys.map_or(ColumnChange::Keep, ColumnChange::Keys)),
        (Some(at), None) => system(at, column_type, columns, notes).map(ColumnChange::Wgs84),
        (None, Some(at)) => grain(at, column_type, notes).map(|grain| {
            ColumnChange::Round(Round {
                grain,
                column_type: column_type.clone(),
                when: when.clone(),
            })
        }),
        (Some(at), Some(_)) => {
            let what = "`wgs84` and `round` on one column";
            notes.note(at.line, MistakeKind::Conflict, what, "keep one of the two");
            None
        }
    };
    if let Some(line) = fields.has("keys").then(|| fields.line_of("keys"))
        && !matches!(change, Some(ColumnChange::Keys(_)))
    {
        let hint = "remove it: a figure is written by itself, and only JSON has keys";
        notes.note(line, MistakeKind::Conflict, "`keys` is for JSON as it is", hint);
    } else if let Some(ColumnChange::Keys(_)) = change
        && !is_json(column_type)
    {
        let what = format!("`keys` is for json and jsonb, and this column is `{column_type}`");
        let hint = "remove it, or correct the type";
        notes.note(fields.line_of("keys"), MistakeKind::Rule, what, hint);
    }
    if when.is_some() && round.is_none() {
        let hint = "remove it; to leave a value out of some rows write `withhold_when`";
        let line = fields.line_of("when");
        notes.note(line, MistakeKind::Conflict, "`when` is for `round`", hint);
    }
    if let Some(at) = name.filter(|_| wgs84.is_none()) {
        let hint = "remove it: only a column that becomes another has another name";
        notes.note(at.line, MistakeKind::Conflict, "`as` is for `wgs84`", hint);
    }
    if let Some((at, fault)) = name.and_then(|at| column_fault(at.text).map(|fault| (at, fault))) {
        let what = format!("`as: {}` {fault}", shown(at.text));
        notes.note(at.line, MistakeKind::Name, what, "write a name like `geometry`");
    }
    let says = ["wgs84", "round", "withhold_when", "when", "border", "keys"];
    if !says.iter().any(|key| fields.has(key)) {
        let hint = "write `wgs84`, `round`, `withhold_when`, `border` or `keys`, or remove it";
        let what = format!("{what} does nothing");
        notes.note(entry.line, MistakeKind::MissingKey, what, hint);
    }
    fields.finish(&what, notes);
    let change = change?;
    let exempt = matches!(change, ColumnChange::Keep) && withhold_when.is_none() && mask.is_none();
    (!exempt).then(|| {
        let transform = Transform { withhold_when, mask, change };
        (name.map(|at| at.text.to_owned()), transform)
    })
}

fn is_json(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Json | ColumnType::Jsonb)
}

/// Has it been said of each JSON value what of it is public?
pub(super) fn check_keys(
    line: usize,
    columns: &[ReadColumn],
    outlines: &Outlines<'_>,
    outputs: &[OpenColumn],
    notes: &mut Notes,
) {
    for output in outputs {
        let column = &columns[output.column].column;
        let transform = output.transform.as_ref();
        if let ColumnType::Array(element) = &column.column_type
            && is_json(element)
        {
            let what = format!("`{}` is an array of JSON, which can't be public", column.name);
            let hint = "take it out of `open`, or make it jsonb at the source: one JSON array";
            notes.note(line, MistakeKind::Rule, what, hint);
        }
        let named =
            transform.is_some_and(|transform| matches!(transform.change, ColumnChange::Keys(_)));
        if is_json(&column.column_type) && !named && !outlines.are_read_in(output.column) {
            let what = format!("`{}` is JSON, and nothing is said of its keys", column.name);
            let hint = "name those that are public at its transform, as in `keys: [name, year]`; for GeoJSON add the rule `geojson`";
            notes.note(line, MistakeKind::MissingKey, what, hint);
        }
    }
}

/// The key `keys`: names, each once.
fn keys(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Vec<String>> {
    let line = fields.line_of("keys");
    let written = fields.texts("keys", notes)?;
    if written.is_empty() {
        let hint = "name one, or take the column out of `open`";
        notes.note(line, MistakeKind::Value, "`keys` names nothing", hint);
    }
    let mut keys: Vec<String> = Vec::with_capacity(written.len());
    for at in written {
        if keys.iter().any(|key| key == at.text) {
            let what = format!("`keys` names `{}` twice", shown(at.text));
            notes.note(at.line, MistakeKind::Conflict, what, "name it once");
        } else {
            keys.push(at.text.to_owned());
        }
    }
    Some(keys)
}

/// The name of a column of whole numbers, or the number of a reference system.
fn system(
    at: At<'_>,
    column_type: &ColumnType,
    columns: &[ReadColumn],
    notes: &mut Notes,
) -> Option<System> {
    if !column_type.is_text() {
        let what = format!("`wgs84` is for WKT in a text, and this column is `{column_type}`");
        notes.note(at.line, MistakeKind::Rule, what, "remove it, or correct the type");
    }
    if at.text.starts_with(|c: char| c.is_ascii_digit()) {
        let zone = Zone::of(at.text);
        if zone.is_none() {
            let what = format!("`wgs84: {}` is no reference system of VN-2000", shown(at.text));
            let hint =
                "write 9205 to 9218, 5896 to 5899, 3405 or 3406, or the column that says which";
            notes.note(at.line, MistakeKind::Value, what, hint);
        }
        return zone.map(System::Fixed);
    }
    let srid = find_column(at, columns, MistakeKind::Rule, notes)?;
    let srid_type = &columns[srid].column.column_type;
    if !matches!(srid_type, ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint) {
        let what = format!(
            "`wgs84: {}` is `{srid_type}`, and a reference system is a whole number",
            at.text
        );
        notes.note(at.line, MistakeKind::Rule, what, "name another column");
    }
    Some(System::Column(srid))
}

fn grain(at: At<'_>, column_type: &ColumnType, notes: &mut Notes) -> Option<Grain> {
    let Some(grain) = Grain::parse(at.text) else {
        let what = format!("`round: {}` is nothing to round to", shown(at.text));
        let hint = "write a number above 0 with at most 4 decimals, as in `0.1`";
        notes.note(at.line, MistakeKind::Value, what, hint);
        return None;
    };
    match column_type {
        ColumnType::Double | ColumnType::NumericAny => {}
        ColumnType::Numeric { scale, .. } => {
            if usize::try_from(*scale).is_ok_and(|scale| scale < grain.scale) {
                let what = format!("`round: {}` is finer than `{column_type}`", shown(at.text));
                notes.note(at.line, MistakeKind::Rule, what, "write a coarser number");
            }
        }
        other => {
            let what = format!(
                "`round` is for numeric and double precision, and this column is `{other}`"
            );
            notes.note(at.line, MistakeKind::Rule, what, "remove it, or correct the type");
        }
    }
    Some(grain)
}
