//! [`Subjects`] of any registry with Confluent's REST API.

use bangioc_feed::registry::{CompatibilityLevel, RegistryClient};
use bangioc_runtime::failure::BoxFailure;

use crate::subjects::{FoundVersion, Subjects, Version};

impl Subjects for RegistryClient {
    fn latest(&self, subject: &str) -> Result<Option<FoundVersion>, BoxFailure> {
        let found = RegistryClient::latest(self, subject)?;
        Ok(found.map(|found| FoundVersion {
            version: Version { number: found.version, id: found.id },
            schema: found.schema,
        }))
    }

    fn schema(&self, subject: &str, number: u32) -> Result<Option<String>, BoxFailure> {
        let found = self.version(subject, number)?;
        Ok(found.map(|found| found.schema))
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
