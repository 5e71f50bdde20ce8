-- Every parcel is changed once, in transactions of 1,000 in the order of the key. Variable: round.
set bench.round = :round;
do $$
declare
    keys record;
begin
    for keys in select commune_code, map_sheet_no, min(parcel_no) as first, max(parcel_no) as last
                from (select commune_code, map_sheet_no, parcel_no, (row_number() over (order by commune_code, map_sheet_no, parcel_no) - 1) / 1000 as batch from dept.land_parcel) as numbered
                group by commune_code, map_sheet_no, batch order by 1, 2, 3
    loop
        update dept.land_parcel set address_text = 'Xóm Mẫu ' || parcel_no % 40 || ', lần ' || current_setting('bench.round')
        where commune_code = keys.commune_code and map_sheet_no = keys.map_sheet_no and parcel_no between keys.first and keys.last;
        commit;
    end loop;
end $$;
