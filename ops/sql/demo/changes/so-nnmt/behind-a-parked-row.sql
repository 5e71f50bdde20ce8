-- Once: a row that is parked already changes again, and stays wrong. It has to wait behind its first version.
update land_parcel set note = 'vẫn sai', updated_at = clock_timestamp() where map_sheet_no = 9001 and commune_code in ('01294', '01392');
