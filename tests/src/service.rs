//! One running `bangioc` process, and what can be done to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::{bangioc, wait};

/// Killed when dropped, so that no test leaves a process behind.
pub struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts `bangioc --config <config> <args>`; its words go to `<dir>/<name>.log`, kept over restarts.
    pub fn start(
        name: &str,
        config: &Path,
        args: &[&str],
        env: &[(&str, &str)],
        dir: &Path,
    ) -> Service {
        let log = dir.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(bangioc())
            .arg("--config")
            .arg(config)
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the binary");
        Service { child, log }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Resident, bytes, at its most so far.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.expect("a figure") << 10
    }

    /// Of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a process to signal");
    }

    /// `kill -9`, and the end of it.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("its end");
    }

    /// Asks politely, and insists on a clean end within 20 s.
    #[track_caller]
    pub fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.wait_for_end(Duration::from_secs(20));
        assert!(status.success(), "ended with {status}: {}", self.log());
    }

    #[track_caller]
    pub fn wait_for_end(&mut self, limit: Duration) -> ExitStatus {
        let log = self.log.clone();
        wait::until("the end of a service", limit, || {
            self.child
                .try_wait()
                .expect("a child")
                .ok_or_else(|| fs::read_to_string(&log).unwrap_or_default())
        })
    }

    #[track_caller]
    pub fn wait_for_log(&self, words: &str, limit: Duration) {
        wait::until(&format!("`{words}` in the log"), limit, || {
            let log = self.log();
            wait::holds(log.contains(words), log)
        });
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
