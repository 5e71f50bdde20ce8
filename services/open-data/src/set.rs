//! What is published: an open set with its resources and columns, resolved from the contracts once. All
//! later parts know sets only by these types.

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::{Column, ColumnType, Contract, Label};
use bangioc_schemas::names;
use bangioc_schemas::publication::{Content, HourlyMean, Keywords, Publication};
use serde_json::{Value, json};

use crate::query;
use crate::written::{NAME_DIGITS, digest};

/// Layout of the public files. Another number makes a new revision of every set.
const LAYOUT: u32 = 1;

#[derive(Clone, Debug)]
pub struct OpenSet {
    pub id: String,
    pub name: Label,
    pub about: Option<Label>,
    pub legal: Option<Label>,
    /// Length of a publishing slot, in seconds.
    pub every_seconds: u32,
    /// SPDX's name, as in `CC-BY-4.0`.
    pub licence: String,
    pub keywords: Keywords,
    pub resources: Vec<Resource>,
}

/// One table of a set, published in several formats.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Stem of its files.
    pub name: String,
    pub dataset: String,
    pub title: Label,
    pub about: Option<Label>,
    pub fields: Vec<Field>,
    /// Indices into `fields`; rows are sorted by them.
    pub key: Vec<usize>,
    pub geometry: Option<Geometry>,
    /// Table of the open store, in schema `flow`, unquoted.
    pub table: String,
    /// `copy (…) to stdout` that gives the fields of every row, sorted.
    pub copy: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub name: String,
    pub column_type: ColumnType,
    pub label: Label,
    pub about: Option<Label>,
    pub required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Geometry {
    /// A column of GeoJSON.
    Column(usize),
    LonLat {
        lon: usize,
        lat: usize,
    },
}

impl Resource {
    /// The whole open table of a dataset.
    fn rows(name: &str, title: Label, contract: &Contract) -> Resource {
        let fields: Vec<Field> = contract
            .columns
            .iter()
            .enumerate()
            .map(|(i, column)| Field::of(column, contract.key.contains(&i)))
            .collect();
        let table = names::store_table(&contract.dataset);
        Resource {
            copy: query::rows(&table, &contract.columns, &contract.key),
            name: name.to_owned(),
            dataset: contract.dataset.to_string(),
            title,
            about: contract.about.clone(),
            geometry: lon_lat(&fields).or_else(|| outline(&fields)),
            key: contract.key.clone(),
            fields,
            table,
        }
    }

    /// None when the contract lacks a column that `mean` names.
    fn hourly_mean(
        name: &str,
        title: Label,
        contract: &Contract,
        mean: &HourlyMean,
        place: Option<&Contract>,
    ) -> Option<Resource> {
        let column = |name: &String| Some(&contract.columns[contract.column_index(name)?]);
        let mut fields: Vec<Field> = mean
            .by
            .iter()
            .map(|name| column(name).map(|column| Field::of(column, true)))
            .collect::<Option<_>>()?;
        let key = (0..=fields.len()).collect();
        let (value, _) = (column(&mean.value)?, column(&mean.at)?);
        fields.extend(mean_fields(value, mean));
        fields.extend(mean.limits.as_ref().map(|_| exceeds_field()));
        let table = names::store_table(&contract.dataset);
        Some(Resource {
            copy: query::hourly_mean(&table, contract, mean, place),
            name: name.to_owned(),
            dataset: contract.dataset.to_string(),
            title,
            about: None,
            geometry: None,
            key,
            fields,
            table,
        })
    }

    pub fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.key.iter().filter_map(|&i| self.fields.get(i))
    }
}

fn mean_fields(value: &Column, mean: &HourlyMean) -> [Field; 3] {
    let label = |vi: &str, en: &str| Label { vi: vi.into(), en: en.into() };
    let needed = query::needed(mean);
    [
        Field {
            name: "hour".into(),
            column_type: ColumnType::Timestamptz,
            label: label("Giờ", "Hour"),
            about: Some(label(
                "Lúc bắt đầu của giờ đo, giờ Việt Nam.",
                "When the hour begins, Viet Nam time.",
            )),
            required: true,
        },
        Field {
            name: "mean".into(),
            column_type: ColumnType::Double,
            label: label(
                &format!("Trung bình giờ ({})", value.label.vi.to_lowercase()),
                &format!("Hourly mean ({})", value.label.en.to_lowercase()),
            ),
            about: Some(label(
                &format!(
                    "Trung bình cộng, làm tròn 4 chữ số thập phân; chỉ có khi giờ đó có từ {needed} giá trị hợp lệ trở lên."
                ),
                &format!(
                    "Arithmetic mean to 4 decimals; only of hours with {needed} valid values or more."
                ),
            )),
            required: true,
        },
        Field {
            name: "valid_values".into(),
            column_type: ColumnType::Bigint,
            label: label("Số giá trị hợp lệ", "Valid values"),
            about: Some(label(
                &format!("Số giá trị đo hợp lệ trong giờ, trên {} giá trị dự kiến.", mean.expected),
                &format!("Measurements counted in, of {} expected.", mean.expected),
            )),
            required: true,
        },
    ]
}

fn exceeds_field() -> Field {
    let label = |vi: &str, en: &str| Label { vi: vi.into(), en: en.into() };
    Field {
        name: "exceeds".into(),
        column_type: ColumnType::Boolean,
        label: label("Vượt giới hạn", "Exceeds the limit"),
        about: Some(label(
            "Trung bình giờ lớn hơn giá trị giới hạn trung bình 1 giờ của thông số; để trống khi không có giới hạn cho thông số, đơn vị đo và loại trạm này.",
            "The hourly mean is above the parameter's hourly limit; empty when there is none for this parameter, unit and kind of station.",
        )),
        required: false,
    }
}

impl Field {
    fn of(column: &Column, key: bool) -> Field {
        Field {
            name: column.name.clone(),
            column_type: column.column_type.clone(),
            label: column.label.clone(),
            about: column.about.clone(),
            required: column.required || key,
        }
    }
}

/// A column of GeoJSON, as the projection makes it from an outline of the source.
fn outline(fields: &[Field]) -> Option<Geometry> {
    let is_outline = |field: &Field| {
        matches!(field.column_type, ColumnType::Json | ColumnType::Jsonb)
            && ["geometry", "geom", "geojson", "outline", "boundary"]
                .iter()
                .any(|word| field.name.split('_').any(|part| part == *word))
    };
    fields.iter().position(is_outline).map(Geometry::Column)
}

fn lon_lat(fields: &[Field]) -> Option<Geometry> {
    let number = |name: &str| {
        fields.iter().position(|field| {
            field.name == name
                && matches!(
                    field.column_type,
                    ColumnType::Double
                        | ColumnType::Real
                        | ColumnType::Numeric { .. }
                        | ColumnType::NumericAny
                )
        })
    };
    Some(Geometry::LonLat { lon: number("lon")?, lat: number("lat")? })
}

impl OpenSet {
    /// `find` gives the open side of a dataset. None when a resource has none, which reading the contracts
    /// refuses before.
    pub fn of<'c>(
        publication: &Publication,
        find: impl Fn(&str) -> Option<&'c Contract>,
    ) -> Option<OpenSet> {
        let resources = publication.resources.iter().map(|resource| {
            let contract = find(resource.dataset.as_str())?;
            match &resource.content {
                Content::Rows => {
                    Some(Resource::rows(&resource.name, resource.title.clone(), contract))
                }
                Content::HourlyMean(mean) => {
                    let only = mean.limits.as_ref().and_then(|limits| limits.only.as_ref());
                    let place = match only {
                        Some(only) => Some(find(only.dataset.as_str())?),
                        None => None,
                    };
                    Resource::hourly_mean(
                        &resource.name,
                        resource.title.clone(),
                        contract,
                        mean,
                        place,
                    )
                }
            }
        });
        Some(OpenSet {
            id: publication.dataset.to_string(),
            name: publication.name.clone(),
            about: publication.about.clone(),
            legal: publication.legal.clone(),
            every_seconds: publication.every_seconds,
            licence: publication.licence.clone(),
            keywords: publication.keywords.clone(),
            resources: resources.collect::<Option<_>>()?,
        })
    }

    /// The open sets of a catalogue.
    pub fn all(catalogue: &Catalogue) -> Vec<OpenSet> {
        let find = |dataset: &str| catalogue.get(dataset)?.on(names::Side::Open);
        catalogue.publications().filter_map(|publication| OpenSet::of(publication, find)).collect()
    }

    /// Changes when anything does that the contract says about the public files.
    pub fn contract_version(&self) -> String {
        let content = json!({
            "layout": LAYOUT,
            "set": self.id,
            "name": label(&self.name),
            "about": self.about.as_ref().map(label),
            "legal": self.legal.as_ref().map(label),
            "every": self.every_seconds,
            "licence": self.licence,
            "keywords": { "vi": self.keywords.vi, "en": self.keywords.en },
            "resources": self.resources.iter().map(|resource| json!({
                "name": resource.name,
                "dataset": resource.dataset,
                "title": label(&resource.title),
                "about": resource.about.as_ref().map(label),
                "copy": resource.copy,
                "key": resource.key,
                "fields": resource.fields.iter().map(|field| json!({
                    "name": field.name,
                    "type": field.column_type.to_string(),
                    "label": label(&field.label),
                    "about": field.about.as_ref().map(label),
                    "required": field.required,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        });
        let mut version = digest(content.to_string().as_bytes());
        version.truncate(NAME_DIGITS);
        version
    }

    /// What citizens, press and firms may do with it, by name and page.
    pub fn licence_page(&self) -> Option<String> {
        let name = self.licence.strip_prefix("CC-")?;
        match name.rsplit_once('-') {
            Some(("BY" | "BY-SA", version)) => Some(format!(
                "https://creativecommons.org/licenses/{}/{version}/",
                name.trim_end_matches(version).trim_end_matches('-').to_lowercase()
            )),
            _ if self.licence == "CC0-1.0" => {
                Some("https://creativecommons.org/publicdomain/zero/1.0/".into())
            }
            _ => None,
        }
    }
}

fn label(label: &Label) -> Value {
    json!({ "vi": label.vi, "en": label.en })
}
