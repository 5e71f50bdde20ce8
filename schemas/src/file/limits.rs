//! `limits` of an hourly mean: which code list says how much of a parameter is allowed, and in which units.

use super::code_list::{CodeList, References};
use super::condition::filter;
use super::entry;
use super::fields::{At, Fields, Notes, shown};
use super::yaml::YamlNode;
use crate::contracts::mistake::MistakeKind;
use crate::contracts::publication::{Limit, Limits, Only};
use crate::id::DatasetId;

const COLUMNS_HINT: &str =
    "write columns `hourly_limit` and `limit_units` in the list, as in `SO2,350,ug/Nm3|µg/Nm3`";

pub(super) fn read(node: &YamlNode, references: &References, notes: &mut Notes) -> Option<Limits> {
    let mut fields = Fields::of(node, "`limits`", notes)?;
    let parameter = fields.required_text("parameter", "name the column of the parameter", notes);
    let unit = fields.required_text("unit", "name the column of the unit", notes);
    let list = fields.required_text("list", "name the code list of limits", notes);
    let only = fields.node("only").map(|node| read_only(node, notes));
    fields.finish("`limits`", notes);
    let at = list?;
    let known = if let Some(list) = references.lists.get(at.text) {
        limits(at, list, notes)
    } else {
        let what = format!("there is no code list `{}`", shown(at.text));
        let hint = format!("add `code-lists/{}.csv`", shown(at.text));
        notes.note(at.line, MistakeKind::CodeList, what, hint);
        None
    };
    Some(Limits {
        parameter: parameter?.text.to_owned(),
        unit: unit?.text.to_owned(),
        known: known?,
        only: match only {
            Some(read) => Some(read?),
            None => None,
        },
    })
}

fn read_only(node: &YamlNode, notes: &mut Notes) -> Option<Only> {
    let mut fields = Fields::of(node, "`only`", notes)?;
    let hint = "name the resource that tells where the limits hold";
    let dataset = entry::id(&mut fields, "dataset", hint, notes);
    let by = fields.required_text("by", "name its key, which is also in `by` of the mean", notes);
    fields.required("where", "say which of its rows: `where: { kind: [air] }`", notes);
    let filter = filter(&mut fields, notes);
    fields.finish("`only`", notes);
    Some(Only { dataset: DatasetId(dataset?.text.to_owned()), by: by?.text.to_owned(), filter })
}

/// Of the parameters that have one. A limit holds in the units that it is written for and in no other:
/// `mg/Nm3` is not `µg/Nm3`, and without the conditions of measuring neither is `µg/m3`.
fn limits(at: At<'_>, list: &CodeList, notes: &mut Notes) -> Option<Vec<Limit>> {
    let (Some(value), Some(units)) = (list.column("hourly_limit"), list.column("limit_units"))
    else {
        let what =
            format!("code list `{}` has no columns `hourly_limit` and `limit_units`", at.text);
        notes.note(at.line, MistakeKind::CodeList, what, COLUMNS_HINT);
        return None;
    };
    let mut known = Vec::new();
    for row in &list.rows {
        let (value, units) = (row[value].as_str(), row[units].as_str());
        if value.is_empty() && units.is_empty() {
            continue;
        }
        let units: Vec<String> = units.split('|').map(str::to_owned).collect();
        if !is_decimal(value) || units.iter().any(String::is_empty) {
            let what = format!(
                "code list `{}` gives `{}` the limit `{}` in `{}`",
                at.text,
                shown(&row[0]),
                shown(value),
                shown(&units.join("|"))
            );
            let hint = "write a number and its units, or leave both empty";
            notes.note(at.line, MistakeKind::CodeList, what, hint);
            return None;
        }
        known.push(Limit { parameter: row[0].clone(), units, value: value.to_owned() });
    }
    Some(known)
}

/// `350`, `0.05`: digits with at most one point between them.
fn is_decimal(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    [whole, decimals]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
