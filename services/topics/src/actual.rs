//! What the cluster and the registry hold now, as far as a plan asks.

use std::collections::BTreeMap;

use bangioc_feed::access::Right;
use bangioc_feed::admin::Authorizer;
use bangioc_schemas::class_memory::ClassMemory;

use crate::deployment::Deployment;
use crate::subjects::Version;

#[derive(Clone, Debug)]
pub struct Actual {
    pub cluster_id: String,
    pub authorizer: Authorizer,
    /// Every topic that we may see, ours or not; settings are known of ours only.
    pub topics: BTreeMap<String, ActualTopic>,
    pub rights: Vec<Right>,
    pub registry: Registry,
}

impl Actual {
    /// The registry did not answer, or was not asked, though the deployment has subjects there.
    pub(crate) fn lacks_subjects_of(&self, deployment: &Deployment) -> bool {
        matches!(self.registry, Registry::Silent) && !deployment.feeds.is_empty()
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ActualTopic {
    pub partitions: u32,
    pub replication: u32,
    pub configs: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub enum Registry {
    /// It doesn't answer yet: it needs its topic and its rights first, which come from here.
    Silent,
    /// By subject; a subject that isn't there has an empty entry or none.
    Read(BTreeMap<String, ActualSubject>),
}

/// How the schema that we want stands with its subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WantedSchema {
    /// It is the newest version.
    Latest,
    /// It is a version, and others came after it.
    Earlier,
    /// It is none, and the registry would take it as the next one.
    #[default]
    Taken,
    /// It is none, and readers of the versions that are there could not follow.
    Incompatible,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ActualSubject {
    pub latest: Option<Version>,
    pub wanted: WantedSchema,
    /// What its versions remember of each column's class; of a key nothing.
    pub classes: ClassMemory,
    /// The subject's own compatibility level, not the registry's default.
    pub level: Option<String>,
}
