//! Looks at cluster and registry; changes nothing.

use std::collections::BTreeMap;

use bangioc_feed::admin::Admin;
use bangioc_runtime::failure::{BoxFailure, Class};
use bangioc_schemas::class_memory::ClassMemory;

use crate::actual::{Actual, ActualSubject, ActualTopic, Registry, WantedSchema};
use crate::deployment::Deployment;
use crate::subjects::{FoundVersion, Subjects};
use crate::wanted::{self, SubjectKind, WantedSubject};

/// Both.
pub fn observe(
    admin: &Admin,
    subjects: &dyn Subjects,
    deployment: &Deployment,
) -> Result<Actual, BoxFailure> {
    Ok(Actual { registry: registry(subjects, deployment)?, ..kafka(admin, deployment)? })
}

/// The cluster alone, as if the registry were silent.
pub fn kafka(admin: &Admin, deployment: &Deployment) -> Result<Actual, BoxFailure> {
    // First, since it also checks that we may look at all.
    let rights = admin.rights()?;
    let mut topics: BTreeMap<_, _> = admin
        .topics()?
        .into_iter()
        .map(|topic| {
            let found = ActualTopic {
                partitions: topic.partitions,
                replication: topic.replication,
                configs: BTreeMap::new(),
            };
            (topic.name, found)
        })
        .collect();
    let wanted = wanted::topics(deployment);
    let present: Vec<_> = wanted
        .iter()
        .map(|topic| topic.name.as_str())
        .filter(|name| topics.contains_key(*name))
        .collect();
    for (name, configs) in admin.topic_configs(&present)? {
        if let Some(topic) = topics.get_mut(&name) {
            topic.configs = configs;
        }
    }
    Ok(Actual {
        cluster_id: admin.cluster_id()?,
        authorizer: admin.authorizer()?,
        topics,
        rights,
        registry: Registry::Silent,
    })
}

/// A registry that can't be reached is no failure: on the first day it waits for what we make.
pub(crate) fn registry(
    subjects: &dyn Subjects,
    deployment: &Deployment,
) -> Result<Registry, BoxFailure> {
    let mut found = BTreeMap::new();
    for subject in wanted::subjects(deployment) {
        match look(subjects, &subject) {
            Ok(state) => found.insert(subject.name, state),
            Err(failure) if failure.class() == Class::Retry => return Ok(Registry::Silent),
            Err(failure) => return Err(failure),
        };
    }
    Ok(Registry::Read(found))
}

fn look(subjects: &dyn Subjects, subject: &WantedSubject) -> Result<ActualSubject, BoxFailure> {
    let (name, schema) = (subject.name.as_str(), subject.schema.as_str());
    let latest = subjects.latest(name)?;
    let level = subjects.level(name)?;
    let Some(registered) = latest else {
        return Ok(ActualSubject { level, ..ActualSubject::default() });
    };
    let newest = registered.version;
    let classes = match subject.kind {
        SubjectKind::Key => ClassMemory::default(),
        SubjectKind::Value => classes(subjects, subject, &registered)?,
    };
    let wanted = match subjects.look_up(name, schema)? {
        Some(id) if id == newest.id => WantedSchema::Latest,
        Some(_) => WantedSchema::Earlier,
        None if subjects.takes(name, schema)? => WantedSchema::Taken,
        None => WantedSchema::Incompatible,
    };
    Ok(ActualSubject { latest: Some(newest), wanted, classes, level })
}

/// Of the newest version; of older ones too while some wanted column is in none that was read: one that
/// went and comes back must not have lost its class on the way.
fn classes(
    subjects: &dyn Subjects,
    subject: &WantedSubject,
    newest: &FoundVersion,
) -> Result<ClassMemory, BoxFailure> {
    let wanted = ClassMemory::of(&subject.schema);
    let mut classes = ClassMemory::of(&newest.schema);
    for number in (1..newest.version.number).rev() {
        if classes.covers(&wanted) {
            break;
        }
        if let Some(schema) = subjects.schema(&subject.name, number)? {
            classes.and_before(ClassMemory::of(&schema));
        }
    }
    Ok(classes)
}

#[cfg(test)]
mod tests;
