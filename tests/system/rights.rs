//! Default deny: every principal tries what it should not have.

use bangioc_tests::platform::Platform;
use bangioc_tests::world::World;

use crate::{Check, sites};

pub(crate) const CHECKS: &[(&str, Check)] = &[(
    "rights::every_principal_is_refused_what_is_not_its_own",
    every_principal_is_refused_what_is_not_its_own,
)];

fn every_principal_is_refused_what_is_not_its_own(platform: &Platform) {
    let world = World::with_tables(platform, "rights", &["so-nnmt", "national"], &sites::tables());
    let (parcels, business) =
        (world.topic("so-nnmt", "land-parcel"), world.topic("so-tc", "business"));
    let state = "rights.state.so-nnmt".to_owned();
    let progress = "rights.progress.shared.so-nnmt".to_owned();
    let sites = world.open_topic("so-nnmt", "site");
    let open_progress = "rights.progress.open.so-nnmt".to_owned();
    let signal = |asker: &str| format!("rights.signal.so-nnmt.{asker}");
    let (lans, hungs) = (signal("operator-lan"), signal("operator-hung"));
    let (of_shared, of_open) = (signal("shared-store"), signal("open-data"));
    // (principal, topic, may write, may read)
    let table = [
        ("capture-so-nnmt", &parcels, true, false),
        ("capture-so-nnmt", &business, false, false),
        ("capture-so-nnmt", &state, true, true),
        ("capture-so-nnmt", &progress, true, true),
        ("capture-national", &parcels, false, false),
        ("capture-national", &state, false, false),
        ("shared-store", &parcels, false, true),
        ("shared-store", &state, false, false),
        ("shared-store", &progress, false, true),
        ("capture-so-nnmt", &sites, true, false),
        ("capture-so-nnmt", &open_progress, true, false),
        ("capture-national", &sites, false, false),
        ("shared-store", &sites, false, false),
        ("shared-store", &open_progress, false, false),
        ("open-data", &sites, false, true),
        ("open-data", &open_progress, false, true),
        ("open-data", &parcels, false, false),
        ("open-data", &progress, false, false),
        ("open-data", &state, false, false),
        ("dead-letter", &sites, false, false),
        ("stranger", &sites, false, false),
        ("dead-letter", &state, false, false),
        ("registry", &parcels, false, false),
        ("operator-lan", &lans, true, false),
        ("operator-lan", &hungs, false, false),
        ("operator-lan", &of_shared, false, false),
        ("operator-lan", &state, false, true),
        ("operator-lan", &progress, false, true),
        ("operator-lan", &parcels, false, false),
        ("operator-lan", &sites, false, false),
        ("operator-lan", &open_progress, false, false),
        ("capture-so-nnmt", &lans, false, true),
        ("capture-so-nnmt", &of_open, false, true),
        ("capture-national", &lans, false, false),
        ("shared-store", &of_shared, true, false),
        ("shared-store", &of_open, false, false),
        ("shared-store", &lans, false, false),
        ("open-data", &of_open, true, false),
        ("open-data", &of_shared, false, false),
        ("open-data", &lans, false, false),
        ("dead-letter", &of_shared, false, false),
        ("stranger", &lans, false, false),
        ("stranger", &parcels, false, false),
        ("stranger", &progress, false, false),
    ];
    let mut wrong = Vec::new();
    for (principal, topic, may_write, may_read) in table {
        let (wrote, read) =
            (platform.may_write(principal, topic), platform.may_read(principal, topic));
        if wrote != may_write {
            wrong.push(format!(
                "{principal} could{} write {topic}",
                if wrote { "" } else { " not" }
            ));
        }
        if read != may_read {
            wrong.push(format!("{principal} could{} read {topic}", if read { "" } else { " not" }));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!platform.may_write("nobody-at-all", &parcels), "a user that does not exist");
}
