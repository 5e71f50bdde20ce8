//! What is known of a person: the number that holds sex and year of birth, and a birth date of which
//! only the year or the month is known.

use serde_json::{Value, json};

use super::check::{RowCheck, listed};
use crate::row::{Cell, Row};
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::time;

/// A 12-digit personal number agrees with sex and year of birth: its fourth digit is even for men and
/// odd for women and counts the centuries from 1900 in pairs, the next two are the year.
#[derive(Clone, Debug)]
pub(crate) struct PersonalId {
    pub(crate) id: usize,
    /// `M` or `F`.
    pub(crate) sex: Option<usize>,
    pub(crate) birth_date: Option<usize>,
    /// `dd/mm/yyyy`, `mm/yyyy` or `yyyy`.
    pub(crate) birth_text: Option<usize>,
}

impl RowCheck for PersonalId {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let text = |column: Option<usize>| column.and_then(|column| row.cell(column).text());
        let Some(number) = text(Some(self.id)).and_then(Number::read) else {
            return Ok(());
        };
        let sex_agrees = match text(self.sex).map(|sex| sex.trim_end_matches(' ')) {
            Some("M") => !number.female,
            Some("F") => number.female,
            Some(_) | None => true,
        };
        let date_agrees = text(self.birth_date)
            .is_none_or(|date| time::days(date).is_some() && year(&date[..4]) == Some(number.year));
        // A text of another form is for its own rule.
        let text_agrees = text(self.birth_text)
            .and_then(BirthText::read)
            .is_none_or(|text| text.year == number.year);
        if sex_agrees && date_agrees && text_agrees {
            Ok(())
        } else {
            Err(Breach::of(RuleCode::CrossField, self.id))
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        let others = [&mut self.sex, &mut self.birth_date, &mut self.birth_text];
        let mut columns = vec![&mut self.id];
        columns.extend(others.into_iter().flatten());
        columns
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({
            "personal_id": name(self.id),
            "sex": self.sex.map(name),
            "birth_date": self.birth_date.map(name),
            "birth_text": self.birth_text.map(name),
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let others: Vec<usize> =
            [self.sex, self.birth_date, self.birth_text].into_iter().flatten().collect();
        format!("a personal number in {} agrees with {}", name(self.id), listed(&others, name))
    }
}

struct Number {
    female: bool,
    year: u32,
}

impl Number {
    /// None for what isn't 12 digits: that is for the column's format.
    fn read(text: &str) -> Option<Number> {
        let digits = text.trim_end_matches(' ').as_bytes();
        if digits.len() != 12 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit = |place: usize| u32::from(digits[place] - b'0');
        Some(Number {
            female: digit(3) % 2 == 1,
            year: 1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5),
        })
    }
}

fn year(digits: &str) -> Option<u32> {
    let plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// `dd/mm/yyyy`, `mm/yyyy` or `yyyy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct BirthText<'a> {
    day: Option<&'a str>,
    month: Option<&'a str>,
    year: u32,
}

impl BirthText<'_> {
    fn read(text: &str) -> Option<BirthText<'_>> {
        let mut parts = text.trim_end_matches(' ').rsplitn(3, '/');
        let year = parts.next().and_then(year)?;
        let (month, day) = (parts.next(), parts.next());
        let two_digits = |part: &str, most: u32| {
            part.len() == 2
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
        };
        let sound = month.is_none_or(|month| two_digits(month, 12))
            && day.is_none_or(|day| two_digits(day, 31));
        sound.then_some(BirthText { day, month, year })
    }
}

/// A date known to the day, the month or the year, beside its text as it was written.
#[derive(Clone, Debug)]
pub(crate) struct PartialDate {
    pub(crate) date: usize,
    pub(crate) text: Option<usize>,
    /// `day`, `month`, `year` or `unknown`.
    pub(crate) precision: usize,
}

impl RowCheck for PartialDate {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(precision) = row.cell(self.precision).text() else {
            return Ok(());
        };
        let date = row.cell(self.date);
        let written = self.text.map(|column| row.cell(column));
        let date_is_null = matches!(date, Cell::Null | Cell::Absent(_));
        let text_has = |fits: &dyn Fn(BirthText<'_>) -> bool| match written {
            None | Some(Cell::Absent(_)) => true,
            Some(Cell::Text(text)) => BirthText::read(text).is_some_and(fits),
            Some(Cell::Null) => false,
        };
        let sound = match precision.trim_end_matches(' ') {
            "day" => match date {
                Cell::Text(date) => text_has(&|text| text.is_day(date)),
                Cell::Absent(_) => text_has(&|text| text.day.is_some()),
                Cell::Null => false,
            },
            "month" => date_is_null && text_has(&|text| text.month.is_some() && text.day.is_none()),
            "year" => date_is_null && text_has(&|text| text.month.is_none()),
            "unknown" => date_is_null,
            // Another precision is for the column's values.
            _ => true,
        };
        if sound { Ok(()) } else { Err(Breach::of(RuleCode::CrossField, self.date)) }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        let mut columns = vec![&mut self.date, &mut self.precision];
        columns.extend(&mut self.text);
        columns
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({
            "partial_date": name(self.date),
            "text": self.text.map(name),
            "precision": name(self.precision),
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let text = self.text.map(|text| format!(" and {}", name(text))).unwrap_or_default();
        format!("{}{text} are as exact as {} says", name(self.date), name(self.precision))
    }
}

impl BirthText<'_> {
    /// The same day as PostgreSQL's text of a date.
    fn is_day(&self, date: &str) -> bool {
        let (Some(day), Some(month)) = (self.day, self.month) else {
            return false;
        };
        date == format!("{:04}-{month}-{day}", self.year)
    }
}
