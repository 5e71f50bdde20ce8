-- weight: 3. A fine is paid; a year later the row is struck off.
\set n random(1, 200)
\set r random(1, 1000000)
delete from admin_violation where :r % 9 = 0 and paid_on is not null and decision_no = :n || '/QĐ-XPHC';
update admin_violation set paid_on = date '2026-09-30', appealed = :r % 2 = 0, updated_at = clock_timestamp() where decision_no like :n || '/QĐ-XPHC%';
