//! Open data, from the open store to what a reader gets: real PostgreSQL, the real binary, and judges of
//! other houses for every format. No Kafka: what fills the store is the sink's own matter.

mod crash;
mod judges;
mod pages;
mod snapshots;
mod store;

use libtest_mimic::{Arguments, Trial};
use store::Store;

type Check = fn(&Store);

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let checks: Vec<(&str, Check)> = [
        snapshots::CHECKS,
        crash::CHECKS,
        judges::CHECKS,
        pages::CHECKS,
    ]
    .concat();
    if arguments.list {
        let named = checks
            .iter()
            .map(|(name, _)| Trial::test(*name, || Ok(())))
            .collect();
        libtest_mimic::run(&arguments, named).exit();
    }
    let store: &'static Store = Box::leak(Box::new(Store::start("open")));
    let trials = checks.into_iter().map(|(name, check)| {
        Trial::test(name, move || {
            check(store);
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    store.stop();
    conclusion.exit();
}
