-- Invented businesses. Tax codes stay in the sequence 48 99999xx, so most rows are branches, and
-- households carry a personal number that ends in 9999xx. Variable: businesses.
set search_path = dept;
set timezone = 'UTC';

-- The check digit of a tax code (10 digits; none exists where the remainder is 0).
create temp table head as
select row_number() over (order by nine) - 1 as k, nine || (10 - rest) as code
from (select nine, (select sum(w * substr(nine, p::int, 1)::int) from unnest(array[31, 29, 23, 19, 17, 13, 7, 5, 3]) with ordinality as weight (w, p)) % 11 as rest
      from (select '4899999' || lpad(n::text, 2, '0') as nine from generate_series(0, 99) as n) as candidate) as weighed
where rest > 0;
create temp table place as select row_number() over (order by code) - 1 as k, code, name_vi from commune;
create temp table trade (k int, code text, name text);
insert into trade values (0, '10740', 'MIẾN DONG'), (1, '46322', 'BÁN BUÔN THỰC PHẨM'), (2, '47110', 'BÁN LẺ'), (3, '56101', 'NHÀ HÀNG'), (4, '49331', 'VẬN TẢI'), (5, '41010', 'XÂY DỰNG');

insert into business
select case kind when 'head' then head.code
                 when 'branch' then head.code || '-' || lpad((1 + i / 91 % 999)::text, 3, '0')
                 else format('004%s%s9999%s', i % 4, lpad((i / 4 % 90 + 10)::text, 2, '0'), lpad((i / 360 % 100)::text, 2, '0')) end,
       case kind when 'head' then 'CÔNG TY TNHH MẪU ' when 'branch' then 'CHI NHÁNH CÔNG TY MẪU ' else 'HỘ KINH DOANH MẪU ' end || trade.name || ' ' || i,
       case when i % 3 = 0 then 'SAMPLE COMPANY ' || i end,
       case when i % 5 = 0 then 'Mẫu ' || i end,
       case kind when 'head' then 'LLC1' when 'branch' then 'BRANCH' else 'HOUSEHOLD' end,
       (array['active', 'active', 'active', 'suspended', 'dissolved'])[1 + i % 5]::biz_status,
       date '2003-02-01' + i % 8000,
       case when kind = 'head' then 1000000000 + i * 1000000 when kind = 'household' then 50000000 + i end,
       'VND', place.code, format('Xóm Mẫu %s, %s', i % 30, place.name_vi),
       trade.code, array[trade.code] || case when i % 2 = 0 then array['46491'] else '{}' end,
       case when i % 500 = 1
            -- Long enough to be kept out of line.
            then (select jsonb_agg(jsonb_build_object('name', 'Đàm Thị Mẫu ' || p, 'id', '004185' || '9999' || lpad((p % 100)::text, 2, '0'), 'role', 'Thành viên')) from generate_series(1, 60) as p)
            when i % 3 > 0 then jsonb_build_array(jsonb_build_object('name', 'Nông Văn Mẫu', 'id', '0040859999' || lpad((i % 100)::text, 2, '0'), 'role', 'Giám đốc'))
            else '[]' end,
       case when i % 40 = 0 then jsonb_build_array(jsonb_build_object('name', 'Lý Văn Mẫu', 'share', 0.5)) end,
       case when i % 2 = 0 then '+84206' || lpad((i % 1000000)::text, 6, '0') || '0' end,
       case when i % 7 = 0 then format('mau%s@example.vn', i) end,
       case when i % 11 = 0 then format('https://mau%s.example.vn/', i) end,
       case when kind = 'branch' then head.code end,
       kind = 'household',
       i % 20,
       timestamptz '2026-02-01 00:00:00+00' + i * interval '1.5 s'
from generate_series(0, :businesses - 1) as i
cross join lateral (select case when i < (select count(*) from head) then 'head' when i % 5 = 4 then 'household' else 'branch' end as kind) as sort
join head on head.k = i % (select count(*) from head)
join place on place.k = i % 56
join trade on trade.k = i % 6
on conflict do nothing;
