-- weight: 3. A birth is registered, and its name corrected by an event of its own.
begin;
with birth as (
    insert into civil_status_event (event_type, office_code, register_year, register_no, registered_on, event_date, subject_name, subject_sex, mother_name, event_uuid)
    select 'birth', '01501', 2026, 100000 + nextval('demo_number'), '2026-08-05', '2026-08-01', 'Nông Mẫu', 'F', 'Lý Thị Mẫu', gen_random_uuid() on conflict do nothing
    returning *)
insert into civil_status_event (event_type, office_code, register_year, register_no, registered_on, event_date_precision, subject_name, corrects, event_uuid)
select 'correction', office_code, register_year, register_no, '2026-08-20', 'unknown', 'Nông Thị Mẫu', event_uuid, gen_random_uuid() from birth on conflict do nothing;
commit;
