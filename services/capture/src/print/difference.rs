//! Two prints of one dataset: what is not alike, and what it means for the rows in the store. Pure.
//!
//! | member | other than before | verdict |
//! |---|---|---|
//! | `contract` | a column joins, another type or key | copy: what was there before never came |
//! | `contract` | a column leaves | harmless |
//! | `publication` | oid, or the row was written again | copy: flags may have been others for a while |
//! | `membership` | none of the earlier ones is left as it was | copy: out of it, or filtered, for a while |
//! | `table` | oid | copy: another table |
//! | `name` | the row type was written again, by no new owner | copy: renamed or moved for a while |
//! | `column` | number or type | copy: another column, or other values |
//! | `column` | the default that older rows have without having it | copy: written in the catalogue by hand |
//! | `rewritten` | file, and a column of the contract was touched | copy: `using`, values changed without events |
//! | `rewritten` | file, and only defaults went into the rows | reconcile: VACUUM FULL does that, and so may `using` |
//! | `file` | the file alone | harmless: VACUUM FULL, CLUSTER; a TRUNCATE is in the stream |
//! | `file` | the same, published with its schema or with all tables | reconcile: it may have been unlogged |
//! | `label`, `field` | an enum's label or a composite type's field was written again or is gone | copy |
//! | `label` | a label is new | harmless: no row has it |
//! | `part` | one is gone, was attached again, or came with rows | copy |
//! | `part` | one is new and came empty | harmless |
//! | `part-file` | the same, but its file is not the first | reconcile: as below, with rows that the stream had told of |
//! | `part-file` | file of a part | reconcile: VACUUM FULL, or a TRUNCATE that nobody published |
//! | `key` | all that kept the key unique is new | copy; of an index without a constraint reconcile (REINDEX CONCURRENTLY) |
//! | `identity`, `owner`, `readable` | | harmless: the stream says of each row what it was |
//!
//! What no longer fits is the matter of [`super::fitness`], and comes before all of these.

use bangioc_schemas::contract::Contract;

use super::fitness::{Unfit, unfit};
use super::{Print, PublicationPrint, TablePrint};

/// What follows from a difference; the greater one counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum PrintVerdict {
    /// Store and source are equal as they were: the new print is kept.
    Harmless,
    /// They may differ, or not: only comparing tells.
    Reconcile,
    /// They may differ: a whole copy, then a sweep.
    Copy,
    HaltDataset,
    HaltSource,
}

impl PrintVerdict {
    /// Label of the metric.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            PrintVerdict::Harmless => "harmless",
            PrintVerdict::Reconcile => "reconcile",
            PrintVerdict::Copy => "copy",
            PrintVerdict::HaltDataset => "halt-dataset",
            PrintVerdict::HaltSource => "halt-source",
        }
    }
}

/// One thing that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PrintDifference {
    /// Which part of the print, as in the table above.
    pub(crate) member: &'static str,
    pub(crate) verdict: PrintVerdict,
    /// In words for a person; names of columns and tables only.
    pub(crate) why: String,
}

/// The greatest first; none: the prints are alike.
pub(crate) fn differences(old: &Print, new: &Print, contract: &Contract) -> Vec<PrintDifference> {
    let mut found = Differences(Vec::new());
    match unfit(new, contract) {
        Some(Unfit::Source(why)) => found.add("publication", PrintVerdict::HaltSource, why),
        Some(Unfit::Dataset(why)) => found.add("fitness", PrintVerdict::HaltDataset, why),
        None => {}
    }
    if old != new {
        found.contract(old, new);
        if let (Some(was), Some(is)) = (&old.publication, &new.publication) {
            found.publication(was, is);
        }
        if let (Some(was), Some(is)) = (&old.table, &new.table) {
            found.table(was, is, new);
        }
    }
    let mut found = found.0;
    found.sort_by_key(|difference| std::cmp::Reverse(difference.verdict));
    found
}

struct Differences(Vec<PrintDifference>);

impl Differences {
    fn add(&mut self, member: &'static str, verdict: PrintVerdict, why: impl Into<String>) {
        self.0.push(PrintDifference { member, verdict, why: why.into() });
    }

    fn copy(&mut self, member: &'static str, why: impl Into<String>) {
        self.add(member, PrintVerdict::Copy, why);
    }

    fn harmless(&mut self, member: &'static str, why: impl Into<String>) {
        self.add(member, PrintVerdict::Harmless, why);
    }

    fn contract(&mut self, old: &Print, new: &Print) {
        let (was, is) = (&old.asked, &new.asked);
        if was.key != is.key {
            self.copy("contract", "the contract names another key");
        }
        for (name, column_type) in &is.columns {
            match was.columns.get(name) {
                None => self.copy("contract", format!("column `{name}` has joined the contract")),
                Some(before) if before != column_type => {
                    let what = if column_type.contains(" as ") || before.contains(" as ") {
                        "name or type"
                    } else {
                        "type"
                    };
                    self.copy("contract", format!("the contract gives `{name}` another {what}"));
                }
                Some(_) => {}
            }
        }
        for name in was.columns.keys().filter(|name| !is.columns.contains_key(*name)) {
            self.harmless("contract", format!("column `{name}` has left the contract"));
        }
    }

    fn publication(&mut self, was: &PublicationPrint, is: &PublicationPrint) {
        if was.oid != is.oid {
            self.copy("publication", "the publication was dropped and made again");
        } else if was.written != is.written {
            self.copy("publication", "the publication was altered");
        }
    }

    fn table(&mut self, was: &TablePrint, is: &TablePrint, new: &Print) {
        if was.oid != is.oid {
            // Nothing else of it can be compared.
            return self.copy("table", "another table has its name");
        }
        let by_name = is.is_published_by_name();
        if was.row_type != is.row_type {
            if was.owner != is.owner && by_name {
                self.harmless("owner", "it has another owner");
            } else {
                self.copy("name", "it was renamed or moved");
            }
        }
        let in_all = new.publication.as_ref().is_some_and(|publication| publication.all_tables);
        self.membership(was, is, in_all);
        self.columns(was, is);
        self.file(was, is, by_name);
        self.types(was, is);
        self.parts(was, is);
        self.key(was, is);
        if was.identity != is.identity {
            self.harmless("identity", "its replica identity is another, and still says the key");
        }
        if was.readable != is.readable {
            let now = if is.readable { "is" } else { "is not" };
            self.harmless("readable", format!("it {now} readable for the capture's role"));
        }
    }

    fn membership(&mut self, was: &TablePrint, is: &TablePrint, in_all: bool) {
        if was.published == is.published || in_all {
            return;
        }
        let whole_throughout = was.published.iter().any(|membership| {
            !membership.filtered
                && membership.columns.is_none()
                && is.published.contains(membership)
        });
        if whole_throughout {
            self.harmless("membership", "it is in the publication in another way besides");
        } else {
            self.copy("membership", "it was out of the publication, or in it otherwise");
        }
    }

    fn columns(&mut self, was: &TablePrint, is: &TablePrint) {
        for (name, before) in &was.columns {
            let Some(column) = is.columns.get(name) else {
                continue;
            };
            if before.number != column.number {
                self.copy("column", format!("another column has the name `{name}`"));
            } else if before.type_id != column.type_id {
                self.copy("column", format!("column `{name}` has another type"));
            } else if before.beside.zip(column.beside).is_some_and(|(was, is)| was != is) {
                let why = format!("the default of column `{name}` in rows of before is another");
                self.copy("column", why);
            }
        }
    }

    /// The file of a partitioned table is that of its parts.
    fn file(&mut self, was: &TablePrint, is: &TablePrint, by_name: bool) {
        let part_files = was
            .parts
            .iter()
            .any(|(oid, part)| is.parts.get(oid).is_some_and(|now| now.file != part.file));
        if was.file == is.file && !part_files {
            return;
        }
        let touched = || {
            was.columns.iter().filter_map(|(name, before)| {
                let now = is.columns.get(name)?;
                (before.written != now.written).then_some((name, before, now))
            })
        };
        // A rewrite moves every default into the rows, and then says so of the column.
        let settled = |before: &super::ColumnPrint, now: &super::ColumnPrint| {
            before.default_beside && !now.default_beside
        };
        let using: Vec<_> = touched()
            .filter(|(_, before, now)| !settled(before, now))
            .map(|(name, _, _)| format!("`{name}`"))
            .collect();
        if !using.is_empty() {
            let why = format!("its rows were rewritten, column(s) {} with them", using.join(", "));
            self.copy("rewritten", why);
        } else if touched().next().is_some() {
            let why = "its rows were rewritten, with defaults that were kept beside them";
            self.add("rewritten", PrintVerdict::Reconcile, why);
        } else if part_files {
            let why =
                "a partition has another file: VACUUM FULL or CLUSTER, or truncated by itself";
            self.add("part-file", PrintVerdict::Reconcile, why);
        } else if by_name {
            self.harmless("file", "it has another file");
        } else {
            let why = "it has another file, and may have been unlogged for a while";
            self.add("file", PrintVerdict::Reconcile, why);
        }
    }

    fn types(&mut self, was: &TablePrint, is: &TablePrint) {
        for (oid, before) in &was.labels {
            match is.labels.get(oid) {
                Some(now) if now == before => {}
                Some(_) => self.copy("label", "a value of one of its enum types was renamed"),
                None => self.copy("label", "a value of one of its enum types is gone"),
            }
        }
        if is.labels.keys().any(|oid| !was.labels.contains_key(oid)) {
            self.harmless("label", "one of its enum types has a new value");
        }
        if was.fields != is.fields {
            self.copy("field", "a composite type of its columns was altered");
        }
    }

    fn parts(&mut self, was: &TablePrint, is: &TablePrint) {
        for (oid, before) in &was.parts {
            match is.parts.get(oid) {
                None => self.copy("part", format!("partition `{}` is gone", before.name)),
                Some(now) if now.attached != before.attached => {
                    let why = format!("partition `{}` was detached and attached again", now.name);
                    self.copy("part", why);
                }
                Some(_) => {}
            }
        }
        for (oid, part) in is.parts.iter().filter(|(oid, _)| !was.parts.contains_key(oid)) {
            if part.came_empty && part.kind == "r" && part.file != *oid {
                let why = format!("partition `{}` is new, and has another file already", part.name);
                self.add("part-file", PrintVerdict::Reconcile, why);
            } else if part.came_empty {
                self.harmless("part", format!("partition `{}` is new", part.name));
            } else {
                self.copy("part", format!("partition `{}` was attached", part.name));
            }
        }
    }

    fn key(&mut self, was: &TablePrint, is: &TablePrint) {
        if was.unique_by.is_empty() || was.unique_by.iter().any(|by| is.unique_by.contains(by)) {
            return;
        }
        let constrained = was.unique_by.iter().any(|by| by.starts_with('c'));
        let verdict = if constrained { PrintVerdict::Copy } else { PrintVerdict::Reconcile };
        self.add("key", verdict, "what keeps its key unique was made again");
    }
}

#[cfg(test)]
mod tests;
