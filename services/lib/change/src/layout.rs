//! A source table's columns → the contract's: which tuple position feeds which column, and what does
//! not fit.

use bangioc_schemas::contract::{ColumnType, Contract};
use bangioc_schemas::row::{Absence, Cell, RowBuf};

use crate::pgoutput::{Datum, RelationColumn, Tuple};

/// Types of PostgreSQL below this are built in and have the same id everywhere; enums, domains and
/// extensions' types lie above, and only the source itself knows what they are.
pub const FIRST_OWN_TYPE: u32 = 16_384;

#[derive(Clone, Debug)]
pub struct Layout {
    /// Per tuple position: the contract's column.
    places: Vec<Option<usize>>,
    columns: usize,
    /// Contract columns that the table lacks: indices into the contract's columns.
    pub missing: Vec<usize>,
    /// Contract columns whose type at the source is another one.
    pub mismatched: Vec<usize>,
    /// Tuple positions that the contract does not list.
    pub unlisted: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LayoutError {
    /// The tuple belongs to another shape of the table than the relation message announced.
    #[error("row has {found} columns, its table {expected}")]
    Width { found: usize, expected: usize },
    #[error("column {column} of the contract holds bytes that are not UTF-8")]
    TextUtf8 { column: usize },
}

impl Layout {
    /// `columns` as the relation message names them. A caller that knows what a domain is made of may
    /// put the base type's id in place of the domain's.
    pub fn new(contract: &Contract, columns: &[RelationColumn<'_>]) -> Layout {
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| contract.column_from(column.name)).collect();
        let fits = |position: usize, column: usize| {
            let source = &columns[position];
            type_fits(&contract.columns[column].column_type, source.type_id, source.type_modifier)
        };
        let listed = || {
            places.iter().enumerate().filter_map(|(position, column)| Some((position, (*column)?)))
        };
        let mismatched = listed()
            .filter(|(position, column)| !fits(*position, *column))
            .map(|(_, column)| column)
            .collect();
        let missing =
            (0..contract.columns.len()).filter(|column| !places.contains(&Some(*column))).collect();
        let unlisted = (0..places.len()).filter(|position| places[*position].is_none()).collect();
        Layout { columns: contract.columns.len(), missing, mismatched, unlisted, places }
    }

    /// The contract's columns, in the order in which the table has them. A column that takes another's name
    /// changes it.
    pub fn order(&self) -> impl Iterator<Item = usize> {
        self.places.iter().copied().flatten()
    }

    /// Does every column of the contract have its like at the source?
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.mismatched.is_empty()
    }

    /// Fills `row` with one cell per column of the contract. Columns that the table lacks are null.
    pub fn read(&self, tuple: Tuple<'_>, row: &mut RowBuf) -> Result<(), LayoutError> {
        if tuple.len() != self.places.len() {
            return Err(LayoutError::Width { found: tuple.len(), expected: self.places.len() });
        }
        row.reset(self.columns);
        for (place, datum) in self.places.iter().zip(tuple) {
            let Some(column) = *place else { continue };
            match datum {
                Datum::Null => {}
                Datum::Unchanged => row.set(column, Cell::Absent(Absence::Toast)),
                Datum::Text(bytes) => {
                    let text =
                        std::str::from_utf8(bytes).map_err(|_| LayoutError::TextUtf8 { column })?;
                    row.set(column, Cell::Text(text));
                }
            }
        }
        Ok(())
    }
}

/// Only built-in types can be told wrong; for the rest the source's own check speaks.
fn type_fits(column_type: &ColumnType, type_id: u32, type_modifier: i32) -> bool {
    if type_id >= FIRST_OWN_TYPE {
        return true;
    }
    match column_type {
        ColumnType::Smallint => type_id == 21,
        ColumnType::Integer => type_id == 23,
        ColumnType::Bigint => type_id == 20,
        ColumnType::Real => type_id == 700,
        ColumnType::Double => type_id == 701,
        ColumnType::Boolean => type_id == 16,
        ColumnType::Numeric { precision, scale } => {
            type_id == 1700 && numeric_modifier(*precision, *scale) == Some(type_modifier)
        }
        ColumnType::NumericAny => type_id == 1700,
        ColumnType::Date => type_id == 1082,
        ColumnType::Time => type_id == 1083,
        ColumnType::Timestamp => type_id == 1114,
        ColumnType::Timestamptz => type_id == 1184,
        ColumnType::Uuid => type_id == 2950,
        ColumnType::Json => type_id == 114,
        ColumnType::Jsonb => type_id == 3802,
        ColumnType::Bytea => type_id == 17,
        // text, char(n), varchar(n), name, "char": all are their text, as an enum's values are.
        ColumnType::Text { .. } | ColumnType::Enum { .. } => {
            matches!(type_id, 25 | 1042 | 1043 | 19 | 18)
        }
        ColumnType::Array(element) => element_type(type_id)
            .is_some_and(|element_id| type_fits(element, element_id, type_modifier)),
        // Travels as text whatever it is, but must not be a type that has a form of its own.
        ColumnType::Other { .. } => !matches!(
            type_id,
            16 | 17
                | 20
                | 21
                | 23
                | 114
                | 700
                | 701
                | 1082
                | 1083
                | 1114
                | 1184
                | 1700
                | 2950
                | 3802
        ),
    }
}

/// `atttypmod` of `numeric(p,s)`.
fn numeric_modifier(precision: u32, scale: u32) -> Option<i32> {
    i32::try_from(((precision << 16) | scale) + 4).ok()
}

/// An array type's element type, both built in.
fn element_type(array: u32) -> Option<u32> {
    Some(match array {
        1000 => 16,
        1001 => 17,
        1002 => 18,
        1003 => 19,
        1005 => 21,
        1007 => 23,
        1009 => 25,
        1014 => 1042,
        1015 => 1043,
        1016 => 20,
        1021 => 700,
        1022 => 701,
        1115 => 1114,
        1182 => 1082,
        1183 => 1083,
        1185 => 1184,
        1231 => 1700,
        199 => 114,
        2951 => 2950,
        3807 => 3802,
        1041 => 869,
        _ => return None,
    })
}
