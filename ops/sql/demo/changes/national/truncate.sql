-- Once: the table is emptied and loaded again, as vendors do it: first in two steps, so that for a moment it is
-- empty, then in one transaction.
create table business_reload as table business;
truncate business;
insert into business select * from business_reload where enterprise_code < '4899999031' on conflict do nothing;
insert into business select * from business_reload where enterprise_code >= '4899999031' on conflict do nothing;
begin;
truncate business_reload;
insert into business_reload select * from business where change_no % 7 <> 6 or enterprise_code in (select key[1] from seeded_bad);
truncate business;
insert into business select * from business_reload;
commit;
drop table business_reload;
