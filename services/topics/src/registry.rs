//! [`Subjects`] of any registry with Confluent's REST API.

use bangioc_feed::registry::{CompatibilityLevel, RegistryClient};
use bangioc_runtime::failure::BoxFailure;

use crate::subjects::{Subjects, Version};

impl Subjects for RegistryClient {
    fn latest(&self, subject: &str) -> Result<Option<Version>, BoxFailure> {
        Ok(RegistryClient::latest(self, subject)?.map(|found| Version {
            number: found.version,
            id: found.id,
        }))
    }

    fn look_up(&self, subject: &str, schema: &str) -> Result<Option<u32>, BoxFailure> {
        Ok(RegistryClient::look_up(self, subject, schema)?)
    }

    fn takes(&self, subject: &str, schema: &str) -> Result<bool, BoxFailure> {
        Ok(self.check_compatible(subject, schema)?.is_compatible)
    }

    fn level(&self, subject: &str) -> Result<Option<String>, BoxFailure> {
        Ok(self.compatibility(subject)?)
    }

    fn set_level(&self, subject: &str, level: CompatibilityLevel) -> Result<(), BoxFailure> {
        Ok(self.set_compatibility(subject, level)?)
    }

    fn register(&self, subject: &str, schema: &str) -> Result<(), BoxFailure> {
        RegistryClient::register(self, subject, schema)?;
        Ok(())
    }
}
