//! What the catalogue says of a contract's table, and of our role's rights on it: can it be captured at all?

use bangioc_schemas::contract::Contract;

use super::check::{Check, Step};
use super::{Inspection, label, table_name};
use crate::error::CaptureError;

/// What the catalogue says of a table, and of our role's rights on it.
#[expect(clippy::struct_excessive_bools, reason = "what the catalogue says, one by one")]
pub(super) struct TableFacts {
    pub(super) oid: i64,
    pub(super) kind: String,
    pub(super) persistence: String,
    /// Itself a partition of these, the nearest first.
    pub(super) roots: Vec<i64>,
    /// By INHERITS, and no partitions.
    pub(super) has_children: bool,
    /// Policies hold for our role.
    pub(super) hides_rows: bool,
    pub(super) schema_open: bool,
    pub(super) unreadable: Vec<String>,
    pub(super) select: bool,
}

impl TableFacts {
    pub(super) fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }

    pub(super) fn can_be_published(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p") && self.persistence != "t"
    }
}

impl Inspection<'_> {
    pub(super) async fn facts(
        &mut self,
        contract: &Contract,
    ) -> Result<Option<TableFacts>, CaptureError> {
        let (schema, table) = (contract.source.schema.as_str(), contract.source.table.as_str());
        let user = self.source.user.clone();
        let there = Check::of(contract, label("có bảng này", "the table is there"));
        let login = self.login;
        let rows = self
            .rows(
                format!(
                    "select c.oid::int8, c.relkind::text, c.relpersistence::text, \
                     array(select relid::oid::int8 from pg_partition_ancestors(c.oid) as a(relid) where relid <> c.oid), \
                     exists (select from pg_inherits h join pg_class k on k.oid = h.inhrelid where h.inhparent = c.oid and not k.relispartition), \
                     c.relrowsecurity and {asked} and not {all} and (c.relforcerowsecurity or not pg_has_role($3::name, c.relowner, 'usage')), \
                     {asked} and has_schema_privilege($3::name, n.oid, 'usage'), \
                     array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not ({asked} and has_column_privilege($3::name, c.oid, a.attnum, 'select')) order by a.attnum), \
                     {asked} and has_table_privilege($3::name, c.oid, 'select') \
                     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
                    asked = login.exists,
                    all = login.sees_all_rows,
                ),
                &[schema, table, &user],
            )
            .await?;
        let Some(row) = rows.first() else {
            self.add(
                there
                    .problem(label(
                        format!("không có bảng này trong cơ sở dữ liệu: hợp đồng `{}` không có gì để thu nhận; hãy sửa tên bảng trong hợp đồng hoặc ở nguồn", contract.dataset),
                        format!("there is no such table: contract `{}` has nothing to be captured; correct the name in the contract, or at the source", contract.dataset),
                    ))
                    .coded("BG0266"),
            );
            return Ok(None);
        };
        let facts = TableFacts {
            oid: row.get(0)?,
            kind: row.get(1)?,
            persistence: row.get(2)?,
            roots: row.get(3)?,
            has_children: row.get(4)?,
            hides_rows: row.get(5)?,
            schema_open: row.get(6)?,
            unreadable: row.get(7)?,
            select: row.get(8)?,
        };
        self.kind(contract, there, &facts);
        Ok(Some(facts))
    }

    /// Only of an ordinary or partitioned table all changes reach the log.
    fn kind(&mut self, contract: &Contract, there: Check, facts: &TableFacts) {
        let name = table_name(contract);
        let no_table = match facts.kind.as_str() {
            "r" | "p" if facts.persistence == "u" => {
                self.add(
                    there
                        .problem(label(
                            "là bảng UNLOGGED: thay đổi của nó không vào nhật ký nên không ra khỏi máy chủ được",
                            "it is UNLOGGED: its changes never reach the log, and so never leave the server",
                        ))
                        .coded("BG0266")
                        .remedy(Step::Table, format!("alter table {name} set logged;"))
                        .at_the_cost(label(
                            "viết lại cả bảng; trong lúc đó không ai đọc hay ghi được",
                            "it rewrites the whole table; nobody reads or writes it meanwhile",
                        )),
                );
                return;
            }
            "r" | "p" if facts.persistence == "t" => label("bảng tạm", "a temporary table"),
            "r" if facts.has_children => {
                label("bảng có bảng con theo INHERITS", "a table with children by INHERITS")
            }
            "r" | "p" => {
                self.add(there);
                return;
            }
            "v" => label("khung nhìn (view)", "a view"),
            "m" => label("khung nhìn vật chất hóa (materialized view)", "a materialized view"),
            "f" => label("bảng ngoại (foreign table)", "a foreign table"),
            _ => label("không phải bảng", "no table"),
        };
        self.add(
            there
                .problem(label(
                    format!("là {}: thay đổi của các dòng trong đó không mang tên nó; hợp đồng phải ghi bảng chứa dữ liệu thật", no_table.vi),
                    format!("it is {}: changes of its rows do not come under its name; the contract must name the table that holds them", no_table.en),
                ))
                .coded("BG0266"),
        );
    }
}
