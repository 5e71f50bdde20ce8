-- weight: 1. A blocking notice is struck off.
\set n random(1, 210)
delete from notarial_act where act_kind = 'blocking' and act_no like 'NC-__-2026-' || lpad(:n::text, 5, '0');
