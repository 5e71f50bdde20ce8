-- weight: 2. An act is cancelled, or a notice is lifted and struck off.
\set n random(1, 210)
update notarial_act set status = 'cancelled', updated_at = clock_timestamp() where act_no like '%-2026-' || lpad(:n::text, 5, '0');
