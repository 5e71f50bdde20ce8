//! The subjects that topics of the contracts use: their schemas are what stored rows are read with, so nothing of
//! them is ever deleted or imported, whatever a request says of force.

use std::collections::BTreeSet;

use crate::askers::UsedSubject;
use crate::refusal::Refusal;
use crate::store::{Scope, Store};

#[derive(Clone, Default, Debug)]
pub(crate) struct InUse(BTreeSet<String>);

impl InUse {
    pub(crate) fn new(used: &[UsedSubject]) -> Self {
        Self(used.iter().map(|used| used.name.clone()).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// `doing`: "deleting it".
    pub(crate) fn keeps(&self, subject: &str, doing: &str) -> Result<(), Refusal> {
        if self.0.contains(subject) {
            return Err(Refusal::NotPermitted(format!(
                "Subject {subject} is used by a topic of the contracts, {doing} is not permitted"
            )));
        }
        Ok(())
    }

    /// Of those that an import into `subject`, or into all, would reach, one that is registered.
    pub(crate) fn keeps_from_import(
        &self,
        store: &Store,
        subject: Option<&str>,
    ) -> Result<(), Refusal> {
        let reached =
            self.0.iter().filter(|used| subject.is_none_or(|subject| subject == used.as_str()));
        for used in reached {
            if store.has_subject(used, Scope::WithDeleted) {
                self.keeps(used, "mode IMPORT")?;
            }
        }
        Ok(())
    }
}
