-- weight: 1. A facility closes and opens again under its code.
\set n random(20, 499)
begin;
delete from health_facility where facility_code = '04' || lpad(:n::text, 3, '0');
insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat) values ('04' || lpad(:n::text, 3, '0'), 'Trạm y tế mẫu mở lại', 4, 'station', '01273', 106.25, 22.66);
commit;
