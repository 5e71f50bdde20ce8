-- Once, as soon as capture has its slot: see so-nnmt/before-copy.sql.
do $$
declare code text;
begin
    for code in select enterprise_code from business where length(legal_reps::text) > 3000 and enterprise_code not in (select key[1] from seeded_bad) order by 1 desc loop
        update business set website = 'https://truoc.example.vn/', changed_at = clock_timestamp() where enterprise_code = code;
        commit;
    end loop;
end $$;
