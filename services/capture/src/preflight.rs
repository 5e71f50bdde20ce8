//! Is the source fit for capture? Everything at once, each problem with the SQL that mends it. Reads
//! only; `bangioc source check` shows it to the owner of the database.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::RelationColumn;
use bangioc_schemas::contract::{ColumnType, Contract};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::Row as _;

use crate::config::SourceSettings;
use crate::copy::table::quoted;
use crate::error::CaptureError;
use crate::stream::contradiction;

/// One thing looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub what: String,
    pub outcome: Outcome,
    /// Run at the source by its administrator.
    pub sql: Option<String>,
    /// Set when only this dataset is concerned.
    pub dataset: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Fine,
    /// Capture works, but someone should know.
    Warning(String),
    Problem(String),
}

impl Check {
    pub fn is_problem(&self) -> bool {
        matches!(self.outcome, Outcome::Problem(_))
    }

    fn new(what: impl Into<String>, outcome: Outcome, sql: impl Into<String>) -> Check {
        let sql = sql.into();
        Check { what: what.into(), sql: (outcome != Outcome::Fine && !sql.is_empty()).then_some(sql), outcome, dataset: None }
    }

    fn of(mut self, dataset: &str) -> Check {
        self.dataset = Some(dataset.to_owned());
        self
    }

    fn log(&self) {
        let (what, sql) = (&self.what, self.sql.as_deref().unwrap_or_default());
        match &self.outcome {
            Outcome::Fine => tracing::info!("✔ {what}"),
            Outcome::Warning(why) => tracing::warn!(sql, "⚠ {what}: {why}"),
            Outcome::Problem(why) => tracing::error!(sql, "✖ {what}: {why}"),
        }
    }
}

/// The start-up checklist: all of it, or what is `shown` already only where something is wrong.
pub(crate) fn log(checks: &[Check], shown: bool) {
    checks.iter().filter(|check| !shown || check.is_problem()).for_each(Check::log);
}

/// What was found, with the types of each contract's key columns for those that are there.
pub(crate) struct Findings {
    pub(crate) checks: Vec<Check>,
    /// Per contract, in order; none: its table can't be read as the contract says.
    pub(crate) key_types: Vec<Option<Vec<String>>>,
    pub(crate) server_version: u32,
}

fn problem_if(condition: bool, why: &str) -> Outcome {
    if condition { Outcome::Problem(why.to_owned()) } else { Outcome::Fine }
}

fn fails(e: &sqlx::Error) -> CaptureError {
    CaptureError::question("checking the source", e)
}

struct Looking<'a> {
    connection: &'a mut PgConnection,
    source: &'a SourceSettings,
    checks: Vec<Check>,
}

/// Looks at everything that capture needs of the source.
pub(crate) async fn look(connection: &mut PgConnection, source: &SourceSettings, contracts: &[&Contract], allow_unlimited_wal: bool) -> Result<Findings, CaptureError> {
    let mut looking = Looking { connection, source, checks: Vec::new() };
    let server_version = looking.server(allow_unlimited_wal).await?;
    let published = looking.publication(contracts, server_version).await?;
    let mut key_types = Vec::new();
    for contract in contracts {
        key_types.push(looking.table(contract, &published).await?);
    }
    Ok(Findings { checks: looking.checks, key_types, server_version })
}

struct Published {
    tables: Vec<(String, String)>,
    updates: bool,
}

impl Looking<'_> {
    fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    async fn row(&mut self, sql: &'static str) -> Result<PgRow, CaptureError> {
        sqlx::query(sql).fetch_one(&mut *self.connection).await.map_err(|e| fails(&e))
    }

    async fn server(&mut self, allow_unlimited_wal: bool) -> Result<u32, CaptureError> {
        let row = self
            .row(
                "select current_setting('server_version_num')::int4, current_setting('wal_level'), current_setting('server_encoding'), \
                 current_setting('max_slot_wal_keep_size'), pg_is_in_recovery(), \
                 (select rolreplication or rolsuper from pg_roles where rolname = current_user), \
                 current_setting('max_replication_slots')::int8 > (select count(*) from pg_replication_slots)",
            )
            .await?;
        let get = |e: sqlx::Error| fails(&e);
        let version: i32 = row.try_get(0).map_err(get)?;
        let (wal_level, encoding, cap): (String, String, String) =
            (row.try_get(1).map_err(get)?, row.try_get(2).map_err(get)?, row.try_get(3).map_err(get)?);
        let (standby, replication, free_slot): (bool, bool, bool) =
            (row.try_get(4).map_err(get)?, row.try_get(5).map_err(get)?, row.try_get(6).map_err(get)?);
        let version = u32::try_from(version).unwrap_or_default();
        let user = quoted(&self.source.user);
        self.add(Check::new(format!("PostgreSQL {} answers", version / 10_000), problem_if(version < 140_000, "version 14 or later is needed"), ""));
        self.add(Check::new("it is no standby", problem_if(standby, "marks of a copy can't be written on a standby"), ""));
        self.add(Check::new(
            "`wal_level` is `logical`",
            problem_if(wal_level != "logical", &format!("it is `{wal_level}`")),
            "alter system set wal_level = 'logical'; -- then restart the server",
        ));
        self.add(Check::new("the database is UTF-8", problem_if(encoding != "UTF8", &format!("it is `{encoding}`")), ""));
        let unlimited = if cap != "-1" {
            Outcome::Fine
        } else if allow_unlimited_wal {
            Outcome::Warning("a capture that stands still fills the disk".to_owned())
        } else {
            Outcome::Problem("unlimited: a capture that stands still would fill the disk and stop the database".to_owned())
        };
        self.add(Check::new(
            "`max_slot_wal_keep_size` protects the disk",
            unlimited,
            "alter system set max_slot_wal_keep_size = '20GB'; select pg_reload_conf(); -- or any size that the disk has to spare",
        ));
        self.add(Check::new("the user may replicate", problem_if(!replication, "the role lacks REPLICATION"), format!("alter role {user} replication;")));
        let slot: bool = sqlx::query_scalar("select exists (select from pg_replication_slots where slot_name = $1)")
            .bind(&self.source.slot)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))?;
        self.add(Check::new(
            if slot { "the slot exists" } else { "a slot is free" },
            problem_if(!slot && !free_slot, "all replication slots are taken"),
            "alter system set max_replication_slots = 20; -- then restart the server",
        ));
        Ok(version)
    }

    async fn publication(&mut self, contracts: &[&Contract], version: u32) -> Result<Published, CaptureError> {
        let name = quoted(&self.source.publication);
        let tables: Vec<String> = contracts.iter().map(|contract| table_name(contract)).collect();
        let create = format!("create publication {name} for table {} with (publish_via_partition_root = true);", tables.join(", "));
        let row = sqlx::query("select pubinsert and pubdelete and pubtruncate, pubupdate, pubviaroot from pg_publication where pubname = $1")
            .bind(&self.source.publication)
            .fetch_optional(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))?;
        let what = format!("publication `{}` exists", self.source.publication);
        let Some(row) = row else {
            self.add(Check::new(what, Outcome::Problem("there is none".to_owned()), create));
            return Ok(Published { tables: Vec::new(), updates: false });
        };
        let get = |e: sqlx::Error| fails(&e);
        let (others, updates, via_root): (bool, bool, bool) = (row.try_get(0).map_err(get)?, row.try_get(1).map_err(get)?, row.try_get(2).map_err(get)?);
        self.add(Check::new(what, Outcome::Fine, ""));
        self.add(Check::new(
            "it publishes inserts, updates, deletes and truncates",
            problem_if(!(others && updates), "it leaves some out"),
            format!("alter publication {name} set (publish = 'insert, update, delete, truncate');"),
        ));
        self.add(Check::new(
            "partitioned tables are published as one",
            problem_if(!via_root, "it publishes each partition for itself"),
            format!("alter publication {name} set (publish_via_partition_root = true);"),
        ));
        let filter = if version >= 150_000 { "rowfilter is not null" } else { "false" };
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select p.schemaname::text, p.tablename::text, {filter}, c.relreplident = 'n' or (c.relreplident = 'd' and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)) \
             from pg_publication_tables p join pg_namespace n on n.nspname = p.schemaname join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename where p.pubname = $1"
        )))
        .bind(&self.source.publication)
        .fetch_all(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let mut tables = Vec::new();
        for row in rows {
            let (schema, table): (String, String) = (row.try_get(0).map_err(get)?, row.try_get(1).map_err(get)?);
            let (filtered, without_identity): (bool, bool) = (row.try_get(2).map_err(get)?, row.try_get(3).map_err(get)?);
            let full_name = format!("{}.{}", quoted(&schema), quoted(&table));
            let contract = contracts.iter().find(|contract| contract.source.schema == schema && contract.source.table == table);
            let drop = format!("alter publication {name} drop table {full_name};");
            if filtered {
                self.add(Check::new(format!("{full_name} is published whole"), Outcome::Problem("a row filter turns updates into inserts and deletes".to_owned()), format!("{drop} alter publication {name} add table {full_name};")));
            }
            if without_identity && updates {
                let what = format!("UPDATE and DELETE on {full_name} work");
                // The contract says that rows are only added there.
                let why = "it has no primary key, so while it is published PostgreSQL refuses them".to_owned();
                let outcome = if contract.is_some_and(|contract| contract.natural_key_latest_by.is_some()) { Outcome::Warning(why) } else { Outcome::Problem(why) };
                self.add(Check::new(what, outcome, drop.clone()));
            }
            if contract.is_none() {
                self.add(Check::new(format!("{full_name} has a contract"), Outcome::Warning("it is published, but nothing takes it".to_owned()), drop));
            }
            tables.push((schema, table));
        }
        Ok(Published { tables, updates })
    }

    async fn table(&mut self, contract: &Contract, published: &Published) -> Result<Option<Vec<String>>, CaptureError> {
        let dataset = contract.dataset.as_str();
        let full_name = table_name(contract);
        let is_published = published.tables.iter().any(|(schema, table)| *schema == contract.source.schema && *table == contract.source.table);
        self.add(
            Check::new(
                format!("{full_name} is published"),
                problem_if(!is_published, "it is not in the publication"),
                format!("alter publication {} add table {full_name};", quoted(&self.source.publication)),
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
            self.add(Check::new(format!("{full_name} exists"), Outcome::Problem("there is no such table, or its schema is closed to the user".to_owned()), format!("grant usage on schema {} to {};", quoted(&contract.source.schema), quoted(&self.source.user))).of(dataset));
            return Ok(None);
        };
        self.add(
            Check::new(
                format!("{full_name} may be read"),
                problem_if(!readable, "the user has no SELECT on it"),
                format!("grant usage on schema {} to {user}; grant select on {full_name} to {user};", quoted(&contract.source.schema), user = quoted(&self.source.user)),
            )
            .of(dataset),
        );
        let columns = self.columns(&full_name).await?;
        self.columns_fit(contract, &full_name, &columns);
        self.identity_fits(contract, &full_name, &columns, published).await?;
        let type_of = |index: &usize| columns.iter().find(|column| column.name == contract.columns[*index].name).map(|column| column.full_type.clone());
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
                enum_type: row.try_get::<bool, _>(6)?.then(|| row.try_get(7)).transpose()?,
            })
        };
        rows.iter().map(column).collect::<Result<_, sqlx::Error>>().map_err(|e| fails(&e))
    }

    fn columns_fit(&mut self, contract: &Contract, full_name: &str, columns: &[SourceColumn]) {
        let dataset = contract.dataset.as_str();
        let relation: Vec<RelationColumn<'_>> = columns
            .iter()
            .filter(|column| !column.generated)
            .map(|column| RelationColumn { in_identity: false, name: &column.name, type_id: column.type_id, type_modifier: column.type_modifier })
            .collect();
        let layout = Layout::new(contract, &relation);
        let mut wrong: Vec<String> = contradiction(&layout, |column| contract.columns[column].name.as_str()).into_iter().collect();
        for column in &contract.columns {
            let Some(source) = columns.iter().find(|source| source.name == column.name) else { continue };
            if source.generated {
                wrong.push(format!("column `{}` is generated, and so not in the stream: take it out of the contract", column.name));
            }
            if let ColumnType::Enum { name } = &column.column_type
                && source.enum_type.as_ref() != Some(name)
            {
                wrong.push(format!("column `{}` is no enum `{name}` but `{}`", column.name, source.full_type));
            }
        }
        let outcome = if wrong.is_empty() { Outcome::Fine } else { Outcome::Problem(wrong.join("; ")) };
        self.add(Check::new(format!("{full_name} has the contract's columns"), outcome, "").of(dataset));
    }

    async fn identity_fits(&mut self, contract: &Contract, full_name: &str, columns: &[SourceColumn], published: &Published) -> Result<(), CaptureError> {
        let dataset = contract.dataset.as_str();
        let key: Vec<&str> = contract.key.iter().map(|index| contract.columns[*index].name.as_str()).collect();
        let nullable: Vec<&str> = key.iter().copied().filter(|name| columns.iter().any(|column| column.name == *name && !column.not_null)).collect();
        self.add(
            Check::new(
                format!("the key of {full_name} is never null"),
                problem_if(!nullable.is_empty(), &format!("column(s) {} may be null", nullable.join(", "))),
                nullable.iter().map(|name| format!("alter table {full_name} alter column {} set not null;", quoted(name))).collect::<Vec<_>>().join(" "),
            )
            .of(dataset),
        );
        if contract.natural_key_latest_by.is_some() {
            return Ok(());
        }
        let identity: Vec<String> = sqlx::query_scalar(
            "select a.attname::text from pg_class c join pg_index i on i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end \
             join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey) where c.oid = to_regclass($1)",
        )
        .bind(full_name)
        .fetch_all(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let full: bool = sqlx::query_scalar("select relreplident = 'f' from pg_class where oid = to_regclass($1)")
            .bind(full_name)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))?;
        // The old key must be among what an update or delete says of the old row.
        let covered = full || key.iter().all(|name| identity.iter().any(|column| column == name));
        let unique: bool = sqlx::query_scalar(
            "select exists (select from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null and i.indimmediate \
             and (select array_agg(a.attname::text order by a.attname) from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) = (select array_agg(k order by k collate \"C\") from unnest($2) as k))",
        )
        .bind(full_name)
        .bind(key.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .fetch_one(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        let key_list = key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
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
        Ok(())
    }
}

struct SourceColumn {
    name: String,
    /// A domain's base type.
    type_id: u32,
    type_modifier: i32,
    full_type: String,
    not_null: bool,
    generated: bool,
    enum_type: Option<String>,
}

fn table_name(contract: &Contract) -> String {
    format!("{}.{}", quoted(&contract.source.schema), quoted(&contract.source.table))
}

/// PostgreSQL's own estimate of a table's rows; a live table is never counted.
pub(crate) async fn estimated_rows(connection: &mut PgConnection, contract: &Contract) -> Result<i64, CaptureError> {
    // The planner's: unlike `reltuples` it knows partitioned tables, and those never analysed.
    let plan: String = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("explain select from {}", table_name(contract))))
        .fetch_one(connection)
        .await
        .map_err(|e| CaptureError::question("estimating a table's rows", &e))?;
    Ok(rows_of_plan(&plan).unwrap_or(-1))
}

fn rows_of_plan(plan: &str) -> Option<i64> {
    let (_, after) = plan.split_once("rows=")?;
    after.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_planners_estimate() {
        assert_eq!(rows_of_plan("Seq Scan on land_parcel  (cost=0.00..3.10 rows=110 width=0)"), Some(110));
        assert_eq!(rows_of_plan("Result"), None);
    }
}
