-- A table like the store's, with the key and nothing else.
create table land_parcel (
    commune_code char(5), map_sheet_no integer, parcel_no integer, land_type text, land_types_mixed text[], area_m2 numeric(12, 1), geom_wkt text, srid integer,
    address_text text, parent_parcels text[], status text, holder_ids text[], certificate_serial text, surveyed_on date, note text, updated_at timestamptz,
    primary key (commune_code, map_sheet_no, parcel_no));
