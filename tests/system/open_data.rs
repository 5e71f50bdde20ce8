//! The open side as it is deployed: `run open-data` beside a capture, from a row at the source to the file
//! that a reader downloads.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};
use serde_json::Value;

use crate::Check;
use crate::sites::{self, CANARY, INDEXED};

pub(crate) const CHECKS: &[(&str, Check)] =
    &[("open_data::from_a_row_at_the_source_to_the_file_of_a_reader", from_source_to_reader)];

const OPEN_SET: &str = "
dataset: open-sites
owner: so-nnmt
name: { vi: Các di tích thử, en: Trial sites }
publish:
  every: 1m
  licence: CC-BY-4.0
  keywords: { vi: [di tích], en: [sites] }
  resources:
    - { dataset: site, title: { vi: Các di tích, en: Sites } }
";

fn from_source_to_reader(platform: &Platform) {
    let world = World::with_tables(platform, "published", &["so-nnmt"], &sites::tables());
    let (public, address) = with_open_set(&world);
    sites::add(&world, INDEXED.1, 1, 400);
    world.source(
        "so-nnmt",
        "update site set is_public = true, state = 'issued' where visitors % 4 = 0",
    );

    // The publisher is there first: it waits for the whole first copy and publishes no part of it.
    let open_data = start(&world);
    open_data.wait_for_log("pages are served", PATIENCE);
    let _capture = world.capture("so-nnmt");
    published(&world, &open_data, By::Schedule);
    let first: Value = read(&public.join("open-sites/history.json"));
    assert_eq!(
        first["revisions"].as_array().map(Vec::len),
        Some(1),
        "half a copy was published: {first}"
    );

    world.source(
        "so-nnmt",
        "update site set name_vi = 'Đổi tên' where visitors % 16 = 4; update site set is_public = false where visitors % 8 = 0",
    );
    published(&world, &open_data, By::Hand);
    // Killed and started again, it goes on; the pages come from the folder.
    open_data.kill();
    world.source("so-nnmt", "delete from site where visitors % 32 = 4");
    let open_data = start(&world);
    published(&world, &open_data, By::Hand);

    let page = get(&address, "/open-sites/");
    assert!(
        page.contains("Các di tích thử") && page.contains("Mã") && page.contains("CC-BY-4.0"),
        "{page}"
    );
    assert!(get(&address, "/").contains("Trial sites"));
    assert!(get(&address, "/open-sites/latest/site.csv").starts_with("HTTP/1.1 302"));
    for file in walk(&public) {
        let content = fs::read(&file).expect("a file");
        assert!(
            !content.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()),
            "{}",
            file.display()
        );
    }
    world.bangioc("open-data", &["open-data", "verify"]);
    open_data.stop();
}

/// Publishes the sites as an open set, in the folder and at the address that it returns.
pub(crate) fn with_open_set(world: &World<'_>) -> (PathBuf, String) {
    fs::write(world.dir.join("contracts/so-nnmt/open-sites.yaml"), OPEN_SET).expect("a contract");
    let address = format!("127.0.0.1:{}", free_port());
    let public = world.dir.join("public");
    world.configure(
        "open-data",
        &format!("[open-data]\ndir = \"{}\"\nlisten = \"{address}\"", public.display()),
    );
    (public, address)
}

pub(crate) fn start(world: &World<'_>) -> Service {
    Service::start("open-data", &world.config("open-data"), &["run", "open-data"], &[], &world.dir)
}

/// Who publishes: the running service in its slots, or a person between them.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Schedule,
    Hand,
}

/// Waits until the latest JSON Lines hold the public rows of the source, and no others.
#[track_caller]
fn published(world: &World<'_>, open_data: &Service, by: By) {
    let latest = world.dir.join("public/open-sites/latest");
    let mut wanted = sites::public(world, INDEXED.1);
    wanted.sort();
    wait::until("the public rows to be published", PATIENCE + Duration::from_secs(30), || {
        if by == By::Hand {
            // Refused while the service publishes; then it is tried again.
            drop(world.try_bangioc("open-data", &["open-data", "publish"]));
        }
        let manifest = fs::read(latest.join("manifest.json")).map_err(|_| open_data.log())?;
        let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        let files = manifest["resources"][0]["files"].as_array().expect("files");
        let path = files
            .iter()
            .filter_map(|file| file["path"].as_str())
            .find(|path| Path::new(path).extension().is_some_and(|end| end == "jsonl"));
        let lines = fs::read_to_string(latest.join(path.expect("JSON Lines")))
            .map_err(|error| error.to_string())?;
        let mut found: Vec<String> = lines
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).expect("JSON");
                let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                let visitors = row["visitors"].as_i64().map(|n| n.to_string()).unwrap_or_default();
                [text("site_code"), text("name_vi"), text("story"), visitors].join("|")
            })
            .collect();
        found.sort();
        wait::holds(
            found == wanted,
            format!("{} rows published, {} public", found.len(), wanted.len()),
        )
    });
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn get(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}
