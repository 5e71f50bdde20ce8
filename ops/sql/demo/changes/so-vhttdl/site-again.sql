-- weight: 1. A site is struck off and listed again under its code, with another picture.
\set n random(500, 560)
begin;
delete from tourism_site where site_code = 'CB-DL-' || :n;
insert into tourism_site (site_code, name_vi, name_zh, kinds, commune_code, lon, lat, photo_main) values ('CB-DL-' || :n, 'Thác mẫu mở lại', '样本', '{nature}', '01501', 106.724, 22.854, '\xffd8ff') on conflict do nothing;
commit;
