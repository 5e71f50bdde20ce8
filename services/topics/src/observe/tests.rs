//! What is remembered of columns' classes, by a registry that holds a few versions.

use std::sync::Mutex;

use bangioc_feed::registry::CompatibilityLevel;

use super::*;
use crate::subjects::Version;
use crate::wanted::Group;

/// Columns and classes of each version, the first first; which were read.
struct Versions(Vec<&'static str>, Mutex<Vec<u32>>);

/// `a:open b:internal` → as much of a value schema as says so.
fn schema(columns: &str) -> String {
    let fields: Vec<String> = columns
        .split_whitespace()
        .filter_map(|column| column.split_once(':'))
        .map(|(name, class)| {
            format!(r#"{{"name":"{name}","type":"string","bangioc.class":"{class}"}}"#)
        })
        .collect();
    let row = format!(r#"{{"type":"record","name":"Value","fields":[{}]}}"#, fields.join(","));
    format!(r#"{{"fields":[{{"name":"before","type":["null",{row}]}}]}}"#)
}

impl Subjects for Versions {
    fn latest(&self, _: &str) -> Result<Option<FoundVersion>, BoxFailure> {
        let number = u32::try_from(self.0.len()).expect("a few");
        Ok(self.0.last().map(|columns| FoundVersion {
            version: Version { number, id: number },
            schema: schema(columns),
        }))
    }

    fn schema(&self, _: &str, number: u32) -> Result<Option<String>, BoxFailure> {
        self.1.lock().expect("alone").push(number);
        let at = usize::try_from(number).expect("small") - 1;
        Ok(self.0.get(at).map(|columns| schema(columns)))
    }

    fn look_up(&self, _: &str, _: &str) -> Result<Option<u32>, BoxFailure> {
        Ok(None)
    }

    fn takes(&self, _: &str, _: &str) -> Result<bool, BoxFailure> {
        Ok(true)
    }

    fn level(&self, _: &str) -> Result<Option<String>, BoxFailure> {
        Ok(None)
    }

    fn set_level(&self, _: &str, _: CompatibilityLevel) -> Result<(), BoxFailure> {
        Ok(())
    }

    fn register(&self, _: &str, _: &str) -> Result<(), BoxFailure> {
        Ok(())
    }
}

/// Columns that may not be as wanted, and which older versions were read for it.
fn loosened(versions: &[&'static str], wanted: &str) -> (Vec<String>, Vec<u32>) {
    let registry = Versions(versions.to_vec(), Mutex::default());
    let subject = WantedSubject {
        group: Group::Deployment,
        name: "s-value".into(),
        kind: SubjectKind::Value,
        schema: schema(wanted),
    };
    let found = look(&registry, &subject).expect("it answers");
    let faults = found.classes.faults(&ClassMemory::of(&subject.schema));
    let columns = faults.into_iter().map(|fault| fault.column).collect();
    (columns, registry.1.into_inner().expect("alone"))
}

#[test]
fn the_newest_version_tells_of_the_columns_that_it_has() {
    let none: (Vec<String>, Vec<u32>) = (vec![], vec![]);
    assert_eq!(loosened(&[], "a:open"), none);
    assert_eq!(loosened(&["a:personal", "a:open"], "a:open"), none);
    assert_eq!(loosened(&["a:open"], "a:personal"), none);
    let (columns, read) = loosened(&["a:open", "a:personal b:open"], "a:internal b:open");
    assert_eq!((columns, read), (vec!["a".to_owned()], vec![]));
}

#[test]
fn older_versions_tell_of_a_column_that_comes_back() {
    let versions = ["a:personal b:open", "a:sensitive b:open", "b:open", "b:open"];
    let (columns, read) = loosened(&versions, "a:personal b:open");
    assert_eq!(columns, ["a"], "sensitive when it went");
    assert_eq!(read, [3, 2], "no further than needed");
    assert_eq!(loosened(&versions, "a:sensitive b:open").0.len(), 0);
    assert_eq!(loosened(&versions, "b:open c:open").0.len(), 0);
}
