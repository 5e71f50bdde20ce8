-- Rows that break a rule, each with the code that it must be parked under.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

create temp table bad (facility_code char(5), class smallint, lon double precision, lat double precision, code text, why text);
insert into bad values
    ('04801', 7, 106.2, 22.6, 'E_RANGE', 'there are four classes'),
    ('04802', 1, 160.2, 22.6, 'E_RANGE', 'not in the province'),
    ('04803', 1, 106.2, 'NaN', 'E_RANGE', 'not a number'),
    ('05001', 1, 106.2, 22.6, 'E_FORMAT', 'not of this province');
insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat)
select facility_code, 'Trạm y tế mẫu', class, 'station', '01273', lon, lat from bad;
insert into seeded_bad select 'health-facility', array[facility_code], code, why from bad;
