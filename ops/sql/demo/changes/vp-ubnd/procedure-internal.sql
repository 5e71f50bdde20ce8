-- weight: 1. A procedure becomes one within the administration, or no longer is: the public list follows.
\set i random(0, 119)
update admin_procedure set is_internal = not is_internal, fee_vnd = :i * 1000, updated_at = clock_timestamp()
where procedure_code like (1 + :i % 3) || '.' || lpad((1193 + :i * 37)::text, 6, '0') || '%';
