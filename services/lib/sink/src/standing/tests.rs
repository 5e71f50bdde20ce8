use bangioc_change::progress::Phase;

use super::*;

const NOW: i64 = 1_780_000_000_000_000;

fn books() -> Books {
    Books {
        dataset: "school".into(),
        rows: 7,
        idle: 0,
        idle_since_us: None,
        nfc: 0,
        whitespace: 0,
        halted_code: None,
        halted_at_us: None,
        waits_code: None,
        waits_since_us: None,
        waits_for: None,
        tries: 0,
        behind: Some(0.5),
        phase: Some("streaming".into()),
        estimated_rows: Some(-1),
        copied_rows: Some(7),
        parked_keys: 0,
        parked_records: 0,
        refused_records: 0,
        distrust: None,
    }
}

fn word(obstacles: &[(ObstacleKind, &str)]) -> SourceWord {
    let obstacles = obstacles.iter().map(|(kind, code)| Obstacle {
        kind: *kind,
        code: (!code.is_empty()).then(|| (*code).to_owned()),
        why: "why".into(),
        since_us: Some(NOW - 60_000_000),
    });
    let told = DatasetProgress {
        phase: Phase::Streaming,
        estimated_rows: -1,
        copied_rows: 7,
        obstacles: obstacles.collect(),
    };
    SourceWord { datasets: [("school".to_owned(), told)].into(), heard_us: NOW - 1_000_000 }
}

#[test]
fn nothing_in_its_way_is_ever_called_streaming() {
    use ObstacleKind as Kind;
    for (obstacles, name, exit) in [
        (&[][..], "streaming", 0),
        (&[(Kind::Warning, "BG0265")], "streaming", 0),
        (&[(Kind::Problem, "BG0235")], "source-problem", 1),
        (&[(Kind::Wait, "BG0236"), (Kind::Problem, "BG0235")], "source-waits", 1),
        (&[(Kind::AwaitsCopy, "BG0246")], "awaits-copy", 5),
        (&[(Kind::Pause, "")], "paused", 0),
        (&[(Kind::Halt, "BG0247"), (Kind::Warning, "BG0265")], "source-halted", 5),
    ] {
        let standing = standing(&books(), Some(&word(obstacles)), NOW);
        assert_eq!((standing.state.name(), standing.state.exit() as u8), (name, exit));
        let has_since = standing.state.since().is_some();
        assert_eq!(has_since, name != "streaming", "{name} has a since");
        let next = standing.state.next_step("school", bangioc_schemas::names::Side::Shared);
        assert_eq!(next.is_some(), name != "streaming", "{name} has a next step");
        let warned = obstacles.iter().any(|(kind, _)| *kind == Kind::Warning);
        assert_eq!(standing.warning.is_some(), warned);
    }
}

#[test]
fn the_store_goes_before_the_source_and_a_dead_source_is_no_idle_one() {
    let halted = [(ObstacleKind::Halt, "BG0247")];
    let told = word(&halted);
    let state = |books: &Books, word: &SourceWord| standing(books, Some(word), NOW).state;
    let code = Some("BG0408".to_owned());
    let stands = Books { halted_code: code, halted_at_us: Some(NOW), ..books() };
    assert!(
        matches!(state(&stands, &told), StandingState::Halted { ref code, .. } if code == "BG0408")
    );
    let tries =
        Books { waits_code: Some("BG0445".into()), waits_since_us: Some(NOW), tries: 3, ..books() };
    assert_eq!(state(&tries, &told).name(), "retrying");
    let idle = Books { idle: 1, idle_since_us: Some(NOW - 5), ..books() };
    assert_eq!(state(&idle, &told).name(), "stopped");
    let silent = SourceWord { heard_us: NOW - SILENCE_US - 1, ..word(&halted) };
    assert_eq!(state(&books(), &silent).name(), "source-silent");
    let forged = Books { distrust: Some("CLOCK_SKEW".into()), ..books() };
    assert_eq!(state(&forged, &word(&[])).code(), Some("BG0431"));
    // As a capture of before told it: the phase alone.
    let old = Books { phase: Some("awaits-copy".into()), ..books() };
    assert_eq!(state(&old, &word(&[])).name(), "awaits-copy");
    assert_eq!(
        standing(&Books { phase: None, ..books() }, None, NOW).state,
        StandingState::Waiting
    );
}

#[test]
fn every_name_has_one_rank() {
    let state = StandingState::Stopped { since: moment(Some(NOW)) };
    assert_eq!(StandingState::NAMES[state.rank()], "stopped");
    assert_eq!(
        serde_json::to_string(&state).unwrap(),
        r#"{"is":"stopped","since":"2026-05-28T20:26:40Z"}"#
    );
    let seen = SourcePhase { code: "BG0246".into(), since: None, why: String::new() };
    assert_eq!(
        serde_json::to_string(&StandingState::AwaitsCopy(seen)).unwrap(),
        r#"{"is":"awaits-copy","code":"BG0246","since":null}"#
    );
}
