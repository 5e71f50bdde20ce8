//! A person who deals with dead letters, alone: what their login in the shared store lets them do beyond that.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use bangioc_schemas::names::Side;
use bangioc_tests::{root, secret, wait};

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground, psql, words};
use crate::sent::{Forged, send};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "operators::more_than_their_functions",
        who: "one member of bangioc_operator at the shared store",
        does: "writes each table of the books, reads rows, views and what others saw, calls every function of the store, other roles, large objects, locks, tables of its own",
        holds: "it reads the books and calls four functions, and nothing else",
        got: "",
        run: more_than_their_functions,
    },
    Attack {
        name: "operators::a_value_that_is_not_on_record",
        who: "one member of bangioc_operator at the shared store",
        does: "reads a row for no entry, another's, one that is not committed, one about another row; by columns that are no key; other tables",
        holds: "none of them shows a value; a read that is on record does",
        got: "",
        run: not_on_record,
    },
    Attack {
        name: "operators::one_person_as_two",
        who: "one member of bangioc_operator at the shared store",
        does: "asks for a discard twice, once after `set role`, `set session authorization`",
        holds: "the key stays parked until somebody else asks",
        got: "",
        run: one_as_two,
    },
];

const NAME: &str = "attack_operator";
const OTHER: &str = "attack_operator_2";

/// Two logins, as an administrator makes them.
fn operators(ground: &Ground) -> [BTreeMap<String, String>; 2] {
    [NAME, OTHER].map(|name| {
        let password = ground.desk.join("operator-password");
        secret::write(&password, "attack");
        let database = ground.database(Side::Shared);
        psql(&ground.store.env, database, &format!("drop role if exists {name}"))
            .expect("none before");
        let made = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(["-v", &format!("name={name}")])
            .args(["-v", &format!("password_file={}", password.display())])
            .arg("-f")
            .arg(root().join("ops/sql/operator-access.sql"))
            .envs(&ground.store.env)
            .env("PGDATABASE", database)
            .output()
            .expect("psql");
        assert!(made.status.success(), "{}", words(&made));
        let mut env = ground.store.env.clone();
        env.insert("PGUSER".into(), name.into());
        env.insert("PGPASSWORD".into(), "attack".into());
        env
    })
}

/// Tables of the books that they may read: what shows no value.
pub(crate) const SEEN: [&str; 11] = [
    "parked_key",
    "parked_record",
    "lease",
    "ledger",
    "freshness",
    "store",
    "sealed_keys",
    "migration",
    "schema_seen",
    "quarantined",
    "progress_position",
];

pub(crate) const CALLED: [&str; 4] = ["discard", "row_state", "disclose", "disclosed_row"];

fn more_than_their_functions(ground: &Ground) {
    let [operator, _] = operators(ground);
    let database = ground.database(Side::Shared);
    assert!(
        psql(&operator, database, "select count(*) from flow.parked_record").is_ok(),
        "an operator sees what waits"
    );
    let named = |sql: &str| ground.in_store(Side::Shared, sql);
    let tables = named(
        "select relname from pg_class where relnamespace = 'flow'::regnamespace and relkind in ('r', 'v', 'm', 'S', 'p')",
    );
    assert!(tables.len() > 12, "{tables:?}");
    let mut tries: Vec<String> = Vec::new();
    for table in &tables {
        if !SEEN.contains(&table.as_str()) {
            tries.push(format!("select 1 from flow.{table} limit 1"));
        }
        tries.push(format!("delete from flow.{table}"));
        tries.push(format!("truncate flow.{table}"));
        tries.push(format!("insert into flow.{table} default values"));
        tries.push(format!("begin; lock table flow.{table} in share mode; commit"));
    }
    tries.extend(
        named(
            "select format('update flow.%I set %I = %I', c.relname, a.attname, a.attname) from pg_class c \
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
             where relnamespace = 'flow'::regnamespace and relkind = 'r'",
        ),
    );
    tries.extend(named(
        "select format('select 1 from shared.%I limit 1', relname) from pg_class where relnamespace = 'shared'::regnamespace",
    ));
    // Functions by their arguments' nulls: who may not call one hears of that first.
    tries.extend(
        named(
            "select format('select flow.%I(%s)', proname, (select coalesce(string_agg(format('null::%s', format_type(t, null)), ', '), '') \
             from unnest(proargtypes) t)) from pg_proc where pronamespace = 'flow'::regnamespace and prorettype <> 'trigger'::regtype",
        )
        .into_iter()
        .filter(|call| !CALLED.iter().any(|name| call.contains(&format!("flow.{name}(")))),
    );
    tries.extend(
        [
            "create temporary table x (a int)",
            "create table flow.x (a int)",
            "create function flow.x() returns int language sql as 'select 1'",
            "create function pg_temp.now() returns timestamptz language sql as 'select null::timestamptz'",
            "create schema attack",
            "select lo_create(0)",
            "select pg_advisory_lock(1)",
            "set role bangioc_store",
            "set role bangioc_reader_open",
            "set session authorization bangioc_store",
            "grant bangioc_store to attack_operator",
            "alter role attack_operator superuser",
            "create role attack_more login in role bangioc_operator",
            "alter function flow.must_be_operator() owner to attack_operator",
            "select pg_read_file('/etc/hostname')",
            "copy flow.parked_record to program 'true'",
            "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'bangioc%' limit 1",
            "select pg_logical_emit_message(true, 'x', 'x')",
        ]
        .map(str::to_owned),
    );
    let wrong: Vec<String> = tries
        .iter()
        .filter_map(|sql| {
            let outcome = psql(&operator, database, sql);
            // Refused for its right, not for what it was given.
            let refused = match &outcome {
                Ok(_) => false,
                Err(why) => {
                    why.contains("permission denied")
                        || why.contains("must be ")
                        || why.contains("must have ")
                        || why.contains("cannot be performed on relation")
                }
            };
            // Nothing is inserted into a sequence or a view, whoever asks.
            let of_no_use = outcome.as_ref().err().is_some_and(|why| {
                why.contains("cannot change sequence")
                    || why.contains("cannot lock relation")
                    || why.contains("is not a table")
                    || why.contains("a generated column")
                    || why.contains("can only be updated to DEFAULT")
            });
            (!refused && !of_no_use).then(|| format!("{sql}: {outcome:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let open = psql(&operator, ground.database(Side::Open), "select 1");
    assert!(open.is_err(), "it gets into the open store");
}

fn not_on_record(ground: &Ground) {
    let [operator, other] = operators(ground);
    let database = ground.database(Side::Shared);
    let disclose = |key: &str| {
        format!(
            "select flow.disclose('attack', 'health-facility', '\\x00', 'health_facility', array['{key}'])"
        )
    };
    let row = |entry: &str, key: &str| {
        format!(
            "select flow.disclosed_row({entry}, 'health_facility', array['facility_code'], array['{key}'])"
        )
    };
    let on_record = |env: &BTreeMap<String, String>| {
        psql(env, database, &disclose("04902")).expect("an entry").concat()
    };
    let (own, of_other) = (on_record(&operator), on_record(&other));
    let seen =
        psql(&operator, database, &row(&own, "04902")).expect("a row that is on record").concat();
    assert!(seen.contains("04902"), "{seen}");
    let tries = [
        row("0", "04902"),
        row("null", "04902"),
        row(&of_other, "04902"),
        row(&own, "04903"),
        format!("begin; {}; {}; commit", disclose("04903"), row("currval('flow.disclosure_id_seq')", "04903")),
        format!(
            "begin; create temporary table e as {}; rollback",
            disclose("04903")
        ),
        "do $$ declare e bigint; begin e := flow.disclose('attack', 'health-facility', '\\x00', 'health_facility', array['04903']); \
         raise exception '%', flow.disclosed_row(e, 'health_facility', array['facility_code'], array['04903']); end $$"
            .to_owned(),
        format!(
            "select flow.disclosed_row({own}, 'health_facility', array['name_vi'], array['04902'])"
        ),
        format!("select flow.disclosed_row({own}, 'health_facility', array['facility_code', 'responsible_person'], array['04902', 'x'])"),
        format!("select flow.disclosed_row({own}, 'land_parcel', array['facility_code'], array['04902'])"),
        format!("select flow.disclosed_row({own}, 'health_facility; drop table flow.lease', array['facility_code'], array['04902'])"),
        "select flow.row_state('health_facility', array['responsible_person'], array['Người Mẫu 902'])".to_owned(),
        "select flow.row_state('disclosure', array['id'], array['1'])".to_owned(),
        "select flow.row_state('lease', array['topic', 'partition'], array['x', '0'])".to_owned(),
    ];
    let mut wrong: Vec<String> = tries
        .iter()
        .filter_map(|sql| {
            let outcome = psql(&operator, database, sql);
            let text = format!("{outcome:?}");
            let shown = outcome.is_ok() && !text.contains("Ok([])") && !text.contains("Ok([\"\"])");
            (shown || text.contains("address_text")).then(|| format!("{sql}: {text}"))
        })
        .collect();
    let told = psql(
        &operator,
        database,
        "select flow.row_state('health_facility', array['facility_code'], array['04902'])",
    )
    .expect("how a row stands");
    if told.concat().contains("Trạm") {
        wrong.push("how a row stands shows a value".to_owned());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let by = "select count(distinct \"by\") from flow.disclosure where purpose = 'attack'";
    assert_eq!(ground.in_store(Side::Shared, by), ["2"], "each under the own name");
}

fn one_as_two(ground: &Ground) {
    let [operator, other] = operators(ground);
    let database = ground.database(Side::Shared);
    let topic = ground.topic(Side::Shared, FACILITIES);
    let key = ground
        .records(&topic)
        .into_iter()
        .rev()
        .find_map(|record| {
            record.key.filter(|key| key.ends_with(b"04925")).map(|key| (key, record.partition))
        })
        .expect("an honest key");
    let spoiled = Forged::new(&topic, Some(&key.0), Some(b"not a value at all")).partition(key.1);
    send(ground, "capture-so-yt", &[spoiled]);
    let parked = format!(
        "select partition, encode(key_ref, 'hex') from flow.parked_key where topic = '{topic}' and state = 'parked' and discard_by is null order by since desc limit 1"
    );
    let mut found = Vec::new();
    wait::until("a key to be parked", Duration::from_secs(30), || {
        found = ground.try_store(Side::Shared, &parked)?;
        wait::holds(!found.is_empty(), "none")
    });
    let (partition, key_ref) = found[0].split_once('|').expect("two columns");
    let discard = format!("select flow.discard('{topic}', {partition}, '\\x{key_ref}', null)");
    psql(&operator, database, &discard).expect("the first asks");
    let mut wrong = Vec::new();
    for before in [
        "",
        "set role bangioc_operator; ",
        "set session authorization default; ",
        "reset role; ",
        "set application_name = 'attack_operator_2'; ",
    ] {
        let sql = format!("{before}{discard}");
        if let Ok(seen) = psql(&operator, database, &sql) {
            wrong.push(format!("{sql}: {seen:?}"));
        }
    }
    let state = format!(
        "select state from flow.parked_key where topic = '{topic}' and partition = {partition} and key_ref = '\\x{key_ref}'"
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(ground.in_store(Side::Shared, &state), ["parked"]);
    psql(&other, database, &discard).expect("the second agrees");
    assert_eq!(ground.in_store(Side::Shared, &state), ["discarded"]);
    ground.flows(FACILITIES);
}
