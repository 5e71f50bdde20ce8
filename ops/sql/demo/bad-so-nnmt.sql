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
