-- Rows that break a rule, each with the code that it must be parked under. Each is a good row with one thing wrong.
set search_path = dept;
set timezone = 'UTC';
create table seeded_bad (dataset text, key text[], code text, why text, primary key (dataset, key));

-- bad(table, its key column, key of the good row, key of the bad one, what is wrong): makes it, and writes it down.
create function pg_temp.bad(dataset text, store regclass, key text, good text, wrong text, changes jsonb, code text, why text) returns void language plpgsql as $$
begin
    execute format('insert into %s select (jsonb_populate_record(good, $1)).* from %s as good where %I::text = $2', store, store, key) using changes || jsonb_build_object(key, wrong), good;
    insert into seeded_bad values (dataset, array[wrong], code, why);
end $$;

do $$
begin
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', 'CB-DL-901', '{"description_vi": "Thác mẫu <script>alert(1)</script>"}', 'E_FORMAT', 'a script in the description');
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', 'CB-DL-902', '{"name_en": "板约瀑布"}', 'E_UNICODE', 'Chinese characters in the English name');
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', 'CB-DL-903', '{"lon": 22.854, "lat": 106.724}', 'E_RANGE', 'longitude and latitude swapped');
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', 'CB-DL-904', '{"kinds": ["nature", "casino"]}', 'E_CODELIST', 'no such kind');
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', E'CB-DL-905\u200b', '{}', 'E_FORMAT', 'a zero-width space in a code');
    perform pg_temp.bad('tourism-site', 'tourism_site', 'site_code', 'CB-DL-005', 'CB-DL-906', jsonb_build_object('photo_main', '\x' || repeat('ff', 2097153)), 'E_TOOBIG', 'a picture of more than 2 MiB');

    perform pg_temp.bad('cultural-heritage', 'heritage', 'heritage_code', 'CB-DT-0005', 'CB-DT-9001', '{"rank": "special", "decision_no": null}', 'E_REQUIRED', 'of special rank without a decision');
    perform pg_temp.bad('cultural-heritage', 'heritage', 'heritage_code', 'CB-DT-0005', 'CB-DT-9002', '{"lon": 104.9}', 'E_RANGE', 'not in the province');
    perform pg_temp.bad('cultural-heritage', 'heritage', 'heritage_code', 'CB-DT-0005', 'CB-DT-9003', '{"rank": "world"}', 'E_CODELIST', 'no such rank');
    perform pg_temp.bad('cultural-heritage', 'heritage', 'heritage_code', 'CB-DT-0005', 'CB-DT-9004', '{"name_vi": "Khu Ðình mẫu"}', 'E_UNICODE', 'an Icelandic letter for Đ');
    perform pg_temp.bad('cultural-heritage', 'heritage', 'heritage_code', 'CB-DT-0005', 'CB-DT-9005', '{"decision_no": "số 548"}', 'E_FORMAT', 'not a document number');

    perform pg_temp.bad('intangible-heritage', 'intangible_heritage', 'element_code', 'CB-PVT-001', 'CB-PVT-901', '{"decided_on": null}', 'E_REQUIRED', 'on the national list without a date');
    perform pg_temp.bad('intangible-heritage', 'intangible_heritage', 'element_code', 'CB-PVT-001', 'CB-PVT-902', '{"artisans": [{"name": "Mẫu"}]}', 'E_FORMAT', 'an artisan without a title');
    perform pg_temp.bad('intangible-heritage', 'intangible_heritage', 'element_code', 'CB-PVT-001', 'CB-PVT-903', '{"vitality": 9}', 'E_RANGE', 'there are five degrees');
    perform pg_temp.bad('museum-artefact', 'museum_artefact', 'artefact_no', 'BTCB-10', 'BTCB-99901', '{"storage_place": null}', 'E_REQUIRED', 'a treasure that lies nowhere');
    perform pg_temp.bad('museum-artefact', 'museum_artefact', 'artefact_no', 'BTCB-10', 'BTCB-99902', '{"weight_g": "NaN"}', 'E_RANGE', 'not a number');
    perform pg_temp.bad('museum-artefact', 'museum_artefact', 'artefact_no', 'BTCB-10', 'BTCB-99903', '{"image": "\\x89504e47"}', 'E_FORMAT', 'not a JPEG');
    perform pg_temp.bad('library-catalogue', 'library_catalogue', 'biblio_id', '100020', '900001', '{"copies": 2, "copies_in": 3}', 'E_CROSSFIELD', 'more on the shelf than there are');
    perform pg_temp.bad('library-catalogue', 'library_catalogue', 'biblio_id', '100020', '-5', '{}', 'E_RANGE', 'a number below nought');
    perform pg_temp.bad('library-catalogue', 'library_catalogue', 'biblio_id', '100020', '900003', '{"isbn": "604-99-0020"}', 'E_FORMAT', 'not an ISBN');
    perform pg_temp.bad('library-catalogue', 'library_catalogue', 'biblio_id', '100020', '900004', '{"digital_url": "https://mau:bimat@thuvien.example.vn/so/1"}', 'E_SECRET', 'a password in an address');
    perform pg_temp.bad('sport-facility', 'sport_facility', 'facility_code', 'CB-TC-0003', 'CB-TC-9001', '{"fee_vnd": null}', 'E_REQUIRED', 'not free, and no fee');
    perform pg_temp.bad('sport-facility', 'sport_facility', 'facility_code', 'CB-TC-0003', 'CB-TC-9002', '{"opens": "22:00", "closes": "05:30"}', 'E_CROSSFIELD', 'closes before it opens');
    perform pg_temp.bad('sport-facility', 'sport_facility', 'facility_code', 'CB-TC-0003', 'CB-TC-9003', '{"fee_vnd": 12500}', 'E_RANGE', 'not whole thousands');
    perform pg_temp.bad('tourism-accommodation', 'tourism_accommodation', 'establishment_code', 'CB-LT-0004', 'CB-LT-9001', '{"rooms": 20, "beds": 10}', 'E_CROSSFIELD', 'fewer beds than rooms');
    perform pg_temp.bad('tourism-accommodation', 'tourism_accommodation', 'establishment_code', 'CB-LT-0004', 'CB-LT-9002', '{"class": 6}', 'E_RANGE', 'there are five stars');
    perform pg_temp.bad('tourism-accommodation', 'tourism_accommodation', 'establishment_code', 'CB-LT-0004', 'CB-LT-9003', '{"phone": "26 3852"}', 'E_FORMAT', 'not a phone number');
    perform pg_temp.bad('tour-guide', 'tour_guide', 'card_no', '304999005', '304999901', '{"personal_id": "004175999905", "sex": "M"}', 'E_CROSSFIELD', 'the number says female');
    perform pg_temp.bad('tour-guide', 'tour_guide', 'card_no', '304999005', '404999902', '{}', 'E_FORMAT', 'no such kind of card');
    perform pg_temp.bad('tour-guide', 'tour_guide', 'card_no', '104999003', '104999903', '{"valid_to": null}', 'E_REQUIRED', 'an international card without an end');
end $$;
