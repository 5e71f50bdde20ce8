//! The guides under `ops/guides`, typed word for word into a shell beside a running `ops/demo`.
//!
//! A block ```` ```sh ```` is run; a block of another language before which its file is named in backticks is
//! written there; a block ```` ```text ```` is what came out of the `sh` block before it, line by line, in
//! order, `…` for what differs each time. One shell runs a whole guide, so that what it exports stays.

mod page;

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bangioc_tests::{bangioc, root, wait};
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Pid, Signal, kill_process_group};

const GUIDES: [&str; 6] =
    ["add-a-dataset", "subscribe", "publish", "operate", "source-access", "rotate"];

fn main() {
    let mut arguments = Arguments::from_args();
    // One demo, and a guide may count what another leaves.
    arguments.test_threads = Some(1);
    if arguments.list {
        let named = GUIDES.map(|guide| Trial::test(guide, || Ok(())));
        libtest_mimic::run(&arguments, named.into()).exit();
    }
    let wanted = GUIDES
        .iter()
        .filter(|guide| {
            arguments.filter.as_ref().is_none_or(|filter| guide.contains(filter.as_str()))
        })
        .count();
    if wanted == 0 {
        libtest_mimic::run(&arguments, Vec::new()).exit();
    }
    let desk = Desk::new();
    let mut demo = Demo::start(&desk.0);
    let trials = GUIDES.map(|guide| {
        let folder = desk.0.clone();
        Trial::test(guide, move || {
            page::read(&root().join(format!("ops/guides/{guide}.md"))).follow(&folder)?;
            Ok(())
        })
    });
    let lines = Trial::test("lines", || {
        page::a_line_may_leave_out_what_differs();
        Ok(())
    });
    let trials = trials.into_iter().chain([lines]).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    demo.stop();
    conclusion.exit();
}

/// A folder that looks like the clone, whose contracts a guide may change.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Desk {
        let folder = root().join("target/guides");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["ops", "services", "Cargo.toml"] {
            symlink(root().join(name), folder.join(name)).expect("a link");
        }
        fs::create_dir_all(root().join("target/demo")).expect("a folder");
        fs::create_dir_all(folder.join("target")).expect("a folder");
        symlink(root().join("target/demo"), folder.join("target/demo")).expect("a link");
        let copied = Command::new("cp")
            .arg("-r")
            .arg(root().join("schemas"))
            .arg(folder.join("schemas"))
            .status();
        assert!(copied.expect("cp").success(), "the contracts are copied");
        Desk(folder)
    }
}

/// `ops/demo` with the desk's contracts, smaller than what people see.
struct Demo(Child);

impl Demo {
    fn start(desk: &Path) -> Demo {
        let log = fs::File::create(desk.join("demo.log")).expect("a file");
        let env = root().join("target/demo/env");
        let _ = fs::remove_file(&env);
        let child = Command::new(root().join("ops/demo"))
            .env("SCHEMAS", desk.join("schemas"))
            .env("BANGIOC_BINARY", bangioc())
            .envs([("PARCELS", "2000"), ("OBSERVATIONS", "2000"), ("BUSINESSES", "500")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("`ops/demo`");
        let mut demo = Demo(child);
        wait::until("the demo to be up", Duration::from_mins(5), || {
            assert!(
                demo.0.try_wait().expect("its state").is_none(),
                "`ops/demo` ended: {}",
                fs::read_to_string(desk.join("demo.log")).unwrap_or_default()
            );
            wait::holds(env.exists(), "no target/demo/env yet")
        });
        demo
    }

    /// As Ctrl-C does.
    fn stop(&mut self) {
        let group = Pid::from_child(&self.0);
        let _ = kill_process_group(group, Signal::INT);
        let _ = self.0.wait();
    }
}
