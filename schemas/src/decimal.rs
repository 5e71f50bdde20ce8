//! Decimal numbers, for rules and projections.

pub(crate) use bangioc_postgres_text::decimal::Decimal;
pub(crate) use bangioc_postgres_text::rounding::Grain;
