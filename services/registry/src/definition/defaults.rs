//! Whether the defaults of a schema are values of their types, by Java's rules.

use serde_json::Value;

use super::{Definition, Fault, Type, TypeId};

/// Checks of one value against one type, over all defaults. Nested unions of records multiply, and a
/// hostile schema could multiply for ever; honest ones need a few thousand.
const MOST_CHECKS: u32 = 1_000_000;

pub(super) struct PendingDefault<'a> {
    pub(super) of: TypeId,
    pub(super) value: &'a Value,
    /// `record.field`, for the message.
    pub(super) field: String,
}

pub(super) fn check(definition: &Definition, defaults: &[PendingDefault<'_>]) -> Result<(), Fault> {
    let mut left = MOST_CHECKS;
    for default in defaults {
        if !fits(definition, default.of, default.value, &mut left)? {
            return Err(Fault::Invalid(format!(
                "the default of field `{}` is not of its type",
                default.field
            )));
        }
    }
    Ok(())
}

/// Every step but that into a union's branch goes one level down in the value, whose depth is limited.
fn fits(definition: &Definition, of: TypeId, value: &Value, left: &mut u32) -> Result<bool, Fault> {
    *left = left.checked_sub(1).ok_or(Fault::DefaultsTooComplex)?;
    let whole = |least: i64, most: i64| {
        value.as_i64().is_some_and(|number| (least..=most).contains(&number))
    };
    Ok(match definition.of(of) {
        Type::Null => value.is_null(),
        Type::Boolean => value.is_boolean(),
        Type::Int => whole(i64::from(i32::MIN), i64::from(i32::MAX)),
        Type::Long => whole(i64::MIN, i64::MAX),
        Type::Float | Type::Double => value.is_number(),
        Type::Bytes | Type::String | Type::Fixed { .. } | Type::Enum { .. } => value.is_string(),
        Type::Array(items) => match value {
            Value::Array(list) => all(list, |item| fits(definition, *items, item, left))?,
            _ => false,
        },
        Type::Map(values) => match value {
            Value::Object(map) => all(map.values(), |item| fits(definition, *values, item, left))?,
            _ => false,
        },
        // Any branch, as Avro 1.12 has it; before, only the first was allowed.
        Type::Union(branches) => {
            for branch in branches {
                if fits(definition, *branch, value, left)? {
                    return Ok(true);
                }
            }
            false
        }
        Type::Record { fields, .. } => match value {
            Value::Object(map) => all(fields, |field| match map.get(&field.name) {
                Some(inner) => fits(definition, field.of, inner, left),
                // Its own default is checked by itself.
                None => Ok(field.has_default),
            })?,
            _ => false,
        },
    })
}

fn all<T>(
    items: impl IntoIterator<Item = T>,
    mut test: impl FnMut(T) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    for item in items {
        if !test(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
