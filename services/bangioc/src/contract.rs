//! `bangioc contract`: the data contracts, checked and shown.

use std::path::Path;
use std::sync::Arc;

use bangioc_runtime::failure::{BoxFailure, Diagnosis, Exit, Failure, halt};
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::mistake::ContractErrors;
use bangioc_schemas::names::Side;
use bangioc_schemas::publication::Publication;
use bangioc_schemas::{avro_files, show};
use serde_json::{Value, json};

use crate::args;
use crate::output::Output;
use crate::usage::Refusal;

/// All contracts of a folder, or every mistake in them.
pub(crate) fn read(dir: &Path) -> Result<Catalogue, BoxFailure> {
    Catalogue::read(dir).map_err(|errors| BadContracts(errors).into())
}

/// The active datasets as a side knows them: whole, or what of them is public.
pub(crate) fn of_side(catalogue: &Catalogue, side: Side) -> Vec<Arc<Contract>> {
    let active = catalogue.active();
    match side {
        Side::Shared => active.cloned().map(Arc::new).collect(),
        Side::Open => active
            .filter_map(|contract| Some(Arc::clone(&contract.open.as_ref()?.contract)))
            .collect(),
    }
}

pub(crate) fn run(
    command: &args::Contract,
    dir: &Path,
    prefix: &str,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let catalogue = read(dir)?;
    match command {
        args::Contract::Check => {
            avro_files::check(dir, &catalogue).map_err(BadContracts)?;
            let (all, active) = (catalogue.iter().count(), catalogue.active().count());
            let open_sets = catalogue.publications().count();
            out.show(
                &json!({ "contracts": all, "active": active, "open_sets": open_sets, "mistakes": [] }),
                |_| format!("{all} contracts, {active} active, {open_sets} open sets, no mistakes"),
            )
        }
        args::Contract::List => {
            let datasets = catalogue.iter().map(summary);
            let listed: Vec<Value> =
                datasets.chain(catalogue.publications().map(open_set)).collect();
            out.show(&listed, |_| show::list(&catalogue))
        }
        args::Contract::Show { dataset } => {
            if let Some(publication) = catalogue.publication(dataset) {
                return out.show(&open_set(publication), |_| show::open_set(publication));
            }
            let contract = find(&catalogue, dataset)?;
            out.show(&summary(contract), |_| show::page(&catalogue, contract, prefix))
        }
        args::Contract::Avro { dataset: None, write: true } => {
            let written = avro_files::write(dir, &catalogue).map_err(BadContracts)?;
            let names: Vec<String> =
                written.iter().map(|path| path.display().to_string()).collect();
            out.show(&names, |names| {
                if names.is_empty() { "every file was in step".into() } else { names.join("\n") }
            })
        }
        args::Contract::Avro { dataset: Some(dataset), write: false } => {
            let schemas: Vec<String> = avro_files::of(find(&catalogue, dataset)?)
                .iter()
                .map(|file| file.text.clone())
                .collect();
            out.text(&schemas.join("\n"))
        }
        args::Contract::Avro { .. } => Err(Refusal::DatasetOrWrite.into()),
    }
}

/// The contract of a dataset, or a refusal that names the nearest one.
pub(crate) fn find<'a>(
    catalogue: &'a Catalogue,
    dataset: &str,
) -> Result<&'a Contract, BoxFailure> {
    catalogue.get(dataset).ok_or_else(|| {
        Refusal::UnknownDataset {
            dataset: dataset.to_owned(),
            nearest: catalogue.nearest(dataset).map(str::to_owned),
        }
        .into()
    })
}

fn summary(contract: &Contract) -> Value {
    json!({
        "dataset": contract.dataset.as_str(),
        "owner": contract.owner.as_str(),
        "name": { "vi": contract.name.vi, "en": contract.name.en },
        "group": contract.catalogue.as_ref().map(|entry| entry.group.as_str()),
        "active": contract.is_active(),
        "source": contract.source.source,
        "table": contract.source.full_name(),
        "partitions": contract.partitions,
        "key": contract.key_columns().map(|column| column.name.as_str()).collect::<Vec<_>>(),
        "columns": contract.columns.iter().map(|column| json!({
            "name": column.name,
            "from": column.from,
            "type": column.column_type.store_type(),
            "class": column.class.as_str(),
            "reclassified": column.reclassified.as_ref().map(|stated| {
                json!({ "from": stated.from.as_str(), "by": stated.by, "on": stated.on })
            }),
            "name_vi": column.label.vi,
            "name_en": column.label.en,
            "required": column.required,
        })).collect::<Vec<_>>(),
        "open_columns": contract.on(Side::Open).map(|open| {
            open.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>()
        }),
    })
}

fn open_set(publication: &Publication) -> Value {
    json!({
        "dataset": publication.dataset.as_str(),
        "owner": publication.owner.as_str(),
        "name": { "vi": publication.name.vi, "en": publication.name.en },
        "group": publication.catalogue.as_ref().map(|entry| entry.group.as_str()),
        "every_seconds": publication.every_seconds,
        "licence": publication.licence,
        "resources": publication.resources.iter().map(|resource| json!({
            "name": resource.name,
            "dataset": resource.dataset.as_str(),
            "title": { "vi": resource.title.vi, "en": resource.title.en },
        })).collect::<Vec<_>>(),
    })
}

/// The contracts can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadContracts(ContractErrors);

impl Failure for BadContracts {
    fn diagnosis(&self) -> Diagnosis {
        halt(self.0.code(), Exit::Config).hint(self.0.hint())
    }
}
