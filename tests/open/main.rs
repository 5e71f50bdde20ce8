//! Open data, from the open store to what a reader gets: real PostgreSQL, the real binary, and judges of
//! other houses for every format. No Kafka: what fills the store is the sink's own matter.

mod crash;
mod judges;
mod pages;
mod snapshots;
mod store;

use bangioc_tests::suite;
use store::Store;

type Check = fn(&Store);

fn main() {
    let checks = [snapshots::CHECKS, crash::CHECKS, judges::CHECKS, pages::CHECKS].concat();
    suite::run(checks, || Store::start("open"), Store::stop)
}
