use bangioc_sink::standing::SourcePhase;
use jiff::Timestamp;

use super::super::{DatasetFilter, Warned};
use super::*;

const AT: i64 = 1_763_960_400;

fn dataset(
    name: &str,
    rows: (Option<i64>, i64),
    behind: Option<f64>,
    parked_keys: i64,
    state: StandingState,
) -> DatasetStatus {
    DatasetStatus {
        dataset: name.into(),
        owner: "so-nnmt".into(),
        source: "so-nnmt".into(),
        name_vi: String::new(),
        name_en: String::new(),
        source_rows_estimate: rows.0,
        store_rows: rows.1,
        seconds_behind: behind,
        freshness_seconds: 60,
        parked_keys,
        parked_records: parked_keys,
        refused_records: 0,
        warnings: Warned::default(),
        next_step: state.next_step(name, Side::Shared),
        state,
        source_warning: None,
    }
}

fn since() -> Option<Timestamp> {
    Timestamp::from_second(AT).ok()
}

fn seen(code: &str, why: &str) -> SourcePhase {
    SourcePhase { code: code.into(), since: since(), why: why.into() }
}

fn shared() -> SideStatus {
    let mut school = dataset("school", (Some(600), 600), Some(1.0), 0, StandingState::Streaming);
    school.owner = "so-gddt".into();
    school.source = "so-gddt".into();
    school.source_warning = Some(seen("BG0265", "the capture's role: it has a `lock_timeout`"));
    SideStatus {
        side: Side::Shared,
        instances: 1,
        datasets: vec![
            dataset(
                "land-parcel",
                (Some(220_000), 99_012),
                None,
                0,
                StandingState::Copying { percent: Some(45) },
            ),
            dataset("business", (Some(15_000), 15_003), Some(0.84), 12, StandingState::Streaming),
            dataset(
                "directing-document",
                (Some(7), 1_234_567),
                Some(4_000.0),
                1,
                StandingState::Halted { code: "BG0408".into(), since: since(), waits_for: None },
            ),
            dataset("env-observation", (None, 0), Some(61.0), 0, StandingState::Streaming),
            dataset(
                "cooperative",
                (Some(600), 600),
                Some(75.0),
                0,
                StandingState::Retrying {
                    code: "BG0445".into(),
                    since: since(),
                    waits_for: "table `flow.cooperative` is locked by \"an\" (pid 7)".into(),
                    tries: 9,
                },
            ),
            dataset(
                "road",
                (Some(9), 9),
                None,
                0,
                StandingState::SourceHalted(seen("BG0247", "column `name` is gone")),
            ),
            dataset(
                "forest-plot",
                (Some(9), 9),
                Some(0.1),
                0,
                StandingState::AwaitsCopy(seen("BG0246", "its table was rewritten")),
            ),
            school,
        ],
    }
}

fn view(size: Option<(usize, usize)>) -> View {
    View { zone: TimeZone::fixed(jiff::tz::offset(7)), size }
}

#[test]
fn the_table() {
    let report = StatusReport { shared: shared(), open: None }.only(&DatasetFilter::default());
    insta::assert_snapshot!(report.to_text(&view(None)));
    assert_eq!(report.exit() as u8, 5);
}

#[test]
fn a_terminal_gets_what_it_has_room_for() {
    let open = SideStatus {
        side: Side::Open,
        instances: 2,
        datasets: vec![dataset(
            "health-facility",
            (None, 181),
            Some(2.0),
            1,
            StandingState::Streaming,
        )],
    };
    let report =
        StatusReport { shared: shared(), open: Some(open) }.only(&DatasetFilter::default());
    for (width, height) in [(80, 24), (100, 17), (40, 12), (200, 60), (20, 3), (1, 1)] {
        let lines = report.lines(&view(Some((width, height))));
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(width), "{width}: {lines:#?}");
        if height >= 12 {
            assert!(lines.len() <= height, "{height}: {lines:#?}");
        }
    }
    insta::assert_snapshot!(report.to_text(&view(Some((80, 24)))));
}

#[test]
fn only_what_is_asked_for() {
    let only = |filter: &DatasetFilter| -> Vec<String> {
        let report = StatusReport { shared: shared(), open: None }.only(filter);
        report.shared.datasets.into_iter().map(|dataset| dataset.dataset).collect()
    };
    let states = vec!["streaming".to_owned(), "retrying".to_owned()];
    let filter = DatasetFilter { owner: None, states };
    assert_eq!(only(&filter), ["cooperative", "env-observation", "business", "school"]);
    let filter = DatasetFilter { owner: Some("so-gddt".into()), ..filter };
    assert_eq!(only(&filter), ["school"]);
}

#[test]
fn as_json() {
    let copying = StandingState::Copying { percent: None };
    let shared = SideStatus {
        side: Side::Shared,
        instances: 2,
        datasets: vec![
            dataset("business", (None, 3), Some(1.5), 0, copying),
            dataset(
                "road",
                (None, 3),
                None,
                0,
                StandingState::SourceHalted(seen("BG0247", "gone")),
            ),
        ],
    };
    let report = StatusReport { shared, open: None };
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}
