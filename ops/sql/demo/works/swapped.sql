-- The nightly load of many vendors: a table beside it, filled, and both exchanged by name.
begin;
lock table :"table" in exclusive mode;
select :'table' || '_load' as load, :'table' || '_before' as before \gset
create table :"load" (like :"table" including all);
insert into :"load" select * from :"table";
grant select on :"load" to :"role";
alter publication bangioc add table :"load";
alter table :"table" rename to :"before";
alter table :"load" rename to :"table";
alter publication bangioc drop table :"before";
commit;
