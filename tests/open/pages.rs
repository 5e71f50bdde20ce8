//! What a reader's browser gets: pages, files, and nothing that is not published.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use bangioc_tests::platform::free_port;
use bangioc_tests::service::Service;
use bangioc_tests::wait;

use crate::Check;
use crate::judges::python;
use crate::store::{Province, Store};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("pages::tell_what_there_is_in_both_languages", both_languages),
    ("pages::files_come_with_their_headers", files_and_headers),
    ("pages::nothing_else_can_be_reached", nothing_else),
];

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }
}

struct Site {
    address: String,
    service: Service,
}

impl Site {
    fn of(province: &Province<'_>) -> Site {
        let address = format!("127.0.0.1:{}", free_port());
        let home = province.config().parent().expect("a folder").to_owned();
        let service = Service::start(
            "serve",
            province.config(),
            &["open-data", "serve"],
            &[("BANGIOC__OPEN_DATA__LISTEN", &address), ("BANGIOC__OPEN_STORE__PORT", "1")],
            &home,
        );
        wait::until("the pages", Duration::from_secs(20), || {
            wait::holds(TcpStream::connect(&address).is_ok(), service.log())
        });
        Site { address, service }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let more = headers
            .iter()
            .fold(String::new(), |more, (name, value)| more + name + ": " + value + "\r\n");
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\n{more}Connection: close\r\n\r\n")
            .expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Answer { status, headers, body: bytes[end + 4..].to_vec() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }
}

fn both_languages(store: &Store) {
    let province = Province::new(store, "languages", "contact_email = \"dulieumo@example.vn\"");
    province.bangioc(&["open-data", "publish", "open-sample", "open-zone"]);
    province.sql("update flow.zone set units = 20 where zone_code = 'Z1'");
    province.bangioc(&["open-data", "publish", "open-zone"]);
    let site = Site::of(&province);
    let home = site.get("/").text();
    for words in [
        "Dữ liệu mở tỉnh Cao Bằng",
        "Open data of Cao Bang province",
        "Mẫu thử",
        "Samples",
        "Quan trắc",
        "Chưa công bố",
        "GeoJSON",
    ] {
        assert!(home.contains(words), "{words}");
    }
    // Markup in a contract's words is words.
    assert!(
        home.contains("&lt;b&gt;với ký tự khó&lt;/b&gt; &amp; dấu") && !home.contains("<b>với")
    );
    let page = site.get("/open-sample/").text();
    for words in [
        "lang=\"vi\"",
        "Mã khu vực",
        "Area code",
        "CC-BY-4.0",
        "SHA-256",
        "Tên gọi &quot;thông dụng&quot; &lt;của mẫu&gt;",
        "Xem trước",
        "Preview",
        "Lịch sử thay đổi",
        "=HYPERLINK(&quot;http://example.invalid&quot;)",
        "class=\"map\"",
        "1500.50",
        "Assumed for tests.",
        "khóa",
        "9223372036854775807",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let history = site.get("/open-zone/").text();
    assert!(
        history.contains("±1") && history.contains("+9") && history.contains("Các khu lần nữa"),
        "{history}"
    );
    let unpublished = site.get("/open-reading/");
    assert_eq!(unpublished.status, 200);
    assert!(unpublished.text().contains("has not been published yet"));
    let pages = [home, page, history, unpublished.text(), site.get("/nowhere").text()];
    for page in &pages {
        // Style sheets know offsets of their own.
        let (before, after) = page
            .split_once("<style>")
            .and_then(|(before, rest)| Some((before, rest.split_once("</style>")?.1)))
            .expect("a style");
        let page = format!("{before}{after}");
        for word in ["offset", "LSN", "<script src", "javascript:", "http-equiv", " style="] {
            assert!(!page.contains(word), "{word}");
        }
    }
    let mut judge = python()
        .arg("--html")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python");
    judge
        .stdin
        .take()
        .expect("a pipe")
        .write_all(&serde_json::to_vec(&pages).expect("JSON"))
        .expect("the pages");
    let judged = judge.wait_with_output().expect("its end");
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    site.service.stop();
}

fn files_and_headers(store: &Store) {
    let province = Province::new(store, "headers", "");
    province.sql("insert into flow.sample (area_code, sample_no, name) select 'MANY', n, repeat('ắ', 300) from generate_series(1, 4000) n");
    province.publish();
    let site = Site::of(&province);
    let history = province.json("open-sample/history.json");
    let slot = history["revisions"][0]["published_at"].as_str().unwrap().to_owned();
    let revision = province.latest("open-sample");
    for (resource, kind) in [
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("jsonl", "application/jsonl; charset=utf-8"),
        ("geojson", "application/geo+json"),
        ("parquet", "application/vnd.apache.parquet"),
        ("svg", "image/svg+xml; charset=utf-8"),
    ] {
        let latest = site.get(&format!("/open-sample/latest/sample.{resource}"));
        assert_eq!(latest.status, 302, "{resource}");
        let path = format!("/open-sample/{}", latest.header("location").trim_start_matches("../"));
        assert!(path.starts_with(&format!("/open-sample/{revision}/sample-")), "{path}");
        let file = site.get(&path);
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        assert!(
            file.body
                == std::fs::read(province.data_path("open-sample", "sample", resource)).unwrap(),
            "{resource}"
        );
        assert_eq!(file.header("content-length"), file.body.len().to_string());
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(file.header("access-control-allow-origin"), "*");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-security-policy").contains("sandbox"));
        let head = site.ask("HEAD", &path, &[]);
        assert_eq!(
            (head.status, head.body.len(), head.header("content-length")),
            (200, 0, file.header("content-length"))
        );
        assert_eq!(head.header("etag"), file.header("etag"));
        for (name, value) in [
            ("If-None-Match", file.header("etag")),
            ("If-Modified-Since", file.header("last-modified")),
        ] {
            let unchanged = site.ask("GET", &path, &[(name, value)]);
            assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{name}");
        }
        assert_eq!(
            site.ask(
                "GET",
                &path,
                &[("If-None-Match", "\"x\""), ("If-Modified-Since", file.header("last-modified"))]
            )
            .status,
            200
        );
    }
    let page = site.get("/open-sample/");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'; style-src 'sha256-")
    );
    assert_eq!(
        site.ask("GET", "/open-sample/", &[("If-None-Match", page.header("etag"))]).status,
        304
    );
    // A slot of a day begins at 00:00 in Viet Nam, the evening before in Greenwich.
    assert!(
        slot.ends_with("T00:00:00+07:00") && page.header("last-modified").ends_with("17:00:00 GMT"),
        "{slot}"
    );
    assert_eq!(site.get("/").header("content-type"), "text/html; charset=utf-8");
    assert_eq!(site.get("/open-sample").header("location"), "open-sample/");
    for (path, kind) in [
        ("/catalog.ttl", "text/turtle; charset=utf-8"),
        ("/catalog.jsonld", "application/ld+json"),
        ("/open-sample/history.json", "application/json"),
        ("/open-sample/latest/manifest.json", "application/json"),
        ("/open-sample/latest/datapackage.json", "application/json"),
    ] {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        assert!(!answer.body.is_empty());
    }
    assert_eq!(site.ask("POST", "/", &[]).status, 405);
    site.service.stop();
}

fn nothing_else(store: &Store) {
    let province = Province::new(store, "nothing", "");
    province.publish();
    // Whole files that no manifest and no history names.
    let revision = province.latest("open-zone");
    std::fs::create_dir(province.set("open-zone").join("0123456789ab")).unwrap();
    for file in [
        "open-zone/0123456789ab/zone-0123456789ab.csv",
        &format!("open-zone/{revision}/zone-0123456789ab.csv"),
        "secret.csv",
        "open-zone/.making",
    ] {
        std::fs::write(province.dir.join(file), "CANARY").unwrap();
    }
    let site = Site::of(&province);
    for path in [
        "/nowhere",
        "/open-zone/nothing",
        "/.lock",
        "/secret.csv",
        "/open-zone/.making",
        "/open-zone/latest/",
        "/open-zone/latest/zone.exe",
        "/open-zone/latest/nothing.csv",
        "/open-zone/0123456789ab/zone-0123456789ab.csv",
        "/open-zone/0123456789ab/manifest.json",
        &format!("/open-zone/{revision}/zone-0123456789ab.csv"),
        "/../open-data.toml",
        "/open-zone/../../open-data.toml",
        "/..%2fopen-data.toml",
        "/open-zone/latest/..%2f..%2f..%2fopen-data.toml",
        "/open-zone/%2e%2e/%2e%2e/open-data.toml",
        "/open-zone/latest/../../../open-data.toml",
        "//etc/passwd",
        "/%00",
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, 404, "{path}");
        let text = answer.text();
        assert!(!text.contains("CANARY") && !text.contains("password"), "{path}");
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'none'"),
            "{path}"
        );
    }
    site.service.stop();
}
