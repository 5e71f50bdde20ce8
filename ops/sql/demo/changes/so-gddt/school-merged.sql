-- weight: 1. Two schools become one: one row goes, the other takes its pupils, and it all comes back as a branch reopens.
\set n random(1, 60)
begin;
select pg_advisory_xact_lock(1);
delete from school where school_code = '0406' || lpad((2 * :n)::text, 4, '0') and array[school_code::text] not in (select key from seeded_bad);
insert into school (school_code, name_vi, level, ownership, commune_code, classes, pupils, school_year)
values ('0406' || lpad((2 * :n - 1)::text, 4, '0'), 'Trường mẫu sáp nhập', '{TH,THCS}', 'public', '01501', 20, 700, '2026-2027')
on conflict (school_code) do update set classes = 20, pupils = 700, level = '{TH,THCS}', updated_at = clock_timestamp();
commit;
