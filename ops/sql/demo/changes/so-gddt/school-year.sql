-- Once: the new school year, every row in one transaction.
begin;
select pg_advisory_xact_lock(1);
update school set school_year = '2027-2028', updated_at = clock_timestamp() where array[school_code::text] not in (select key from seeded_bad);
commit;
