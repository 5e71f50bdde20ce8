//! The whole-system suite: every trial runs real processes on one real Kafka and PostgreSQL. A harness of its
//! own, because what a platform starts must also be stopped.

mod dead_letters;
mod faults;
mod gaps;
mod halts;
mod journey;
mod notes;
mod open_data;
mod open_feed;
mod open_store;
mod parcels;
mod poison;
mod registry;
mod rights;
mod sites;

use bangioc_tests::platform::Platform;
use libtest_mimic::{Arguments, Trial};

/// A test of the whole system.
type Check = fn(&Platform);

fn main() {
    let mut arguments = Arguments::from_args();
    // Two cores: more trials at once only wait for each other.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let checks: Vec<(&str, Check)> = [
        journey::CHECKS,
        faults::CHECKS,
        dead_letters::CHECKS,
        halts::CHECKS,
        open_feed::CHECKS,
        open_store::CHECKS,
        open_data::CHECKS,
        poison::CHECKS,
        gaps::CHECKS,
        rights::CHECKS,
        registry::CHECKS,
    ]
    .concat();

    // Listing starts nothing.
    if arguments.list {
        let named = checks
            .iter()
            .map(|(name, _)| Trial::test(*name, || Ok(())))
            .collect();
        libtest_mimic::run(&arguments, named).exit();
    }
    let platform: &'static Platform = Box::leak(Box::new(Platform::start("system")));
    let trials = checks.into_iter().map(|(name, check)| {
        Trial::test(name, move || {
            check(platform);
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    platform.stop();
    conclusion.exit();
}
