-- weight: 1. Five changes of one record within a moment, each a transaction: the last has to win.
\set i random(0, 1499)
update procedure_record set state = 'processing', step_no = 2, updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
update procedure_record set state = 'supplement', step_no = 3, updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
update procedure_record set state = 'processing', step_no = 4, updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
update procedure_record set state = 'approved', step_no = 5, finished_at = clock_timestamp(), updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
update procedure_record set state = 'returned', step_no = 6, returned_at = clock_timestamp(), updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
