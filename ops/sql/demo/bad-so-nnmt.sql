-- Rows that break a rule, each with the code that it must be parked under. They stand among the good
-- ones in the order of their keys, so that no run of bad rows looks like a bad deployment.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, geom_wkt, certificate_serial, holder_ids, surveyed_on)
values ('01273', 9001, 1, 'ONT', 300.0, 'POLYGON((2528554.0 599761.0,2528554.0 599781.0,2528569.0 599781.0,2528569.0 599761.0,2528554.0 599761.0))', null, null, null),
       ('01294', 9001, 1, 'ONT', 150.0, 'POLYGON((599761.0 2528554.0,599781.0 2528569.0,599781.0 2528554.0,599761.0 2528569.0,599761.0 2528554.0))', null, null, null),
       ('01327', 9001, 1, 'ONT', 300.0, 'POLYGON((599761.0 2528554.0,599781.0 2528554.0,599781.0 2528569.0,599761.0 2528569.0))', null, null, null),
       ('040', 27, 145, 'ONT', 300.0, 'POLYGON((599761.0 2528554.0,599781.0 2528554.0,599781.0 2528569.0,599761.0 2528569.0,599761.0 2528554.0))', null, null, null),
       ('01392', 9001, 1, 'ZZZ', 300.0, null, null, null, null),
       ('01438', 9001, 1, 'ONT', 0.0, null, null, null, null),
       ('01477', 9001, 1, 'ONT', 300.0, null, 'A1 12345', null, null),
       ('01552', 9001, 1, 'ONT', 300.0, null, null, array['00414599990'], null),
       ('01654', 9001, 1, 'ONT', 300.0, null, null, null, 'infinity');
insert into seeded_bad
select 'land-parcel', array[commune_code::text, map_sheet_no::text, parcel_no::text], code, why
from land_parcel
join (values ('01273', 'E_GEOMETRY', 'northing and easting swapped'), ('01294', 'E_GEOMETRY', 'a bow tie'), ('01327', 'E_GEOMETRY', 'the ring is not closed'),
             ('040', 'E_CODELIST', 'a district of before 2025'), ('01392', 'E_CODELIST', 'no such land type'), ('01438', 'E_RANGE', 'no area'),
             ('01477', 'E_FORMAT', 'certificate'), ('01552', 'E_FORMAT', 'eleven digits'), ('01654', 'E_RANGE', 'surveyed after today')) as bad (commune, code, why)
    on commune_code = commune
where map_sheet_no = 9001 or commune_code = '040';

insert into env_observation (station_code, param_code, observed_at, value, unit, status, received_at)
values ('CB-KK-01', 'PM2.5', date_trunc('hour', now()) - interval '30 hours 1 minute', 'NaN', 'ug/Nm3', '00', now() - interval '29 hours'),
       ('CB-KK-05', 'PM10', date_trunc('hour', now()) + interval '24 hours', 12.5, 'ug/Nm3', '00', now()),
       ('CB-KK-09', 'SO2', date_trunc('hour', now()) - interval '30 hours 1 minute', -4.5, 'ug/Nm3', '00', now() - interval '29 hours'),
       ('CB-KK-13', 'pH', date_trunc('hour', now()) - interval '30 hours 1 minute', 7.1, 'ug/Nm3', '00', now() - interval '29 hours');
insert into seeded_bad
select 'env-observation', array[station_code, param_code, observed_at::text], code, why
from env_observation
join (values ('CB-KK-01', 'E_RANGE', 'not a number'), ('CB-KK-05', 'E_RANGE', 'a day ahead'), ('CB-KK-09', 'E_RANGE', 'below nought'), ('CB-KK-13', 'E_CODELIST', 'pH is not measured so')) as bad (station, code, why)
    on station_code = station
where extract(minute from observed_at) = 59 or observed_at > now() + interval '1 hour';

insert into land_use_right (certificate_serial, book_no, commune_code, map_sheet_no, parcel_no, holder_kind, holder_ids, holder_names, land_type, right_origin, area_m2, issued_on, term_until, is_mortgaged, status)
values ('ZZ 000001', 'CS99001', '01273', 1, 1, 'person', '{004058999901}', '{Hoàng Thị Mẫu}', 'ONT', 'recognised', 100, '2020-01-01', '2019-01-01', false, 'valid'),
       ('ZZ 000002', 'CS99002', '01273', 1, 2, 'person', '{004058999901}', '{Hoàng Thị Mẫu}', 'ONT', 'recognised', 100, '2020-01-01', null, true, 'valid'),
       ('ZZ 000003', 'CS99003', '01273', 1, 3, 'person', '{4899999018}', '{CÔNG TY MẪU}', 'ONT', 'recognised', 100, '2020-01-01', null, false, 'valid');
insert into seeded_bad values
    ('land-use-right', '{ZZ 000001}', 'E_CROSSFIELD', 'the term ends before it begins'),
    ('land-use-right', '{ZZ 000002}', 'E_REQUIRED', 'mortgaged to nobody'),
    ('land-use-right', '{ZZ 000003}', 'E_CHECKDIGIT', 'a holder''s tax code');

insert into land_use_plan_zone (plan_code, zone_no, land_type, period, decision_no, decided_on, area_ha, geom_geojson)
values ('QHSDD-2026-2030', 9001, 'ODT', '[2026-01-01,2031-01-01)', '1234/QĐ-UBND', '2026-02-10', 12.5, '{"type":"Polygon","coordinates":[[[22.66,106.25],[22.66,106.26],[22.67,106.26],[22.67,106.25],[22.66,106.25]]]}'),
       ('QHSDD-2026-2030', 9002, 'ODT', '[2026-01-01,2031-01-01)', '1234/QĐ-UBND', '2026-02-10', 12.5, '{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.67]]]}'),
       (E'QHSDD-2026\u200b-2030', 9004, 'ODT', '[2026-01-01,2031-01-01)', '1234/QĐ-UBND', '2026-02-10', 12.5, '{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.66]]]}'),
       ('QHSDD-2026-2030', 9003, 'XYZ', '[2026-01-01,2031-01-01)', '1234/QĐ-UBND', '2026-02-10', 12.5, '{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.66]]]}');
insert into seeded_bad values
    ('land-use-plan', '{QHSDD-2026-2030,9001}', 'E_GEOMETRY', 'latitude before longitude'),
    ('land-use-plan', '{QHSDD-2026-2030,9002}', 'E_GEOMETRY', 'the ring is not closed'),
    ('land-use-plan', '{QHSDD-2026-2030,9003}', 'E_CODELIST', 'no such land type'),
    ('land-use-plan', array[E'QHSDD-2026\u200b-2030', '9004'], 'E_FORMAT', 'an invisible character in a code');

insert into land_price (decision_no, segment_code, land_type, position_no, commune_code, street_vi, price_vnd_m2, effective)
values ('88/2025/QĐ-UBND', 'TP-KIM-DONG-901', 'ODT', 1, '01273', 'Phố Kim Đồng', 35000, '[2026-01-01,2027-01-01)'),
       ('88/2025/QĐ-UBND', 'TP-KIM-DONG-902', 'ODT', 2, '01273', 'Phố Kim Đồng', 12000500, '[2026-01-01,2027-01-01)'),
       ('88/2025/QĐ-UBND', 'TP-KIM-DONG-903', 'ODT', 6, '01273', 'Phố Kim Đồng', 12000000, '[2026-01-01,2027-01-01)'),
       ('88/2025/QÐ-UBND', 'TP-KIM-DONG-904', 'ODT', 1, '01273', 'Phố Kim Đồng', 35000000, '[2026-01-01,2027-01-01)');
insert into seeded_bad values
    ('land-price', '{88/2025/QĐ-UBND,TP-KIM-DONG-901,ODT,1}', 'E_RANGE', 'written in thousand VND'),
    ('land-price', '{88/2025/QĐ-UBND,TP-KIM-DONG-902,ODT,2}', 'E_RANGE', 'not a multiple of a thousand'),
    ('land-price', '{88/2025/QĐ-UBND,TP-KIM-DONG-903,ODT,6}', 'E_RANGE', 'a sixth position'),
    ('land-price', '{88/2025/QÐ-UBND,TP-KIM-DONG-904,ODT,1}', 'E_UNICODE', 'an Icelandic letter in place of Đ');

insert into land_statistics (year, commune_code, land_type, survey_kind, area_ha, used_by_households_ha, reported_on)
values (2025, '01822', 'LUC', 'statistics', 10, 12, '2025-12-31');
insert into seeded_bad values ('land-statistics', '{2025,01822,LUC}', 'E_CROSSFIELD', 'a part that is larger than the whole');

insert into env_station (station_code, name_vi, kind, commune_code, lon, lat, params)
values ('CB-KK-98', 'Trạm mẫu', 'air', '01273', 22.6657, 106.2578, '{PM2.5}'),
       ('CB-KK-99', 'Trạm mẫu', 'air', '01273', 106.2578, 22.6657, '{PM2.5,DUST}');
insert into seeded_bad values
    ('env-station', '{CB-KK-98}', 'E_RANGE', 'latitude and longitude swapped'),
    ('env-station', '{CB-KK-99}', 'E_CODELIST', 'no such parameter');

insert into env_permit (permit_no, facility, owner_name, commune_code, project_group, scope, issued_on, valid_to, status)
values ('901/GPMT-UBND', 'Cơ sở mẫu', 'Nông Văn Mẫu', '01273', 'I', '{wastewater}', '2025-01-01', '2024-01-01', 'valid');
insert into water_licence (licence_no, source_kind, source_name, commune_code, holder_name, purpose, volume_m3_day, volume_class, valid)
values ('901/GP-UBND', 'river', 'Sông Bằng', '01273', 'Đơn vị mẫu', '{domestic}', 50000, 1, '[2024-01-01,2034-01-01)');
insert into mineral_licence (licence_no, licence_kind, mineral, mine_name, commune_code, holder_code, area_ha, near_border, issued_on, valid_to)
values ('901/GP-UBND', 'mining', 'iron', 'Mỏ mẫu', '01273', '4899999024', 5, false, '2020-01-01', '2030-01-01');
insert into biodiversity_area (area_code, name_vi, kind, commune_codes, lon, lat, boundary_wkt, srid, boundary_m2)
values ('CB-DDSH-9001', 'Khu bảo tồn mẫu', 'reserve', '{01477}', 106.5, 22.9, 'POLYGON((480000 2490000,480100 2490100,480100 2490000,480000 2490100,480000 2490000))', 9210, 5000),
       ('CB-DDSH-9002', 'Điểm phân bố mẫu', 'species_point', '{01477}', 106.5, 22.9, null, 9210, null);
insert into disaster_point (point_code, kind, place_vi, commune_code, lon, lat, risk_level, warning_state, warning_vi, issued_at, valid_until)
values ('CB-LQ-9001', 'flash_flood', 'Xóm Mẫu', '01273', 106.2, 22.6, 3, 'warning', 'Cảnh báo <b>lũ quét</b>', '2026-07-01 00:00+07', '2026-07-01 06:00+07'),
       ('CB-SL-9002', 'landslide', 'Xóm Mẫu', '01273', 106.2, 22.6, 3, 'watch', 'Cảnh báo sạt lở', '2026-07-01 00:00+07', null),
       ('CB-SL-9003', 'landslide', 'Xóm Mẫu', '01273', 106.2, 22.6, 3, 'watch', 'Cảnh báo sạt lở', '2026-07-01 00:00+07', '2026-08-01 00:00+07');
insert into forest_plot (compartment, sub_compartment, plot, commune_code, forest_purpose, forest_type, origin, area_m2, geom_wkt, srid, owner_kind)
values ('901', 1, '1', '01273', 'RSX', 'RTG', 'natural', 99999, 'POLYGON((500000 2480000,500100 2480000,500100 2480100,500000 2480100,500000 2480000))', 9210, 'board'),
       ('902', 1, '1', '01273', 'RSX', 'RTG', 'planted', 10000, null, 9210, 'board');
insert into agri_record (record_no, record_kind, commune_code, product_vi, producer_kind, producer_name, stars, recognised_no, recognised_until)
values ('OCOP-2026-99001', 'ocop', '01273', 'Miến dong mẫu', 'organisation', 'HTX MẪU', null, '1234/QĐ-UBND', '2028-11-30');
insert into poor_household (household_code, head_id, head_name, head_sex, ethnicity_code, commune_code, hamlet, area_kind, category, income_score, deprivation_score, members, children, review_year)
values ('HN-01273-99001', '004058999901', 'Hoàng Văn Mẫu', 'M', '77', '01273', 'Xóm Mẫu', 'rural', 'poor', 90, 40, 4, 1, 2025),
       ('HN-01273-99002', '004058999902', 'Hoàng Văn Mẫu', 'M', '02', '01273', 'Xóm Mẫu', 'rural', 'poor', 90, 40, 2, 5, 2025);
insert into seeded_bad values
    ('env-permit', '{901/GPMT-UBND}', 'E_CROSSFIELD', 'valid to a day before it was issued'),
    ('water-resource', '{901/GP-UBND}', 'E_RANGE', 'the class of another volume'),
    ('mineral-resource', '{901/GP-UBND}', 'E_REQUIRED', 'mining without a reserve'),
    ('biodiversity', '{CB-DDSH-9001}', 'E_GEOMETRY', 'a bow tie'),
    ('biodiversity', '{CB-DDSH-9002}', 'E_REQUIRED', 'a species'' point without species'),
    ('disaster-warning', '{CB-LQ-9001}', 'E_FORMAT', 'markup'),
    ('disaster-warning', '{CB-SL-9002}', 'E_REQUIRED', 'a warning without its end'),
    ('disaster-warning', '{CB-SL-9003}', 'E_RANGE', 'a warning for a month'),
    ('forest-resource', '{901,1,1}', 'E_GEOMETRY', 'the area is not that of the outline'),
    ('forest-resource', '{902,1,1}', 'E_REQUIRED', 'planted with what?'),
    ('agri-production', '{OCOP-2026-99001}', 'E_REQUIRED', 'a product without stars'),
    ('poor-household', '{HN-01273-99001}', 'E_CODELIST', 'no such ethnic group'),
    ('poor-household', '{HN-01273-99002}', 'E_CROSSFIELD', 'more children than members');
