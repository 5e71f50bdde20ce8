//! Is one table as its contract says, and can it be followed?

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::RelationColumn;
use bangioc_schemas::contract::{ColumnType, Contract};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{Check, Looking, Outcome, Published, fails, problem_if, table_name};
use crate::error::CaptureError;
use crate::shape::contradiction;
use crate::tables::table::quoted;

impl Looking<'_> {
    pub(super) async fn table(
        &mut self,
        contract: &Contract,
        published: &Published,
    ) -> Result<Option<Vec<String>>, CaptureError> {
        let dataset = contract.dataset.as_str();
        let full_name = table_name(contract);
        let is_published = published.tables.iter().any(|(schema, table)| {
            *schema == contract.source.schema && *table == contract.source.table
        });
        self.add(
            Check::new(
                format!("{full_name} is published"),
                problem_if(!is_published, "it is not in the publication"),
                format!(
                    "alter publication {} add table {full_name};",
                    quoted(&self.source.publication)
                ),
            )
            .of(dataset),
        );
        let readable: Option<bool> = sqlx::query_scalar("select has_schema_privilege($2, 'usage') and has_table_privilege(to_regclass($1), 'select') where to_regclass($1) is not null")
            .bind(&full_name)
            .bind(&contract.source.schema)
            .fetch_optional(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))?
            .flatten();
        let Some(readable) = readable else {
            self.add(
                Check::new(
                    format!("{full_name} exists"),
                    Outcome::Problem(
                        "there is no such table, or its schema is closed to the user".to_owned(),
                    ),
                    format!(
                        "grant usage on schema {} to {};",
                        quoted(&contract.source.schema),
                        quoted(&self.source.user)
                    ),
                )
                .of(dataset),
            );
            return Ok(None);
        };
        self.add(
            Check::new(
                format!("{full_name} may be read"),
                problem_if(!readable, "the user has no SELECT on it"),
                format!(
                    "grant usage on schema {} to {user}; grant select on {full_name} to {user};",
                    quoted(&contract.source.schema),
                    user = quoted(&self.source.user)
                ),
            )
            .of(dataset),
        );
        let columns = self.columns(&full_name).await?;
        self.columns_fit(contract, &full_name, &columns);
        self.identity_fits(contract, &full_name, &columns, published)
            .await?;
        let type_of = |index: &usize| {
            columns
                .iter()
                .find(|column| column.name == contract.columns[*index].name)
                .map(|column| column.full_type.clone())
        };
        Ok(contract.key.iter().map(type_of).collect())
    }

    async fn columns(&mut self, full_name: &str) -> Result<Vec<SourceColumn>, CaptureError> {
        let rows = sqlx::query(
            "select a.attname::text, coalesce(nullif(t.typbasetype, 0), t.oid)::int8, case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end, \
             format_type(a.atttypid, a.atttypmod), a.attnotnull or t.typnotnull, a.attgenerated <> '', t.typtype = 'e', t.typname::text \
             from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum",
        )
        .bind(full_name)
        .fetch_all(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let column = |row: &PgRow| {
            let type_id: i64 = row.try_get(1)?;
            Ok(SourceColumn {
                name: row.try_get(0)?,
                type_id: u32::try_from(type_id).unwrap_or_default(),
                type_modifier: row.try_get(2)?,
                full_type: row.try_get(3)?,
                not_null: row.try_get(4)?,
                generated: row.try_get(5)?,
                enum_type: row
                    .try_get::<bool, _>(6)?
                    .then(|| row.try_get(7))
                    .transpose()?,
            })
        };
        rows.iter()
            .map(column)
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|e| fails(&e))
    }

    fn columns_fit(&mut self, contract: &Contract, full_name: &str, columns: &[SourceColumn]) {
        let dataset = contract.dataset.as_str();
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
        let mut wrong: Vec<String> =
            contradiction(&layout, |column| contract.columns[column].name.as_str())
                .into_iter()
                .collect();
        for column in &contract.columns {
            let Some(source) = columns.iter().find(|source| source.name == column.name) else {
                continue;
            };
            if source.generated {
                wrong.push(format!("column `{}` is generated, and so not in the stream: take it out of the contract", column.name));
            }
            if let ColumnType::Enum { name } = &column.column_type
                && source.enum_type.as_ref() != Some(name)
            {
                wrong.push(format!(
                    "column `{}` is no enum `{name}` but `{}`",
                    column.name, source.full_type
                ));
            }
        }
        let outcome = if wrong.is_empty() {
            Outcome::Fine
        } else {
            Outcome::Problem(wrong.join("; "))
        };
        self.add(
            Check::new(
                format!("{full_name} has the contract's columns"),
                outcome,
                "",
            )
            .of(dataset),
        );
    }
}

pub(super) struct SourceColumn {
    pub(super) name: String,
    /// A domain's base type.
    type_id: u32,
    type_modifier: i32,
    full_type: String,
    pub(super) not_null: bool,
    generated: bool,
    enum_type: Option<String>,
}
