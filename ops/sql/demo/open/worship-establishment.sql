-- What the open store must hold of `worship-establishment`: the registered ones, without those who keep them.
select site_code, name_vi, commune_code, lon, lat, built_year
from dept.worship_establishment
where is_registered
  and array[site_code::text] not in (select key from dept.seeded_bad where dataset = 'worship-establishment')
order by site_code collate "C";
