-- weight: 2. A patient is admitted.
\set k random(0, 199)
insert into ehr_encounter (patient_id, encounter_id, facility_code, admitted_at, diagnosis_main, vitals, cost_total)
select patient_id, gen_random_uuid(), facility_code, now(), 'J18.9', '{"pulse": 88, "temp_c": 38.2}', 1250000.00
from ehr_encounter where length(patient_id) = 12 and facility_code like '04%' order by patient_id, encounter_id offset :k limit 1;
