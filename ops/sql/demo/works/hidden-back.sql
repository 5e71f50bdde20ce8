begin;
drop policy nothing on :"table";
alter table :"table" disable row level security;
commit;
