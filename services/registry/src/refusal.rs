//! What a client is told when its request is refused: Confluent's error codes and words.

use crate::definition::Fault;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("HTTP 404 Not Found")]
    NoSuchPath,
    #[error("HTTP 405 Method Not Allowed")]
    NoSuchMethod,
    #[error("HTTP 413 Request Entity Too Large")]
    TooLarge,
    #[error("Unauthorized")]
    Unauthorized,
    #[error("User is denied operation {0} on Subject: {1}")]
    DeniedOn(&'static str, String),
    #[error("User is denied {0}")]
    Denied(&'static str),
    #[error("Requests of a web page are refused")]
    OfAPage,
    #[error("HTTP 415 Unsupported Media Type")]
    ContentType,
    #[error("{0}")]
    Malformed(String),

    #[error("Subject '{0}' not found.")]
    SubjectNotFound(String),
    #[error("Version {0} not found.")]
    VersionNotFound(u32),
    #[error("Schema not found")]
    SchemaNotFound,
    #[error("Schema {0} not found")]
    IdNotFound(u32),
    #[error("Subject '{0}' was soft deleted. Set permanent=true to delete permanently")]
    SubjectSoftDeleted(String),
    #[error("Subject '{0}' was not deleted first before being permanently deleted")]
    SubjectNotSoftDeleted(String),
    #[error("Subject '{0}' Version {1} was soft deleted. Set permanent=true to delete permanently")]
    VersionSoftDeleted(String, u32),
    #[error("Subject '{0}' Version {1} was not deleted first before being permanently deleted")]
    VersionNotSoftDeleted(String, u32),
    #[error("Subject '{0}' does not have subject-level compatibility configured")]
    NoLevelOfItsOwn(String),
    #[error("Subject '{0}' does not have subject-level mode configured")]
    NoModeOfItsOwn(String),

    #[error("Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{}]", details.join(", "))]
    Incompatible { subject: String, details: Vec<String> },

    #[error("Invalid schema: {0}")]
    InvalidSchema(Fault),
    #[error("{0}")]
    UnsupportedSchema(&'static str),
    #[error(
        "The specified version '{0}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""
    )]
    InvalidVersion(String),
    #[error(
        "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive"
    )]
    InvalidLevel,
    #[error("Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT")]
    InvalidMode,
    #[error("{0}")]
    NotPermitted(String),
    #[error("The specified subject '{0}' is not a valid subject")]
    InvalidSubject(String),

    #[error("Error in the backend data store")]
    Store,
    #[error("Register operation timed out")]
    TimedOut,
}

impl Refusal {
    /// HTTP status, and the code in the body.
    pub(crate) fn codes(&self) -> (u16, u32) {
        match self {
            Self::NoSuchPath => (404, 404),
            Self::NoSuchMethod => (405, 405),
            Self::TooLarge => (413, 413),
            Self::Unauthorized => (401, 401),
            Self::DeniedOn(..) => (403, 40301),
            Self::Denied(_) | Self::OfAPage => (403, 403),
            Self::ContentType => (415, 415),
            Self::Malformed(_) => (400, 400),
            Self::SubjectNotFound(_) => (404, 40401),
            Self::VersionNotFound(_) => (404, 40402),
            Self::SchemaNotFound | Self::IdNotFound(_) => (404, 40403),
            Self::SubjectSoftDeleted(_) => (404, 40404),
            Self::SubjectNotSoftDeleted(_) => (404, 40405),
            Self::VersionSoftDeleted(..) => (404, 40406),
            Self::VersionNotSoftDeleted(..) => (404, 40407),
            Self::NoLevelOfItsOwn(_) => (404, 40408),
            Self::NoModeOfItsOwn(_) => (404, 40409),
            Self::Incompatible { .. } => (409, 409),
            Self::InvalidSchema(_) | Self::UnsupportedSchema(_) => (422, 42201),
            Self::InvalidVersion(_) => (422, 42202),
            Self::InvalidLevel => (422, 42203),
            Self::InvalidMode => (422, 42204),
            Self::NotPermitted(_) => (422, 42205),
            Self::InvalidSubject(_) => (422, 42208),
            Self::Store => (500, 50001),
            Self::TimedOut => (500, 50002),
        }
    }
}
