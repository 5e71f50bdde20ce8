-- Rows that break a rule, each with the code that it must be parked under. Each is a good row with one thing wrong.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

-- bad(table, its key column, key of the good row, key of the bad one, what is wrong): makes it, and writes it down.
create function pg_temp.bad(dataset text, store regclass, key text, good text, wrong text, changes jsonb, code text, why text) returns void language plpgsql as $$
begin
    execute format('insert into %s select (jsonb_populate_record(good, $1)).* from %s as good where %I = $2', store, store, key) using changes || jsonb_build_object(key, wrong), good;
    insert into seeded_bad values (dataset, array[wrong], code, why);
end $$;

do $$
begin
    perform pg_temp.bad('investment-project', 'investment_project', 'project_code', '7999000', '7998001', '{"total_capital_vnd": 250000, "state_capital_vnd": null, "disbursed_vnd": null}', 'E_RANGE', 'typed in millions of đồng');
    perform pg_temp.bad('investment-project', 'investment_project', 'project_code', '7999000', '7998002', '{"finishes_on": "2020-01-01", "starts_on": "2024-01-01"}', 'E_CROSSFIELD', 'finished before it starts');
    perform pg_temp.bad('investment-project', 'investment_project', 'project_code', '7999000', '7998003', '{"project_group": null}', 'E_REQUIRED', 'a public project without its group');
    perform pg_temp.bad('investment-project', 'investment_project', 'project_code', '7999000', '7998004', '{"commune_codes": ["01273", "040"]}', 'E_CODELIST', 'a district of before 2025 among the communes');

    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999024-991', '{"rating": "NaN"}', 'E_RANGE', 'a rating that is no number');
    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999025', '{}', 'E_CHECKDIGIT', 'the last digit is not the one computed');
    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999024-992', '{"member_count": 20, "women_members": 21, "ethnic_members": null}', 'E_CROSSFIELD', 'more women than members');
    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999024-993', '{"capital_million": 250000000}', 'E_RANGE', 'typed in đồng');
    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999024-994', '{"name_vi": "HTX MẪU Cao B»ng"}', 'E_ENCODING', 'TCVN3 read as Latin-1');
    perform pg_temp.bad('cooperative', 'cooperative', 'coop_tax_code', '4899999024', '4899999024-995', '{"revenue_million": "Infinity"}', 'E_RANGE', 'an infinite revenue');

    perform pg_temp.bad('public-asset-budget', 'public_asset_budget', 'asset_code', 'TS-00003', 'TS-99001', '{"residual_vnd": 900000000000000}', 'E_CROSSFIELD', 'worth more than it cost');
    perform pg_temp.bad('public-asset-budget', 'public_asset_budget', 'asset_code', 'GIA-0002', 'GIA-9901', '{"unit_price_vnd": null}', 'E_REQUIRED', 'a price without a price');
    perform pg_temp.bad('public-asset-budget', 'public_asset_budget', 'asset_code', 'NS-2026-401.0001', 'NS-2026-401.9901', '{"planned_vnd": 8654}', 'E_RANGE', 'typed in millions of đồng');

    perform pg_temp.bad('planning', 'planning', 'plan_code', 'QH-TINH-2020', 'QH-TINH-2099', '{"decision_no": null}', 'E_REQUIRED', 'approved without a decision');
    perform pg_temp.bad('planning', 'planning', 'plan_code', 'QH-TINH-2020', 'QH-TINH-2098', '{"boundary_geojson": {"type": "Polygon", "coordinates": [[[106.2, 22.6], [106.3, 22.6], [106.3, 22.7], [106.2, 22.7]]]}}', 'E_GEOMETRY', 'the ring is not closed');
    perform pg_temp.bad('planning', 'planning', 'plan_code', 'QH-TINH-2020', 'QH-TINH-2097', '{"boundary_geojson": {"type": "Polygon", "coordinates": [[[22.6, 106.2], [22.6, 106.3], [22.7, 106.3], [22.6, 106.2]]]}}', 'E_GEOMETRY', 'latitude first');
    perform pg_temp.bad('planning', 'planning', 'plan_code', 'QH-TINH-2020', 'QH-TINH-2096', '{"summary_vi": "Tóm tắt <b>mẫu</b>"}', 'E_FORMAT', 'markup in the summary');
    perform pg_temp.bad('planning', 'planning', 'plan_code', 'QH-TINH-2020', 'QH-TINH-2095', '{"document_url": "https://mau:bimat@mau.example.vn/qh.pdf"}', 'E_SECRET', 'a password in an address');

    perform pg_temp.bad('trade-border-gate', 'trade_border_gate', 'declaration_no', '106990000001', '106999990001', '{"hs_code": "0810901"}', 'E_FORMAT', 'seven digits');
    perform pg_temp.bad('trade-border-gate', 'trade_border_gate', 'declaration_no', '106990000001', '106999990002', '{"cleared_at": "2025-01-01T00:00:00Z"}', 'E_CROSSFIELD', 'cleared before it was declared');
    perform pg_temp.bad('trade-border-gate', 'trade_border_gate', 'declaration_no', '306990000010', '306999990003', '{"value_usd": 25000}', 'E_RANGE', 'more than a border resident may carry');
    perform pg_temp.bad('trade-border-gate', 'trade_border_gate', 'declaration_no', '306990000010', '306999990004', '{"resident_id": null}', 'E_REQUIRED', 'a border resident without a number');

    perform pg_temp.bad('border-gate-vehicle', 'border_gate_vehicle', 'queue_no', 'TL-260502-0005', 'TL-260501-9901', '{}', 'E_CROSSFIELD', 'the number of the day before, as the clock of UTC has it');
    perform pg_temp.bad('border-gate-vehicle', 'border_gate_vehicle', 'queue_no', 'TL-260502-0005', 'TL-260502-9902', '{"plate": "11C 12345"}', 'E_FORMAT', 'a plate without its dash');
    perform pg_temp.bad('border-gate-vehicle', 'border_gate_vehicle', 'queue_no', 'TL-260502-0005', 'TL-260502-9903', '{"last_position": {"lon": 22.483, "lat": 106.573}}', 'E_RANGE', 'longitude and latitude swapped');
    perform pg_temp.bad('border-gate-vehicle', 'border_gate_vehicle', 'queue_no', 'TL-260502-0005', 'TL-260502-9904', '{"driver_name": "Nông Văn Mẫu 2"}', 'E_FORMAT', 'a digit in a name');

    perform pg_temp.bad('civil-servant', 'civil_servant', 'personal_id', '004166999901', '004166999990', '{"sex": "M"}', 'E_CROSSFIELD', 'the number says female');
    perform pg_temp.bad('civil-servant', 'civil_servant', 'personal_id', '004166999901', '00416699991', '{}', 'E_FORMAT', 'eleven digits');
    perform pg_temp.bad('civil-servant', 'civil_servant', 'personal_id', '004166999901', '004166999992', '{"portrait": "\\x47494638"}', 'E_FORMAT', 'not a JPEG');
    perform pg_temp.bad('civil-servant', 'civil_servant', 'personal_id', '004166999901', '004166999993', '{"rank_code": null, "staff_kind": "servant"}', 'E_REQUIRED', 'a civil servant without a rank');

    perform pg_temp.bad('labour-merit', 'labour_merit', 'personal_id', '004032999903', '004032999990', '{"birth_date": "1932-01-01"}', 'E_CROSSFIELD', 'a day of birth where only the year is known');
    perform pg_temp.bad('labour-merit', 'labour_merit', 'personal_id', '004032999903', '004032999991', '{"benefit_vnd": 1021500}', 'E_RANGE', 'not whole thousands');
    perform pg_temp.bad('labour-merit', 'labour_merit', 'personal_id', '004032999903', '004032999992', '{"merit_kinds": ["wounded", "hero"]}', 'E_CODELIST', 'no such kind');
    perform pg_temp.bad('labour-merit', 'labour_merit', 'personal_id', '004032999903', '004033999993', '{}', 'E_CROSSFIELD', 'another year in the number than in the text');

    perform pg_temp.bad('construction-planning', 'construction_planning', 'plan_code', 'QHXD-01304-006', 'QHXD-01304-901', '{"area_m2": 1000}', 'E_GEOMETRY', 'another area than the outline has');
    perform pg_temp.bad('construction-planning', 'construction_planning', 'plan_code', 'QHXD-01304-006', 'QHXD-01304-902', '{"land_use": {"residential": 120}}', 'E_RANGE', 'more than the whole');
    perform pg_temp.bad('construction-planning', 'construction_planning', 'plan_code', 'QHXD-01304-006', 'QHXD-01304-903', '{"srid": 4326}', 'E_GEOMETRY', 'degrees are not asked for');
    perform pg_temp.bad('construction-planning', 'construction_planning', 'plan_code', 'QHXD-01304-006', 'QHXD-01304-904', '{"decided_on": null}', 'E_REQUIRED', 'approved without a date');

    perform pg_temp.bad('construction-permit', 'construction_permit', 'permit_no', '5/2026/GPXD-UBND', '5/26/GPXD-UBND', '{}', 'E_FORMAT', 'the year in two digits');
    perform pg_temp.bad('construction-permit', 'construction_permit', 'permit_no', '5/2026/GPXD-UBND', '9905/2026/GPXD-UBND', '{"applicant_id": "4899999018"}', 'E_CHECKDIGIT', 'the last digit is not the one computed');
    perform pg_temp.bad('construction-permit', 'construction_permit', 'permit_no', '5/2026/GPXD-UBND', '9906/2026/GPXD-UBND', '{"issued_on": "infinity", "starts_before": null}', 'E_RANGE', 'issued after today');

    perform pg_temp.bad('construction-work', 'construction_work', 'work_code', 'CT-2017-00002', 'CT-2017-99001', '{"accepted_on": null}', 'E_REQUIRED', 'accepted without a date');
    perform pg_temp.bad('construction-work', 'construction_work', 'work_code', 'CT-2017-00002', 'CT-2017-99002', '{"inspections": [{"result": "đạt"}]}', 'E_FORMAT', 'an inspection without a day');
    perform pg_temp.bad('housing-market', 'housing_market', 'project_code', '9900000007', '9900999901', '{"units_sold": 5000}', 'E_CROSSFIELD', 'more sold than there are');
    perform pg_temp.bad('housing-market', 'housing_market', 'project_code', '9900000007', '9900999902', '{"price_low_vnd_m2": null, "price_mean_vnd_m2": 12.5}', 'E_RANGE', 'typed in millions of đồng');
    perform pg_temp.bad('construction-certificate', 'construction_certificate', 'certificate_no', 'CAB-99000001', 'CAB-99999001', '{"valid_to": "2001-01-01"}', 'E_CROSSFIELD', 'over before it began');
    perform pg_temp.bad('construction-certificate', 'construction_certificate', 'certificate_no', 'CAB-99000001', 'CAB-99999002', '{"fields": ["design", "cooking"]}', 'E_CODELIST', 'no such field');
    perform pg_temp.bad('transport-licence', 'transport_licence', 'licence_no', '0499001/GPKDVT', '0499901/GPKDVT', '{"plates": ["11B-001.01", "xe mẫu"]}', 'E_FORMAT', 'no number plate');
    perform pg_temp.bad('transport-licence', 'transport_licence', 'licence_no', '0499001/GPKDVT', '0499902/GPKDVT', '{"operator_code": "4899999000"}', 'E_CHECKDIGIT', 'no such code can be');
end $$;

insert into road_network (road_code, km_post, name_vi, road_level, structure_kind, commune_code, length_m, posted_load_t, width_m, lon)
values ('QL4A', 401.125, 'Cầu mẫu không tải trọng', 'national', 'bridge', '01558', 30, null, 7, 106.6),
       ('QL4A', 402.125, 'Đoạn mẫu', 'national', 'section', '01558', 30, null, 'NaN', 106.6),
       ('QL4A', 403.125, 'Đoạn mẫu', 'national', 'section', '01558', 30, null, 7, 22.6),
       ('TL4A', 404.125, 'Đoạn mẫu', 'national', 'section', '01558', 30, null, 7, 106.6);
insert into seeded_bad
select 'road-network', array[road_code, km_post::text], code, why
from road_network
join (values (401.125, 'E_REQUIRED', 'a bridge without its load limit'), (402.125, 'E_RANGE', 'a width that is no number'), (403.125, 'E_RANGE', 'not in the province'), (404.125, 'E_FORMAT', 'no such kind of road')) as bad (km, code, why) on km = km_post;
