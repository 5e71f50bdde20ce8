//! Contracts to topics, subjects and access rights: `bangioc topic plan`, `apply`, `list`.
//!
//! ```text
//! contracts ─▶ deployment ─▶ wanted, principals ─┐
//!                                                ├─▶ plan (pure) ─▶ apply ─▶ look again
//! cluster, registry ─▶ observe ─▶ actual ────────┘
//! ```
//!
//! - [`deployment`]: datasets under one prefix, from the contracts
//! - [`wanted`]: every topic with its settings, every subject with its schema
//! - [`principals`]: who may do what, and why
//! - [`actual`], [`observe`]: what is there
//! - [`plan`]: the difference, each line SAFE, REVIEW or REFUSE
//! - [`apply`]: does it, resumably
//! - [`listing`], [`text`]: for people and programs
//!
//! It promises: nothing is ever deleted or taken away; what others own is not touched; a second run
//! finds nothing to do. It refuses what would lose, move or expose rows.
//!
//! All of it blocks: from async code, call it through `tokio::task::spawn_blocking`.

pub mod actual;
pub mod apply;
pub mod deployment;
pub mod error;
pub mod listing;
pub mod observe;
pub mod plan;
pub mod principals;
mod registry;
pub mod subjects;
pub mod text;
pub mod wanted;

use bangioc_feed::KafkaSettings;
use bangioc_feed::admin::Admin;
use bangioc_feed::registry::{RegistryClient, RegistrySettings};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::shutdown::Shutdown;

use crate::error::TopicsError;

pub use apply::{Consent, Extent, Report};
pub use deployment::Deployment;
pub use listing::Listing;
pub use plan::{Line, Plan, Verdict};
pub use subjects::Subjects;

/// The tool, connected.
pub struct Topics {
    admin: Admin,
    subjects: Box<dyn Subjects>,
    registry: String,
    deployment: Deployment,
}

impl Topics {
    /// Connects as an administrator.
    pub fn connect(
        kafka: &KafkaSettings,
        registry: &RegistrySettings,
        deployment: Deployment,
    ) -> Result<Topics, BoxFailure> {
        let subjects = Box::new(RegistryClient::new(registry));
        Topics::with_subjects(kafka, subjects, &registry.url, deployment)
    }

    /// [`Topics::connect`], with another keeper of schemas; `address` is for messages.
    pub fn with_subjects(
        kafka: &KafkaSettings,
        subjects: Box<dyn Subjects>,
        address: &str,
        deployment: Deployment,
    ) -> Result<Topics, BoxFailure> {
        let admin = Admin::connect(kafka)?;
        Ok(Topics { admin, subjects, registry: address.to_owned(), deployment })
    }

    /// What a registry that does not answer leaves out of it, [`Topics::whole`] says.
    pub fn plan(&self, extent: Extent) -> Result<Plan, BoxFailure> {
        let actual = apply::look(&self.admin, &*self.subjects, &self.deployment, extent)?;
        Ok(plan::plan(&self.deployment, &actual))
    }

    /// What was shown without the registry's part is no answer, though it looks like one.
    pub fn whole(&self, registry_silent: bool) -> Result<(), TopicsError> {
        if registry_silent {
            return Err(TopicsError::SubjectsUnseen { address: self.registry.clone() });
        }
        Ok(())
    }

    /// `told` hears of every change when it is made.
    pub fn apply(
        &self,
        extent: Extent,
        consent: Consent,
        shutdown: &Shutdown,
        told: &mut dyn FnMut(&Line),
    ) -> Result<Report, BoxFailure> {
        let tools = apply::Tools {
            admin: &self.admin,
            subjects: &*self.subjects,
            registry: &self.registry,
            shutdown,
        };
        apply::apply(tools, &self.deployment, extent, consent, told)
    }

    pub fn list(&self) -> Result<Listing, BoxFailure> {
        let actual = observe::observe(&self.admin, &*self.subjects, &self.deployment)?;
        Ok(listing::list(&self.deployment, &actual))
    }
}
