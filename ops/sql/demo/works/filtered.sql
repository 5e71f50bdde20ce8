-- A row filter that lets nothing through, and off again.
begin;
alter publication bangioc drop table :"table";
alter publication bangioc add table :"table" where (false);
commit;
