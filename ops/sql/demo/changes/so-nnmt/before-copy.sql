-- Once, as soon as capture has its slot: every row with a long outline is touched elsewhere, the last keys
-- first, before the copy gets to them. The stream has no outline for them, and the copy may not be trusted
-- to come later.
do $$
declare parcel record;
begin
    for parcel in select commune_code, map_sheet_no, parcel_no from land_parcel where length(geom_wkt) > 8000 order by 1 desc, 2 desc, 3 desc loop
        update land_parcel set note = 'trước khi sao chép', updated_at = clock_timestamp()
        where (commune_code, map_sheet_no, parcel_no) = (parcel.commune_code, parcel.map_sheet_no, parcel.parcel_no);
        if parcel.parcel_no % 5 = 0 then commit; end if;
    end loop;
end $$;
