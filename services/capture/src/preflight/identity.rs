//! Does a table say of its old rows what the contract needs to hear? Its key at least; and where some of
//! its rows are public, the columns that decide which, for a row that stops being public must be told
//! from one that never was.

use bangioc_schemas::contract::{Contract, Identity};

use super::check::{Check, Step};
use super::identity_sql;
use super::member::{Index, TableMember};
use super::publication::{PublicationFacts, TREE};
use super::table::SourceColumn;
use super::table_facts::TableFacts;
use super::{Inspection, label, table_name};
use crate::error::CaptureError;
use crate::shape::Needed;

impl Inspection<'_> {
    pub(super) async fn identity_fits(
        &mut self,
        contract: &Contract,
        facts: &TableFacts,
        columns: &[SourceColumn],
        publication: Option<&PublicationFacts>,
    ) -> Result<(), CaptureError> {
        let name_of = |index: &usize| contract.columns[*index].from.as_str();
        let key: Vec<&str> = contract.key.iter().map(name_of).collect();
        let is = |name: &str, test: fn(&SourceColumn) -> bool| {
            columns.iter().any(|column| column.name == name && test(column))
        };
        let nullable: Vec<&str> =
            key.iter().copied().filter(|name| is(name, |column| !column.not_null)).collect();
        self.never_null(contract, &nullable);
        let members = self.members(facts.oid).await?;
        let blocks = publication.is_some_and(|publication| publication.blocks(facts.oid));
        let Some(needed) = Needed::of(contract) else {
            let published =
                publication.is_some_and(|publication| publication.table(facts.oid).is_some());
            let unnamed =
                members.iter().any(|member| member.says().is_some_and(<[String]>::is_empty));
            self.only_added_to(contract, unnamed, published);
            return Ok(());
        };
        let Some(root) = members.iter().find(|member| member.oid == facts.oid) else {
            return Ok(());
        };
        let open_to_null: Vec<&str> = match &needed {
            Needed::Columns(columns) => columns
                .iter()
                .copied()
                .filter(|name| is(name, |column| !column.table_not_null))
                .collect(),
            Needed::Full => Vec::new(),
        };
        let table = identity_sql::TableToIdentify {
            schema: &contract.source.schema,
            name: &contract.source.table,
            root,
            partitioned: facts.is_partitioned(),
            all_default: members.iter().all(|member| member.identity == "d"),
            key: &key,
            needed: &needed,
            open_to_null: &open_to_null,
        };
        self.unique(contract, &table);
        let fits = match &needed {
            Needed::Full => members.iter().all(TableMember::is_full),
            Needed::Columns(columns) => members.iter().all(|member| member.covers(columns)),
        };
        let check = Check::of(
            contract,
            label(
                "nói đủ về dòng cũ khi UPDATE và DELETE",
                "UPDATE and DELETE say enough of the old row",
            ),
        );
        if fits && !blocks {
            self.add(check);
            return Ok(());
        }
        let advice = identity_sql::identity(&table);
        self.add(
            lacks_identity(check, contract, &needed, root, blocks)
                .remedy(Step::Table, advice.sql)
                .costs(advice.cost),
        );
        Ok(())
    }

    fn unique(&mut self, contract: &Contract, table: &identity_sql::TableToIdentify<'_>) {
        let key = table.key.join(", ");
        let check = Check::of(
            contract,
            label(format!("({key}) là khóa duy nhất"), format!("({key}) is a unique key")),
        );
        self.add(if table.has_key() {
            check
        } else {
            check
                .problem(label(
                    format!("không chỉ mục duy nhất nào gồm đúng các cột ({key}): hai dòng trùng khóa sẽ ghi đè nhau trong kho dùng chung"),
                    format!("no unique index has exactly ({key}): two rows of one key overwrite each other in the shared store"),
                ))
                .coded("BG0258")
                .remedy(Step::Table, identity_sql::key(table))
                .at_the_cost(label(
                    "đọc cả bảng để dựng chỉ mục; báo lỗi nếu đang có dòng trùng khóa",
                    "it reads the whole table to build the index; it fails if rows of one key are there",
                ))
        });
    }

    fn never_null(&mut self, contract: &Contract, nullable: &[&str]) {
        let full_name = table_name(contract);
        let check = Check::of(contract, label("khóa không bao giờ trống", "its key is never null"));
        if nullable.is_empty() {
            self.add(check);
            return;
        }
        let list = nullable.join(", ");
        let each = nullable.iter().map(|name| identity_sql::not_null(&full_name, name));
        self.add(
            check
                .problem(label(
                    format!("cột khóa {list} cho phép NULL: dòng không có khóa thì không ghi được vào kho dùng chung"),
                    format!("key column(s) {list} may be null: a row without a key can't be kept in the shared store"),
                ))
                .coded("BG0258")
                .remedy(Step::Table, each.collect::<Vec<_>>().join("\n"))
                .at_the_cost(identity_sql::reads_under_lock()),
        );
    }

    /// A table that has no key, as its contract says.
    fn only_added_to(&mut self, contract: &Contract, unnamed: bool, published: bool) {
        let check = Check::of(
            contract,
            label(
                "chỉ được thêm dòng (theo hợp đồng): PostgreSQL từ chối UPDATE và DELETE khi bảng được công bố",
                "rows are only added to it, as its contract says: PostgreSQL refuses UPDATE and DELETE while it is published",
            ),
        );
        // Once it is published they know.
        self.add(if unnamed && !published {
            check
                .warning(label(
                    "bảng không có khóa: khi được công bố, PostgreSQL từ chối mọi UPDATE và DELETE của sở trên bảng; hợp đồng nói ở đây chỉ thêm dòng, hãy hỏi lại người dùng phần mềm trước khi công bố",
                    "it has no key: once it is published, PostgreSQL refuses every UPDATE and DELETE of the department on it; the contract says that rows are only added, so ask who works with it before it is published",
                ))
                .coded("BG0257")
        } else {
            check
        });
    }

    async fn members(&mut self, oid: i64) -> Result<Vec<TableMember>, CaptureError> {
        let tree = TREE.replace("c.oid", &format!("{oid}::oid"));
        let rows = self
            .rows(
                format!("{tree} select one.oid::int8, one.relreplident::text from tree join pg_class one on one.oid = tree.oid order by one.oid <> {oid}, one.oid"),
                &[],
            )
            .await?;
        let mut members = Vec::new();
        for row in &rows {
            members.push(TableMember {
                oid: row.get(0)?,
                identity: row.get(1)?,
                indexes: Vec::new(),
            });
        }
        let rows = self
            .rows(
                format!(
                    "{tree} select i.indrelid::int8, x.relname::text, \
                     array(select a.attname::text from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) as k(attnum) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum), \
                     i.indisprimary, i.indisreplident, i.indisvalid, i.indisunique and i.indimmediate and i.indpred is null and i.indexprs is null \
                     from tree join pg_index i on i.indrelid = tree.oid join pg_class x on x.oid = i.indexrelid order by i.indexrelid"
                ),
                &[],
            )
            .await?;
        for row in &rows {
            let of: i64 = row.get(0)?;
            let index = Index {
                name: row.get(1)?,
                columns: row.get(2)?,
                primary: row.get(3)?,
                chosen: row.get(4)?,
                valid: row.get(5)?,
                firm: row.get(6)?,
            };
            if let Some(member) = members.iter_mut().find(|member| member.oid == of) {
                member.indexes.push(index);
            }
        }
        Ok(members)
    }
}

fn lacks_identity(
    check: Check,
    contract: &Contract,
    needed: &Needed<'_>,
    root: &TableMember,
    blocks: bool,
) -> Check {
    let (now_vi, now_en) = match (root.identity.as_str(), root.primary()) {
        ("n", Some(_)) => (
            "bảng có khóa chính nhưng REPLICA IDENTITY đang là NOTHING",
            "it has a primary key, but its replica identity is NOTHING",
        ),
        ("n", None) => ("REPLICA IDENTITY đang là NOTHING", "its replica identity is NOTHING"),
        ("i", _) if root.says().is_some_and(<[String]>::is_empty) => (
            "chỉ mục của REPLICA IDENTITY không còn hay không hợp lệ",
            "the index of its replica identity is gone or invalid",
        ),
        ("d", None) => ("bảng không có khóa chính", "it has no primary key"),
        ("d", Some(index)) if !index.can_identify() => (
            "khóa chính là loại DEFERRABLE hoặc không hợp lệ",
            "its primary key is deferrable or invalid",
        ),
        _ => ("REPLICA IDENTITY không gồm đủ cột", "its replica identity lacks columns"),
    };
    let of = match needed {
        Needed::Full => label("cả dòng", "the whole row"),
        Needed::Columns(columns) => label(columns.join(", "), columns.join(", ")),
    };
    if blocks {
        return check
            .problem(label(
                format!("{now_vi}: khi bảng được công bố, PostgreSQL từ chối mọi UPDATE và DELETE của sở trên bảng"),
                format!("{now_en}: while it is published, PostgreSQL refuses every UPDATE and DELETE of the department on it"),
            ))
            .coded("BG0257");
    }
    if contract.open.is_some() && contract.source.identity != Identity::Key {
        return check
            .problem(label(
                format!("{now_vi} (cần {}): dòng thôi công khai sẽ không rút được khỏi dữ liệu mở", of.vi),
                format!("{now_en} (needed: {}): a row that stops being public could not be taken back from the open data", of.en),
            ))
            .coded("BG0221");
    }
    check
        .problem(label(
            format!("{now_vi} (cần {}): không biết UPDATE và DELETE nói về dòng nào, kho dùng chung giữ dòng đã xóa", of.vi),
            format!("{now_en} (needed: {}): which row an UPDATE or DELETE meant stays unknown, and the shared store keeps rows that are gone", of.en),
        ))
        .coded("BG0258")
}
