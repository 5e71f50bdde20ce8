-- What the open store must hold of `road-network`: all of it but the studies of what bridges bear.
select road_code, km_post, name_vi, road_level, structure_kind, commune_code, length_m, width_m, surface, built_year, lon, lat, condition_score, posted_load_t, inspected_on, landslide_risk
from dept.road_network
where array[road_code::text, km_post::text] not in (select key from dept.seeded_bad where dataset = 'road-network')
order by road_code collate "C", km_post::text collate "C";
