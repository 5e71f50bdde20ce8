//! Subjects of the registry: a key schema stands for ever, a value schema may gain optional columns.

use bangioc_schemas::class_memory::{ClassFault, ClassMemory};

use super::{Action, Kind, Line};
use crate::actual::{ActualSubject, Registry, WantedSchema};
use crate::deployment::Deployment;
use crate::wanted::{self, COMPATIBILITY, SubjectKind, WantedSubject};

pub(super) fn lines(deployment: &Deployment, registry: &Registry) -> Vec<Line> {
    let Registry::Read(found) = registry else {
        return Vec::new();
    };
    let absent = ActualSubject::default();
    wanted::subjects(deployment)
        .iter()
        .flat_map(|subject| {
            let found = found.get(&subject.name).unwrap_or(&absent);
            let loosened = loosened(subject, found);
            // Registered, a weaker class would be what is remembered.
            let schema = loosened.is_empty().then(|| schema(subject, found));
            level(subject, found).into_iter().chain(loosened).chain(schema.flatten())
        })
        .collect()
}

fn level(subject: &WantedSubject, found: &ActualSubject) -> Option<Line> {
    let action = Action::SetLevel { subject: subject.name.clone() };
    let change = format!("set compatibility {}", COMPATIBILITY.as_str());
    match found.level.as_deref() {
        Some(level) if level == COMPATIBILITY.as_str() => None,
        None => {
            let reason = "old readers and old records stay readable";
            Some(Line::safe(&subject.group, Kind::Subject, &subject.name, change, reason, action))
        }
        Some(other) => {
            let reason = format!("somebody set it to {other}");
            let line = Line::review(&subject.group, Kind::Subject, &subject.name, change, reason);
            Some(Line { action: Some(action), ..line })
        }
    }
}

/// Columns whose class would become weaker than it was when the contract was applied last.
fn loosened(subject: &WantedSubject, found: &ActualSubject) -> Vec<Line> {
    let wanted = ClassMemory::of(&subject.schema);
    let faults = found.classes.faults(&wanted);
    let line = |fault: ClassFault| {
        let reason = format!("{fault}; {}", fault.hint());
        let (group, name) = (&subject.group, &subject.name);
        let change = "class differs";
        Line::refuse(group, Kind::Subject, name, change, reason, ClassFault::CODE)
    };
    faults.into_iter().map(line).collect()
}

fn schema(subject: &WantedSubject, found: &ActualSubject) -> Option<Line> {
    let register =
        || Action::Register { subject: subject.name.clone(), schema: subject.schema.clone() };
    let safe = |change: String, reason| {
        Some(Line::safe(&subject.group, Kind::Subject, &subject.name, change, reason, register()))
    };
    let refuse = |reason: &str, code| {
        Some(Line::refuse(
            &subject.group,
            Kind::Subject,
            &subject.name,
            "schema differs",
            reason.to_owned(),
            code,
        ))
    };
    let Some(newest) = found.latest else {
        return safe("register version 1".to_owned(), "the contract's schema");
    };
    match (found.wanted, subject.kind) {
        (WantedSchema::Latest, _) => None,
        (WantedSchema::Earlier, _) => {
            let change =
                format!("latest is version {}, the contract's is an earlier one", newest.number);
            let reason =
                "a later contract was applied before, or somebody registered by hand".to_owned();
            Some(Line::review(&subject.group, Kind::Subject, &subject.name, change, reason))
        }
        (WantedSchema::Taken | WantedSchema::Incompatible, SubjectKind::Key) => refuse(
            "a key has one schema for ever: another one sends its rows to other partitions; make another dataset",
            "BG0135",
        ),
        (WantedSchema::Taken, SubjectKind::Value) => safe(
            format!("register version {}", newest.number + 1),
            "the contract changed, and every reader can follow",
        ),
        (WantedSchema::Incompatible, SubjectKind::Value) => refuse(
            "readers of what is registered could not follow: only optional columns may come or go",
            "BG0136",
        ),
    }
}
