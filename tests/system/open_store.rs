//! The same engine on the open side: its own database on the same server, its own readers, its own requests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;

use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::{self, Trigger};
use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::{self, Side};
use bangioc_sink::{Config, Engine, SinkParts};
use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::Check;
use crate::sites::{self, CANARY, INDEXED, WHOLE};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("open_store::holds_what_is_public_and_nothing_else", holds_what_is_public_and_nothing_else),
    (
        "open_store::a_stricter_rule_takes_back_what_no_longer_passes",
        a_stricter_rule_takes_back_what_no_longer_passes,
    ),
    ("open_store::a_database_is_of_one_side", a_database_is_of_one_side),
];

/// The engine inside of this process: what publishes beside it is not needed here.
struct OpenEngine {
    trigger: Trigger,
    thread: Option<JoinHandle<()>>,
}

impl OpenEngine {
    fn start(world: &World<'_>) -> OpenEngine {
        let settings = Settings::load(Some(&world.config("open-data"))).expect("settings");
        let catalogue = world.catalogue();
        let parts = SinkParts {
            side: Side::Open,
            group: names::consumer_group(&settings.prefix(), "open-data"),
            contracts: catalogue
                .active()
                .filter_map(|contract| Some(Arc::clone(&contract.open.as_ref()?.contract)))
                .collect(),
            config: Config::read(&settings, Side::Open),
            metrics: Metrics::default(),
        };
        let (trigger, asked) = shutdown::pair();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let end = runtime.block_on(async { Engine::new(parts, asked)?.run().await });
            if let Err(failure) = end {
                panic!("the open engine ended: {failure}");
            }
        });
        OpenEngine { trigger, thread: Some(thread) }
    }
}

impl Drop for OpenEngine {
    fn drop(&mut self) {
        self.trigger.request();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// Waits until the open store's view equals what of the source is public.
#[track_caller]
fn converge(world: &World<'_>) {
    for (_, table) in [INDEXED, WHOLE] {
        wait::until("the open store to be right", PATIENCE, || {
            let wanted: BTreeSet<String> = sites::public(world, table).into_iter().collect();
            let sql = format!(
                "select concat_ws('|', site_code, name_vi, coalesce(story, ''), coalesce(visitors::text, '')) from open.{table}"
            );
            let found: BTreeSet<String> =
                world.platform.try_sql(&world.open_store(), &sql)?.into_iter().collect();
            let differ = wanted.symmetric_difference(&found).count();
            wait::holds(
                differ == 0,
                format!("{table}: {differ} rows differ, {} wanted", wanted.len()),
            )
        });
    }
}

fn holds_what_is_public_and_nothing_else(platform: &Platform) {
    let world = World::with_tables(platform, "opened", &["so-nnmt"], &sites::tables());
    for (_, table) in [INDEXED, WHOLE] {
        sites::add(&world, table, 1, 400);
        world.source(
            "so-nnmt",
            &format!(
                "update {table} set is_public = true, state = 'issued' where visitors % 4 = 0"
            ),
        );
    }
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    let _open = OpenEngine::start(&world);
    converge(&world);
    for (_, table) in [INDEXED, WHOLE] {
        world.source(
            "so-nnmt",
            &format!(
                "update {table} set is_public = not is_public where visitors % 8 = 0; \
             update {table} set name_vi = 'Đổi tên' where visitors % 16 = 4; \
             update {table} set is_public = true, state = 'issued' where visitors % 5 = 1; \
             delete from {table} where visitors % 32 = 4; \
             update {table} set site_code = 'T' || substr(site_code, 2) where visitors % 20 = 0"
            ),
        );
    }
    converge(&world);

    // A row that lost its story asks for it, and says for which side.
    world.in_open_store("delete from flow.site where site_code = (select site_code from open.site where length(story) > 2000 order by site_code limit 1)");
    world.source(
        "so-nnmt",
        "update site set visitors = visitors + 100000 where is_public and state = 'issued'",
    );
    let asked = "select count(*) > 0 and bool_and(sent_at is not null) from flow.copy_request where dataset = 'site'";
    world.says(&world.open_store(), "the row to be asked for", asked, &["t"]);
    converge(&world);
    assert_eq!(
        world.in_store("select count(*) from flow.copy_request"),
        ["0"],
        "the shared side lacked nothing"
    );
    let signals = platform.records(&names::signal_topic(&world.name, "so-nnmt", &Asker::OpenData));
    assert!(signals.iter().any(|signal| {
        let text =
            String::from_utf8_lossy(signal.value.as_deref().unwrap_or_default()).into_owned();
        text.contains("\"side\":\"open\"") && text.contains("site")
    }));

    // Nothing private, in any table.
    let everything =
        world.in_open_store("select count(*) from flow.site s where s::text like '%CANARY%'");
    assert_eq!(everything, ["0"]);
    let columns = world.in_open_store("select string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns where table_schema = 'open' and table_name = 'site'");
    assert_eq!(columns, ["site_code name_vi story visitors"]);
    assert_eq!(
        world.in_open_store("select count(*) from pg_namespace where nspname = 'shared'"),
        ["0"]
    );
    let readers = world.in_open_store("select string_agg(rolname, ' ') from pg_roles where rolname like 'bangioc_reader%' and has_schema_privilege(oid, 'open', 'usage')");
    assert_eq!(readers, ["bangioc_reader_open"]);
    assert_eq!(
        world.in_open_store("select bool_and(has_table_privilege('bangioc_reader_open', c.oid, 'select') or has_any_column_privilege('bangioc_reader_open', c.oid, 'select')) from pg_class c where relnamespace = 'open'::regnamespace"),
        ["t"]
    );
    assert_eq!(
        world.in_open_store("select count(*) from pg_class c where relnamespace = 'flow'::regnamespace and relkind = 'r' and has_any_column_privilege('bangioc_reader_open', c.oid, 'select')"),
        ["0"]
    );
    let passed = world
        .in_store(&format!("select count(*) > 0 from flow.site s where s::text like '%{CANARY}%'"));
    assert_eq!(passed, ["t"], "the private values did come to the shared side");

    // Both sides in one look.
    let mut text = std::fs::read_to_string(world.config("open-data")).expect("settings");
    let shared = std::fs::read_to_string(world.config("shared-store")).expect("settings");
    let from = shared.find("[store]").expect("a section");
    let to = shared.find("[sink]").expect("a section");
    text.push_str(&shared[from..to]);
    std::fs::write(world.config("both"), text).expect("settings");
    wait::until("both sides in one look, and the copies told to have ended", PATIENCE, || {
        let status = world.bangioc("both", &["status"]);
        let open = status.split("OPEN SIDE").nth(1).unwrap_or_default();
        let told = open.contains("site-whole") && open.contains("streaming");
        wait::holds(status.contains("SHARED SIDE") && told, &status)
    });
    let list = world.bangioc("both", &["dead-letter", "list", "--side", "open"]);
    assert!(list.contains("nothing is parked"), "{list}");
}

fn a_stricter_rule_takes_back_what_no_longer_passes(platform: &Platform) {
    let world = World::with_tables(platform, "stricter", &["so-nnmt"], &sites::tables());
    for (_, table) in [INDEXED, WHOLE] {
        sites::add(&world, table, 1, 60);
        let publish = "set is_public = true, state = 'issued' where visitors % 4 = 0";
        world.source("so-nnmt", &format!("update {table} {publish}"));
    }
    let capture = world.capture("so-nnmt");
    let _open = OpenEngine::start(&world);
    converge(&world);
    capture.stop();
    for (dataset, table) in [INDEXED, WHOLE] {
        let file = world.dir.join(format!("contracts/so-nnmt/{dataset}.yaml"));
        let contract = std::fs::read_to_string(&file).expect("a contract");
        std::fs::write(&file, contract.replace("range: 0.. }", "range: 0..30 }"))
            .expect("a contract");
        // Rows that the new rule refuses change and go while nobody looks, public ones and others.
        world.source(
            "so-nnmt",
            &format!(
                "update {table} set name_vi = 'Đổi' where visitors in (40, 41); delete from {table} where visitors in (44, 45)"
            ),
        );
    }
    let capture = world.capture("so-nnmt");
    capture.wait_for_log("what is public of it has changed", PATIENCE);
    for (_, table) in [INDEXED, WHOLE] {
        let sql = format!("select count(*), max(visitors) from open.{table}");
        world.says(&world.open_store(), "what no longer passes to go", &sql, &["7|28"]);
        // Of the rows that were never public there is no word, in the store or on its way.
        let sql =
            format!("select count(*) from flow.{table} where right(site_code, 2) in ('41', '45')");
        assert_eq!(world.in_open_store(&sql), ["0"], "{table}");
    }
    // The rule of before: they come back, and by themselves.
    capture.stop();
    for (dataset, _) in [INDEXED, WHOLE] {
        let file = world.dir.join(format!("contracts/so-nnmt/{dataset}.yaml"));
        let contract = std::fs::read_to_string(&file).expect("a contract");
        std::fs::write(&file, contract.replace("range: 0..30 }", "range: 0.. }"))
            .expect("a contract");
    }
    let _capture = world.capture("so-nnmt");
    converge(&world);
}

fn a_database_is_of_one_side(platform: &Platform) {
    let world = World::with_tables(platform, "mixed", &["so-nnmt"], &sites::tables());
    let store = world.shared_store("store");
    world.store_says("the store to be made", "select side from flow.store", &["shared"]);
    store.stop();
    // As if somebody named the other side's database.
    world.in_store("update flow.store set side = 'open'");
    let mut wrong = world.shared_store("wrong");
    let status = wrong.wait_for_end(PATIENCE);
    assert_eq!(status.code(), Some(3), "{}", wrong.log());
    let said = world.try_bangioc("shared-store", &["run", "shared-store"]);
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(words.contains("open side") && words.contains("[open-store]"), "{words}");
}
