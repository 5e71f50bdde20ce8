//! Dates, times and instants: their order, how far they are apart, and codes made from them.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::check::{RowCheck, listed, names};
use crate::row::Row;
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::time;
use crate::rules::value::number;
use bangioc_postgres_text::decimal::Decimal;

/// Each column is at least the one before it; nulls are left out of the row of them.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) columns: Vec<usize>,
    pub(crate) scale: Scale,
}

/// What the columns of an order are measured on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scale {
    Number,
    Date,
    /// `time`
    Clock,
    Timestamp,
    Timestamptz,
}

impl Scale {
    /// None when one of them has no place on the scale: NaN.
    fn compare(self, left: &str, right: &str) -> Option<Ordering> {
        let by = |place: fn(&str) -> Option<i64>| Some(place(left)?.cmp(&place(right)?));
        match self {
            Scale::Number => match (Decimal::parse(left), Decimal::parse(right)) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => number(left)?.partial_cmp(&number(right)?),
            },
            Scale::Date => by(time::day),
            Scale::Clock => by(time::clock_us),
            Scale::Timestamp => by(time::local_us),
            Scale::Timestamptz => by(time::any_instant_us),
        }
    }
}

impl RowCheck for Order {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let mut before: Option<&str> = None;
        for &column in &self.columns {
            let Some(text) = row.cell(column).text() else {
                continue;
            };
            if let Some(before) = before
                && !matches!(
                    self.scale.compare(before, text),
                    Some(Ordering::Less | Ordering::Equal)
                )
            {
                return Err(Breach::of(RuleCode::CrossField, column));
            }
            before = Some(text);
        }
        Ok(())
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        self.columns.iter_mut().collect()
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let scale = match self.scale {
            Scale::Number => "number",
            Scale::Date => "date",
            Scale::Clock => "time",
            Scale::Timestamp => "timestamp",
            Scale::Timestamptz => "timestamptz",
        };
        json!({ "order": names(&self.columns, name), "scale": scale })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} in this order", listed(&self.columns, name))
    }
}

/// An instant lies in a window around another one.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) column: usize,
    pub(crate) of: usize,
    pub(crate) before_us: i64,
    pub(crate) after_us: i64,
}

impl RowCheck for Window {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let (Some(instant), Some(anchor)) =
            (row.cell(self.column).text(), row.cell(self.of).text())
        else {
            return Ok(());
        };
        // No plain instant (`infinity`, BC, year 10000): not near anything.
        let near = time::instant_us(instant).zip(time::instant_us(anchor)).is_some_and(
            |(instant, anchor)| {
                (anchor - self.before_us..=anchor + self.after_us).contains(&instant)
            },
        );
        if near { Ok(()) } else { Err(Breach::of(RuleCode::Range, self.column)) }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column, &mut self.of]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({
            "window": name(self.column),
            "of": name(self.of),
            "before_us": self.before_us,
            "after_us": self.after_us,
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!(
            "{} is at most {} before and {} after {}",
            name(self.column),
            in_words(self.before_us),
            in_words(self.after_us),
            name(self.of)
        )
    }
}

fn in_words(span_us: i64) -> String {
    match span_us / 1_000_000 {
        seconds if seconds % 86_400 == 0 => format!("{} days", seconds / 86_400),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

/// The six digits after the first `-` of a record's code are the day, yymmdd, of an instant, by Cao
/// Bang's clock.
#[derive(Clone, Debug)]
pub(crate) struct RecordDate {
    pub(crate) code: usize,
    pub(crate) of: usize,
}

impl RowCheck for RecordDate {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let (Some(code), Some(instant)) = (row.cell(self.code).text(), row.cell(self.of).text())
        else {
            return Ok(());
        };
        let written =
            code.split_once('-').and_then(|(_, rest)| rest.get(..6)).and_then(time::day_of_yymmdd);
        let day = time::instant_us(instant).map(time::local_day);
        if written.is_some() && written == day {
            Ok(())
        } else {
            Err(Breach::of(RuleCode::CrossField, self.code))
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.code, &mut self.of]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "record_date": name(self.code), "of": name(self.of) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("the date inside {} is the day of {}", name(self.code), name(self.of))
    }
}

/// `2026-2027`: the second year follows the first.
#[derive(Clone, Debug)]
pub(crate) struct ConsecutiveYears {
    pub(crate) column: usize,
}

impl RowCheck for ConsecutiveYears {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(text) = row.cell(self.column).text() else {
            return Ok(());
        };
        let follows = text
            .trim_end_matches(' ')
            .split_once('-')
            .and_then(|(first, second)| {
                Some((first.parse::<u16>().ok()?, second.parse::<u16>().ok()?))
            })
            .is_some_and(|(first, second)| first.checked_add(1) == Some(second));
        if follows { Ok(()) } else { Err(Breach::of(RuleCode::CrossField, self.column)) }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "consecutive_years": name(self.column) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} names two years in a row", name(self.column))
    }
}
