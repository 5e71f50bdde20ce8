//! Rules between the columns of a row. One whose columns are null or absent has nothing to judge,
//! except where null is the breach.

use sha2::{Digest, Sha256};

use super::geometry::{Bounds, Shape};
use super::value::{self, Range};
use super::{Breach, RuleCode, time};
use crate::array;
use crate::row::{Cell, Row};

#[derive(Clone, Debug)]
pub(crate) enum RowRule {
    /// A row whose `column` holds anything but `allowed` is secret: it must not leave its department,
    /// and what arrives of it is kept nowhere.
    Secret {
        column: usize,
        allowed: Vec<Box<str>>,
    },
    /// The value is one of the elements of an array column.
    Member {
        column: usize,
        of: usize,
    },
    /// `NNNNNNNNNN-NNN`, the code of a branch, needs its first ten digits in `parent`.
    BranchParent {
        code: usize,
        parent: usize,
    },
    /// `hash` is the SHA-256 of `content`, both bytea.
    Sha256 {
        hash: usize,
        content: usize,
    },
    Geometry(GeometryRule),
    Measurement(MeasurementRule),
    /// An instant lies in a window around another one.
    Window {
        column: usize,
        of: usize,
        before_us: i64,
        after_us: i64,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct GeometryRule {
    pub(crate) wkt: usize,
    /// Column of the reference system, and those it may name.
    pub(crate) srid: usize,
    pub(crate) srids: Vec<Box<str>>,
    /// Column of the area in square metres.
    pub(crate) area: usize,
    /// Where shapes of the first of `srids` lie.
    pub(crate) bounds: Bounds,
    pub(crate) max_vertices: usize,
}

/// A measured value, its parameter and unit: pairs and limits from a code list.
#[derive(Clone, Debug)]
pub(crate) struct MeasurementRule {
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

impl RowRule {
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, RowRule::Secret { .. })
    }

    /// The same rule over columns that stand elsewhere; None when one of its columns is not there.
    pub(crate) fn moved(&self, place: &dyn Fn(usize) -> Option<usize>) -> Option<RowRule> {
        let mut moved = self.clone();
        for column in moved.columns_mut() {
            *column = place(*column)?;
        }
        Some(moved)
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        match self {
            RowRule::Secret { column, .. } => vec![column],
            RowRule::Member { column, of } | RowRule::Window { column, of, .. } => {
                vec![column, of]
            }
            RowRule::BranchParent { code, parent } => vec![code, parent],
            RowRule::Sha256 { hash, content } => vec![hash, content],
            RowRule::Geometry(rule) => vec![&mut rule.wkt, &mut rule.srid, &mut rule.area],
            RowRule::Measurement(rule) => {
                vec![&mut rule.value, &mut rule.parameter, &mut rule.unit]
            }
        }
    }

    pub(crate) fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let (code, column) = match self {
            RowRule::Secret { column, allowed } => {
                // Null is no value that the contract allows; what isn't there can't be judged.
                let kept = match row.cell(*column) {
                    Cell::Text(text) => value::is_listed(allowed, text),
                    Cell::Null => false,
                    Cell::Absent(_) => true,
                };
                (if kept { Ok(()) } else { Err(RuleCode::Secret) }, *column)
            }
            RowRule::Member { column, of } => (member(row, *column, *of), *column),
            RowRule::BranchParent { code, parent } => (branch_parent(row, *code, *parent), *parent),
            RowRule::Sha256 { hash, content } => (sha256(row, *hash, *content), *hash),
            RowRule::Geometry(rule) => (rule.check(row), rule.wkt),
            RowRule::Measurement(rule) => return rule.check(row),
            RowRule::Window {
                column,
                of,
                before_us,
                after_us,
            } => (window(row, *column, *of, *before_us, *after_us), *column),
        };
        code.map_err(|code| Breach {
            code,
            column: Some(column),
        })
    }

    pub(crate) fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        match self {
            RowRule::Secret { column, allowed } => {
                format!(
                    "a row is secret unless {} is {}",
                    name(*column),
                    allowed.join(" or ")
                )
            }
            RowRule::Member { column, of } => format!("{} is one of {}", name(*column), name(*of)),
            RowRule::BranchParent { code, parent } => {
                format!(
                    "a branch code in {} has its first ten digits in {}",
                    name(*code),
                    name(*parent)
                )
            }
            RowRule::Sha256 { hash, content } => {
                format!("{} is the SHA-256 of {}", name(*hash), name(*content))
            }
            RowRule::Geometry(rule) => format!(
                "{} is a simple polygon of at most {} vertices in the province, its area within 1 % or 5 m² of {}, {} one of {}",
                name(rule.wkt),
                rule.max_vertices,
                name(rule.area),
                name(rule.srid),
                rule.srids.join(", ")
            ),
            RowRule::Measurement(rule) => format!(
                "{}, {} and {} agree with {}",
                name(rule.parameter),
                name(rule.unit),
                name(rule.value),
                rule.list
            ),
            RowRule::Window {
                column,
                of,
                before_us,
                after_us,
            } => format!(
                "{} is at most {} before and {} after {}",
                name(*column),
                in_words(*before_us),
                in_words(*after_us),
                name(*of)
            ),
        }
    }
}

fn in_words(span_us: i64) -> String {
    match span_us / 1_000_000 {
        seconds if seconds % 86_400 == 0 => format!("{} days", seconds / 86_400),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

fn member(row: Row<'_>, column: usize, of: usize) -> Result<(), RuleCode> {
    let Some(value) = row.cell(column).text() else {
        return Ok(());
    };
    let list = match row.cell(of) {
        Cell::Text(list) => list,
        Cell::Null => return Err(RuleCode::CrossField),
        Cell::Absent(_) => return Ok(()),
    };
    // Blanks at the end are `char(n)`'s padding, as everywhere in rules.
    let value = value.trim_end_matches(' ');
    let found = array::elements(list).any(
        |element| matches!(element, Ok(Some(element)) if element.trim_end_matches(' ') == value),
    );
    if found {
        Ok(())
    } else {
        Err(RuleCode::CrossField)
    }
}

fn branch_parent(row: Row<'_>, code: usize, parent: usize) -> Result<(), RuleCode> {
    let Some((enterprise, _)) = row.cell(code).text().and_then(|code| code.split_once('-')) else {
        return Ok(());
    };
    match row.cell(parent) {
        Cell::Absent(_) => Ok(()),
        Cell::Text(parent) if parent == enterprise => Ok(()),
        Cell::Text(_) | Cell::Null => Err(RuleCode::CrossField),
    }
}

fn sha256(row: Row<'_>, hash: usize, content: usize) -> Result<(), RuleCode> {
    let (Some(hash), Some(content)) = (row.cell(hash).text(), row.cell(content).text()) else {
        return Ok(());
    };
    let (Some(stated), Some(octets)) = (value::octets(hash), value::octets(content)) else {
        return Err(RuleCode::Format);
    };
    let mut hasher = Sha256::new();
    // Content can be tens of megabytes: hashed through a small buffer, not decoded as a whole.
    let mut buffer = [0_u8; 4096];
    let mut filled = 0;
    for octet in octets {
        buffer[filled] = octet.ok_or(RuleCode::Format)?;
        filled += 1;
        if filled == buffer.len() {
            hasher.update(buffer);
            filled = 0;
        }
    }
    hasher.update(&buffer[..filled]);
    let equal = stated.eq(hasher.finalize().iter().map(|octet| Some(*octet)));
    if equal {
        Ok(())
    } else {
        Err(RuleCode::CrossField)
    }
}

fn window(
    row: Row<'_>,
    column: usize,
    of: usize,
    before_us: i64,
    after_us: i64,
) -> Result<(), RuleCode> {
    let (Some(instant), Some(anchor)) = (row.cell(column).text(), row.cell(of).text()) else {
        return Ok(());
    };
    // No plain instant (`infinity`, BC, year 10000): not near anything.
    let (Some(instant), Some(anchor)) = (time::instant_us(instant), time::instant_us(anchor))
    else {
        return Err(RuleCode::Range);
    };
    if (anchor - before_us..=anchor + after_us).contains(&instant) {
        Ok(())
    } else {
        Err(RuleCode::Range)
    }
}

impl GeometryRule {
    fn check(&self, row: Row<'_>) -> Result<(), RuleCode> {
        let srid = match row.cell(self.srid) {
            Cell::Text(srid) if self.srids.iter().any(|known| known.as_ref() == srid) => Some(srid),
            Cell::Absent(_) => None,
            Cell::Text(_) | Cell::Null => return Err(RuleCode::Geometry),
        };
        let Some(wkt) = row.cell(self.wkt).text() else {
            return Ok(());
        };
        let shape = Shape::parse(wkt, self.max_vertices).ok_or(RuleCode::Geometry)?;
        let main = self.srids.first().map(AsRef::as_ref);
        let in_place = srid.is_none() || srid != main || shape.lies_within(&self.bounds);
        if in_place && area_agrees(row.cell(self.area), &shape) && shape.is_simple() {
            Ok(())
        } else {
            Err(RuleCode::Geometry)
        }
    }
}

/// Within 1 % or 5 m², whichever is more: surveys and maps are rounded.
fn area_agrees(stated: Cell<'_>, shape: &Shape) -> bool {
    let Some(stated) = stated.text().and_then(value::number) else {
        return true;
    };
    let difference = (shape.area_m2() - stated).abs();
    difference <= 5.0 || difference <= 0.01 * stated
}

impl MeasurementRule {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let breach = |code, column| {
            Err(Breach {
                code,
                column: Some(column),
            })
        };
        let Some(code) = row.cell(self.parameter).text() else {
            return Ok(());
        };
        let Ok(place) = self
            .known
            .binary_search_by(|known| known.code.as_ref().cmp(code))
        else {
            return breach(RuleCode::CodeList, self.parameter);
        };
        let parameter = &self.known[place];
        if row
            .cell(self.unit)
            .text()
            .is_some_and(|unit| parameter.units.iter().all(|known| known.as_ref() != unit))
        {
            return breach(RuleCode::CodeList, self.unit);
        }
        match row.cell(self.value).text() {
            Some(value)
                if !value::number(value).is_some_and(|number| parameter.range.holds(number)) =>
            {
                breach(RuleCode::Range, self.value)
            }
            _ => Ok(()),
        }
    }
}
