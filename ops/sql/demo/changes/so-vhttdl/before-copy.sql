-- Once, as soon as capture has its slot: see so-nnmt/before-copy.sql.
do $$
declare code text;
begin
    for code in select site_code from tourism_site where length(photo_main) > 8000 and site_code not in (select key[1] from seeded_bad) order by 1 desc loop
        update tourism_site set ticket_vnd = 45000, updated_at = clock_timestamp() where site_code = code;
        commit;
    end loop;
    for code in select heritage_code from heritage where length(protection_zone_wkt) > 8000 order by 1 desc loop
        update heritage set condition_score = 3, updated_at = clock_timestamp() where heritage_code = code;
        commit;
    end loop;
end $$;
