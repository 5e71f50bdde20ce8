-- What the open store must hold of `tourism-site`: all but the manager's phone.
select site_code, name_vi, name_en, name_zh, kinds, recognition, commune_code, lon, lat, description_vi, description_en, ticket_vnd, opens, closes, season, photos, photo_main, geopark, visitors_last_year
from dept.tourism_site
where array[site_code::text] not in (select key from dept.seeded_bad where dataset = 'tourism-site')
order by site_code collate "C";
