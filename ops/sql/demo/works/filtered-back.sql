begin;
alter publication bangioc drop table :"table";
alter publication bangioc add table :"table";
commit;
