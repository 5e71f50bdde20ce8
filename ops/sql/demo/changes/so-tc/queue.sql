-- weight: 4. A lorry takes a number and is called, let in and passed within a second.
\set r random(1, 1000000)
begin;
insert into border_gate_vehicle (queue_no, gate_code, direction, state, plate, driver_name, registered_at, updated_at)
select 'TL-' || to_char(clock_timestamp() at time zone 'Asia/Ho_Chi_Minh', 'YYMMDD-') || lpad((nextval('demo_number') % 10000)::text, 4, '0'), 'TL', 'out', 'registered', '11C-' || lpad((:r % 100000)::text, 5, '0'), 'Nông Văn Mẫu', clock_timestamp(), clock_timestamp()
on conflict do nothing;
commit;
update border_gate_vehicle set state = 'called', called_at = clock_timestamp(), updated_at = clock_timestamp() where queue_no like 'TL-%-' || lpad((currval('demo_number') % 10000)::text, 4, '0') and state = 'registered' and queue_no not in (select key[1] from seeded_bad);
update border_gate_vehicle set state = 'in_yard', last_position = '{"lon": 106.573, "lat": 22.483}', updated_at = clock_timestamp() where queue_no like 'TL-%-' || lpad((currval('demo_number') % 10000)::text, 4, '0') and state = 'called' and queue_no not in (select key[1] from seeded_bad);
update border_gate_vehicle set state = 'passed', passed_at = clock_timestamp(), gross_kg = 500 + :r % 70000, updated_at = clock_timestamp() where queue_no like 'TL-%-' || lpad((currval('demo_number') % 10000)::text, 4, '0') and state = 'in_yard' and queue_no not in (select key[1] from seeded_bad);
