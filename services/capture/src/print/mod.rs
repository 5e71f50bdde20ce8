//! The catalogue print of a dataset: what the meaning of its rows rests on, at the source and in its
//! contract. A stream tells only what PostgreSQL chooses to tell; what it left out shows here.
//!
//! `look` takes the prints of all datasets with one question, which locks no table of the department, and
//! `watch` does so again and again; `writers` names the transactions that a copy must wait for. `fitness` says whether a print can carry its contract at all, `difference` what it means that two prints
//! are not alike; both are pure. A print is kept beside the copy that it was true for.
//!
//! What was changed and changed back shows too: PostgreSQL gives what is made anew another oid, and writes
//! a row of its catalogue under another transaction, which is the row's `xmin`. Freezing keeps `xmin` as it
//! is (since 9.4), and so does VACUUM FULL of a catalogue.

pub(crate) mod difference;
pub(crate) mod fitness;
pub(crate) mod look;
pub(crate) mod watch;
pub(crate) mod writers;

use std::collections::{BTreeMap, BTreeSet};

use bangioc_schemas::contract::Contract;
use serde::{Deserialize, Serialize};

/// An oid of the source's catalogue.
pub(crate) type Oid = u32;
/// The transaction that wrote a row of the catalogue, `xmin`: another one, another row.
pub(crate) type RowXid = u32;

/// What was found of a dataset, and what its contract asked for when it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Print {
    pub(crate) asked: ContractPrint,
    /// None: there is no publication of the configured name.
    pub(crate) publication: Option<PublicationPrint>,
    /// None: no table of the contract's name.
    pub(crate) table: Option<TablePrint>,
    /// Of a table that is not there: the name that it has now, if it has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) elsewhere: Option<String>,
}

/// The contract's side, as far as rows of the store depend on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ContractPrint {
    pub(crate) key: Vec<String>,
    /// The source's column → type, as a contract file writes it, and the contract's name where it is another.
    pub(crate) columns: BTreeMap<String, String>,
}

/// The publication itself; how it holds one table is [`TablePrint::published`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PublicationPrint {
    pub(crate) oid: Oid,
    /// Changes with `publish`, `publish_via_partition_root`, name and owner. Not with its tables.
    pub(crate) written: RowXid,
    pub(crate) all_tables: bool,
    /// Of insert, update, delete, truncate: what it leaves out.
    pub(crate) leaves_out: Vec<String>,
    pub(crate) via_root: bool,
}

/// One way for a table to be in the publication: by name, or with its schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Membership {
    /// Of `pg_publication_rel` or `pg_publication_namespace`: taken out and put back, it is another.
    pub(crate) oid: Oid,
    /// Changes with the row filter and the column list.
    pub(crate) written: RowXid,
    pub(crate) by_schema: bool,
    pub(crate) filtered: bool,
    /// The columns sent; none: all.
    pub(crate) columns: Option<BTreeSet<String>>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct TablePrint {
    /// Another one: dropped and made again, or swapped by rename.
    pub(crate) oid: Oid,
    /// `pg_class.relkind`: `r` a table, `p` a partitioned one.
    pub(crate) kind: String,
    /// `pg_class.relpersistence`: of what is not `p`, nothing is in the log.
    pub(crate) persistence: String,
    /// `relfilenode`. VACUUM FULL, CLUSTER and TRUNCATE give another one, and so does every rewrite: it
    /// counts only together with other members.
    pub(crate) file: Oid,
    /// Only to tell a new owner from a new name, see `row_type`.
    pub(crate) owner: Oid,
    /// `xmin` of the table's row type, which changes with the table's name, schema and owner, and with
    /// nothing else. `pg_class.xmin` would change with each GRANT.
    pub(crate) row_type: RowXid,
    /// Is it a partition itself? Then its changes may be sent under its root's name.
    pub(crate) is_partition: bool,
    pub(crate) published: Vec<Membership>,
    pub(crate) identity: IdentityPrint,
    /// What keeps the contract's key unique: `c` and the oid of a constraint, or `i` and that of an index
    /// without one. REINDEX CONCURRENTLY makes another index, but keeps the constraint.
    pub(crate) unique_by: BTreeSet<String>,
    /// Row security hides rows from our role: from copies, never from the stream.
    pub(crate) secured: bool,
    /// May our role read the contract's columns? No difference in what is sent; copies need it.
    pub(crate) readable: bool,
    /// The contract's, as far as the table has them.
    pub(crate) columns: BTreeMap<String, ColumnPrint>,
    /// Of the columns' enum types, by oid in `pg_enum`.
    pub(crate) labels: BTreeMap<Oid, EnumLabel>,
    /// Of the columns' composite types: `<relation>.<attribute number>` → when it was written.
    pub(crate) fields: BTreeMap<String, RowXid>,
    /// Everything below a partitioned table, at any depth; of a plain table, those that inherit from it.
    pub(crate) parts: BTreeMap<Oid, PartitionPrint>,
}

/// What PostgreSQL says of the old row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct IdentityPrint {
    /// `pg_class.relreplident`: `d` the primary key, `i` an index, `f` the whole row, `n` nothing.
    pub(crate) kind: String,
    /// Of `d` and `i`: columns of the index.
    pub(crate) columns: BTreeSet<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ColumnPrint {
    /// Another one: dropped, and another column has its name.
    pub(crate) number: i32,
    pub(crate) type_id: Oid,
    /// A domain's base type, or `type_id`.
    pub(crate) base_type: Oid,
    pub(crate) type_modifier: i32,
    /// Changes with type, name, NOT NULL, default, statistics target, storage and grants of the column. So
    /// it counts only with the table's file: rewritten, and this column touched.
    pub(crate) written: RowXid,
    pub(crate) generated: bool,
    /// Added with a default that is not in the rows yet. A rewrite puts it there, and then touches
    /// `written` of a column whose values it leaves alone.
    pub(crate) default_beside: bool,
    /// Of that default, a hash: rows of before have it without having it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) beside: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EnumLabel {
    pub(crate) label: String,
    pub(crate) written: RowXid,
}

/// A partition, or a table that inherits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PartitionPrint {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) persistence: String,
    /// Another one: VACUUM FULL, CLUSTER or a rewrite; or TRUNCATE, which is not published of a part when
    /// the whole is published as one.
    pub(crate) file: Oid,
    /// `xmin` of its row in `pg_inherits`: detached and attached again, it is another.
    pub(crate) attached: RowXid,
    /// Made as a part, by one command: it came without rows.
    pub(crate) came_empty: bool,
    /// Its own replica identity, which is what the log holds.
    pub(crate) identity: IdentityPrint,
}

impl ContractPrint {
    pub(crate) fn of(contract: &Contract) -> ContractPrint {
        ContractPrint {
            key: contract.key_columns().map(|column| column.from.clone()).collect(),
            columns: contract
                .columns
                .iter()
                .map(|column| (column.from.clone(), asked_for(column)))
                .collect(),
        }
    }
}

/// Its type, and our name where that is another: two columns that exchange what they come from are two others.
fn asked_for(column: &bangioc_schemas::contract::Column) -> String {
    if column.from == column.name {
        column.column_type.to_string()
    } else {
        format!("{} as {}", column.column_type, column.name)
    }
}

impl IdentityPrint {
    pub(crate) fn is_full(&self) -> bool {
        self.kind == "f"
    }

    pub(crate) fn says(&self, column: &str) -> bool {
        self.is_full() || self.columns.contains(column)
    }
}

impl Print {
    /// The contract's columns in the order in which the table has them.
    pub(crate) fn order(&self, contract: &Contract) -> Vec<usize> {
        let number = |column: &usize| {
            let name = &contract.columns[*column].from;
            Some(self.table.as_ref()?.columns.get(name)?.number)
        };
        let mut order: Vec<usize> =
            (0..contract.columns.len()).filter(|column| number(column).is_some()).collect();
        order.sort_by_key(number);
        order
    }
}

impl TablePrint {
    pub(crate) fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }

    /// In the publication by its own name: then it can't be made unlogged, which would hide its changes.
    fn is_published_by_name(&self) -> bool {
        self.published.iter().any(|membership| !membership.by_schema)
    }
}
