//! PostgreSQL's texts: how it writes values, rows of COPY, names and literals. Read and written here and nowhere else.
//!
//! Reading is strict: it takes what PostgreSQL itself writes under the settings that our connections pin (ISO dates,
//! `extra_float_digits` 1, hexadecimal `bytea`), so what is read and written again is the same text. Where a reader
//! is wider than that, it says so.
//!
//! Pure, and at the bottom: knows no contract, no column and no wire format, imports nothing of ours.
//!
//! | file | text |
//! |---|---|
//! | [`array`] | `{a,"b c",NULL}` |
//! | [`bytea`] | `\x00ff` |
//! | [`civil`] | the calendar that dates and times are counted in |
//! | [`clock`] | `13:45:00.5` |
//! | [`copy`] | a line of COPY's text format, and its escapes |
//! | [`counting`] | the rows of a table, counted with and without an index |
//! | [`date`] | `2024-11-05`, `0044-03-15 BC` |
//! | [`decimal`] | `-12.50`: parsed, compared, written |
//! | [`float`] | `1e-07`, `NaN` |
//! | [`hex`] | `00ff` |
//! | [`integer`] | `-42` |
//! | [`quoting`] | `"a name"`, `'a literal'` |
//! | [`rounding`] | a decimal to the nearest multiple of 0.05 |
//! | [`timestamp`] | `2026-03-05 01:31:00.5+00` |
//! | [`uuid`] | 8-4-4-4-12 |

pub mod array;
mod ascii;
pub mod bytea;
pub mod civil;
pub mod clock;
pub mod copy;
pub mod counting;
mod cursor;
pub mod date;
pub mod decimal;
pub mod float;
pub mod hex;
pub mod integer;
pub mod quoting;
pub mod rounding;
pub mod timestamp;
pub mod uuid;
