-- weight: 1. A cooperative is dissolved, struck off, and founded again under its code.
\set n random(500, 599)
begin;
delete from cooperative where coop_tax_code = '4899999017-' || :n;
insert into cooperative (coop_tax_code, name_vi, field_codes, commune_code, member_count, capital_million) values ('4899999017-' || :n, 'HTX MẪU lập lại', '{1,14}', '01786', 23, 1200.5) on conflict do nothing;
commit;
