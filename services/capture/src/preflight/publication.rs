//! The publication: does it hold the contracts' tables, whole, and nothing else? A table in it that can't say
//! which row an UPDATE meant is worse than one left out: PostgreSQL then refuses the department's UPDATE.

use bangioc_postgres_text::quoting::{qualified, quoted};

use super::check::{Check, CheckSubject, Step};
use super::table_facts::TableFacts;
use super::{Inspection, label, table_name};
use crate::error::CaptureError;

/// The publication as it is; none of its tables where there is none.
#[expect(clippy::struct_excessive_bools, reason = "what the catalogue says, one by one")]
#[derive(Default)]
pub(super) struct PublicationFacts {
    pub(super) exists: bool,
    pub(super) via_root: bool,
    updates: bool,
    everything: bool,
    tables: Vec<PublishedTable>,
}

pub(super) struct PublishedTable {
    pub(super) oid: i64,
    full_name: String,
    schema: String,
    /// By itself, and not with its schema or with everything.
    named: bool,
    pub(super) filtered: bool,
    /// None: all.
    pub(super) columns: Option<Vec<String>>,
    /// It, or a partition of it, can't say which row an UPDATE or DELETE meant.
    refuses_updates: bool,
}

impl PublicationFacts {
    pub(super) fn table(&self, oid: i64) -> Option<&PublishedTable> {
        self.tables.iter().find(|table| table.oid == oid)
    }

    /// Does PostgreSQL refuse UPDATE and DELETE on it, since it is published?
    pub(super) fn blocks(&self, oid: i64) -> bool {
        self.updates && self.table(oid).is_some_and(|table| table.refuses_updates)
    }
}

/// Table `c` and all below it. PostgreSQL's own function for it waits for locks of the tables.
pub(super) const TREE: &str = "with recursive tree(oid) as (select c.oid union all select h.inhrelid from pg_inherits h join tree t on h.inhparent = t.oid)";
/// An index names a row of table `one`.
const NAMES_A_ROW: &str = "exists (select from pg_index i where i.indrelid = one.oid and i.indisvalid and i.indimmediate and case one.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end)";

impl Inspection<'_> {
    pub(super) async fn publication(
        &mut self,
        tables: &[Option<TableFacts>],
    ) -> Result<PublicationFacts, CaptureError> {
        let (name, user) = (self.source.publication.clone(), self.source.user.clone());
        let rows = self
            .rows(
                "select puballtables, pubinsert and pubdelete and pubtruncate and pubupdate, pubupdate or pubdelete, pubviaroot, \
                 pg_get_userbyid(pubowner) = $2, (select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()) \
                 from pg_publication where pubname = $1"
                    .to_owned(),
                &[&name, &user],
            )
            .await?;
        let there = Check::new(
            CheckSubject::Publication,
            label(format!("có publication `{name}`"), format!("publication `{name}` is there")),
        );
        let Some(row) = rows.first() else {
            self.add(
                there
                    .problem(label(
                        format!(
                            "chưa có publication `{name}`: không bảng nào gửi thay đổi ra ngoài"
                        ),
                        format!("there is no publication `{name}`: no table sends its changes"),
                    ))
                    .coded("BG0255")
                    .remedy(Step::Publication, self.create(tables)),
            );
            return Ok(PublicationFacts::default());
        };
        self.add(there);
        let (whole, via_root, ours): (bool, bool, bool) = (row.get(1)?, row.get(3)?, row.get(4)?);
        let owner: String = row.get(5)?;
        let mut publication = PublicationFacts {
            exists: true,
            via_root,
            updates: row.get(2)?,
            everything: row.get(0)?,
            tables: Vec::new(),
        };
        publication.tables = self.published(publication.everything).await?;
        self.flags(whole, via_root, tables);
        self.owner(ours, &owner);
        self.others(&publication, tables);
        Ok(publication)
    }

    fn create(&self, tables: &[Option<TableFacts>]) -> String {
        let names = self.publishable(tables);
        if names.is_empty() {
            return String::new();
        }
        format!(
            "create publication {} for table {} with (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);",
            quoted(&self.source.publication),
            names.join(", ")
        )
    }

    /// The contracts' tables that are there and can be published.
    fn publishable(&self, tables: &[Option<TableFacts>]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (contract, facts) in self.contracts.iter().zip(tables) {
            let name = table_name(contract);
            if facts.as_ref().is_some_and(TableFacts::can_be_published) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn flags(&mut self, whole: bool, via_root: bool, tables: &[Option<TableFacts>]) {
        let name = quoted(&self.source.publication);
        let check = Check::new(
            CheckSubject::Publication,
            label(
                "gửi đủ INSERT, UPDATE, DELETE và TRUNCATE",
                "it sends INSERT, UPDATE, DELETE and TRUNCATE",
            ),
        );
        self.add(if whole {
            check
        } else {
            check
                .problem(label(
                    "publication bỏ qua một số loại lệnh (INSERT, UPDATE, DELETE hoặc TRUNCATE): kho dùng chung sẽ sai mà không ai hay",
                    "it leaves out some of INSERT, UPDATE, DELETE and TRUNCATE: the shared store goes wrong silently",
                ))
                .coded("BG0256")
                .remedy(Step::Publication, format!("alter publication {name} set (publish = 'insert, update, delete, truncate');"))
        });
        let check = Check::new(
            CheckSubject::Publication,
            label("bảng phân vùng được gửi như một bảng", "partitioned tables are sent as one"),
        );
        let partitioned = tables.iter().flatten().any(TableFacts::is_partitioned);
        let why = label(
            "`publish_via_partition_root` đang tắt: thay đổi của bảng phân vùng mang tên từng phân vùng, không thuộc hợp đồng nào, nên bị bỏ",
            "`publish_via_partition_root` is off: changes of a partitioned table come under each partition's name, which no contract knows, and are lost",
        );
        self.add(
            if via_root {
                check
            } else if partitioned {
                check.problem(why)
            } else {
                // Nothing is lost until somebody partitions a table.
                check.warning(why)
            }
            .coded("BG0256")
            .remedy(
                Step::Publication,
                format!("alter publication {name} set (publish_via_partition_root = true);"),
            ),
        );
    }

    fn owner(&mut self, ours: bool, owner: &str) {
        let check = Check::new(
            CheckSubject::Publication,
            label("không thuộc về tài khoản thu nhận", "it does not belong to the capture's role"),
        );
        self.add(if ours {
            check
                .warning(label(
                    "publication thuộc về chính tài khoản thu nhận: ai có mật khẩu đó là đổi được những gì sở gửi ra ngoài",
                    "it belongs to the capture's own role: whoever has that password can change what the department sends",
                ))
                .coded("BG0269")
                .remedy(
                    Step::Publication,
                    format!("alter publication {} owner to {};", quoted(&self.source.publication), quoted(owner)),
                )
        } else {
            check
        });
    }

    async fn published(&mut self, everything: bool) -> Result<Vec<PublishedTable>, CaptureError> {
        let name = self.source.publication.clone();
        // PostgreSQL 15 brought filters, lists of columns, and whole schemas. Its own view of all this waits for
        // locks of the tables.
        let (filter, columns, schemas) = if self.server_version >= 150_000 {
            (
                "r.prqual is not null",
                "(select array_agg(a.attname::text order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum = any(r.prattrs::int2[]))",
                "or n.oid in (select pnnspid from pg_publication_namespace where pnpubid = p.oid)",
            )
        } else {
            ("false", "null::text[]", "")
        };
        let all = if everything {
            "or c.relpersistence = 'p' and c.oid >= 16384 and n.nspname <> 'information_schema'"
        } else {
            ""
        };
        let rows = self
            .rows(
                format!(
                    "select c.oid::int8, n.nspname::text, c.relname::text, r.oid is not null, coalesce({filter}, false), {columns}, \
                     exists ({TREE} select from tree join pg_class one on one.oid = tree.oid where one.relkind = 'r' and one.relreplident <> 'f' and not {NAMES_A_ROW}) \
                     from pg_publication p cross join pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_publication_rel r on r.prrelid = c.oid and r.prpubid = p.oid \
                     where p.pubname = $1 and c.relkind in ('r', 'p') and (r.oid is not null or not c.relispartition and (false {schemas} {all})) order by 2, 3"
                ),
                &[&name],
            )
            .await?;
        let table = |row: &super::Cells| {
            let (schema, table): (String, String) = (row.get(1)?, row.get(2)?);
            Ok(PublishedTable {
                oid: row.get(0)?,
                full_name: qualified(&schema, &table),
                schema,
                named: row.get(3)?,
                filtered: row.get(4)?,
                columns: row.get(5)?,
                refuses_updates: row.get(6)?,
            })
        };
        rows.iter().map(table).collect()
    }

    /// What is published and has no contract.
    fn others(&mut self, publication: &PublicationFacts, tables: &[Option<TableFacts>]) {
        let known = |oid: i64| {
            tables.iter().flatten().any(|facts| facts.oid == oid || facts.roots.contains(&oid))
        };
        let strangers: Vec<&PublishedTable> =
            publication.tables.iter().filter(|table| !known(table.oid)).collect();
        let remedy = |table: &PublishedTable| self.without(publication, table, tables);
        let checks: Vec<Check> = strangers
            .iter()
            .map(|table| {
                let name = &table.full_name;
                let check = Check::new(
                    CheckSubject::Table(name.clone()),
                    label("được công bố thì có hợp đồng", "what is published has a contract"),
                );
                let check = if publication.updates && table.refuses_updates {
                    check
                        .problem(label(
                            "được công bố mà không có khóa: PostgreSQL từ chối mọi UPDATE và DELETE của sở trên bảng này, trong khi không hợp đồng nào cần nó",
                            "published without a key: PostgreSQL refuses every UPDATE and DELETE of the department on it, and no contract needs it",
                        ))
                        .coded("BG0257")
                        .aside()
                } else {
                    check
                        .warning(label(
                            "được công bố nhưng không có hợp đồng: thay đổi của nó rời máy chủ mà không ai dùng",
                            "published, but without a contract: its changes leave the server and nobody takes them",
                        ))
                        .coded("BG0269")
                };
                let check = check.remedy(Step::Publication, remedy(table));
                if table.named {
                    check
                } else {
                    check.at_the_cost(label(
                        "publication đổi cách liệt kê bảng: thu nhận có thể sao chép lại mọi bảng",
                        "the publication names its tables otherwise: capture may copy all of them again",
                    ))
                }
            })
            .collect();
        self.checks.extend(checks);
    }

    /// Takes a table out, however it came in. A schema or everything can't lack one table: then what remains is
    /// named.
    fn without(
        &self,
        publication: &PublicationFacts,
        table: &PublishedTable,
        tables: &[Option<TableFacts>],
    ) -> String {
        let name = quoted(&self.source.publication);
        if table.named {
            return format!("alter publication {name} drop table {};", table.full_name);
        }
        if publication.everything {
            let create = self.create(tables);
            return format!("begin;\ndrop publication {name};\n{create}\ncommit;");
        }
        let stay: Vec<String> = publication
            .tables
            .iter()
            .filter(|other| other.schema == table.schema && !other.named)
            .filter(|other| tables.iter().flatten().any(|facts| facts.oid == other.oid))
            .map(|other| format!("alter publication {name} add table {};\n", other.full_name))
            .collect();
        format!(
            "begin;\nalter publication {name} drop tables in schema {};\n{}commit;",
            quoted(&table.schema),
            stay.concat()
        )
    }
}
