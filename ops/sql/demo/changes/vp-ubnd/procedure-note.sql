-- weight: 1. Nothing changes that the public may see.
\set i random(0, 119)
update admin_procedure set officer_note = 'Ghi chú ' || :i, updated_at = clock_timestamp()
where procedure_code like (1 + :i % 3) || '.' || lpad((1193 + :i * 37)::text, 6, '0') || '%';
