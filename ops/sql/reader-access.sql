-- What the administrator of a store runs, once for each who reads it: a login that sees the columns of one class.
--
--   psql -v login=so_tnmt_reads -v class=internal -v password_file=FILE -f reader-access.sql
--
-- The password stays in its file: what stands on a command line, every user of the machine can read.
-- class: open, internal, personal or sensitive. To take it back: `drop role NAME`.
\set password `cat :'password_file'`
\set role bangioc_reader_ :class
create role :"login" login password :'password' connection limit 10 in role :"role";
-- So that one who forgets a transaction, or asks too much, is a burden to nobody else. The first two a login may change
-- for itself; the limits of connections and of the disk for sorting it may not.
alter role :"login" set statement_timeout = '10min';
alter role :"login" set idle_in_transaction_session_timeout = '5min';
alter role :"login" set temp_file_limit = '2GB';
