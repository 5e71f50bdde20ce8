//! A PostgreSQL server of one department's own, for what concerns the whole server. Stopped when dropped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::platform::{ops, read_env};
use crate::world::World;
use crate::{root, secret};

pub struct OwnServer {
    pub dir: PathBuf,
    pub env: BTreeMap<String, String>,
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = ops("postgres", &["down", &self.dir.display().to_string()]);
    }
}

impl OwnServer {
    /// With what `ops/postgres up` takes: settings, and whom to bound to which database.
    pub fn start(dir: PathBuf, args: &[&str]) -> OwnServer {
        let path = dir.display().to_string();
        ops("postgres", &[&["up", &path, "--fsync", "off"], args].concat()).expect("a server");
        let server = OwnServer { env: read_env(&dir.join("env")), dir };
        secret::write(&server.password_file(), "capture");
        server
    }

    pub fn restart(&self) {
        ops("postgres", &["restart", &self.dir.display().to_string()]).expect("a restart");
    }

    pub fn password_file(&self) -> PathBuf {
        self.dir.join("capture-password")
    }

    pub fn command(&self, database: &str, args: &[&str]) -> Command {
        let mut command = Command::new("psql");
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database])
            .args(args)
            .envs(&self.env);
        command
    }

    #[track_caller]
    pub fn psql(&self, database: &str, args: &[&str]) -> String {
        said(&mut self.command(database, args)).unwrap_or_else(|why| panic!("{args:?}: {why}"))
    }

    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.psql(database, &["-c", sql])
    }

    /// A department's tables, as their vendor made them, in a database of their own.
    pub fn create_department(&self, source: &str) {
        let database = source.replace('-', "_");
        self.sql("postgres", &format!("create database {database}"));
        let file = department_sql(&format!("{source}.sql"));
        self.psql(&database, &["-f", &file.display().to_string()]);
    }

    /// What the guide has an administrator run for a capture: `variables` such as `role=bangioc_capture`.
    pub fn give_access(&self, database: &str, variables: &[&str]) {
        let password = format!("password_file={}", self.password_file().display());
        let file = department_sql("capture-access.sql").display().to_string();
        let given = variables.iter().copied().chain([password.as_str()]);
        let args: Vec<&str> = given.flat_map(|one| ["-v", one]).chain(["-f", &file]).collect();
        self.psql(database, &args);
    }

    /// The world's configuration of this source's capture, of this server instead; `more` follows its section.
    pub fn config(&self, world: &World<'_>, source: &str, user: &str, more: &str) -> PathBuf {
        let text = fs::read_to_string(world.config(source)).expect("a configuration");
        let (before, _) = text.split_once("[source]\n").expect("a source");
        let config = self.dir.join("capture.toml");
        let section = self.source_section(source, user);
        fs::write(&config, format!("{before}{section}{more}")).expect("a configuration");
        config
    }

    pub fn source_section(&self, source: &str, user: &str) -> String {
        format!(
            "[source]\nname = \"{source}\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{user}\"\npassword_file = \"{}\"\ndatabase = \"{}\"\ntls = \"off\"\n",
            self.env["PGPORT"],
            self.password_file().display(),
            source.replace('-', "_")
        )
    }
}

/// What it printed, or what it was refused with.
pub fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("a program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn department_sql(file: &str) -> PathBuf {
    Path::new(&root()).join("ops/sql/department").join(file)
}
