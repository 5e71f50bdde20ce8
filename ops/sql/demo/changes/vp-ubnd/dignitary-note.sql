-- weight: 1. A dignitary with a portrait, kept out of line, is touched elsewhere.
\set i random(0, 79)
update religious_dignitary set note = 'Ghi chú ' || :i, updated_at = clock_timestamp() where org_code = 'CB-TG-' || lpad(:i::text, 4, '0') and personal_id not in (select key[1] from seeded_bad);
