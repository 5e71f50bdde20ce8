-- People who deal with dead letters log in as themselves, members of `bangioc_operator`, and have no right to change a
-- table: what they do goes through these functions, which run with the rights of the store's owner and write down
-- `session_user`. A name that someone types is nobody.

-- Asked for with a typed name: the first of two people must be known as well as the second.
update flow.parked_key set discard_by = null, discard_asked_at = null where state = 'parked';

-- `session_user` stays who logged in, inside these functions as after `set role`.
create function flow.must_be_operator() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if to_regrole('bangioc_operator') is null or not pg_has_role(session_user, 'bangioc_operator', 'member') then
    raise exception 'the login is no operator' using errcode = 'BG607';
  end if;
end $$;

-- Null: the first of two has asked. Else the records that were given up; `row_key`, when given, is asked for again at
-- its source, so that no later partial change builds on what was given up.
create function flow.discard(of_topic text, of_partition int, of_key bytea, row_key text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  parked flow.parked_key;
  ended bigint;
begin
  perform flow.must_be_operator();
  select * into parked from flow.parked_key k
    where k.topic = of_topic and k.partition = of_partition and k.key_ref = of_key and k.state = 'parked' for update;
  if not found then
    raise exception 'not parked' using errcode = 'BG601';
  end if;
  if parked.discard_by is null then
    update flow.parked_key k set discard_by = session_user, discard_asked_at = now()
      where k.topic = of_topic and k.partition = of_partition and k.key_ref = of_key;
    return null;
  end if;
  if parked.discard_by = session_user then
    raise exception 'the same login' using errcode = 'BG603';
  end if;
  if row_key is not null then
    insert into flow.copy_request (dataset, key) values (parked.dataset, row_key) on conflict do nothing;
  end if;
  update flow.parked_record r set state = 'discarded', payload = null, ended_at = now()
    where r.topic = of_topic and r.partition = of_partition and r.key_ref = of_key and r.state = 'parked';
  get diagnostics ended = row_count;
  insert into flow.ledger (topic, partition, first_offset, next_offset, parked, discarded)
    select l.topic, l.partition, coalesce(l.next_offset, 0), coalesce(l.next_offset, 0), -ended, ended
    from flow.lease l where l.topic = of_topic and l.partition = of_partition;
  update flow.parked_key k set state = 'discarded', ended_at = now(), ended_by = session_user
    where k.topic = of_topic and k.partition = of_partition and k.key_ref = of_key;
  return ended;
end $$;

-- `where` of one row by the columns of its table's own key, and by no others: else whoever may ask for a key could try
-- values of any column.
create function flow.by_key(of_table text, names text[], texts text[]) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  terms text[];
begin
  select array_agg(format('%I = %L::%s', a.attname, given.value, format_type(a.atttypid, a.atttypmod)))
    into terms
    from unnest(names, texts) given (name, value)
    join pg_index i on i.indrelid = format('flow.%I', of_table)::regclass and i.indisprimary
    join pg_attribute a on a.attrelid = i.indrelid and a.attname = given.name and a.attnum = any (i.indkey)
    where given.value is not null;
  if terms is null or cardinality(terms) <> (select indnkeyatts from pg_index
      where indrelid = format('flow.%I', of_table)::regclass and indisprimary) then
    raise exception 'not the key of the table' using errcode = '22023';
  end if;
  return array_to_string(terms, ' and ');
end $$;

-- What the store has of a row, without a value of it.
create function flow.row_state(of_table text, names text[], texts text[])
returns table (version bytea, deleted boolean, missing text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query execute format('select _version, _deleted, coalesce(_missing, ''{}'') from flow.%I where %s',
    of_table, flow.by_key(of_table, names, texts));
end $$;

-- Which transaction wrote the entry, and of which row it speaks: a row is read for an entry that is committed, and
-- that is about it.
alter table flow.disclosure add column xact xid8, add column row_digest bytea;

create function flow.digest(of_table text, texts text[]) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select sha256(convert_to(array_append(texts, of_table)::text, 'UTF8'))
$$;

create function flow.disclose(for_purpose text, of_dataset text, of_key bytea, of_table text, texts text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  entry bigint;
begin
  perform flow.must_be_operator();
  insert into flow.disclosure ("by", purpose, dataset, key_ref, xact, row_digest)
    values (session_user, for_purpose, of_dataset, of_key, pg_current_xact_id(), flow.digest(of_table, texts))
    returning id into entry;
  return entry;
end $$;

-- The live row as readers see it.
create function flow.disclosed_row(entry bigint, of_table text, names text[], texts text[]) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  seen jsonb;
begin
  perform from flow.disclosure d where d.id = entry and d."by" = session_user
    and d.xact is distinct from pg_current_xact_id_if_assigned() and d.row_digest = flow.digest(of_table, texts);
  if not found then
    raise exception 'not on record' using errcode = 'BG608';
  end if;
  execute format('select to_jsonb(r) from %I.%I r where %s', (select side from flow.store), of_table,
    flow.by_key(of_table, names, texts)) into seen;
  return seen;
end $$;

revoke execute on all functions in schema flow from public;
