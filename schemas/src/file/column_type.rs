//! Reading the type of a column as contracts write it: PostgreSQL's own names, `enum <type name>` for
//! an enum, `<type>[]` for an array.

use crate::column_type::ColumnType;
use crate::source_name::{source_fault, source_name};

/// Types that travel as PostgreSQL's text and have a name that the store knows as well.
const AS_TEXT: [&str; 16] = [
    "interval",
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "timetz",
    "bit",
    "varbit",
    "daterange",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "xml",
    "tsvector",
];

pub(crate) struct WrittenType {
    pub(crate) column_type: ColumnType,
    /// `char(n)`: padded with blanks by PostgreSQL.
    pub(crate) padded: bool,
}

/// None when it is no type that we carry.
pub(crate) fn parse(text: &str) -> Option<WrittenType> {
    if let Some(element) = text.strip_suffix("[]") {
        let element = parse(element)?;
        let one_dimension = !matches!(element.column_type, ColumnType::Array(_));
        return one_dimension.then(|| WrittenType {
            column_type: ColumnType::Array(Box::new(element.column_type)),
            padded: element.padded,
        });
    }
    let column_type = match text {
        "smallint" => ColumnType::Smallint,
        "integer" => ColumnType::Integer,
        "bigint" => ColumnType::Bigint,
        "real" => ColumnType::Real,
        "double precision" => ColumnType::Double,
        "boolean" => ColumnType::Boolean,
        "numeric" => ColumnType::NumericAny,
        "date" => ColumnType::Date,
        "time" => ColumnType::Time,
        "timestamp" => ColumnType::Timestamp,
        "timestamptz" => ColumnType::Timestamptz,
        "uuid" => ColumnType::Uuid,
        "json" => ColumnType::Json,
        "jsonb" => ColumnType::Jsonb,
        "bytea" => ColumnType::Bytea,
        "text" => ColumnType::Text { max_chars: None },
        name if AS_TEXT.contains(&name) => ColumnType::Other { name: name.to_owned() },
        _ => parameterised(text)?,
    };
    Some(WrittenType { column_type, padded: text.starts_with("char(") })
}

fn parameterised(text: &str) -> Option<ColumnType> {
    if let Some(name) = text.strip_prefix("enum ") {
        let name = source_name(name)?;
        return source_fault(&name).is_none().then_some(ColumnType::Enum { name });
    }
    let (name, rest) = text.split_once('(')?;
    let numbers: Vec<u32> = rest
        .strip_suffix(')')?
        .split(',')
        .map(|number| number.trim().parse().ok())
        .collect::<Option<_>>()?;
    match (name, numbers.as_slice()) {
        ("varchar" | "char", &[limit @ 1..=10_485_760]) => {
            Some(ColumnType::Text { max_chars: Some(limit) })
        }
        ("bit" | "varbit", &[1..=83_886_080]) => Some(ColumnType::Other { name: text.to_owned() }),
        ("numeric", &[precision @ 1..=1000]) => Some(ColumnType::Numeric { precision, scale: 0 }),
        ("numeric", &[precision @ 1..=1000, scale]) if scale <= precision => {
            Some(ColumnType::Numeric { precision, scale })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_back_as_they_were_written() {
        for text in [
            "smallint",
            "integer",
            "bigint",
            "real",
            "double precision",
            "boolean",
            "numeric",
            "numeric(12,1)",
            "numeric(18,0)",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "uuid",
            "json",
            "jsonb",
            "bytea",
            "text",
            "varchar(40)",
            "enum parcel_status",
            "text[]",
            "numeric(4,2)[]",
            "inet",
            "bit",
            "bit(8)",
            "varbit(12)",
        ] {
            assert_eq!(parse(text).unwrap().column_type.to_string(), text);
        }
        assert!(parse("char(5)").unwrap().padded);
        assert_eq!(
            parse("numeric(18)").unwrap().column_type,
            ColumnType::Numeric { precision: 18, scale: 0 }
        );
    }

    #[test]
    fn other_types_are_refused() {
        for bad in [
            "",
            "int",
            "string",
            "varchar",
            "varchar(0)",
            "numeric(2,3)",
            "numeric(0)",
            "text[][]",
            "enum",
            "enum ",
            "enum \"a",
            "money",
            "varchar(9) ",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
