//! The SQL that gives a resource's rows. Read from the row tables themselves: only they say whether a row
//! still misses columns, and such a row is never published.

use std::fmt::Write as _;

use bangioc_postgres_text::quoting::{literal, quoted};
use bangioc_schemas::contract::{Column, ColumnType, Contract};
use bangioc_schemas::names;
use bangioc_schemas::publication::{ColumnValues, HourlyMean, Limits};

/// Not deleted, nothing missing.
const WHOLE: &str = "not \"_deleted\" and \"_missing\" is null";

const MEAN: &str = "round(avg(\"n\"), 4)";

/// Every whole row, sorted by its key; text by its bytes, so that the order is the same everywhere.
pub(crate) fn rows(table: &str, columns: &[Column], key: &[usize]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let order: Vec<String> = key
        .iter()
        .map(|&i| {
            let collate = if columns[i].column_type.is_text() { " collate \"C\"" } else { "" };
            format!("{}{collate}", names[i])
        })
        .collect();
    format!(
        "copy (select {} from flow.{} where {WHOLE} order by {}) to stdout",
        names.join(", "),
        quoted(table),
        order.join(", ")
    )
}

/// A mean of every hour that has enough values. Summed as `numeric`: a sum of `float8` depends on the order
/// in which rows are met, and equal states must give equal files. An incomplete hour gives no row; a row of
/// its own for "not yet" would have to know the time of publishing.
pub(crate) fn hourly_mean(
    table: &str,
    contract: &Contract,
    mean: &HourlyMean,
    place: Option<&Contract>,
) -> String {
    let (value, at) = (quoted(&mean.value), quoted(&mean.at));
    let by: Vec<String> = mean.by.iter().map(|name| quoted(name)).collect();
    let only = filter(contract, &mean.filter);
    let groups = by.iter().fold(String::new(), |text, name| text + name + ", ");
    let order = by.iter().fold(String::new(), |text, name| text + name + "::text collate \"C\", ");
    let exceeds = mean.limits.as_ref().map(|limits| exceeds(limits, place)).unwrap_or_default();
    format!(
        "copy (select {groups}\"hour\", {MEAN}::float8, count(*){exceeds} from (\
         select {groups}date_trunc('hour', {at}) as \"hour\", {value}::numeric as \"n\" from flow.{table} \
         where {WHOLE} and isfinite({at}) and {value}::float8 > '-infinity' and {value}::float8 < 'infinity'{only}) m \
         group by {groups}\"hour\" having count(*) >= {needed} order by {order}\"hour\") to stdout",
        table = quoted(table),
        needed = needed(mean),
    )
}

/// Measurements without which an hour has no mean.
pub(crate) fn needed(mean: &HourlyMean) -> u32 {
    (1..=mean.expected)
        .find(|count| f64::from(*count) >= f64::from(mean.expected) * mean.at_least)
        .unwrap_or(mean.expected)
}

/// ` and (…)` for each condition, on columns of the contract's row table.
fn filter(contract: &Contract, conditions: &[ColumnValues]) -> String {
    let mut only = String::new();
    for condition in conditions {
        let column = quoted(&condition.column);
        let text = match contract.columns.iter().find(|known| known.name == condition.column) {
            Some(known) if known.column_type == ColumnType::Boolean => {
                format!("case when {column} then 't' when not {column} then 'f' end")
            }
            // The contract's values are without the blanks that `char(n)` travels with.
            Some(known) if known.column_type.is_text() => format!("rtrim({column}, ' ')"),
            _ => format!("{column}::text"),
        };
        let texts: Vec<String> =
            condition.values.iter().flatten().map(|text| literal(text)).collect();
        let mut any = Vec::new();
        if !texts.is_empty() {
            any.push(format!("{text} in ({})", texts.join(", ")));
        }
        if condition.values.contains(&None) {
            any.push(format!("{column} is null"));
        }
        let _ = write!(only, " and ({})", any.join(" or "));
    }
    only
}

/// A boolean of each mean that a limit is known for. It judges what is published, the rounded mean: a reader
/// who compares the two columns finds the same. `place` is the open side of what [`Limits::only`] names.
fn exceeds(limits: &Limits, place: Option<&Contract>) -> String {
    let trimmed = |column: &str| format!("rtrim({}, ' ')", quoted(column));
    let (parameter, unit) = (trimmed(&limits.parameter), trimmed(&limits.unit));
    let there = limits
        .only
        .as_ref()
        .zip(place)
        .map(|(only, place)| {
            let by = quoted(&only.by);
            format!(
                " and m.{by} in (select {by} from flow.{} where {WHOLE}{})",
                quoted(&names::store_table(&place.dataset)),
                filter(place, &only.filter)
            )
        })
        .unwrap_or_default();
    let cases = limits.known.iter().fold(String::new(), |text, limit| {
        let units: Vec<String> = limit.units.iter().map(|unit| literal(unit)).collect();
        format!(
            "{text} when {parameter} = {} and {unit} in ({}){there} then {MEAN} > {}::numeric",
            literal(&limit.parameter),
            units.join(", "),
            literal(&limit.value)
        )
    });
    if cases.is_empty() {
        return ", null::boolean".to_owned();
    }
    format!(", case{cases} end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_quarters_of_twelve_are_nine() {
        let mean = |expected, at_least| HourlyMean {
            value: "value".into(),
            at: "observed_at".into(),
            by: Vec::new(),
            expected,
            at_least,
            filter: Vec::new(),
            limits: None,
        };
        assert_eq!(needed(&mean(12, 0.75)), 9);
        assert_eq!(needed(&mean(1, 0.75)), 1);
        assert_eq!(needed(&mean(60, 1.0)), 60);
        assert_eq!(needed(&mean(10, 0.01)), 1);
    }
}
