//! Is the source fit for capture? Everything at once, each problem with the SQL that mends it. Reads
//! only; `bangioc source check` shows it to the owner of the database.

mod identity;
pub(crate) mod role;
mod table;

use bangioc_schemas::contract::Contract;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::tables::table::quoted;

/// One thing looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub what: String,
    pub outcome: Outcome,
    /// Run at the source by its administrator.
    pub sql: Option<String>,
    /// Where there is a page of its own about it.
    pub code: Option<&'static str>,
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

impl Outcome {
    /// What is wrong; none when nothing is.
    pub fn why(&self) -> Option<&str> {
        match self {
            Outcome::Fine => None,
            Outcome::Warning(why) | Outcome::Problem(why) => Some(why),
        }
    }
}

impl Check {
    pub fn is_problem(&self) -> bool {
        matches!(self.outcome, Outcome::Problem(_))
    }

    fn new(what: impl Into<String>, outcome: Outcome, sql: impl Into<String>) -> Check {
        let sql = sql.into();
        Check {
            what: what.into(),
            sql: (outcome != Outcome::Fine && !sql.is_empty()).then_some(sql),
            outcome,
            code: None,
            dataset: None,
        }
    }

    fn coded(mut self, code: &'static str) -> Check {
        self.code = (self.outcome != Outcome::Fine).then_some(code);
        self
    }

    fn of(mut self, dataset: &str) -> Check {
        self.dataset = Some(dataset.to_owned());
        self
    }

    fn log(&self) {
        let (what, sql) = (&self.what, self.sql.as_deref().unwrap_or_default());
        match &self.outcome {
            Outcome::Fine => tracing::info!("✔ {what}"),
            Outcome::Warning(why) => tracing::warn!(sql, code = self.code, "⚠ {what}: {why}"),
            Outcome::Problem(why) => tracing::error!(sql, code = self.code, "✖ {what}: {why}"),
        }
    }
}

/// The start-up checklist: all of it, or what is `shown` already only where something is wrong.
pub(crate) fn log(checks: &[Check], shown: bool) {
    checks
        .iter()
        .filter(|check| !shown || check.is_problem())
        .for_each(Check::log);
}

/// What was found, with the types of each contract's key columns for those that are there.
pub(crate) struct Findings {
    pub(crate) checks: Vec<Check>,
    /// Per contract, in order; none: its table can't be read as the contract says.
    pub(crate) key_types: Vec<Option<Vec<String>>>,
    pub(crate) server_version: u32,
}

fn problem_if(condition: bool, why: &str) -> Outcome {
    if condition {
        Outcome::Problem(why.to_owned())
    } else {
        Outcome::Fine
    }
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
pub(crate) async fn look(
    connection: &mut PgConnection,
    source: &SourceSettings,
    contracts: &[&Contract],
    allow_unlimited_wal: bool,
) -> Result<Findings, CaptureError> {
    let mut looking = Looking {
        connection,
        source,
        checks: Vec::new(),
    };
    let server_version = looking.server(allow_unlimited_wal).await?;
    let published = looking.publication(contracts, server_version).await?;
    let mut key_types = Vec::new();
    for contract in contracts {
        key_types.push(looking.table(contract, &published).await?);
    }
    Ok(Findings {
        checks: looking.checks,
        key_types,
        server_version,
    })
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
        sqlx::query(sql)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))
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
        let (wal_level, encoding, cap): (String, String, String) = (
            row.try_get(1).map_err(get)?,
            row.try_get(2).map_err(get)?,
            row.try_get(3).map_err(get)?,
        );
        let (standby, replication, free_slot): (bool, bool, bool) = (
            row.try_get(4).map_err(get)?,
            row.try_get(5).map_err(get)?,
            row.try_get(6).map_err(get)?,
        );
        let version = u32::try_from(version).unwrap_or_default();
        let user = quoted(&self.source.user);
        self.add(Check::new(
            format!("PostgreSQL {} answers", version / 10_000),
            problem_if(version < 140_000, "version 14 or later is needed"),
            "",
        ));
        self.add(Check::new(
            "it is no standby",
            problem_if(standby, "marks of a copy can't be written on a standby"),
            "",
        ));
        self.add(Check::new(
            "`wal_level` is `logical`",
            problem_if(wal_level != "logical", &format!("it is `{wal_level}`")),
            "alter system set wal_level = 'logical'; -- then restart the server",
        ));
        self.add(Check::new(
            "the database is UTF-8",
            problem_if(encoding != "UTF8", &format!("it is `{encoding}`")),
            "",
        ));
        let unlimited = if cap != "-1" {
            Outcome::Fine
        } else if allow_unlimited_wal {
            Outcome::Warning("a capture that stands still fills the disk".to_owned())
        } else {
            Outcome::Problem(
                "unlimited: a capture that stands still would fill the disk and stop the database"
                    .to_owned(),
            )
        };
        self.add(Check::new(
            "`max_slot_wal_keep_size` protects the disk",
            unlimited,
            "alter system set max_slot_wal_keep_size = '20GB'; select pg_reload_conf(); -- or any size that the disk has to spare",
        ));
        self.add(Check::new(
            "the user may replicate",
            problem_if(!replication, "the role lacks REPLICATION"),
            format!("alter role {user} replication;"),
        ));
        let slot: bool = sqlx::query_scalar(
            "select exists (select from pg_replication_slots where slot_name = $1)",
        )
        .bind(&self.source.slot)
        .fetch_one(&mut *self.connection)
        .await
        .map_err(|e| fails(&e))?;
        self.add(Check::new(
            if slot {
                "the slot exists"
            } else {
                "a slot is free"
            },
            problem_if(!slot && !free_slot, "all replication slots are taken"),
            "alter system set max_replication_slots = 20; -- then restart the server",
        ));
        Ok(version)
    }

    async fn publication(
        &mut self,
        contracts: &[&Contract],
        version: u32,
    ) -> Result<Published, CaptureError> {
        let name = quoted(&self.source.publication);
        let tables: Vec<String> = contracts
            .iter()
            .map(|contract| table_name(contract))
            .collect();
        let create = format!(
            "create publication {name} for table {} with (publish_via_partition_root = true);",
            tables.join(", ")
        );
        let row = sqlx::query("select pubinsert and pubdelete and pubtruncate, pubupdate, pubviaroot from pg_publication where pubname = $1")
            .bind(&self.source.publication)
            .fetch_optional(&mut *self.connection)
            .await
            .map_err(|e| fails(&e))?;
        let what = format!("publication `{}` exists", self.source.publication);
        let Some(row) = row else {
            self.add(Check::new(
                what,
                Outcome::Problem("there is none".to_owned()),
                create,
            ));
            return Ok(Published {
                tables: Vec::new(),
                updates: false,
            });
        };
        let get = |e: sqlx::Error| fails(&e);
        let (others, updates, via_root): (bool, bool, bool) = (
            row.try_get(0).map_err(get)?,
            row.try_get(1).map_err(get)?,
            row.try_get(2).map_err(get)?,
        );
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
        let filter = if version >= 150_000 {
            "rowfilter is not null"
        } else {
            "false"
        };
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
            let (schema, table): (String, String) =
                (row.try_get(0).map_err(get)?, row.try_get(1).map_err(get)?);
            let (filtered, without_identity): (bool, bool) =
                (row.try_get(2).map_err(get)?, row.try_get(3).map_err(get)?);
            let full_name = format!("{}.{}", quoted(&schema), quoted(&table));
            let contract = contracts.iter().find(|contract| {
                contract.source.schema == schema && contract.source.table == table
            });
            let drop = format!("alter publication {name} drop table {full_name};");
            if filtered {
                self.add(Check::new(
                    format!("{full_name} is published whole"),
                    Outcome::Problem(
                        "a row filter turns updates into inserts and deletes".to_owned(),
                    ),
                    format!("{drop} alter publication {name} add table {full_name};"),
                ));
            }
            if without_identity && updates {
                let what = format!("UPDATE and DELETE on {full_name} work");
                // The contract says that rows are only added there.
                let why = "it has no primary key, so while it is published PostgreSQL refuses them"
                    .to_owned();
                let outcome =
                    if contract.is_some_and(|contract| contract.natural_key_latest_by.is_some()) {
                        Outcome::Warning(why)
                    } else {
                        Outcome::Problem(why)
                    };
                self.add(Check::new(what, outcome, drop.clone()));
            }
            if contract.is_none() {
                self.add(Check::new(
                    format!("{full_name} has a contract"),
                    Outcome::Warning("it is published, but nothing takes it".to_owned()),
                    drop,
                ));
            }
            tables.push((schema, table));
        }
        Ok(Published { tables, updates })
    }
}

fn table_name(contract: &Contract) -> String {
    format!(
        "{}.{}",
        quoted(&contract.source.schema),
        quoted(&contract.source.table)
    )
}
