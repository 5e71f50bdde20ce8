//! The tables of the stream: which dataset each feeds, and how its columns lie. Relation messages come
//! before the first change of a table and again after every change of its shape.
//!
//! A table is known by its number and its name together. Renamed away it keeps the number, and its rows are
//! no longer the dataset's; whatever takes the name has another, and rows that were never copied.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::Relation;

use crate::dataset::Dataset;
use crate::shape::{contradiction, unsaid};
use crate::unit::DatasetIndex;

#[derive(Default)]
pub(crate) struct Relations {
    /// A handful: found faster by looking than by hashing. None: not carried, or not as its contract says.
    known: Vec<(u32, Option<CarriedTable>)>,
}

pub(crate) struct CarriedTable {
    pub(crate) dataset: DatasetIndex,
    pub(crate) layout: Layout,
}

/// What a relation message means for a dataset.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Learnt {
    /// A halted dataset's table looks as its contract says again.
    Fits(DatasetIndex),
    /// Its columns are not those of the contract, or it has another name: in words.
    Contradicts(DatasetIndex, String),
    /// Another table has the dataset's name now.
    Replaced(DatasetIndex),
}

impl Relations {
    /// None for a table that is not carried, or whose dataset is halted or paused.
    #[inline]
    pub(crate) fn target(&self, relation: u32, datasets: &[Dataset]) -> Option<&CarriedTable> {
        self.known
            .iter()
            .find(|(id, _)| *id == relation)
            .and_then(|(_, target)| target.as_ref())
            .filter(|target| !datasets[target.dataset.place()].standing.is_withheld())
    }

    /// At most two: where two datasets' tables have exchanged their names.
    pub(crate) fn learn(&mut self, relation: &Relation<'_>, datasets: &[Dataset]) -> Vec<Learnt> {
        self.known.retain(|(id, _)| *id != relation.id);
        let mut learnt = Vec::new();
        let named = indexed(datasets).find(|(_, dataset)| {
            dataset.contract.source.schema == relation.namespace
                && dataset.contract.source.table == relation.name
        });
        let was =
            indexed(datasets).find(|(_, dataset)| dataset.standing.table_oid() == relation.id);
        if let Some((index, dataset)) =
            was.filter(|(was, _)| named.is_none_or(|(named, _)| named != *was))
            && !dataset.standing.is_halted()
        {
            learnt.push(Learnt::Contradicts(
                index,
                format!("its table is called `{}.{}` now", relation.namespace, relation.name),
            ));
        }
        let Some((index, dataset)) = named else {
            self.known.push((relation.id, None));
            return learnt;
        };
        self.known
            .retain(|(_, target)| target.as_ref().is_none_or(|target| target.dataset != index));
        let (halted, oid) = (dataset.standing.is_halted(), dataset.standing.table_oid());
        dataset.standing.set_table_oid(relation.id);
        let contract = &dataset.contract;
        let layout = Layout::new(contract, &relation.columns);
        let why = contradiction(&layout, |column| contract.columns[column].name.as_str())
            .or_else(|| unsaid(contract, relation));
        let fits = why.is_none();
        match why {
            Some(why) if !halted => learnt.push(Learnt::Contradicts(index, why)),
            None if halted => learnt.push(Learnt::Fits(index)),
            None if oid != 0 && oid != relation.id => learnt.push(Learnt::Replaced(index)),
            Some(_) | None => {}
        }
        let carried = fits.then_some(CarriedTable { dataset: index, layout });
        self.known.push((relation.id, carried));
        learnt
    }
}

fn indexed(datasets: &[Dataset]) -> impl Iterator<Item = (DatasetIndex, &Dataset)> {
    (0..).map(DatasetIndex).zip(datasets)
}
