//! The whole-system suite: every trial runs real processes on one real Kafka and PostgreSQL. A harness of its
//! own, because what a platform starts must also be stopped.

mod askers;
mod bounds;
mod ddl;
mod dead_letters;
mod doctor;
mod faults;
mod gaps;
mod halts;
mod journey;
mod names;
mod notes;
mod open_data;
mod open_feed;
mod open_store;
mod operations;
mod own_server;
mod parcels;
mod poison;
mod reconcile;
mod references;
mod refusals;
mod registry;
mod registry_doors;
mod rights;
mod sites;
mod source_access;
mod states;
mod superuser;
mod trust;
mod ways_out;

use bangioc_tests::platform::Platform;
use bangioc_tests::suite;

/// A test of the whole system.
type Check = fn(&Platform);

fn main() {
    let checks = [
        journey::CHECKS,
        faults::CHECKS,
        dead_letters::CHECKS,
        halts::CHECKS,
        bounds::CHECKS,
        ddl::CHECKS,
        open_feed::CHECKS,
        open_store::CHECKS,
        open_data::CHECKS,
        operations::CHECKS,
        names::CHECKS,
        own_server::CHECKS,
        superuser::CHECKS,
        poison::CHECKS,
        reconcile::CHECKS,
        gaps::CHECKS,
        rights::CHECKS,
        askers::CHECKS,
        source_access::CHECKS,
        states::CHECKS,
        doctor::CHECKS,
        references::CHECKS,
        refusals::CHECKS,
        registry::CHECKS,
        registry_doors::CHECKS,
        trust::CHECKS,
        ways_out::CHECKS,
    ]
    .concat();
    suite::run(checks, || Platform::start("system"), Platform::stop)
}
