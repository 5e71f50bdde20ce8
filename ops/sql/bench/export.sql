-- The rows that every sink is given, as CSV.
copy (select commune_code, map_sheet_no, parcel_no, land_type, land_types_mixed, area_m2, geom_wkt, srid, address_text, parent_parcels, status, holder_ids, certificate_serial, surveyed_on, note, updated_at
      from dept.land_parcel) to stdout with (format csv);
