//! What every login of the store's server may do in this database besides: PostgreSQL lets all of them connect,
//! keep temporary tables, large objects and advisory locks, until an administrator takes it back
//! (`ops/sql/store-access.sql`).

use sqlx::PgConnection;

use crate::error::SinkError;

/// What stands open, in words.
pub(crate) async fn open(connection: &mut PgConnection) -> Result<Vec<String>, SinkError> {
    Ok(sqlx::query_scalar(
        "with database as (select * from pg_database where datname = current_database()), \
         public as (select privilege_type from database, aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0), \
         callable as (select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace \
         and proname ~ '^(lo_|loread$|lowrite$)|advisory' and exists \
         (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)) \
         select 'every login may connect' from public where privilege_type = 'CONNECT' \
         union all select 'every login may make temporary tables' from public where privilege_type = 'TEMPORARY' \
         union all select 'every login may make tables in schema public' where has_schema_privilege('public', 'public', 'create') \
         union all select 'every login may keep large objects' where exists (select from callable where proname !~ 'advisory') \
         union all select 'every login may take advisory locks' where exists (select from callable where proname ~ 'advisory') \
         union all select 'the store belongs to a superuser' from pg_roles where rolname = current_user and rolsuper",
    )
    .fetch_all(connection)
    .await?)
}
