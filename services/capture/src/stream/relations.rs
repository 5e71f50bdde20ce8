//! The tables of the stream: which dataset each feeds, and how its columns lie. Relation messages come
//! before the first change of a table and again after every change of its shape.
//!
//! A table is known by its number and its name together. Renamed away it keeps the number, and its rows are
//! no longer the dataset's; whatever takes the name has another, and rows that were never copied.
//!
//! Columns that exchange their names and exchange them back leave nothing in the catalogue that tells of it; but
//! while a row was changed under the other names, the stream has them in another order.
//!
//! Of a partition that is sent under its root's name the relation message follows its root's at once, and says
//! the replica identity that the log has of its rows.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::{Relation, ReplicaIdentity};
use bangioc_schemas::source_name::written;

use crate::dataset::Dataset;
use crate::shape::{contradiction, unsaid};
use crate::unit::DatasetIndex;

#[derive(Default)]
pub(crate) struct Relations {
    /// A handful: found faster by looking than by hashing. None: not carried, or not as its contract says.
    known: Vec<(u32, Option<CarriedTable>)>,
    /// By dataset: its columns in the table's order, as far as they are known.
    orders: Vec<Vec<usize>>,
    /// The carried table met last, and the datasets of which a partition says less of an old row than the root.
    met: Option<DatasetIndex>,
    half_said: Vec<DatasetIndex>,
}

pub(crate) struct CarriedTable {
    pub(crate) dataset: DatasetIndex,
    pub(crate) layout: Layout,
    /// A whole old row may lack all but its key: a partition's identity is less than the root's.
    pub(crate) half_said: bool,
}

/// A partition, met right behind the table that it is part of.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct MetPart {
    pub(crate) dataset: DatasetIndex,
    /// What its identity does not say and the contract needs.
    pub(crate) unsaid: Option<String>,
}

/// What a relation message means for a dataset.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Learnt {
    /// A halted dataset's table looks as its contract says again.
    Fits(DatasetIndex),
    /// Its columns are not those of the contract, or it has another name: in words.
    Contradicts(DatasetIndex, String),
    /// Another table has the dataset's name now, or another column a column's.
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

    /// As they were when the dataset was last copied.
    pub(crate) fn set_orders(&mut self, orders: Vec<Vec<usize>>) {
        self.orders = orders;
    }

    /// `relation` came right behind the relation message of a carried table: is it a partition of it?
    pub(crate) fn part(
        &mut self,
        relation: &Relation<'_>,
        datasets: &[Dataset],
    ) -> Option<MetPart> {
        let index = self.met?;
        let is_dataset = |dataset: &Dataset| {
            dataset.contract.source.schema == relation.namespace
                && dataset.contract.source.table == relation.name
                || dataset.standing.table_oid() == relation.id
        };
        if datasets.iter().any(is_dataset) {
            return None;
        }
        if relation.identity != ReplicaIdentity::Full && !self.half_said.contains(&index) {
            self.half_said.push(index);
            for (_, table) in &mut self.known {
                if let Some(table) = table.as_mut().filter(|table| table.dataset == index) {
                    table.half_said = true;
                }
            }
        }
        let unsaid = unsaid(&datasets[index.place()].contract, relation);
        Some(MetPart { dataset: index, unsaid })
    }

    /// At most two: where two datasets' tables have exchanged their names.
    pub(crate) fn learn(&mut self, relation: &Relation<'_>, datasets: &[Dataset]) -> Vec<Learnt> {
        self.known.retain(|(id, _)| *id != relation.id);
        self.met = None;
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
                format!(
                    "its table is called `{}.{}` now",
                    written(relation.namespace),
                    written(relation.name)
                ),
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
        let why = contradiction(&layout, |column| contract.columns[column].from.as_str())
            .or_else(|| unsaid(contract, relation));
        let fits = why.is_none();
        match why {
            Some(why) if !halted => learnt.push(Learnt::Contradicts(index, why)),
            None if halted => learnt.push(Learnt::Fits(index)),
            None if oid != 0 && oid != relation.id => learnt.push(Learnt::Replaced(index)),
            None if oid == relation.id && self.is_in_another_order(index, &layout) => {
                learnt.push(Learnt::Replaced(index));
            }
            Some(_) | None => {}
        }
        if self.orders.len() <= index.place() {
            self.orders.resize(index.place() + 1, Vec::new());
        }
        self.orders[index.place()] = layout.order().collect();
        self.met = Some(index);
        let half_said = self.half_said.contains(&index);
        let carried = fits.then_some(CarriedTable { dataset: index, layout, half_said });
        self.known.push((relation.id, carried));
        learnt
    }

    fn is_in_another_order(&self, index: DatasetIndex, layout: &Layout) -> bool {
        let Some(known) = self.orders.get(index.place()) else {
            return false;
        };
        let now: Vec<usize> = layout.order().filter(|column| known.contains(column)).collect();
        known.iter().filter(|column| now.contains(column)).ne(&now)
    }
}

fn indexed(datasets: &[Dataset]) -> impl Iterator<Item = (DatasetIndex, &Dataset)> {
    (0..).map(DatasetIndex).zip(datasets)
}
