//! The `publish` section: a file that has it is an open set, made from the open sides of datasets.

use super::code_list::References;
use super::condition::{filter, note_value, postgresql_text};
use super::entry::{self, ContractEntry};
use super::fields::{At, Fields, Notes, shown};
use super::label::required_label;
use super::limits;
use super::seconds::seconds;
use super::yaml::{Data, YamlNode};
use crate::column_type::ColumnType;
use crate::contracts::contract::Contract;
use crate::contracts::mistake::MistakeKind;
use crate::contracts::names;
use crate::contracts::publication::{
    ColumnValues, Content, HourlyMean, Keywords, Only, Publication, Resource,
};
use crate::id::DatasetId;

/// Faster than a minute nobody reads, and what is published less than once a year is no feed.
const EVERY_SECONDS: std::ops::RangeInclusive<u32> = 60..=366 * 86_400;

pub(crate) struct ReadPublication {
    pub(crate) publication: Publication,
    pub(crate) dataset_line: usize,
    pub(crate) owner_line: usize,
    /// Of each resource.
    pub(crate) resource_lines: Vec<usize>,
}

pub(super) fn read(
    fields: &mut Fields<'_>,
    entry: ContractEntry<'_>,
    references: &References,
    notes: &mut Notes,
) -> Option<ReadPublication> {
    let node = fields.node("publish")?;
    let mut inner = Fields::of(node, "`publish`", notes)?;
    let every_seconds = every(&mut inner, notes);
    let licence = licence(&mut inner, notes);
    let keywords = keywords(&mut inner, notes);
    let resources = resources(&mut inner, references, notes);
    inner.finish("`publish`", notes);
    let named = entry.named()?;
    let (resources, resource_lines) = resources.into_iter().unzip();
    Some(ReadPublication {
        dataset_line: named.dataset_line,
        owner_line: named.owner_line,
        resource_lines,
        publication: Publication {
            dataset: named.dataset,
            owner: named.owner,
            name: named.name,
            about: entry.about,
            catalogue: entry.catalogue,
            legal: entry.legal,
            every_seconds: every_seconds?,
            licence: licence?,
            keywords,
            resources,
        },
    })
}

fn every(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<u32> {
    let at = fields.required_text("every", "write how often, as in `every: 1d`", notes)?;
    let found = seconds(at.text).filter(|seconds| EVERY_SECONDS.contains(seconds));
    if found.is_none() {
        let what = format!("`every: {}` is no time between 1 minute and 366 days", shown(at.text));
        notes.note(at.line, MistakeKind::Value, what, "write `15m`, `1h` or `1d`");
    }
    found
}

fn licence(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<String> {
    let at = fields.required_text("licence", "write `licence: CC-BY-4.0`", notes)?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if at.text.is_empty() || !at.text.bytes().all(known) {
        let what = format!("`licence: {}` is no SPDX identifier", shown(at.text));
        let hint = "write its short name, as in `CC-BY-4.0`";
        notes.note(at.line, MistakeKind::Value, what, hint);
    }
    Some(at.text.to_owned())
}

fn keywords(fields: &mut Fields<'_>, notes: &mut Notes) -> Keywords {
    let Some(mut inner) =
        fields.node("keywords").and_then(|node| Fields::of(node, "`keywords`", notes))
    else {
        return Keywords::default();
    };
    let mut words = |key| {
        let found = inner.texts(key, notes).unwrap_or_default();
        found.iter().map(|at| at.text.to_owned()).collect()
    };
    let keywords = Keywords { vi: words("vi"), en: words("en") };
    inner.finish("`keywords`", notes);
    keywords
}

fn resources(
    fields: &mut Fields<'_>,
    references: &References,
    notes: &mut Notes,
) -> Vec<(Resource, usize)> {
    let hint = "name what is published: `resources:` and below it `- { dataset: …, title: { vi: …, en: … } }`";
    let Some(node) = fields.required("resources", hint, notes) else {
        return Vec::new();
    };
    let items: &[YamlNode] = match &node.data {
        Data::List(items) => items,
        Data::Text(_) | Data::Map(_) => &[],
    };
    if items.is_empty() {
        let what = "`resources` lists nothing";
        notes.note(node.line, MistakeKind::Value, what, hint);
    }
    let mut resources: Vec<(Resource, usize)> = Vec::with_capacity(items.len());
    for item in items {
        let Some(resource) = resource(item, references, notes) else {
            continue;
        };
        if resources.iter().any(|(other, _)| other.name == resource.name) {
            let what = format!("two resources are called `{}`", resource.name);
            let hint = "give one a `name` of its own: files are called after it";
            notes.note(item.line, MistakeKind::Claimed, what, hint);
        }
        resources.push((resource, item.line));
    }
    resources
}

fn resource(node: &YamlNode, references: &References, notes: &mut Notes) -> Option<Resource> {
    let mut fields = Fields::of(node, "a resource", notes)?;
    let dataset = entry::id(&mut fields, "dataset", "name the dataset that it is made from", notes);
    let name = if fields.has("name") { entry::id(&mut fields, "name", "", notes) } else { dataset };
    let title = required_label(&mut fields, "title", notes);
    let content = match fields.node("hourly_mean") {
        None => Some(Content::Rows),
        Some(node) => {
            hourly_mean(node, references, notes).map(|mean| Content::HourlyMean(Box::new(mean)))
        }
    };
    fields.finish("a resource", notes);
    Some(Resource {
        name: name?.text.to_owned(),
        title: title?,
        dataset: DatasetId(dataset?.text.to_owned()),
        content: content?,
    })
}

fn hourly_mean(node: &YamlNode, references: &References, notes: &mut Notes) -> Option<HourlyMean> {
    let mut fields = Fields::of(node, "`hourly_mean`", notes)?;
    let value = fields.required_text("value", "name the measured column", notes);
    let at = fields.required_text("at", "name the column of the time of measurement", notes);
    fields.required("by", "name the columns that tell series apart: `by: [station_code]`", notes);
    let by = fields.texts("by", notes);
    let expected_hint = "say how many samples a full hour has, as in `expected: 12`";
    fields.required("expected", expected_hint, notes);
    let expected = fields.number("expected", notes);
    if expected == Some(0) {
        let what = "`expected: 0` leaves no hour to average";
        notes.note(fields.line_of("expected"), MistakeKind::Value, what, expected_hint);
    }
    let at_least = share(&mut fields, notes);
    let filter = filter(&mut fields, notes);
    let limits = fields.node("limits").map(|node| limits::read(node, references, notes));
    fields.finish("`hourly_mean`", notes);
    let written = |at: &At<'_>| at.text.to_owned();
    Some(HourlyMean {
        value: written(&value?),
        at: written(&at?),
        by: by?.iter().map(written).collect(),
        expected: expected?,
        at_least: at_least?,
        filter,
        limits: match limits {
            Some(read) => Some(read?),
            None => None,
        },
    })
}

fn share(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<f64> {
    let hint = "say which share of the samples makes a mean, as in `at_least: 0.75`";
    let at = fields.required_text("at_least", hint, notes)?;
    let share = at.text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    if share.is_none() {
        let what = format!("`at_least: {}` is no share above 0 and up to 1", shown(at.text));
        notes.note(at.line, MistakeKind::Value, what, hint);
    }
    share
}

/// What there is of a dataset that a resource names.
pub(crate) enum FoundDataset<'c> {
    Contract(&'c Contract),
    /// Its file has mistakes; the resource is none of them.
    Unread,
    Nothing,
}

impl ReadPublication {
    /// Against the contracts that it is made from. `find` gives a dataset's contract.
    pub(crate) fn check<'c>(&mut self, find: impl Fn(&str) -> FoundDataset<'c>, notes: &mut Notes) {
        let whole: Vec<DatasetId> = self
            .publication
            .resources
            .iter()
            .filter(|resource| matches!(resource.content, Content::Rows))
            .map(|resource| resource.dataset.clone())
            .collect();
        for (resource, &line) in self.publication.resources.iter_mut().zip(&self.resource_lines) {
            let dataset = resource.dataset.as_str();
            let contract = match find(dataset) {
                FoundDataset::Contract(contract) => contract,
                FoundDataset::Unread => continue,
                FoundDataset::Nothing => {
                    let what = format!("there is no dataset `{dataset}`");
                    let hint = "name a dataset that has a contract: `bangioc contract list`";
                    notes.note(line, MistakeKind::Value, what, hint);
                    continue;
                }
            };
            let Some(open) = contract.on(names::Side::Open).filter(|_| contract.is_active()) else {
                let what = format!("nothing of dataset `{dataset}` is public");
                let hint = "give its contract an `open` section, or remove the resource";
                notes.note(line, MistakeKind::Conflict, what, hint);
                continue;
            };
            if let Content::HourlyMean(mean) = &mut resource.content {
                check_mean(mean, open, line, notes);
                if let Some(only) = mean.limits.as_mut().and_then(|limits| limits.only.as_mut()) {
                    let other = match find(only.dataset.as_str()) {
                        _ if !whole.contains(&only.dataset) => None,
                        FoundDataset::Contract(other) => other.on(names::Side::Open),
                        // Noted where the resource itself is met.
                        FoundDataset::Unread | FoundDataset::Nothing => continue,
                    };
                    check_only(only, &mean.by, other, line, notes);
                }
            }
        }
    }
}

fn check_mean(mean: &mut HourlyMean, open: &Contract, line: usize, notes: &mut Notes) {
    let mut apart = Vec::new();
    let mut check = |name: &str, wanted: &str, fits: fn(&ColumnType) -> bool| {
        open_type(open, At { text: name, line }, wanted, fits, notes);
    };
    check(&mean.value, " that is a number", ColumnType::is_number);
    check(&mean.at, " that is a timestamptz", |column_type| {
        *column_type == ColumnType::Timestamptz
    });
    for name in &mean.by {
        check(name, "", |_| true);
    }
    if let Some(limits) = &mean.limits {
        for name in [&limits.parameter, &limits.unit] {
            check(name, " that is a text", ColumnType::is_text);
            // Else a mean would be of several parameters, or of several units.
            if !mean.by.contains(name) {
                let what = format!("`limits` names `{}`, which is not in `by`", shown(name));
                let hint = "add it to `by`: a limit is for one parameter in one unit";
                apart.push((what, hint));
            }
        }
    }
    for (what, hint) in apart {
        notes.note(line, MistakeKind::Conflict, what, hint);
    }
    check_filter(&mut mean.filter, open, line, notes);
}

/// `other`: the open side of the dataset that `only` names, when the set has all of it.
fn check_only(
    only: &mut Only,
    by: &[String],
    other: Option<&Contract>,
    line: usize,
    notes: &mut Notes,
) {
    let Some(other) = other else {
        let what = format!("`only` names `{}`, of which the set has no rows", only.dataset);
        let hint = "add it to `resources`: who reads the flag must see where it holds";
        notes.note(line, MistakeKind::Conflict, what, hint);
        return;
    };
    let key: Vec<&str> = other.key_columns().map(|column| column.name.as_str()).collect();
    if key != [only.by.as_str()] || !by.contains(&only.by) {
        let what = format!("`only` can't find rows of `{}` by `{}`", only.dataset, shown(&only.by));
        let hint = "name its key, a single column, and have it in `by` of the mean too";
        notes.note(line, MistakeKind::Conflict, what, hint);
    }
    check_filter(&mut only.filter, other, line, notes);
}

/// Values become PostgreSQL's texts.
fn check_filter(filter: &mut [ColumnValues], open: &Contract, line: usize, notes: &mut Notes) {
    for term in filter {
        let column = At { text: &term.column, line };
        let Some(column_type) = open_type(open, column, "", |_| true, notes) else {
            continue;
        };
        for value in &mut term.values {
            let Some(written) = value.as_deref() else {
                continue;
            };
            match postgresql_text(column_type, written) {
                Ok(text) => *value = text.map(str::to_owned),
                Err(wanted) => {
                    let written = At { text: written, line };
                    note_value(column, written, wanted, notes);
                }
            }
        }
    }
}

/// The type of a column of the open side, when it is one that fits.
fn open_type<'c>(
    open: &'c Contract,
    at: At<'_>,
    wanted: &str,
    fits: fn(&ColumnType) -> bool,
    notes: &mut Notes,
) -> Option<&'c ColumnType> {
    let found = open
        .column_index(at.text)
        .map(|index| &open.columns[index].column_type)
        .filter(|column_type| fits(column_type));
    if found.is_none() {
        let what = format!(
            "the open side of `{}` has no column `{}`{wanted}",
            open.dataset,
            shown(at.text)
        );
        notes.note(at.line, MistakeKind::Value, what, "name one of its open columns");
    }
    found
}
