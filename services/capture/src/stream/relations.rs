//! The tables of the stream: which dataset each feeds, and how its columns lie. Relation messages come
//! before the first change of a table and again after every change of its shape.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::Relation;

use crate::dataset::Dataset;
use crate::shape::{contradiction, unsaid};
use crate::unit::DatasetIndex;

#[derive(Default)]
pub(crate) struct Relations {
    /// A handful: found faster by looking than by hashing.
    known: Vec<(u32, Option<CarriedTable>)>,
    halted: Vec<DatasetIndex>,
}

pub(crate) struct CarriedTable {
    pub(crate) dataset: DatasetIndex,
    pub(crate) layout: Layout,
}

/// What a relation message means.
pub(crate) enum Learnt {
    Nothing,
    /// A halted dataset's table fits its contract again.
    Fits(DatasetIndex),
    /// Its columns are not those of the contract: names and types, in words.
    Contradicts(DatasetIndex, String),
}

impl Relations {
    /// None for a table that is not carried, or whose dataset is halted or paused.
    #[inline]
    pub(crate) fn target(&self, relation: u32, datasets: &[Dataset]) -> Option<&CarriedTable> {
        self.known
            .iter()
            .find(|(id, _)| *id == relation)
            .and_then(|(_, target)| target.as_ref())
            .filter(|target| !datasets[target.dataset.place()].standing.is_paused())
    }

    pub(crate) fn learn(&mut self, relation: &Relation<'_>, datasets: &[Dataset]) -> Learnt {
        self.known.retain(|(id, _)| *id != relation.id);
        let place = datasets.iter().position(|dataset| {
            dataset.contract.source.schema == relation.namespace
                && dataset.contract.source.table == relation.name
        });
        let Some(dataset) = place
            .and_then(|place| u16::try_from(place).ok())
            .map(DatasetIndex)
        else {
            self.known.push((relation.id, None));
            return Learnt::Nothing;
        };
        // A table dropped and made again has a new id and the old name.
        self.known.retain(|(_, target)| {
            target
                .as_ref()
                .is_none_or(|target| target.dataset != dataset)
        });
        let contract = &datasets[dataset.place()].contract;
        let layout = Layout::new(contract, &relation.columns);
        let why = contradiction(&layout, |column| contract.columns[column].name.as_str())
            .or_else(|| unsaid(contract, relation));
        if let Some(why) = why {
            self.known.push((relation.id, None));
            return if self.halted.contains(&dataset) {
                Learnt::Nothing
            } else {
                Learnt::Contradicts(dataset, why)
            };
        }
        self.known
            .push((relation.id, Some(CarriedTable { dataset, layout })));
        if let Some(place) = self.halted.iter().position(|halted| *halted == dataset) {
            self.halted.swap_remove(place);
            return Learnt::Fits(dataset);
        }
        Learnt::Nothing
    }

    pub(crate) fn halt(&mut self, dataset: DatasetIndex) {
        for (_, target) in &mut self.known {
            if target
                .as_ref()
                .is_some_and(|target| target.dataset == dataset)
            {
                *target = None;
            }
        }
        if !self.halted.contains(&dataset) {
            self.halted.push(dataset);
        }
    }
}
