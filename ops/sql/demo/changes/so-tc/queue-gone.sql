-- weight: 1. What has passed is cleared away after a while.
delete from border_gate_vehicle where queue_no = (select queue_no from border_gate_vehicle where state = 'passed' and queue_no not in (select key[1] from seeded_bad) order by passed_at limit 1);
