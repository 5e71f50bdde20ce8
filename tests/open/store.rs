//! One PostgreSQL for all trials; each has an open store and a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bangioc_tests::platform::{ops, read_env};
use bangioc_tests::{bangioc, root};
use serde_json::Value;

pub(crate) struct Store {
    dir: PathBuf,
    postgres: BTreeMap<String, String>,
}

impl Store {
    pub(crate) fn start(name: &str) -> Store {
        let dir = root().join("target/tests").join(name);
        let postgres = dir.join("postgres");
        if dir.exists() {
            let _ = ops("postgres", &["down", &postgres.display().to_string()]);
            fs::remove_dir_all(&dir).expect("an empty folder");
        }
        fs::create_dir_all(&dir).expect("a folder");
        ops("postgres", &["up", &postgres.display().to_string(), "--fsync", "off"])
            .expect("PostgreSQL");
        Store { postgres: read_env(&postgres.join("env")), dir }
    }

    pub(crate) fn stop(&self) {
        let _ = ops("postgres", &["down", &self.dir.join("postgres").display().to_string()]);
    }
}

/// A deployment of the open side: store, contracts, folder.
pub(crate) struct Province<'s> {
    store: &'s Store,
    name: String,
    pub(crate) dir: PathBuf,
    config: PathBuf,
}

impl<'s> Province<'s> {
    /// The open store of `store.sql`.
    pub(crate) fn new(store: &'s Store, name: &str, more: &str) -> Province<'s> {
        let province = Province::empty(store, name, more);
        let seed = root().join("tests/open/store.sql");
        province.psql(&["-f", &seed.display().to_string()]);
        province
    }

    pub(crate) fn empty(store: &'s Store, name: &str, more: &str) -> Province<'s> {
        let home = store.dir.join(name);
        fs::create_dir_all(&home).expect("a folder");
        let config = home.join("open-data.toml");
        let text = format!(
            "contracts = \"{}\"\n[open-store]\nhost = \"127.0.0.1\"\nport = {}\nuser = \"postgres\"\npassword_file = \"{}\"\ndatabase = \"{name}\"\ntls = \"off\"\n\
             [open-data]\ndir = \"{}\"\nbase_url = \"https://dulieumo.example.vn\"\n{more}\n",
            root().join("tests/open/contracts").display(),
            store.postgres["PGPORT"],
            store.postgres["PGPASSWORD_FILE"],
            home.join("public").display(),
        );
        fs::write(&config, text).expect("a configuration");
        let province = Province { store, name: name.to_owned(), dir: home.join("public"), config };
        province.run_psql("postgres", &["-c", &format!("create database {name}")]);
        province
    }

    /// The same store, published into another folder.
    pub(crate) fn beside(&self, name: &str) -> Province<'s> {
        let home = self.store.dir.join(name);
        fs::create_dir_all(&home).expect("a folder");
        let config = home.join("open-data.toml");
        let text = fs::read_to_string(&self.config).expect("a configuration");
        let dir = home.join("public");
        fs::write(
            &config,
            text.replace(&self.dir.display().to_string(), &dir.display().to_string()),
        )
        .expect("a configuration");
        Province { store: self.store, name: self.name.clone(), dir, config }
    }

    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        self.psql(&["-A", "-t", "-c", sql])
    }

    fn psql(&self, args: &[&str]) -> String {
        self.run_psql(&self.name, args)
    }

    fn run_psql(&self, database: &str, args: &[&str]) -> String {
        let output = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(args)
            .envs(&self.store.postgres)
            .env("PGDATABASE", database)
            .output()
            .expect("psql");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn try_bangioc(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        Command::new(bangioc())
            .arg("--config")
            .arg(&self.config)
            .args(args)
            .envs(env.iter().copied())
            .output()
            .expect("the binary")
    }

    pub(crate) fn bangioc(&self, args: &[&str]) -> String {
        let output = self.try_bangioc(args, &[]);
        assert!(
            output.status.success(),
            "bangioc {args:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn publish(&self) -> String {
        self.bangioc(&["open-data", "publish"])
    }

    pub(crate) fn set(&self, set: &str) -> PathBuf {
        self.dir.join(set)
    }

    pub(crate) fn latest(&self, set: &str) -> String {
        fs::read_link(self.set(set).join("latest"))
            .expect("a latest revision")
            .display()
            .to_string()
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&fs::read(self.dir.join(path)).expect("a file")).expect("JSON")
    }

    /// The content of a file of the latest revision, by resource and extension.
    pub(crate) fn data(&self, set: &str, resource: &str, extension: &str) -> String {
        String::from_utf8(fs::read(self.data_path(set, resource, extension)).expect("a file"))
            .expect("UTF-8")
    }

    pub(crate) fn data_path(&self, set: &str, resource: &str, extension: &str) -> PathBuf {
        let manifest = self.json(&format!("{set}/latest/manifest.json"));
        let all = manifest["resources"].as_array().expect("resources");
        let files = all.iter().find(|one| one["name"] == resource).expect("the resource")["files"]
            .as_array()
            .expect("files");
        let path = files
            .iter()
            .filter_map(|file| file["path"].as_str())
            .find(|path| path.ends_with(&format!(".{extension}")));
        self.set(set).join("latest").join(path.expect("a file of that format"))
    }
}

/// Every file below a folder, links as their targets, sorted.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(dir).expect("below").display().to_string();
            if path.is_symlink() {
                found.insert(
                    name,
                    fs::read_link(&path).expect("a link").display().to_string().into_bytes(),
                );
            } else if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}
