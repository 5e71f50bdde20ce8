-- weight: 1. A record passes to another agency and keeps its code.
\set i random(0, 1499)
update procedure_record set agency_code = case agency_code when 'H14.35' then 'H14.07' else 'H14.35' end, state = 'transferred', updated_at = clock_timestamp() where record_code like '%-' || lpad((:i * 2)::text, 5, '0');
