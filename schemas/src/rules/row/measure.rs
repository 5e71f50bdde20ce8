//! Measured values: with their parameter and unit, and as fields of a JSON object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};

use super::check::{RowCheck, names};
use crate::row::Row;
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::value::{Range, describe_range, number};
use bangioc_postgres_text::decimal::Decimal;

/// Exact columns add up: those of `plus` less those of `minus` are `total`.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    pub(crate) plus: Vec<usize>,
    pub(crate) minus: Vec<usize>,
    pub(crate) total: usize,
}

impl Sum {
    /// None when a column is null or did not travel, and for what is no finite number.
    fn adds_up(&self, row: Row<'_>) -> Option<bool> {
        let read = |&column: &usize| Decimal::parse(row.cell(column).text()?);
        let all = |columns: &[usize]| columns.iter().map(read).collect::<Option<Vec<_>>>();
        let (plus, minus, total) = (all(&self.plus)?, all(&self.minus)?, read(&self.total)?);
        let parts = || plus.iter().chain(&minus).chain([&total]);
        let places = parts().map(Decimal::places).max()?;
        let sum = |of: &[Decimal<'_>]| -> Option<i128> {
            of.iter().map(|decimal| decimal.scaled(places)).sum()
        };
        Some(sum(&plus)? - sum(&minus)? == total.scaled(places)?)
    }
}

impl RowCheck for Sum {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        if self.adds_up(row) == Some(false) {
            Err(Breach::of(RuleCode::CrossField, self.total))
        } else {
            Ok(())
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        let parts = self.plus.iter_mut().chain(&mut self.minus);
        parts.chain([&mut self.total]).collect()
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({
            "sum": names(&self.plus, name),
            "minus": names(&self.minus, name),
            "equals": name(self.total),
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let signed = |columns: &[usize], sign: &str| -> Vec<String> {
            let term = |column: &usize| format!("{sign} {}", name(*column));
            columns.iter().map(term).collect()
        };
        let terms = [signed(&self.plus, "+"), signed(&self.minus, "-")].concat();
        let terms = terms.join(" ");
        let terms = terms.strip_prefix("+ ").unwrap_or(&terms);
        format!("{} is {terms}", name(self.total))
    }
}

/// A measured value, its parameter and unit: pairs and limits from a code list.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    pub(crate) value: usize,
    pub(crate) parameter: usize,
    pub(crate) unit: usize,
    pub(crate) list: String,
    /// Sorted by parameter.
    pub(crate) known: Vec<Parameter>,
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) code: Box<str>,
    pub(crate) units: Vec<Box<str>>,
    pub(crate) range: Range,
}

impl RowCheck for Measurement {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(code) = row.cell(self.parameter).text() else {
            return Ok(());
        };
        let Ok(place) = self.known.binary_search_by(|known| known.code.as_ref().cmp(code)) else {
            return Err(Breach::of(RuleCode::CodeList, self.parameter));
        };
        let parameter = &self.known[place];
        if row
            .cell(self.unit)
            .text()
            .is_some_and(|unit| parameter.units.iter().all(|known| known.as_ref() != unit))
        {
            return Err(Breach::of(RuleCode::CodeList, self.unit));
        }
        match row.cell(self.value).text() {
            Some(value) if !number(value).is_some_and(|number| parameter.range.holds(number)) => {
                Err(Breach::of(RuleCode::Range, self.value))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.value, &mut self.parameter, &mut self.unit]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let known = self.known.iter().map(|parameter| {
            let Parameter { code, units, range } = parameter;
            json!({ "parameter": code, "units": units, "range": range.form() })
        });
        json!({
            "measurement": name(self.value),
            "parameter": name(self.parameter),
            "unit": name(self.unit),
            "known": known.collect::<Vec<_>>(),
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!(
            "{}, {} and {} agree with {}",
            name(self.parameter),
            name(self.unit),
            name(self.value),
            self.list
        )
    }
}

/// Fields of a JSON object that are numbers lie in their ranges. What is no object, or no number, is
/// for the column's own rules.
#[derive(Clone, Debug)]
pub(crate) struct JsonNumbers {
    pub(crate) column: usize,
    pub(crate) fields: Vec<(String, Range)>,
}

impl RowCheck for JsonNumbers {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(text) = row.cell(self.column).text() else {
            return Ok(());
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        match reader.deserialize_map(Numbers(&self.fields)) {
            Ok(false) => Err(Breach::of(RuleCode::Range, self.column)),
            Ok(true) | Err(_) => Ok(()),
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let fields = self.fields.iter();
        let fields = fields.map(|(field, range)| (field.clone(), range.form()));
        let fields = fields.collect::<serde_json::Map<_, _>>();
        json!({ "json_numbers": name(self.column), "fields": fields })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(field, range)| format!("{field} {}", describe_range(*range)))
            .collect();
        format!("in {}: {}", name(self.column), fields.join(", "))
    }
}

/// Gives whether all fields hold.
struct Numbers<'a>(&'a [(String, Range)]);

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<bool, A::Error> {
        let mut hold = true;
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            match self.0.iter().find(|(field, _)| *field == key) {
                Some((_, range)) => {
                    let value: serde_json::Value = entries.next_value()?;
                    hold &= value.as_f64().is_none_or(|number| range.holds(number));
                }
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(hold)
    }
}
