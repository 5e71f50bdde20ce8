-- weight: 1. A person's row is removed; a child is entered.
\set n random(0, 99)
delete from person where personal_id = '0041809999' || lpad(:n::text, 2, '0');
insert into person (personal_id, full_name, sex, birth_date, birth_date_text, birth_precision, birth_place_code, ethnicity_code, permanent_commune, row_version, source_updated_at)
values ('0042269999' || lpad(:n::text, 2, '0'), 'Nông Mẫu', 'M', '2026-03-01', '01/03/2026', 'day', '004', '02', '01501', 1, clock_timestamp())
on conflict (personal_id) do update set row_version = person.row_version + 1, phone = null, source_updated_at = clock_timestamp();
