//! Invented land parcels, and someone who keeps changing them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

use bangioc_tests::world::World;

/// A long text that PostgreSQL keeps out of line, different every time.
pub(crate) const LONG_TEXT: &str =
    "(select string_agg(md5(random()::text), '') from generate_series(1, 200))";

/// Adds parcels `first..first + count` of commune 01273; every tenth has a note that is TOASTed.
pub(crate) fn add(world: &World<'_>, first: u32, count: u32) {
    world.source("so-nnmt", &format!(
        "insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, land_types_mixed, area_m2, holder_ids, surveyed_on, note) \
         select '01273', 1 + n / 1000, 1 + n % 1000, 'ONT', array['ONT', 'CLN'], 100 + n % 900 + 0.5, array['004199999901'], date '2020-01-01' + n % 2000, \
         case when n % 10 = 0 then (select string_agg(md5(random()::text || m || n), '') from generate_series(1, 200) m) end \
         from generate_series({first}, {}) n",
        first + count - 1
    ));
}

/// One small transaction of every kind, at random parcels: update (of a row whose TOASTed note stays),
/// insert, delete, change of the key, two changes of one row, one that is rolled back.
fn change(world: &World<'_>, n: u64) {
    let any = "(select ctid from land_parcel order by random() limit 1)";
    let sql = match n % 6 {
        0 | 1 => "update land_parcel set area_m2 = area_m2 + 0.1, updated_at = now() where ctid in (select ctid from land_parcel order by random() limit 20)".to_owned(),
        2 => format!(
            "insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2) values ('01279', {}, {}, 'CLN', 50.5)",
            1 + n / 9000,
            1 + n % 9000
        ),
        3 => "delete from land_parcel where ctid = any (array(select ctid from land_parcel order by random() limit 3))".to_owned(),
        4 => format!("update land_parcel set parcel_no = 20000 + {n} where ctid = {any}"),
        _ => format!(
            "begin; update land_parcel set status = 'split' where ctid = {any}; update land_parcel set note = {LONG_TEXT} where ctid = {any}; commit; \
                      begin; delete from land_parcel; rollback"
        ),
    };
    // A row may be gone when its turn comes; that is no failure.
    world.source("so-nnmt", &sql);
}

/// Changes parcels until it is told to stop.
pub(crate) struct Writer<'scope> {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    thread: ScopedJoinHandle<'scope, ()>,
}

impl<'scope> Writer<'scope> {
    pub(crate) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        world: &'env World<'_>,
    ) -> Writer<'scope> {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = scope.spawn({
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    change(world, done.fetch_add(1, Ordering::Relaxed));
                }
            }
        });
        Writer { stop, done, thread }
    }

    pub(crate) fn changes(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Number of transactions that were run.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a writer without a failure");
        self.done.load(Ordering::Relaxed)
    }
}
