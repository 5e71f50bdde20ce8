-- Once, as soon as capture has its slot: see so-nnmt/before-copy.sql.
do $$
declare plan text;
begin
    for plan in select plan_code from construction_planning where length(boundary_wkt) > 8000 order by 1 desc loop
        update construction_planning set review_note = 'trước khi sao chép', updated_at = clock_timestamp() where plan_code = plan;
        commit;
    end loop;
    for plan in select plan_code from planning where length(boundary_geojson::text) > 8000 order by 1 desc loop
        update planning set appraisal_note = 'trước khi sao chép', updated_at = clock_timestamp() where plan_code = plan;
        commit;
    end loop;
end $$;
