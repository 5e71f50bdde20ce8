-- What the open store must hold of `tourism-site`: all but the manager's phone.
\ir ../named-keys.sql
select site_code, name_vi, name_en, name_zh, kinds, recognition, commune_code, lon, lat, description_vi, description_en, ticket_vnd, opens, closes, pg_temp.named_keys(season, '{best,closed,open}') as season, photos, photo_main, geopark, visitors_last_year
from dept.tourism_site
where array[site_code::text] not in (select key from dept.seeded_bad where dataset = 'tourism-site')
order by site_code collate "C";
