-- weight: 1. Now and then, the lists are emptied and loaded again in one transaction.
\set r random(1, 8)
\if :r = 1
begin;
create temp table code_reload on commit drop as table shared_code;
truncate shared_code;
insert into shared_code select * from code_reload where list_id <> 'don-vi-do' or code <> 'sào';
commit;
\endif
