//! Is one table as its contract says, may it be read, whole, and is it published?

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::RelationColumn;
use bangioc_postgres_text::quoting::quoted;
use bangioc_schemas::contract::{ColumnType, Contract};

use super::check::{Check, Step};
use super::publication::{PublicationFacts, PublishedTable};
use super::table_facts::TableFacts;
use super::{Inspection, label, table_name, unseen};
use crate::error::CaptureError;
use crate::tables::table::KeyOrdering;

pub(super) struct SourceColumn {
    pub(super) name: String,
    /// A domain's base type.
    type_id: u32,
    type_modifier: i32,
    full_type: String,
    key_type: KeyOrdering,
    /// Schemas of that type and of its operators which our role may not use.
    closed: Vec<String>,
    /// By the table's own word, or by its domain's.
    pub(super) not_null: bool,
    /// By the table's own word: all that an identity asks for.
    pub(super) table_not_null: bool,
    generated: bool,
    enum_type: Option<String>,
}

impl Inspection<'_> {
    /// Every contract's table, and the publication that they stand in; the types of their keys.
    pub(super) async fn tables(&mut self) -> Result<Vec<Option<Vec<KeyOrdering>>>, CaptureError> {
        let contracts = self.contracts;
        let mut tables = Vec::new();
        for contract in contracts {
            let facts = self.facts(contract).await;
            tables.push(self.seen_of(contract, facts)?.flatten());
        }
        let publication = self.publication(&tables).await;
        let publication = self.seen(super::CheckSubject::Publication, publication)?;
        let mut key_types = Vec::new();
        for (contract, facts) in contracts.iter().zip(&tables) {
            let Some(facts) = facts else {
                key_types.push(None);
                continue;
            };
            let looked = self.table(contract, facts, publication.as_ref()).await;
            key_types.push(self.seen_of(contract, looked)?.flatten());
        }
        Ok(key_types)
    }

    /// As [`Inspection::seen`]: a table of which nothing is known halts its dataset.
    fn seen_of<T>(
        &mut self,
        contract: &Contract,
        part: Result<T, CaptureError>,
    ) -> Result<Option<T>, CaptureError> {
        match part {
            Err(CaptureError::Question { sqlstate, .. })
                if super::concerns_the_question(&sqlstate) =>
            {
                let about = super::CheckSubject::Table(table_name(contract));
                let mut check = unseen(about, &sqlstate);
                check = check.clone().problem(check.sentence().clone()).coded("BG0268");
                check.dataset = Some(contract.dataset.as_str().to_owned());
                self.add(check);
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    async fn table(
        &mut self,
        contract: &Contract,
        facts: &TableFacts,
        publication: Option<&PublicationFacts>,
    ) -> Result<Option<Vec<KeyOrdering>>, CaptureError> {
        if !facts.can_be_published() {
            return Ok(None);
        }
        self.readable(contract, facts);
        if let Some(publication) = publication {
            self.is_published(contract, facts, publication);
        }
        let columns = self.columns(facts.oid).await?;
        self.columns_fit(contract, &columns);
        self.identity_fits(contract, facts, &columns, publication).await?;
        let key: Option<Vec<&SourceColumn>> = contract
            .key_columns()
            .map(|key| columns.iter().find(|column| column.name == key.from))
            .collect();
        if let Some(key) = &key {
            self.types_open(contract, key);
        }
        Ok(key.map(|key| key.into_iter().map(|column| column.key_type.clone()).collect()))
    }

    /// Rows are read by their key, in the words of its types.
    fn types_open(&mut self, contract: &Contract, key: &[&SourceColumn]) {
        let mut closed: Vec<&String> = key.iter().flat_map(|column| &column.closed).collect();
        closed.sort_unstable();
        closed.dedup();
        if closed.is_empty() {
            return;
        }
        let list: Vec<String> = closed.into_iter().map(|schema| quoted(schema)).collect();
        let (list, user) = (list.join(", "), self.user());
        self.add(
            Check::of(contract, label("dùng được kiểu của khóa", "the types of its key may be used"))
                .problem(label(
                    format!("kiểu của cột khóa nằm trong schema đóng với tài khoản thu nhận ({list}): không đọc được dòng nào theo khóa, nên không sao chép được bảng"),
                    format!("the type of a key column is in a schema closed to the capture's role ({list}): no row can be read by its key, so the table can't be copied"),
                ))
                .coded("BG0253")
                .remedy(Step::Grant, format!("grant usage on schema {list} to {user};")),
        );
    }

    fn readable(&mut self, contract: &Contract, facts: &TableFacts) {
        let (name, user) = (table_name(contract), self.user());
        let check = Check::of(
            contract,
            label("schema mở cho tài khoản thu nhận", "its schema is open to the role"),
        );
        self.add(if facts.schema_open {
            check
        } else {
            check
                .problem(label(
                    "schema đóng với tài khoản thu nhận: không đọc được bảng nào trong đó",
                    "its schema is closed to the capture's role, so it can't read any table there",
                ))
                .coded("BG0253")
                .remedy(
                    Step::Grant,
                    format!("grant usage on schema {} to {user};", quoted(&contract.source.schema)),
                )
        });
        let missing: Vec<&str> = contract
            .columns
            .iter()
            .map(|column| column.from.as_str())
            .filter(|name| facts.unreadable.iter().any(|column| column == name))
            .collect();
        // Among equals of a natural key the row's own address decides, which no grant on columns covers.
        let whole = contract.natural_key_latest_by.is_some() && !facts.select;
        let check = Check::of(contract, label("đọc được", "it may be read"));
        self.add(if missing.is_empty() && !whole {
            check
        } else {
            let (vi, en) =
                if facts.select || missing.is_empty() || missing.len() == contract.columns.len() {
                    (String::new(), String::new())
                } else {
                    (
                        format!(" trên cột {}", missing.join(", ")),
                        format!(" on column(s) {}", missing.join(", ")),
                    )
                };
            check
                .problem(label(
                    format!("thiếu quyền SELECT{vi}: không sao chép được các dòng đã có"),
                    format!("SELECT{en} is missing: the rows that are there can't be copied"),
                ))
                .coded("BG0253")
                .remedy(Step::Grant, format!("grant select on {name} to {user};"))
        });
        let check = Check::of(contract, label("bản sao thấy mọi dòng", "a copy sees every row"));
        self.add(if facts.hides_rows {
            check
                .problem(label(
                    "bảo mật theo dòng (row security) giấu bớt dòng với bản sao mà không giấu với luồng thay đổi: các dòng bị giấu sẽ bị xóa khỏi kho dùng chung",
                    "row security hides rows from a copy, but not from the stream: what is hidden would be deleted from the shared store",
                ))
                .coded("BG0235")
                .remedy(Step::Role, format!("alter role {user} bypassrls;"))
                .at_the_cost(label(
                    "từ đó tài khoản này đọc được mọi dòng của các bảng nó được cấp quyền, và chỉ những bảng đó",
                    "the role then reads every row of the tables granted to it, and of no other",
                ))
        } else {
            check
        });
    }

    fn is_published(
        &mut self,
        contract: &Contract,
        facts: &TableFacts,
        publication: &PublicationFacts,
    ) {
        let (name, publication_name) = (table_name(contract), quoted(&self.source.publication));
        let check = Check::of(contract, label("được công bố trọn vẹn", "it is published whole"));
        if publication.via_root && facts.roots.iter().any(|root| publication.table(*root).is_some())
        {
            self.add(
                check
                    .problem(label(
                        "là một phân vùng của bảng đã được công bố: thay đổi mang tên bảng gốc, nên hợp đồng phải ghi bảng gốc",
                        "it is a partition of a published table: its changes come under the root's name, so the contract must name the root",
                    ))
                    .coded("BG0255"),
            );
            return;
        }
        let Some(published) = publication.table(facts.oid) else {
            let add = format!("alter publication {publication_name} add table {name};");
            // One that is to be made holds it from the beginning.
            let add = if publication.exists { add } else { String::new() };
            self.add(
                check
                    .problem(label(
                        "không nằm trong publication: không thay đổi nào của nó ra khỏi máy chủ",
                        "it is not in the publication: none of its changes leaves the server",
                    ))
                    .coded("BG0255")
                    .remedy(Step::Publication, add),
            );
            return;
        };
        let lacking = lacking(contract, published);
        if !published.filtered && lacking.is_empty() {
            self.add(check);
            return;
        }
        let (mut vi, mut en) = (Vec::new(), Vec::new());
        if published.filtered {
            vi.push("bộ lọc dòng bỏ bớt dòng và biến UPDATE thành INSERT hay DELETE".to_owned());
            en.push(
                "a row filter leaves out rows, and turns updates into inserts and deletes"
                    .to_owned(),
            );
        }
        if !lacking.is_empty() {
            let list = lacking.join(", ");
            vi.push(format!("danh sách cột thiếu {list}"));
            en.push(format!("its list of columns lacks {list}"));
        }
        // What the department keeps back beyond the contract stays so.
        let list = published.columns.as_ref().map(|columns| {
            let missing = lacking.iter().map(|name| quoted(name));
            let columns: Vec<String> =
                columns.iter().map(|name| quoted(name)).chain(missing).collect();
            format!(" ({})", columns.join(", "))
        });
        self.add(
            check
                .problem(label(
                    format!("{}: kho dùng chung sẽ khác nguồn mà không ai hay", vi.join("; ")),
                    format!("{}: the shared store silently drifts from the source", en.join("; ")),
                ))
                .coded("BG0256")
                .remedy(
                    Step::Publication,
                    format!(
                        "begin;\nalter publication {publication_name} drop table {name};\nalter publication {publication_name} add table {name}{};\ncommit;",
                        list.unwrap_or_default()
                    ),
                )
                .at_the_cost(label("thu nhận sẽ sao chép lại bảng này", "capture then copies this table again")),
        );
    }

    async fn columns(&mut self, oid: i64) -> Result<Vec<SourceColumn>, CaptureError> {
        let (user, asked) = (self.source.user.clone(), self.login.exists);
        let rows = self
            .rows(
                format!(
                    "select a.attname::text, coalesce(nullif(t.typbasetype, 0), t.oid)::int8, case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end, \
                     format_type(a.atttypid, a.atttypmod), a.attnotnull or t.typnotnull, a.attnotnull, a.attgenerated <> '', t.typtype = 'e', t.typname::text, \
                     format_type(b.oid, case b.oid when 1042 then b.modifier else -1 end), \
                     (select nspname::text from pg_namespace where oid = p.operators), \
                     b.oid >= 16384 and b.kind <> 'e' or b.oid = 1042 and b.modifier = -1 or exists (select from pg_collation c where c.oid = a.attcollation and not c.collisdeterministic), \
                     array(select n.nspname::text from pg_namespace n where n.oid in (b.namespace, p.operators) and not ({asked} and has_schema_privilege($1::name, n.oid, 'usage')) order by 1) \
                     from pg_attribute a join pg_type t on t.oid = a.atttypid cross join lateral ( \
                        with recursive beneath (oid, modifier, kind, namespace, depth) as (select a.atttypid, a.atttypmod, t.typtype, t.typnamespace, 0 \
                            union all select d.typbasetype, d.typtypmod, k.typtype, k.typnamespace, depth + 1 from beneath join pg_type d on d.oid = beneath.oid join pg_type k on k.oid = d.typbasetype) \
                        select * from beneath order by depth desc limit 1) as b cross join lateral (select coalesce(( \
                        select p.oprnamespace from pg_opclass o join pg_amop m on m.amopfamily = o.opcfamily and m.amoplefttype = o.opcintype and m.amoprighttype = o.opcintype and m.amopstrategy = 5 \
                        join pg_operator p on p.oid = m.amopopr where o.opcmethod = 403 and o.opcdefault and o.opcintype = b.oid), 'pg_catalog'::regnamespace) as operators) as p where a.attrelid = {oid} and a.attnum > 0 and not a.attisdropped order by a.attnum"
                ),
                &[&user],
            )
            .await?;
        let column = |row: &super::Cells| {
            let type_id: i64 = row.get(1)?;
            Ok(SourceColumn {
                name: row.get(0)?,
                type_id: u32::try_from(type_id).unwrap_or_default(),
                type_modifier: row.get(2)?,
                full_type: row.get(3)?,
                not_null: row.get(4)?,
                table_not_null: row.get(5)?,
                generated: row.get(6)?,
                enum_type: row.get::<bool>(7)?.then(|| row.get(8)).transpose()?,
                key_type: KeyOrdering {
                    name: row.get(9)?,
                    operators: quoted(&row.get::<String>(10)?),
                    by_text: row.get(11)?,
                },
                closed: row.get(12)?,
            })
        };
        rows.iter().map(column).collect()
    }

    fn columns_fit(&mut self, contract: &Contract, columns: &[SourceColumn]) {
        let relation: Vec<RelationColumn<'_>> = columns
            .iter()
            .filter(|column| !column.generated)
            .map(|column| RelationColumn {
                in_identity: false,
                name: &column.name,
                type_id: column.type_id,
                type_modifier: column.type_modifier,
            })
            .collect();
        let layout = Layout::new(contract, &relation);
        let name = |index: &usize| contract.columns[*index].from.as_str();
        let generated: Vec<&str> = columns
            .iter()
            .filter(|column| column.generated)
            .map(|column| column.name.as_str())
            .filter(|generated| contract.column_from(generated).is_some())
            .collect();
        let missing: Vec<&str> =
            layout.missing.iter().map(name).filter(|name| !generated.contains(name)).collect();
        let mut other: Vec<&str> = layout.mismatched.iter().map(name).collect();
        for column in &contract.columns {
            let source = columns.iter().find(|source| source.name == column.from);
            if let (ColumnType::Enum { name }, Some(source)) = (&column.column_type, source)
                && source.enum_type.as_ref() != Some(name)
                && !other.contains(&column.from.as_str())
            {
                other.push(&column.from);
            }
        }
        let (mut vi, mut en) = (Vec::new(), Vec::new());
        if !missing.is_empty() {
            vi.push(format!("nguồn không có cột {}", missing.join(", ")));
            en.push(format!("column(s) {} are missing at the source", missing.join(", ")));
        }
        if !other.is_empty() {
            let types = |name: &&str| {
                let source = columns.iter().find(|source| source.name == **name);
                source.map_or_else(
                    || (*name).to_owned(),
                    |source| format!("{name} ({})", source.full_type),
                )
            };
            let list: Vec<String> = other.iter().map(types).collect();
            vi.push(format!("cột {} ở nguồn khác kiểu", list.join(", ")));
            en.push(format!("column(s) {} have another type at the source", list.join(", ")));
        }
        if !generated.is_empty() {
            vi.push(format!(
                "cột {} là cột sinh tự động (GENERATED) nên không có trong luồng thay đổi",
                generated.join(", ")
            ));
            en.push(format!(
                "column(s) {} are generated, and so not in the stream",
                generated.join(", ")
            ));
        }
        let check = Check::of(
            contract,
            label("có đúng các cột của hợp đồng", "it has the contract's columns"),
        );
        self.add(if vi.is_empty() {
            check
        } else {
            check
                .problem(label(
                    format!(
                        "{}: bộ dữ liệu `{}` dừng cho tới khi hợp đồng hoặc bảng được sửa",
                        vi.join("; "),
                        contract.dataset
                    ),
                    format!(
                        "{}: dataset `{}` halts until the contract or the table is changed",
                        en.join("; "),
                        contract.dataset
                    ),
                ))
                .coded("BG0266")
        });
    }
}

/// Columns of the contract that the publication's own list leaves out.
fn lacking<'a>(contract: &'a Contract, published: &PublishedTable) -> Vec<&'a str> {
    let Some(columns) = &published.columns else {
        return Vec::new();
    };
    let names = contract.columns.iter().map(|column| column.from.as_str());
    names.filter(|name| !columns.iter().any(|column| column == name)).collect()
}
