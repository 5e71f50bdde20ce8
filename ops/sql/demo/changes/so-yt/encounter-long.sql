-- weight: 1. An encounter with a long scan, kept out of line, is touched elsewhere.
\set i 50 * random(0, 5) + 3
update ehr_encounter set cost_total = coalesce(cost_total, 0) + 0.05, updated_at = clock_timestamp() where encounter_id = md5('mẫu ' || :i)::uuid;
