//! Does a table say of its old rows what the contract needs to hear? Its key at least; and where some of
//! its rows are public, the columns that decide which, for a row that stops being public must be told
//! from one that never was.

use bangioc_schemas::contract::{Contract, Identity};

use super::table::SourceColumn;
use super::{Check, Looking, Outcome, Published, fails, problem_if};
use crate::error::CaptureError;
use crate::tables::table::quoted;

/// What PostgreSQL says of a table's replica identity.
struct Found {
    full: bool,
    columns: Vec<String>,
}

impl Looking<'_> {
    pub(super) async fn identity_fits(
        &mut self,
        contract: &Contract,
        full_name: &str,
        columns: &[SourceColumn],
        published: &Published,
    ) -> Result<(), CaptureError> {
        let dataset = contract.dataset.as_str();
        let key: Vec<&str> = contract
            .key
            .iter()
            .map(|index| contract.columns[*index].name.as_str())
            .collect();
        let nullable: Vec<&str> = key
            .iter()
            .copied()
            .filter(|name| {
                columns
                    .iter()
                    .any(|column| column.name == *name && !column.not_null)
            })
            .collect();
        self.add(
            Check::new(
                format!("the key of {full_name} is never null"),
                problem_if(
                    !nullable.is_empty(),
                    &format!("column(s) {} may be null", nullable.join(", ")),
                ),
                nullable
                    .iter()
                    .map(|name| {
                        format!(
                            "alter table {full_name} alter column {} set not null;",
                            quoted(name)
                        )
                    })
                    .collect::<Vec<_>>()
                    .join(" "),
            )
            .of(dataset),
        );
        if contract.natural_key_latest_by.is_some() {
            return Ok(());
        }
        let found = self.identity(full_name).await?;
        // The old key must be among what an update or delete says of the old row.
        let covered = key.iter().all(|name| found.says(name));
        let unique: bool = sqlx::query_scalar(
            "select exists (select from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null and i.indimmediate \
             and (select array_agg(a.attname::text order by a.attname) from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) = (select array_agg(k order by k collate \"C\") from unnest($2) as k))",
        )
        .bind(full_name)
        .bind(key.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .fetch_one(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let key_list = key
            .iter()
            .map(|name| quoted(name))
            .collect::<Vec<_>>()
            .join(", ");
        self.add(
            Check::new(
                format!("({}) is a unique key of {full_name}", key.join(", ")),
                problem_if(!unique, "no unique index has exactly these columns"),
                format!("alter table {full_name} add primary key ({key_list});"),
            )
            .of(dataset),
        );
        self.add(
            Check::new(
                format!("updates and deletes of {full_name} name the key"),
                problem_if(published.updates && !covered, "the replica identity lacks a key column"),
                format!("alter table {full_name} replica identity full; -- or using a unique index over the key"),
            )
            .of(dataset),
        );
        if contract.open.is_some() {
            self.open_identity_fits(contract, full_name, &found).await?;
        }
        Ok(())
    }

    async fn identity(&mut self, full_name: &str) -> Result<Found, CaptureError> {
        let columns = sqlx::query_scalar(
            "select a.attname::text from pg_class c join pg_index i on i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end \
             join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey) where c.oid = to_regclass($1)",
        )
        .bind(full_name)
        .fetch_all(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let full = sqlx::query_scalar(
            "select relreplident = 'f' from pg_class where oid = to_regclass($1)",
        )
        .bind(full_name)
        .fetch_one(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        Ok(Found { full, columns })
    }

    async fn open_identity_fits(
        &mut self,
        contract: &Contract,
        full_name: &str,
        found: &Found,
    ) -> Result<(), CaptureError> {
        let (needed, why, sql) = match &contract.source.identity {
            Identity::Key => return Ok(()),
            Identity::Full => (
                "all of it".to_owned(),
                (!found.full).then(|| "its replica identity is not FULL".to_owned()),
                format!("alter table {full_name} replica identity full;"),
            ),
            Identity::Columns(columns) => {
                let names: Vec<&str> = columns
                    .iter()
                    .map(|column| contract.columns[*column].name.as_str())
                    .collect();
                let lacking: Vec<&str> = names
                    .iter()
                    .copied()
                    .filter(|name| !found.says(name))
                    .collect();
                let nullable = self.nullable(full_name, &names).await?;
                (
                    names.join(", "),
                    (!lacking.is_empty())
                        .then(|| format!("its replica identity lacks {}", lacking.join(", "))),
                    identity_sql(&contract.source.table, full_name, &names, &nullable),
                )
            }
        };
        let outcome = why.map_or(Outcome::Fine, Outcome::Problem);
        self.add(
            Check::new(
                format!("{full_name} says what was public of a row ({needed})"),
                outcome,
                sql,
            )
            .coded("BG0221")
            .of(contract.dataset.as_str()),
        );
        Ok(())
    }

    /// Of these, the columns that the table itself lets be null: a domain's own word doesn't count for
    /// an identity.
    async fn nullable(
        &mut self,
        full_name: &str,
        names: &[&str],
    ) -> Result<Vec<String>, CaptureError> {
        sqlx::query_scalar(
            "select attname::text from pg_attribute where attrelid = to_regclass($1) and attname = any($2) and not attnotnull order by attnum",
        )
        .bind(full_name)
        .bind(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .fetch_all(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))
    }
}

impl Found {
    fn says(&self, column: &str) -> bool {
        self.full || self.columns.iter().any(|said| said == column)
    }
}

/// The index that makes a table say these columns of its old rows. It is unique since it holds the key;
/// made concurrently, it blocks nobody.
fn identity_sql(table: &str, full_name: &str, names: &[&str], nullable: &[String]) -> String {
    // PostgreSQL's names end at 63 bytes.
    let index = quoted(&format!(
        "{}_bangioc_identity",
        table.get(..46).unwrap_or(table)
    ));
    let columns: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    let filled: Vec<_> = nullable
        .iter()
        .map(|name| {
            format!(
                "alter table {full_name} alter column {} set not null;\n",
                quoted(name)
            )
        })
        .collect();
    format!(
        "{}create unique index concurrently {index} on {full_name} ({});\nalter table {full_name} replica identity using index {index};",
        filled.concat(),
        columns.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sql_for_an_identity() {
        assert_eq!(
            identity_sql(
                "site",
                "\"dept\".\"site\"",
                &["code", "state"],
                &["state".to_owned()]
            ),
            "alter table \"dept\".\"site\" alter column \"state\" set not null;\n\
             create unique index concurrently \"site_bangioc_identity\" on \"dept\".\"site\" (\"code\", \"state\");\n\
             alter table \"dept\".\"site\" replica identity using index \"site_bangioc_identity\";"
        );
        let long = identity_sql(&"t".repeat(63), "x", &["a"], &[]);
        assert!(long.contains(&format!(" \"{}_bangioc_identity\" on", "t".repeat(46))));
    }
}
