//! What the value schema of a dataset remembers of its columns' classes. A class may become stricter at any
//! time; one that becomes weaker needs a statement in the contract, since what was shielded until now would
//! be shown to more people, or to everyone.
//!
//! The memory travels in the schema itself, as attributes that Avro's readers pass over: in the file beside
//! the contract, and in every version that the registry keeps.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::contracts::contract::{Class, Column};

/// Attribute of a field: its column's class.
const CLASS: &str = "bangioc.class";
/// Attribute of a field: the class that it had, who decided on the weaker one, and when.
const RECLASSIFIED: &str = "bangioc.reclassified";

pub(crate) fn put(column: &Column, field: &mut Value) {
    let Value::Object(field) = field else { return };
    field.insert(CLASS.into(), json!(column.class.as_str()));
    if let Some(stated) = &column.reclassified {
        let told = json!({ "from": stated.from.as_str(), "by": stated.by, "on": stated.on });
        field.insert(RECLASSIFIED.into(), told);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Remembered {
    class: Class,
    /// What a statement says that it was before.
    stated: Option<Class>,
}

/// By column. Empty for a schema from a time when nothing was remembered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassMemory {
    columns: BTreeMap<String, Remembered>,
}

impl ClassMemory {
    /// Of a value schema. Whatever is none remembers nothing.
    pub fn of(value_schema: &str) -> ClassMemory {
        let schema: Value = serde_json::from_str(value_schema).unwrap_or_default();
        let columns = row_fields(&schema).filter_map(|field| {
            let class = Class::parse(field.get(CLASS)?.as_str()?)?;
            let stated = || Class::parse(field.get(RECLASSIFIED)?.get("from")?.as_str()?);
            let remembered = Remembered { class, stated: stated() };
            Some((field.get("name")?.as_str()?.to_owned(), remembered))
        });
        ClassMemory { columns: columns.collect() }
    }

    /// Does it know all columns of `other`?
    pub fn covers(&self, other: &ClassMemory) -> bool {
        let mut columns = other.columns.keys();
        columns.all(|column| self.columns.contains_key(column))
    }

    /// Adds what only an older schema knew: a column that went and comes back has not lost its class.
    pub fn and_before(&mut self, older: ClassMemory) {
        for (column, remembered) in older.columns {
            self.columns.entry(column).or_insert(remembered);
        }
    }

    /// What `next` may not do after this, in the order of the columns' names.
    pub fn faults(&self, next: &ClassMemory) -> Vec<ClassFault> {
        let judged = next.columns.iter().filter_map(|(column, now)| {
            let fault = |was, kind| ClassFault { column: column.clone(), was, kind };
            let Some(was) = self.columns.get(column) else {
                // Where nothing is remembered, nothing can be held against a statement.
                let from = now.stated.filter(|_| !self.columns.is_empty())?;
                return Some(fault(None, MemoryKind::Untrue { from, is: now.class }));
            };
            match now.stated {
                None if now.class < was.class => {
                    Some(fault(Some(was.class), MemoryKind::Loosened { to: now.class }))
                }
                None => None,
                Some(from) if from == was.class => None,
                // Stated before, and true then.
                Some(from) if was.stated == Some(from) && now.class >= was.class => None,
                Some(from) => {
                    Some(fault(Some(was.class), MemoryKind::Untrue { from, is: now.class }))
                }
            }
        });
        judged.collect()
    }
}

/// The fields of the row inside the envelope.
fn row_fields(envelope: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let before = listed(envelope)
        .and_then(|fields| fields.iter().find(|field| field["name"] == "before"))
        .and_then(|before| before.get("type")?.as_array()?.last());
    let row = before.and_then(listed);
    row.into_iter().flatten().filter_map(Value::as_object)
}

fn listed(record: &Value) -> Option<&Vec<Value>> {
    record.get("fields")?.as_array()
}

/// A class that becomes weaker without a word, or a word that isn't true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassFault {
    pub column: String,
    /// None: the column is new.
    pub was: Option<Class>,
    kind: MemoryKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum MemoryKind {
    Loosened { to: Class },
    Untrue { from: Class, is: Class },
}

impl ClassFault {
    /// Page of both: `ops/errors/BG0715.md`.
    pub const CODE: &'static str = "BG0715";

    pub fn hint(&self) -> String {
        match (self.kind, self.was) {
            (MemoryKind::Loosened { .. }, Some(was)) => format!(
                "write `class: {}`; only if it was decided, say so at the column: `reclassified: {{ from: {}, by: the decision, on: its date }}`",
                was.as_str(),
                was.as_str()
            ),
            (MemoryKind::Untrue { is, .. }, Some(was)) if was > is => {
                format!("write `from: {}`", was.as_str())
            }
            (MemoryKind::Untrue { .. }, Some(_)) => {
                "remove `reclassified`: the class becomes no weaker".to_owned()
            }
            (MemoryKind::Loosened { .. } | MemoryKind::Untrue { .. }, None) => {
                "remove `reclassified`".to_owned()
            }
        }
    }
}

impl fmt::Display for ClassFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = &self.column;
        let was = self.was.map_or("new", Class::as_str);
        match self.kind {
            MemoryKind::Loosened { to } => {
                write!(f, "column `{column}` was {was} and would become {}", to.as_str())
            }
            MemoryKind::Untrue { from, .. } => write!(
                f,
                "column `{column}` was {was} so far, not {} as `reclassified` says",
                from.as_str()
            ),
        }
    }
}
