//! A suite: checks of one thing that is started for all of them and must also be stopped, which cargo's own
//! harness has no place for.

use libtest_mimic::{Arguments, Trial};

/// A named test of `T`.
pub type Check<T> = (&'static str, fn(&T));

/// Runs the checks that the arguments name, then ends the process. Listing starts nothing.
pub fn run<T: Sync + 'static>(
    checks: Vec<Check<T>>,
    start: impl FnOnce() -> T,
    stop: impl FnOnce(&T),
) -> ! {
    // On two cores: trials wait for most of their time.
    run_with(3, checks, start, stop)
}

/// The same, one after another: of checks that would see each other's doing.
pub fn run_in_turn<T: Sync + 'static>(
    checks: Vec<Check<T>>,
    start: impl FnOnce() -> T,
    stop: impl FnOnce(&T),
) -> ! {
    run_with(1, checks, start, stop)
}

fn run_with<T: Sync + 'static>(
    threads: usize,
    checks: Vec<Check<T>>,
    start: impl FnOnce() -> T,
    stop: impl FnOnce(&T),
) -> ! {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(threads));
    if arguments.list {
        let named = checks.into_iter().map(|(name, _)| Trial::test(name, || Ok(()))).collect();
        libtest_mimic::run(&arguments, named).exit();
    }
    // Trials run on threads that own what they use.
    let started: &'static T = Box::leak(Box::new(start()));
    let trials = checks.into_iter().map(|(name, check)| {
        Trial::test(name, move || {
            check(started);
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    stop(started);
    conclusion.exit()
}
