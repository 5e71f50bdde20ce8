-- weight: 3. A day is counted again.
\set d random(1, 30)
\set n random(0, 50)
insert into admin_procedure_statistics values ('1.001304', 'H14.35', current_date - :d, :n, :n / 3, :n, :n - :n / 4, :n / 4, case when :n > 0 then 7.25 + :d end)
on conflict (procedure_code, agency_code, day) do update set received = excluded.received, received_online = excluded.received_online, finished = excluded.finished,
    on_time = excluded.on_time, late = excluded.late, mean_working_hours = excluded.mean_working_hours, counted_at = clock_timestamp();
