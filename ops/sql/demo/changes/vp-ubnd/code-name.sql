-- weight: 2. A code gets another name, or a code that replaces it.
\set i random(2, 60)
update shared_code set name_vi = 'Cơ quan mẫu đổi tên ' || :i, valid_to = case when valid_to is null then current_date end, replaced_by = case when valid_to is null then array['H14.02'] end, updated_at = clock_timestamp()
where list_id = 'co-quan' and code = 'H14.' || lpad(:i::text, 2, '0');
