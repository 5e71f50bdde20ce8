-- weight: 2. An application is published, granted, and filed anew: public, and again not.
\set i random(0, 119)
update intellectual_property set status = case status when 'filed' then 'published' when 'published' then 'granted' else 'filed' end,
    published_on = coalesce(published_on, filed_on + 90), granted_on = case when status = 'published' then coalesce(granted_on, filed_on + 500) else granted_on end, updated_at = clock_timestamp()
where ip_no like '%-' || lpad(:i::text, 5, '0');
