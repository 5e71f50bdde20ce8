-- Row security that lets the capture see nothing: a copy would take every row from the store.
begin;
alter table :"table" enable row level security;
create policy nothing on :"table" for select to :"role" using (false);
commit;
