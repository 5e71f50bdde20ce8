-- weight: 3. A record is received; its code carries the day of Viet Nam.
insert into procedure_record (record_code, procedure_code, agency_code, commune_code, channel, applicant_kind, applicant_name, received_at, due_at, state)
select format('H14.35-%s-%s', to_char(now() at time zone 'Asia/Ho_Chi_Minh', 'YYMMDD'), lpad((50000 + nextval('demo_number'))::text, 5, '0')), '1.001193', 'H14.35', '01501', 2, 'P', 'LÝ THỊ MẪU', now(), now() + interval '1 day', 'received'
on conflict do nothing;
