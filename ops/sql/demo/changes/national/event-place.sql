-- weight: 2. A clerk completes an event; a marriage goes to another register number.
\set n random(0, 79)
\set m random(1793, 2124)
update civil_status_event set place_text = 'Xã mẫu :n', details = '{"note": "bổ sung"}' where event_type = 'death' and register_no = 3003 + 10 * :n;
update civil_status_event set register_no = register_no + 200000 where event_type = 'marriage' and register_no = 2000 + :m;
