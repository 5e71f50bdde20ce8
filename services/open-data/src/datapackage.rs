//! `datapackage.json`: Data Package v2 with a Table Schema for each CSV. Titles and descriptions are in
//! Vietnamese; their English twins stand beside them as `title_en` and `description_en`.

use bangioc_schemas::contract::{ColumnType, Label};
use serde_json::{Map, Value, json};

use crate::format::Format;
use crate::manifest::{Manifest, ResourceEntry, to_json};
use crate::set::{Field, OpenSet, Resource};
use crate::written::digest;

const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";
const TABLE_PROFILE: &str = "https://datapackage.org/profiles/2.0/tableschema.json";

/// The manifest of a revision, with the hash of its data package.
pub(crate) fn sealed(
    set: &OpenSet,
    contract_version: String,
    resources: Vec<ResourceEntry>,
) -> Manifest {
    let manifest = Manifest::unsealed(set, contract_version, resources);
    let datapackage_sha256 = digest(&to_json(&of(set, &manifest)));
    Manifest { datapackage_sha256, ..manifest }
}

pub(crate) fn of(set: &OpenSet, manifest: &Manifest) -> Value {
    let mut package = Map::new();
    package.insert("$schema".into(), PROFILE.into());
    package.insert("name".into(), set.id.clone().into());
    titled(&mut package, &set.name, set.about.as_ref());
    package.insert("version".into(), manifest.revision.clone().into());
    package.insert("contract_version".into(), manifest.contract_version.clone().into());
    let mut keywords = set.keywords.vi.clone();
    keywords.extend(set.keywords.en.iter().cloned());
    if !keywords.is_empty() {
        package.insert("keywords".into(), keywords.into());
    }
    let mut licence = json!({ "name": set.licence });
    if let Some(page) = set.licence_page() {
        licence["path"] = page.into();
    }
    package.insert("licenses".into(), json!([licence]));
    if let Some(legal) = &set.legal {
        package.insert("legal_note".into(), legal.vi.clone().into());
        package.insert("legal_note_en".into(), legal.en.clone().into());
    }
    let resources: Vec<Value> = set
        .resources
        .iter()
        .filter_map(|resource| Some((resource, manifest.resource(&resource.name)?)))
        .flat_map(|(resource, entry)| of_resource(resource, entry))
        .collect();
    package.insert("resources".into(), resources.into());
    package.into()
}

/// The CSV with its schema, then the other forms of the same rows.
fn of_resource(resource: &Resource, entry: &ResourceEntry) -> Vec<Value> {
    entry
        .files
        .iter()
        .filter(|file| file.format.is_data())
        .map(|file| {
            let mut json = Map::new();
            let table = file.format == Format::Csv;
            let name = if table {
                resource.name.clone()
            } else {
                format!("{}-{}", resource.name, file.format.extension())
            };
            json.insert("name".into(), name.into());
            titled(&mut json, &resource.title, resource.about.as_ref());
            json.insert("path".into(), file.path.clone().into());
            json.insert("format".into(), file.format.extension().into());
            let media = file.format.iana().unwrap_or("application/jsonl");
            json.insert("mediatype".into(), media.into());
            json.insert("bytes".into(), file.bytes.into());
            json.insert("hash".into(), format!("sha256:{}", file.sha256).into());
            if table {
                json.insert("type".into(), "table".into());
                json.insert("encoding".into(), "utf-8".into());
                json.insert("dialect".into(), json!({ "lineTerminator": "\r\n" }));
                json.insert(
                    "formula_guard".into(),
                    "a text that begins with = + - @ ' tab or line break has one ' before it"
                        .into(),
                );
                json.insert("rows".into(), entry.rows.into());
                json.insert("schema".into(), schema(resource, &entry.text_fields));
            }
            json.into()
        })
        .collect()
}

fn schema(resource: &Resource, text_fields: &[String]) -> Value {
    let key: Vec<&str> = resource.key_fields().map(|field| field.name.as_str()).collect();
    json!({
        "$schema": TABLE_PROFILE,
        "fields": resource.fields.iter().map(|field| of_field(field, FieldTyping::of(field, text_fields))).collect::<Vec<_>>(),
        "primaryKey": key,
        "missingValues": [""],
    })
}

/// May the field's type be told, or only that it is text?
#[derive(Clone, Copy)]
enum FieldTyping {
    Every,
    AsDeclared,
}

impl FieldTyping {
    fn of(field: &Field, text_fields: &[String]) -> FieldTyping {
        if text_fields.contains(&field.name) { FieldTyping::Every } else { FieldTyping::AsDeclared }
    }
}

/// `text`: its values are not all of its type as Table Schema knows it.
fn of_field(field: &Field, text: FieldTyping) -> Value {
    let mut json = Map::new();
    json.insert("name".into(), field.name.clone().into());
    titled(&mut json, &field.label, field.about.as_ref());
    let kind = match text {
        FieldTyping::Every => "string",
        FieldTyping::AsDeclared => field_type(&field.column_type),
    };
    json.insert("type".into(), kind.into());
    if field.required {
        json.insert("constraints".into(), json!({ "required": true }));
    }
    json.into()
}

/// Table Schema's type; `string` wherever PostgreSQL allows what the nearest type does not.
fn field_type(column_type: &ColumnType) -> &'static str {
    match column_type {
        ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint => "integer",
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny => "number",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::Timestamp | ColumnType::Timestamptz => "datetime",
        ColumnType::Array(_) => "array",
        // JSON of any shape: `object` would refuse a list.
        ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Uuid
        | ColumnType::Bytea
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Other { .. } => "string",
    }
}

fn titled(json: &mut Map<String, Value>, title: &Label, about: Option<&Label>) {
    json.insert("title".into(), title.vi.clone().into());
    json.insert("title_en".into(), title.en.clone().into());
    if let Some(about) = about {
        json.insert("description".into(), about.vi.clone().into());
        json.insert("description_en".into(), about.en.clone().into());
    }
}
