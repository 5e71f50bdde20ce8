-- What the open store must hold of `cultural-heritage`: all monuments without their custodians; where the location
-- is sensitive, only a tenth of a degree. Without the column `protection_zone`: how an outline becomes WGS 84 is
-- compared elsewhere.
\ir ../named-keys.sql
select heritage_code, name_vi, other_names, kind, rank, decision_no, ranked_on, period_text, commune_code,
       case when location_sensitive then round(lon, 1)::numeric(9, 6) else lon end as lon,
       case when location_sensitive then round(lat, 1)::numeric(9, 6) else lat end as lat,
       location_sensitive, condition_score, description_vi, pg_temp.named_keys(documents, '{title,year,url}') as documents
from dept.heritage
where array[heritage_code::text] not in (select key from dept.seeded_bad where dataset = 'cultural-heritage')
order by heritage_code collate "C";
