-- What the store holds of `land-parcel`, as land-parcel.source.sql writes it.
select array[commune_code::text, map_sheet_no::text, parcel_no::text]::text collate "C",
       md5(row(commune_code::text, map_sheet_no::text, parcel_no::text, land_type::text, land_types_mixed::text,
           area_m2::text, geom_wkt::text, srid::text, address_text::text, parent_parcels::text, status::text,
           holder_ids::text, certificate_serial::text, surveyed_on::text, note::text, updated_at::text)::text)
from shared.land_parcel
order by 1;
