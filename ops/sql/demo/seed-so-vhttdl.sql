-- Invented rows of the Department of Culture, Sports and Tourism. Names are samples (MẪU), tax codes stay in the
-- sequence 48 99999xx, personal numbers end in 9999xx.
set search_path = dept;
set timezone = 'UTC';

create temp table place as select row_number() over (order by code) - 1 as k, code::text, name_vi from commune;
create function pg_temp.commune(i int) returns text language sql as $$ select code from place where k = i % 56 $$;
create function pg_temp.commune_name(i int) returns text language sql as $$ select name_vi from place where k = i % 56 $$;
create function pg_temp.person_id(sex text, born date, i int) returns text language sql as
    $$ select '004' || (case when born < '2000-01-01' then 0 else 2 end + case sex when 'F' then 1 else 0 end) || to_char(born, 'YY') || '9999' || lpad((i % 100)::text, 2, '0') $$;
create function pg_temp.person(i int) returns text language sql as
    $$ select (array['Nông', 'Hoàng', 'Lý', 'Đàm', 'Bế', 'Triệu', 'Lục', 'HỨA'])[1 + i % 8] || ' ' || (array['Văn', 'Thị', 'Đức', 'Thúy', 'Hoà'])[1 + i % 5] || ' Mẫu' || (array['', ' An', ' Bình', ' Đoàn'])[1 + i / 40 % 4] $$;
create function pg_temp.phone(i int) returns text language sql as $$ select '+8420601' || lpad((i % 100000)::text, 5, '0') $$;
-- A picture: what a JPEG begins with, then so many times 64 bytes.
create function pg_temp.picture(i int, pieces int) returns bytea language sql as
    $$ select '\xffd8ffe0'::bytea || string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b) from generate_series(1, pieces) as b $$;

insert into tourism_site
select 'CB-DL-' || lpad(i::text, 3, '0'),
       case i when 9 then normalize('Động mẫu Ngườm Ngao', nfd) when 10 then 'Xóm mẫu Phục Hoà' else (array['Thác mẫu ', 'Hồ mẫu ', 'Làng đá mẫu ', 'Động mẫu '])[1 + i % 4] || i end,
       case when i % 3 > 0 then (array['Sample waterfall ', 'Sample lake ', 'Sample stone village ', 'Sample cave '])[1 + i % 4] || i end,
       case when i % 4 = 0 then '样本瀑布' || i when i % 4 = 1 then '样本湖 ' || i end,
       case i % 5 when 0 then array['nature', 'border'] when 1 then array['community'] when 2 then array['history', 'culture', 'spiritual'] else array['nature'] end,
       (array['national', 'provincial', null])[1 + i % 3], pg_temp.commune(i), 105.3 + i * 0.01 + 1e-13, 22.35 + i * 0.005,
       case i % 6 when 0 then '=SUM(1;2) là chữ, không phải công thức' when 1 then E'Dòng một; "ngoặc kép", dấu phẩy\nDòng hai\t– hết' when 2 then 'Giá vé < 100 nghìn đồng, đi bộ > 2 km & leo dốc' when 3 then '' when 4 then repeat('Mô tả mẫu: nước trong, núi đá vôi, ruộng bậc thang. ', 60) end,
       case when i % 2 = 0 then 'Sample description: limestone, clear water, 20 km from the ward. @home +84' end,
       case when i % 3 > 0 then 1000 * (i % 80) end,
       (array['07:00', '06:30:15.5', null, '00:00'])[1 + i % 4]::time, (array['18:00', '22:00', null, '24:00'])[1 + i % 4]::time,
       case when i % 2 = 1 then jsonb_build_object('best', jsonb_build_array(8, 9, 10.0), 'note', E'mùa "nước xanh"\n', 'closed', null, 'open', true) end,
       case i % 3 when 0 then array['https://mau.example.vn/anh/' || i || '.jpg', 'https://mau.example.vn/anh/' || i || ',2.jpg'] when 1 then '{}' end,
       case when i % 8 = 2 then pg_temp.picture(i, 1200) when i % 4 = 0 then pg_temp.picture(i, 4) end,
       case when i % 9 > 0 then i % 2 = 0 end, case when i % 5 > 0 then i * 7919 end, pg_temp.phone(i),
       case when i % 25 > 0 then timestamptz '2026-03-01 00:00:00.000001+00' + i * interval '1 h' end
from generate_series(2, 121) as i;

insert into heritage
select 'CB-DT-' || lpad(i::text, 4, '0'), (array['Khu di tích mẫu ', 'Đình mẫu ', 'Hang mẫu ', 'Thắng cảnh mẫu '])[1 + i % 4] || i,
       case i % 4 when 0 then array['Tên cũ "mẫu"', 'Bản Mẫu, xã Mẫu'] when 1 then '{}' when 2 then array['', null, 'NULL', E'a\\b'] end,
       (array['historic', 'architectural', 'archaeological', 'scenic'])[1 + i % 4], rank,
       case when rank <> 'inventoried' then (500 + i) || case rank when 'special' then '/QĐ-TTg' when 'national' then '/QĐ-BVHTTDL' else '/QĐ-UBND' end end, case when rank <> 'inventoried' then date '1990-05-10' + i * 31 end,
       (array['Thế kỷ XI', 'Hậu kỳ đá cũ', '1941–1945', null])[1 + i % 4], pg_temp.commune(i),
       -- The place goes by 0.006172 degrees; some lie just where rounding to a tenth turns.
       case i when 30 then 105.750000 when 31 then 106.250000 when 32 then 105.85 else 105.3 + i * 0.006172 end,
       case i when 30 then 22.450000 when 31 then 22.550000 when 32 then 22.65 else 22.35 + i * 0.003141 end,
       i % 4 = 2 or i in (30, 31, 32),
       case when i % 3 > 0 then 'POLYGON((' || (select string_agg(round((520000 + i * 100 + 150 * cos(2 * pi() * (step % n) / n))::numeric, 2) || ' ' || round((2500000 + i * 100 + 150 * sin(2 * pi() * (step % n) / n))::numeric, 2), ',' order by step)
                                                from generate_series(0, n) as step) || '))' end,
       case when i % 6 > 0 then 1 + i % 5 end, case when i % 3 = 0 then pg_temp.person(i) end,
       case i % 5 when 0 then 'Giới thiệu mẫu ' || i when 1 then E'+1 dòng\n-1 dòng' when 2 then repeat('Di tích mẫu có kiến trúc đá. ', 200) end,
       case when i % 2 = 0 then jsonb_build_array(jsonb_build_object('title', 'Hồ sơ khoa học "mẫu"', 'year', 1990 + i % 30), jsonb_build_object('title', 'Bản vẽ', 'url', 'https://mau.example.vn/' || i)) end,
       case when i % 25 > 0 then timestamptz '2026-03-02 00:00:00+00' + i * interval '47 min' end
from generate_series(2, 241) as i,
     lateral (select (array['special', 'national', 'provincial', 'inventoried', 'provincial'])[1 + i % 5] as rank, case when i % 10 = 1 then 500 when i % 10 = 2 then 450 else 12 end as n) as one;

insert into intangible_heritage
select 'CB-PVT-' || lpad(i::text, 3, '0'), (array['Lễ hội mẫu Lồng tồng ', 'Nghề rèn mẫu ', 'Hát then mẫu ', 'Tri thức mẫu ', 'Lễ cấp sắc mẫu '])[1 + i % 5] || i,
       case when i % 2 = 0 then 'Mẫu tiếng Tày ' || i end, (array['festival', 'craft', 'performance', 'knowledge', 'custom'])[1 + i % 5],
       case i % 3 when 0 then array['Tày', 'Nùng'] when 1 then array['Dao đỏ'] else array['Mông', 'Lô Lô "đen"', 'San Chỉ, Sán Chay'] end,
       case when i % 4 = 0 then array[pg_temp.commune(i), pg_temp.commune(i + 5), pg_temp.commune(i + 11)] else array[pg_temp.commune(i)] end,
       case when i % 3 > 0 then 'Ngày mẫu ' || 1 + i % 28 || ' tháng Giêng' end, case when i % 3 > 0 then 1 + i % 12 end, listed,
       case when listed then (2000 + i) || '/QĐ-BVHTTDL' end, case when listed then date '2014-01-06' + i * 31 end, 1 + i % 5, case when i % 4 = 0 then 60 else i % 3 end,
       case when i % 4 = 0 then (select jsonb_agg(jsonb_build_object('name', pg_temp.person(p), 'title', 'Nghệ nhân ưu tú mẫu', 'born', 1940 + p % 50)) from generate_series(1, 60) as p)
            when i % 3 > 0 then (select jsonb_agg(jsonb_build_object('name', pg_temp.person(i + p), 'title', 'Nghệ nhân nhân dân mẫu')) from generate_series(1, i % 3) as p) else '[]' end,
       case when i % 2 = 1 then 'Mô tả mẫu ' || i end, case when i % 5 = 0 then array['https://mau.example.vn/am/' || i || '.ogg'] end, timestamptz '2026-03-03 00:00:00+00' + i * interval '2 h'
from generate_series(1, 100) as i, lateral (select i % 3 = 1 as listed) as one;

insert into museum_artefact
select 'BTCB-' || i || case when i % 7 = 0 then '/' || 1 + i % 4 else '' end, (array['Trống đồng mẫu', 'Rìu đá mẫu', 'Áo chàm mẫu', 'Sắc phong mẫu', 'Súng kíp mẫu'])[1 + i % 5] || ' ' || i,
       (array['Đông Sơn', 'Hậu kỳ đá mới', 'Thế kỷ XIX', null])[1 + i % 4],
       case when i % 6 = 1 then pg_temp.picture(i, 400) when i % 6 > 2 then pg_temp.picture(i, 2) end,
       case i % 3 when 0 then array['bronze'] when 1 then array['stone', 'wood'] else array['textile', 'silver'] end,
       case when i % 4 > 0 then array[12.5, null, i + 0.25]::numeric(8, 2)[] end, case when i % 3 > 0 then 0.1 + i * 33.3 end, case when i % 5 > 0 then date '1975-09-02' + i * 60 end,
       how, case when how = 'gift' then pg_temp.person(i) end, case when i % 2 = 0 then pg_temp.commune(i) end, 'Kho mẫu ' || i % 4 || ', giá ' || i % 20,
       case when i % 10 = 0 or i % 3 = 0 then 10000000 + i * 1000 end, i % 10 = 0,
       (array['[2026-05-01,2026-08-01)', null, 'empty', null])[1 + i % 4]::daterange, 1 + i % 5, timestamptz '2026-03-04 00:00:00+00' + i * interval '3 h'
from generate_series(1, 200) as i, lateral (select (array['excavation', 'gift', 'purchase', 'transfer', 'unknown'])[1 + i % 5] as how) as one;

insert into library_catalogue
select case i when 1 then 9223372036854775807 when 2 then 9007199254740993 else 100000 + i end, md5('mẫu ' || i)::uuid,
       case when i % 3 = 0 then '978-604-99-' || lpad((i % 10000)::text, 4, '0') || '-' || i % 10 when i % 3 = 1 then '97860499' || lpad((i % 10000)::text, 5, '0') end,
       case i when 3 then normalize('Truyện mẫu Nùng Trí Cao', nfd) when 4 then '=1+1' when 5 then '@sách, "mẫu"' when 6 then '-' else (array['Truyện mẫu ', 'Từ điển Tày – Việt mẫu ', 'Địa chí mẫu ', 'Sách nói mẫu '])[1 + i % 4] || i end,
       case i % 4 when 0 then array['Nông Mẫu', 'Đàm "Bút danh" Mẫu'] when 1 then '{}' when 2 then array['Tập thể tác giả, chủ biên Mẫu', null] end,
       case when i % 2 = 0 then 'Nhà xuất bản Mẫu' end, case when i % 5 > 0 then 1945 + i % 80 end, (array['vie', 'vie', 'tyz', 'eng'])[1 + i % 4],
       case when i % 3 > 0 then (300 + i % 600) || (array['', '.5', '.009597'])[1 + i % 3] end, case when i % 2 = 0 then array['Văn học dân gian', 'Cao Bằng'] end,
       case when i % 6 > 0 then 20 + i * 3 end, 1 + i % 9, i % (2 + i % 9),
       case when i % 4 = 3 then (array['02:03:04.5', '1 day 01:00:00', '00:00:00.000001'])[1 + i % 3]::interval end,
       case when i % 3 = 0 then 'https://thuvien.example.vn/so/' || i || '?q=a,b' end,
       case i when 7 then timestamp '0044-03-15 12:00:00 BC' else timestamp '2024-01-01 00:00:00.123456' + i * interval '7 h' end, timestamptz '2026-03-05 00:00:00+00' + i * interval '11 min'
from generate_series(1, 300) as i;

insert into sport_facility
select 'CB-TC-' || lpad(i::text, 4, '0'), (array['Nhà văn hóa mẫu ', 'Sân vận động mẫu ', 'Thư viện mẫu ', 'Nhà thi đấu mẫu '])[1 + i % 4] || i,
       case i % 4 when 0 then array['cultural_house', 'library'] when 1 then array['stadium'] when 2 then array['library'] else array['hall', 'pool'] end,
       pg_temp.commune(i), 'Tổ mẫu ' || i % 20 || ', ' || pg_temp.commune_name(i), case when i % 6 > 0 then 105.3 + i / 130.0 end, case when i % 6 > 0 then 22.35 + i / 250.0 end, case when i % 3 > 0 then i * 10 end, 99.9 + i * 7,
       case when i % 4 > 0 then time '05:30' + i % 5 * interval '15 min' end, case when i % 4 > 1 then time '20:00' + i % 5 * interval '15 min' when i % 4 = 1 then '24:00' end,
       1960 + i % 66, i % 3 > 0, case when i % 3 = 0 then 1000 * (i % 50) end, (array[true, false, null])[1 + i % 3], pg_temp.phone(i + 500), (array['in_use', 'in_use', 'repair', 'closed'])[1 + i % 4],
       timestamptz '2026-03-06 00:00:00+00' + i * interval '1 h'
from generate_series(1, 150) as i;

create temp table head as
select row_number() over (order by nine) - 1 as k, nine || (10 - rest) as code
from (select nine, (select sum(w * substr(nine, p::int, 1)::int) from unnest(array[31, 29, 23, 19, 17, 13, 7, 5, 3]) with ordinality as weight (w, p)) % 11 as rest
      from (select '4899999' || lpad(n::text, 2, '0') as nine from generate_series(0, 99) as n) as candidate) as weighed
where rest > 0;
create function pg_temp.tax(i int) returns text language sql as $$ select code from head where k = i % (select count(*) from head) $$;

insert into tourism_accommodation
select case when kind = 'travel_firm' then 'CB-LH-' else 'CB-LT-' end || lpad(i::text, 4, '0'), (array['Khách sạn mẫu ', 'Nhà nghỉ mẫu ', 'Homestay mẫu Bản Giốc ', 'Lữ hành mẫu '])[1 + i % 4] || i || case when i % 30 = 2 then ', "Suối Mẫu"' else '' end,
       kind, case when kind = 'hotel' then 1 + i % 5 end, case when kind <> 'travel_firm' then 3 + i % 60 end, case when kind <> 'travel_firm' then 6 + i % 60 * 2 end, pg_temp.commune(i),
       case when i % 10 > 0 then 'Số ' || i || ', phố Mẫu, ' || pg_temp.commune_name(i) end, case when i % 7 > 0 then pg_temp.phone(i + 1000) end, owner,
       case owner when 'household' then pg_temp.person(i) when 'cooperative' then 'HTX DU LỊCH MẪU' else 'CÔNG TY DU LỊCH MẪU ' || i end,
       case when owner = 'household' then pg_temp.person_id('F', date '1970-01-01' + i * 35, i) else pg_temp.tax(i) end,
       case when i % 3 > 0 then lpad(i::text, 4, '0') || '/GP-SVHTTDL' end, case when kind <> 'travel_firm' then 150000 + i * 1000 end, case when kind <> 'travel_firm' then 400000 + i * 2000 end,
       i * 11, i % 90, (array['open', 'open', 'paused', 'open', 'closed', 'applied'])[1 + i % 6], timestamptz '2026-03-07 00:00:00+00' + i * interval '1 h'
from generate_series(1, 180) as i,
     lateral (select (array['hotel', 'guesthouse', 'homestay', 'travel_firm'])[1 + i % 4] as kind) as one,
     lateral (select case when kind in ('homestay', 'guesthouse') and i % 8 <> 5 then 'household' when i % 9 = 0 then 'cooperative' else 'enterprise' end as owner) as two;

insert into tour_guide
select (1 + i % 3)::text || '04999' || lpad(i::text, 3, '0'), (array['international', 'domestic', 'on_site'])[1 + i % 3], pg_temp.person(i), pg_temp.person_id(sex, born, i),
       case when i % 5 > 0 then sex end, case when i % 4 > 0 then born end, pg_temp.phone(i + 2000), case when i % 2 = 0 then 'hdv' || i || '@mau.example.vn' end,
       case i % 3 when 0 then array['eng', 'zho'] when 1 then array['vie'] else array['vie', 'tyz'] end, case when i % 5 = 0 then pg_temp.picture(i, case when i % 20 = 0 then 300 else 3 end) end,
       case when i % 3 > 0 then jsonb_build_array(jsonb_build_object('name', 'Nghiệp vụ mẫu', 'year', 2020 + i % 6)) end, issued, case when i % 3 < 2 then issued + 1826 when i % 6 = 2 then 'infinity' end,
       case when i % 2 = 0 then pg_temp.tax(i) end, case when i % 30 = 0 then 'Vi phạm mẫu' end, (array['valid', 'valid', 'expired', 'revoked'])[1 + i % 4], timestamptz '2026-03-08 00:00:00+00' + i * interval '1 h'
from generate_series(1, 150) as i,
     lateral (select case when i % 2 = 0 then 'M' else 'F' end as sex, date '1975-03-31' + i * 73 as born, date '2022-02-28' + i * 9 as issued) as one;
