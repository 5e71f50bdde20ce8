//! What planning and applying need of a schema registry.

use bangioc_feed::registry::CompatibilityLevel;
use bangioc_runtime::failure::BoxFailure;

/// What a subject holds under a version's number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundVersion {
    pub version: Version,
    pub schema: String,
}

/// A subject's version: its number there, and its schema's id in the whole registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    pub number: u32,
    pub id: u32,
}

/// The registry, as seen from here. Every call blocks, and may be repeated without harm.
pub trait Subjects: Send + Sync {
    /// The newest version; none when the subject isn't there.
    fn latest(&self, subject: &str) -> Result<Option<FoundVersion>, BoxFailure>;

    /// The text of an earlier version; none when there is none of that number, or none any more.
    fn schema(&self, subject: &str, number: u32) -> Result<Option<String>, BoxFailure>;

    /// Id of this very schema, if it is one of the subject's versions. The registry compares: it may
    /// keep another text of the same schema than the one it was given.
    fn look_up(&self, subject: &str, schema: &str) -> Result<Option<u32>, BoxFailure>;

    /// Would it be taken as a further version?
    fn takes(&self, subject: &str, schema: &str) -> Result<bool, BoxFailure>;

    /// The subject's own compatibility level; none when it follows the registry's.
    fn level(&self, subject: &str) -> Result<Option<String>, BoxFailure>;

    fn set_level(&self, subject: &str, level: CompatibilityLevel) -> Result<(), BoxFailure>;

    /// A schema that is registered already stays as it is.
    fn register(&self, subject: &str, schema: &str) -> Result<(), BoxFailure>;
}
