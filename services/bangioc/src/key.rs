//! The key of one row as a person types it: an argument for each key column, in the contract's order. Or
//! `-`: a line each on stdin, for keys that must not stand in a shell's history.

use std::io::{self, BufRead as _};

use bangioc_schemas::contract::Contract;

use crate::usage::Refusal;

pub(crate) struct Key(Vec<String>);

impl Key {
    pub(crate) fn read(contract: &Contract, typed: Vec<String>) -> Result<Key, Refusal> {
        let columns: Vec<&str> =
            contract.key_columns().map(|column| column.name.as_str()).collect();
        let texts = if typed == ["-"] {
            let lines = io::stdin().lock().lines().take(columns.len());
            lines.collect::<Result<_, _>>().map_err(Refusal::NoKey)?
        } else {
            typed
        };
        if texts.len() == columns.len() {
            return Ok(Key(texts));
        }
        Err(Refusal::KeyColumns {
            dataset: contract.dataset.to_string(),
            columns: columns.join(", "),
            found: texts.len(),
        })
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.0
    }
}
