//! What was found in a folder, each with the file it stands in.

use std::path::{Path, PathBuf};

use crate::file::contract::ReadContract;
use crate::file::publication::ReadPublication;
use crate::id::{DatasetId, OwnerId};

/// What was read, each with the file it stands in.
#[derive(Default)]
pub(super) struct Files {
    pub(super) contracts: Vec<Placed<ReadContract>>,
    pub(super) publications: Vec<Placed<ReadPublication>>,
    /// Ids, by the names of their files, that could not be read.
    pub(super) unread: Vec<String>,
}

pub(super) struct Placed<T> {
    pub(super) file: PathBuf,
    pub(super) read: T,
}

/// An id that a file lays claim to.
pub(super) struct IdClaim<'a> {
    pub(super) file: &'a Path,
    pub(super) dataset: &'a DatasetId,
    pub(super) owner: &'a OwnerId,
    pub(super) dataset_line: usize,
    pub(super) owner_line: usize,
}

impl Files {
    /// In the order of their files.
    pub(super) fn claims(&self) -> Vec<IdClaim<'_>> {
        let contracts = self.contracts.iter().map(|Placed { file, read }| IdClaim {
            file,
            dataset: &read.contract.dataset,
            owner: &read.contract.owner,
            dataset_line: read.dataset_line,
            owner_line: read.owner_line,
        });
        let publications = self.publications.iter().map(|Placed { file, read }| IdClaim {
            file,
            dataset: &read.publication.dataset,
            owner: &read.publication.owner,
            dataset_line: read.dataset_line,
            owner_line: read.owner_line,
        });
        let mut claims: Vec<IdClaim<'_>> = contracts.chain(publications).collect();
        claims.sort_by_key(|claim| claim.file);
        claims
    }
}
