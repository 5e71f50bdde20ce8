-- Invented documents: Đ in their keys, files whose hash is right, some too long to be kept in line.
-- Variable: documents.
set search_path = dept;
set timezone = 'UTC';

insert into directing_document
select agency, document_no, issued_on, doc_type,
       format('V/v mẫu số %s: phê duyệt quy hoạch sử dụng đất, đợt %s', i, i % 9),
       0, i % 3,
       case when i % 4 > 0 then 'Hoàng Văn Mẫu' end, case when i % 4 > 0 then 'Phó Chủ tịch' end,
       case when i % 5 > 0 then array['H14.02', 'H14.' || 10 + i % 80] else '{}' end,
       case when i % 40 = 39 then (i % 300)::text || '/UBND-KGVX' end,
       case when i % 3 = 0 then issued_on + 10 end, case when i % 30 = 0 then issued_on + 400 end,
       1 + i % 20,
       format('mau_%s.pdf', i),
       case when i % 9 > 0 then sha256(content) end,
       case when i % 9 > 0 then content end,
       case when i % 17 = 0 then sha512(content) end,
       i % 2 = 0,
       'issued',
       timestamptz '2026-04-01 00:00:00+00' + i * interval '3.25 s'
from generate_series(0, :documents - 1) as i,
     lateral (select (array['H14', 'H14.02', 'H14.35', 'H14.12.01'])[1 + i % 4] as agency,
                     (array['QĐ', 'CV', 'CT'])[1 + i % 3] as doc_type,
                     date '2024-01-02' + i % 700 as issued_on,
                     (1 + i / 3)::text || (array['/QĐ-UBND', '/UBND-KGVX', '/CT-UBND'])[1 + i % 3] as document_no) as head,
     lateral (select convert_to(E'%PDF-1.7\n', 'utf8')
                     || (select string_agg(sha512(convert_to(i || ' ' || b, 'utf8')), '' order by b)
                         from generate_series(1, case when i % 50 = 3 then 300 else 1 + i % 6 end) as b) as content) as file;
