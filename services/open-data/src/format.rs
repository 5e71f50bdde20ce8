//! The forms in which a resource is published, and what others call them.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Jsonl,
    GeoJson,
    Parquet,
    /// A picture of the geometry for the set's page; no distribution of the data.
    Map,
}

impl Format {
    pub const ALL: [Format; 5] =
        [Format::Csv, Format::Jsonl, Format::GeoJson, Format::Parquet, Format::Map];

    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::GeoJson => "geojson",
            Format::Parquet => "parquet",
            Format::Map => "svg",
        }
    }

    pub fn of_extension(extension: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.extension() == extension)
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Jsonl => "JSON Lines",
            Format::GeoJson => "GeoJSON",
            Format::Parquet => "Parquet",
            Format::Map => "SVG",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            // Not registered, but what its own site and most servers send.
            Format::Jsonl => "application/jsonl; charset=utf-8",
            Format::GeoJson => "application/geo+json",
            Format::Parquet => "application/vnd.apache.parquet",
            Format::Map => "image/svg+xml; charset=utf-8",
        }
    }

    /// As in the catalogue: IANA's registered types only.
    pub fn iana(self) -> Option<&'static str> {
        match self {
            Format::Csv => Some("text/csv"),
            Format::GeoJson => Some("application/geo+json"),
            Format::Parquet => Some("application/vnd.apache.parquet"),
            Format::Map => Some("image/svg+xml"),
            Format::Jsonl => None,
        }
    }

    /// Name in the EU's list of file types, which DCAT-AP asks for.
    pub fn file_type(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Jsonl => "JSONL",
            Format::GeoJson => "GEOJSON",
            Format::Parquet => "PARQUET",
            Format::Map => "SVG",
        }
    }

    pub fn is_data(self) -> bool {
        self != Format::Map
    }
}
