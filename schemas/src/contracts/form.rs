//! The form of what is public of a dataset: one text that says all on which it hangs, and is another when
//! other rows are public, or other columns or values of them. A capture keeps it and copies the open rows
//! anew when it is not the one that it kept; so each word here is chosen for ever, and no name of the code
//! is in it. `tests/forms` holds what earlier versions wrote: what stands there is only added to.

use serde_json::{Map, Value, json};

use crate::canonical;
use crate::contracts::contract::{Contract, OpenSide};

/// Of the code behind the words. Raise it when rows that pass, or values that are published, become other
/// ones though the contract stays as it is; then everything that is public is copied once more.
const MEANING: u32 = 1;

impl Contract {
    /// Canonical JSON (RFC 8785). None where nothing is public.
    pub fn public_form(&self) -> Option<String> {
        let OpenSide { contract: open, projection } = self.open.as_deref()?;
        let name = |column: usize| self.columns[column].name.clone();
        let keys: Vec<String> = self.key.iter().map(|&key| name(key)).collect();
        let columns = projection.outputs.iter().zip(&open.columns).map(|(output, column)| {
            let mut form = Map::new();
            form.insert("name".into(), json!(column.name));
            form.insert("type".into(), json!(column.column_type.to_string()));
            form.insert("of".into(), json!(name(output.column)));
            if let Some(transform) = &output.transform {
                form.insert("transform".into(), transform.form(&name));
            }
            Value::Object(form)
        });
        let form = json!({
            "meaning": MEANING,
            "key": keys,
            "latest_by": self.natural_key_latest_by.map(name),
            "rows": projection.filter.form(&name),
            "columns": columns.collect::<Vec<_>>(),
            // Of the whole row: one that breaks a rule is not public, whichever column it is about.
            "rules": self.rules.form(&name),
        });
        Some(canonical::text(&form))
    }
}
