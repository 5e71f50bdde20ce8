-- What the open store must hold of `school`: every school, without its head and the number of pupils of minorities.
\ir ../named-keys.sql
select school_code, name_vi, level, ownership, commune_code, boarding_kind, main_lon, main_lat, pg_temp.named_keys(satellite_sites, '{name,lon,lat,classes}') as satellite_sites, classes,
       pupils, teachers, national_standard, founded_on, email, school_year, opens_at
from dept.school
where array[school_code::text] not in (select key from dept.seeded_bad where dataset = 'school')
order by school_code collate "C";
