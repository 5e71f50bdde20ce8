//! The short form's deployment: three departments, both stores with the rights that `ops/sql` gives, every service.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::service::Service;
use bangioc_tests::world::World;
use bangioc_tests::{root, secret, wait};

use crate::ground::{Ground, Server, Size};

pub(crate) const SOURCES: [&str; 3] = ["so-nnmt", "national", "so-yt"];

/// So that there are pages.
const OPEN_SET: &str = "
dataset: open-facilities
owner: so-yt
name: { vi: Các cơ sở y tế, en: Health facilities }
publish:
  every: 1m
  licence: CC-BY-4.0
  keywords: { vi: [y tế], en: [health] }
  resources:
    - { dataset: health-facility, title: { vi: Các cơ sở, en: Facilities } }
";

pub(crate) struct Small {
    pub(crate) platform: &'static Platform,

    services: Mutex<Vec<Service>>,
}

impl Small {
    pub(crate) fn start(platform: Platform) -> Ground {
        let platform: &'static Platform = Box::leak(Box::new(platform));
        // A suite that does not begin must end its servers all the same.
        catch_unwind(AssertUnwindSafe(|| Small::over(platform))).unwrap_or_else(|why| {
            platform.stop();
            resume_unwind(why)
        })
    }

    fn over(platform: &'static Platform) -> Ground {
        let world = World::new(platform, "attacked", &SOURCES);
        platform.registry_of(&world.name, &world.dir.join("contracts"));
        own_roles(platform, &world);
        let pages = settings(platform, &world);
        let metrics = listening(&world);
        let mut services: Vec<(String, Service)> =
            SOURCES.map(|source| (format!("capture-{source}"), world.capture(source))).into();
        services.push(("shared-store".into(), world.shared_store("shared-store")));
        let open_data = Service::start(
            "open-data",
            &world.config("open-data"),
            &["run", "open-data"],
            &[],
            &world.dir,
        );
        services.push(("open-data".into(), open_data));
        for (name, at) in &metrics {
            wait::until(&format!("{name} to answer"), Duration::from_mins(1), || {
                let answer = crate::http::get(at, "/healthz", &[]);
                wait::holds(answer.status == 200, answer.body)
            });
        }
        let server =
            Server { env: platform.postgres.clone(), log: platform.dir.join("postgres/log") };
        let desk = world.dir.join("desk");
        fs::create_dir_all(&desk).expect("a folder");
        let ground = Ground {
            size: Size::Short,
            prefix: world.name.clone(),
            kafka: platform.kafka["KAFKA"].clone(),
            secrets: platform.dir.join("kafka/secrets"),
            registry_secrets: platform.registry_passwords(),
            config: world.config("operator-lan"),
            admin: world.config("admin"),
            settings: world.dir.clone(),
            logs: world.dir.clone(),
            contracts: world.dir.join("contracts"),
            source: server,
            store: Server {
                env: platform.postgres.clone(),
                log: platform.dir.join("postgres/log"),
            },
            shared_database: "attacked_shared".into(),
            open_database: "attacked_open_store".into(),
            registry: platform.registry_url.trim_start_matches("http://").to_owned(),
            pages,
            metrics,
            pids: services
                .iter()
                .map(|(name, service)| (name.clone(), service.pid()))
                .chain([("registry".to_owned(), platform.registry_pid())])
                .collect(),
            desk,
            small: Some(Small {
                platform,
                services: Mutex::new(services.into_iter().map(|(_, service)| service).collect()),
            }),
        };
        ground.seed();
        ground
    }

    pub(crate) fn stop(&self) {
        self.services.lock().expect("no panic").clear();
        self.platform.stop();
    }
}

/// Both stores, an open set, and pages; where these are.
fn settings(platform: &Platform, world: &World<'_>) -> String {
    let set = world.dir.join("contracts/so-yt/open-facilities.yaml");
    fs::write(set, OPEN_SET).expect("a contract");
    for (service, file, role, database) in [
        ("shared-store", "store-access.sql", "bangioc_store", "attacked_shared"),
        ("open-data", "open-store-access.sql", "bangioc_open_store", "attacked_open_store"),
    ] {
        give(platform, world, file, role, database);
        for who in [service, "operator-lan", "admin"] {
            use_store(world, who, service, role, database);
        }
    }
    let pages = format!("127.0.0.1:{}", free_port());
    let folder = world.dir.join("public");
    let section = format!("[open-data]\ndir = \"{}\"\nlisten = \"{pages}\"", folder.display());
    world.configure("open-data", &section);
    let open_store = world.open_store_section();
    for who in ["operator-lan", "admin"] {
        world.configure(who, &open_store);
    }
    pages
}

/// Each service's metrics at an address of its own.
fn listening(world: &World<'_>) -> BTreeMap<String, String> {
    let captures = SOURCES.map(|source| (format!("capture-{source}"), source));
    let sinks = ["shared-store", "open-data"].map(|sink| (sink.to_owned(), sink));
    let listen = |(name, file): (String, &str)| {
        let at = format!("127.0.0.1:{}", free_port());
        world.configure(file, &format!("[metrics]\nlisten = \"{at}\""));
        (name, at)
    };
    captures.into_iter().chain(sinks).map(listen).collect()
}

/// As the administrator of a store does it.
fn give(platform: &Platform, world: &World<'_>, file: &str, role: &str, database: &str) {
    let password = world.dir.join(role);
    secret::write(&password, role);
    platform.sql_file(
        "postgres",
        &root().join("ops/sql").join(file),
        &[("password_file", &password.display().to_string()), ("database", database)],
    );
}

/// Departments that share a server: each has a role and a password of its own, and lines of `pg_hba.conf` for it, in
/// place of the one role that other suites are content with.
fn own_roles(platform: &Platform, world: &World<'_>) {
    let mut lines = String::new();
    for source in SOURCES {
        let database = world.database(source);
        let role = format!("bangioc_capture_{}", source.replace('-', "_"));
        let password = world.dir.join(&role);
        secret::write(&password, &format!("the password of {role}"));
        let tables = "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_publication_tables where pubname = 'bangioc'";
        let tables = platform.sql(&database, tables).concat();
        platform.sql(&database, "drop publication bangioc; drop owned by bangioc_capture");
        platform.sql_file(
            &database,
            &root().join("ops/sql/department/capture-access.sql"),
            &[
                ("role", &role),
                ("password_file", &password.display().to_string()),
                ("tables", &tables),
            ],
        );
        let file = world.config(source);
        let common = world.dir.join("capture-password").display().to_string();
        let text = fs::read_to_string(&file).expect("a configuration");
        let own = format!("user = \"{role}\"\npassword_file = \"{}\"", password.display());
        let text = text.replace(&format!("password_file = \"{common}\""), &own);
        fs::write(&file, text).expect("a configuration");
        let hba = Command::new("bash")
            .args(["-c", ". \"$0\"; capture_hba \"$1\" \"$2\""])
            .arg(root().join("ops/sh/capture-hba.sh"))
            .args([&role, &database])
            .output()
            .expect("bash");
        assert!(hba.status.success(), "{hba:?}");
        lines += &String::from_utf8_lossy(&hba.stdout);
    }
    platform.sql("postgres", "drop role bangioc_capture");
    let hba = platform.dir.join("postgres/data/pg_hba.conf");
    lines += &fs::read_to_string(&hba).expect("its rules");
    fs::write(&hba, lines).expect("its rules");
    platform.sql("postgres", "select pg_reload_conf()");
}

/// In place of the superuser's database, which other suites are content with.
fn use_store(world: &World<'_>, who: &str, service: &str, role: &str, database: &str) {
    let (section, theirs) = if service == "open-data" {
        ("open-store", world.open_store())
    } else {
        ("store", world.store())
    };
    let file = world.config(who);
    let text = fs::read_to_string(&file).expect("a configuration");
    let parts: Vec<String> = text
        .split("\n[")
        .map(|part| {
            if part.starts_with(&format!("{section}]")) {
                let lines = part.lines().map(|line| match line.split(" = ").next() {
                    Some("user") => format!("user = \"{role}\""),
                    Some("password_file") => {
                        format!("password_file = \"{}\"", world.dir.join(role).display())
                    }
                    Some("database") => line.replace(&theirs, database),
                    _ => line.to_owned(),
                });
                lines.collect::<Vec<_>>().join("\n")
            } else {
                part.to_owned()
            }
        })
        .collect();
    fs::write(&file, parts.join("\n[") + "\n").expect("a configuration");
}
