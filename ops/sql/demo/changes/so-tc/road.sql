-- weight: 2. A post is measured anew: its number with decimals is part of the key, and its study is kept out of line.
\set i random(0, 239)
update road_network set km_post = post, inspected_on = '2026-05-01', updated_at = clock_timestamp()
from (select 400.5 + nextval('demo_number') % 90000 * 0.001 as post offset 0) as new
where (road_code, km_post) = (select road_code, km_post from road_network where array[road_code::text, km_post::text] not in (select key from seeded_bad where dataset = 'road-network') order by road_code, km_post offset :i limit 1)
  and not exists (select from road_network as taken where taken.road_code = road_network.road_code and taken.km_post = post);
