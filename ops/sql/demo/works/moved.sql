-- In another schema for a moment.
begin;
create schema elsewhere;
alter table :"table" set schema elsewhere;
alter table elsewhere.:"table" set schema dept;
drop schema elsewhere;
commit;
