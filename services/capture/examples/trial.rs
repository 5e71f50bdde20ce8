use std::path::Path;
use bangioc_capture::config::CaptureConfig;
use bangioc_capture::{Deps, run, source};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown;
use bangioc_schemas::{avro, catalogue::Catalogue, names::{self, Side}};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let (verb, path) = (args.next().unwrap(), args.next().unwrap());
    let settings = Settings::load(Some(Path::new(&path))).unwrap();
    bangioc_runtime::trace::init(&settings.section("log"));
    let config = CaptureConfig::read(&settings);
    let catalogue = Catalogue::read(&settings.contracts_dir()).unwrap();
    let metrics = Metrics::default();
    let failure = match verb.as_str() {
        "run" => run(config, Deps { catalogue, metrics }, shutdown::on_signals()).await.err(),
        "check" => { println!("{:#?}", source::check(&config.source, &catalogue, false).await.unwrap().iter().filter(|c| c.sql.is_some() || c.is_problem()).collect::<Vec<_>>()); None }
        "accept" => { println!("{:?}", source::accept(&config, &catalogue, None).await); None }
        "schemas" => {
            for c in catalogue.active() {
                let topic = names::topic(&config.prefix, Side::Shared, &c.owner, &c.dataset);
                println!("{}", serde_json::json!({"topic": topic, "partitions": c.partitions, "source": c.source.source, "key": avro::key_schema(c, &topic), "value": avro::value_schema(c, &topic),
                  "keys": c.key.iter().map(|k| c.columns[*k].name.clone()).collect::<Vec<_>>(), "columns": c.columns.iter().map(|k| k.name.clone()).collect::<Vec<_>>(), "latest": c.natural_key_latest_by.map(|k| c.columns[k].name.clone()), "table": format!("{}.{}", c.source.schema, c.source.table)}));
            }
            None
        }
        "dump" => { dump(&config, &catalogue, &args.next().unwrap(), &args.next().unwrap()); None }
        "state" => {
            let mut last = std::collections::BTreeMap::new();
            for r in bangioc_feed::journal::read_all(&config.kafka, &names::state_topic(&config.prefix, &config.source.name), bangioc_feed::journal::From::Beginning).unwrap() {
                last.insert(String::from_utf8(r.key.unwrap()).unwrap(), String::from_utf8(r.value.unwrap()).unwrap());
            }
            for (k, v) in last { println!("{k} {v}"); }
            None
        }
        "progress" => {
            for r in bangioc_feed::journal::read_all(&config.kafka, &names::progress_topic(&config.prefix, Side::Shared, &config.source.name), bangioc_feed::journal::From::Last(4)).unwrap() {
                println!("{}", String::from_utf8(r.value.unwrap()).unwrap());
            }
            None
        }
        _ => None,
    };
    if let Some(f) = failure { eprintln!("FAILED {} {f}: {:?} hint {}", f.code(), f.source().map(|s| s.to_string()), f.hint()); std::process::exit(f.exit() as i32); }
}

/// Plays every record of a topic: last record per key (unversioned), and column-wise by version. Writes COPY text.
fn dump(config: &CaptureConfig, catalogue: &Catalogue, dataset: &str, out: &str) {
    use bangioc_change::{batch::EventBatch, decode::{Decoder, RecordBytes}, event::Operation, progress::ProgressRecord, version::Version};
    use bangioc_schemas::row::Cell;
    use std::collections::HashMap;
    let c = catalogue.get(dataset).unwrap();
    let topic = names::topic(&config.prefix, Side::Shared, &c.owner, &c.dataset);
    let decoder = Decoder::new(c, &avro::key_schema(c, &topic), &avro::value_schema(c, &topic)).unwrap();
    let reader = bangioc_feed::consume::Reader::connect(&config.kafka, "trial", None, &Default::default()).unwrap();
    type Cells = Vec<Option<Option<String>>>; // None: absent
    let mut last: HashMap<Vec<u8>, Option<Cells>> = HashMap::new();
    let mut merged: HashMap<Vec<u8>, (Version, Option<Cells>)> = HashMap::new();
    let (mut floor, mut records, mut backward, mut repeats, mut absent) = (Version::default(), 0u64, 0u64, 0u64, 0u64);
    let mut ops: HashMap<&str, u64> = HashMap::new();
    for p in 0..c.partitions as i32 {
        let (low, high) = reader.watermarks(&topic, p).unwrap();
        if low == high { continue; }
        let mut part = reader.assign(&topic, p, low).unwrap();
        let mut batch = EventBatch::default();
        while part.next_offset() < high {
            batch.clear();
            part.drain(bangioc_feed::consume::Limit { records: 2000, bytes: 8 << 20 }, std::time::Duration::from_secs(1), &mut |r| {
                decoder.decode_into(RecordBytes { key: r.key, value: r.value, version: r.header("bangioc-version"), absent: r.header("bangioc-absent"), offset: r.offset }, &mut batch).unwrap();
            }).unwrap();
            for i in 0..batch.len() {
                let e = batch.event(i);
                records += 1;
                *ops.entry(e.op.as_str()).or_default() += 1;
                if e.op == Operation::Truncate { last.clear(); for (_, v) in merged.values_mut() { *v = None; } floor = e.version; continue; }
                let key = batch.key(i).to_vec();
                let cells: Option<Cells> = e.after.map(|r| r.cells().map(|c| match c { Cell::Text(t) => Some(Some(t.to_owned())), Cell::Null => Some(None), Cell::Absent(_) => None }).collect());
                if e.after.is_some_and(|r| r.has_absent()) { absent += 1; }
                // unversioned: a placeholder means "as before"
                let fill = |new: Option<Cells>, old: Option<&Cells>| new.map(|n| n.into_iter().enumerate().map(|(i, x)| x.or_else(|| old.and_then(|o| o[i].clone()))).collect::<Cells>());
                let old = last.get(&key).and_then(|x| x.as_ref()).cloned();
                last.insert(key.clone(), fill(cells.clone(), old.as_ref()));
                let entry = merged.entry(key).or_insert((Version::default(), None));
                if e.version > entry.0 && e.version > floor { *entry = (e.version, fill(cells, entry.1.as_ref())); } else if e.version == entry.0 { repeats += 1 } else { backward += 1 }
            }
        }
    }
    let mut sweeps = 0;
    for r in bangioc_feed::journal::read_all(&config.kafka, &names::progress_topic(&config.prefix, Side::Shared, &config.source.name), bangioc_feed::journal::From::Beginning).unwrap() {
        if let Ok(ProgressRecord::Sweep(s)) = serde_json::from_slice(&r.value.unwrap()) && s.topic == topic {
            sweeps += 1;
            let below = s.below().unwrap();
            for (k, (v, row)) in &mut merged { if *v < below { *row = None; last.insert(k.clone(), None); } }
        }
    }
    let write = |name: String, rows: Vec<&Cells>| {
        let mut lines: Vec<String> = rows.iter().map(|cells| cells.iter().map(|c| match c { None => "\\ABSENT".to_owned(), Some(None) => "\\N".to_owned(), Some(Some(t)) => {
            let mut o = String::new(); for ch in t.chars() { match ch { '\\' => o.push_str("\\\\"), '\n' => o.push_str("\\n"), '\t' => o.push_str("\\t"), '\r' => o.push_str("\\r"), '\u{8}' => o.push_str("\\b"), '\u{b}' => o.push_str("\\v"), '\u{c}' => o.push_str("\\f"), x => o.push(x) } } o } }).collect::<Vec<_>>().join("\t")).collect();
        lines.sort_unstable();
        std::fs::write(name, lines.join("\n") + "\n").unwrap();
    };
    write(format!("{out}.last"), last.values().filter_map(Option::as_ref).collect());
    write(format!("{out}.merged"), merged.values().filter_map(|(_, r)| r.as_ref()).collect());
    println!("{dataset}: records {records} ops {ops:?} absent {absent} repeats {repeats} backward {backward} sweeps {sweeps}");
}
