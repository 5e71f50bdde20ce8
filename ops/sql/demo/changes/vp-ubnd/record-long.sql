-- weight: 1. A record with a long form, kept out of line, is touched elsewhere.
\set i 100 * random(0, 29) + 7
update procedure_record set officer_name = 'Cán bộ Mẫu ' || step_no, step_no = step_no % 20 + 1, updated_at = clock_timestamp() where record_code like '%-' || lpad(:i::text, 4, '0');
