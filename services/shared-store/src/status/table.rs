//! The same as a table for people.

use std::fmt::Write as _;

use bangioc_runtime::table::{aligned, counted, duration, thousands};

use super::{DatasetStatus, SideStatus, State, StatusReport};

const BAR: usize = 10;

impl StatusReport {
    /// A table per side.
    pub fn to_table(&self) -> String {
        match &self.open {
            None => self.shared.to_table("`bangioc dead-letter list`"),
            Some(open) => format!(
                "SHARED SIDE\n{}\nOPEN SIDE\n{}",
                self.shared.to_table("`bangioc dead-letter list`"),
                open.to_table("`bangioc dead-letter list --side open`")
            ),
        }
    }
}

impl SideStatus {
    /// A table of fixed columns, closed by one line about the whole. `more`: the command that tells more
    /// of parked keys.
    fn to_table(&self, more: &str) -> String {
        let head = ["DATASET", "OWNER", "~AT SOURCE", "IN STORE", "BEHIND", "PARKED", "STATE"]
            .map(str::to_owned);
        let rows: Vec<[String; 7]> =
            std::iter::once(head).chain(self.datasets.iter().map(cells)).collect();
        let mut text = aligned(&rows, 2..6);
        let parked: i64 = self.datasets.iter().map(|dataset| dataset.parked_keys).sum();
        let total: i64 = self.datasets.iter().map(|dataset| dataset.store_rows).sum();
        let _ = write!(
            text,
            "\n{} rows in the store, {} at work",
            thousands(total),
            counted(self.instances, "instance", "instances"),
        );
        let refused: i64 = self.datasets.iter().map(|dataset| dataset.refused_records).sum();
        if refused > 0 {
            let _ = write!(
                text,
                "; {} refused: table flow.quarantined, `bangioc explain BG0427`",
                counted(refused, "record", "records")
            );
        }
        let nfc: i64 = self.datasets.iter().map(|of| of.warnings.nfc).sum();
        let whitespace: i64 = self.datasets.iter().map(|of| of.warnings.whitespace).sum();
        if nfc + whitespace > 0 {
            let _ = write!(
                text,
                "; taken as they are: W_NFC {}, W_WHITESPACE {}",
                thousands(nfc),
                thousands(whitespace)
            );
        }
        if parked > 0 {
            let _ = write!(text, "; {} parked: {more}", counted(parked, "key", "keys"));
        }
        text.push('\n');
        text
    }
}

fn cells(dataset: &DatasetStatus) -> [String; 7] {
    [
        dataset.dataset.clone(),
        dataset.owner.clone(),
        dataset.source_rows_estimate.map_or_else(dash, |rows| format!("~{}", thousands(rows))),
        thousands(dataset.store_rows),
        dataset.seconds_behind.map_or_else(dash, duration),
        if dataset.parked_keys == 0 { dash() } else { thousands(dataset.parked_keys) },
        state(dataset),
    ]
}

fn state(dataset: &DatasetStatus) -> String {
    let mut text = match &dataset.state {
        State::Copying { percent: None } => "copying".to_owned(),
        State::Copying { percent: Some(percent) } => {
            format!("copying {} {percent} %", bar(*percent))
        }
        State::Streaming => "streaming".to_owned(),
        State::AwaitsCopy => "may differ, waits for `dataset recopy`".to_owned(),
        State::Waiting => "waiting for the source".to_owned(),
        State::Stopped => "stopped: no instance".to_owned(),
        State::Halted { code, since, waits_for } => {
            let since = since.as_ref().map_or(String::new(), |since| format!(" since {since}"));
            match waits_for {
                Some(what) => {
                    format!("halted: {code}{since}, goes on by itself once mended: {what}")
                }
                None => format!("halted: {code}{since}, `bangioc explain {code}`"),
            }
        }
        State::Retrying { code, since, waits_for, .. } => {
            format!("retrying: {code} since {since}: {waits_for}")
        }
        State::SourceHalted => "halted at the source".to_owned(),
        State::Paused => "paused".to_owned(),
    };
    if let Some(why) = &dataset.distrust {
        let _ = write!(text, ", its source not believed: {why}");
    }
    text
}

fn dash() -> String {
    "–".to_owned()
}

fn bar(percent: u8) -> String {
    let full = usize::from(percent) * BAR / 100;
    "█".repeat(full) + &"░".repeat(BAR - full)
}

#[cfg(test)]
mod tests {
    use super::super::Warned;
    use super::*;

    fn dataset(
        name: &str,
        rows: (Option<i64>, i64),
        behind: Option<f64>,
        parked_keys: i64,
        state: State,
    ) -> DatasetStatus {
        DatasetStatus {
            dataset: name.into(),
            owner: "so-nnmt".into(),
            name_vi: String::new(),
            name_en: String::new(),
            source_rows_estimate: rows.0,
            store_rows: rows.1,
            seconds_behind: behind,
            freshness_seconds: 60,
            parked_keys,
            parked_records: parked_keys,
            refused_records: 0,
            distrust: None,
            warnings: Warned::default(),
            state,
        }
    }

    #[test]
    fn the_table() {
        let shared = SideStatus {
            instances: 1,
            datasets: vec![
                dataset(
                    "land-parcel",
                    (Some(220_000), 99_012),
                    None,
                    0,
                    State::Copying { percent: Some(45) },
                ),
                dataset("business", (Some(15_000), 15_003), Some(0.84), 12, State::Streaming),
                dataset("env-observation", (None, 0), None, 0, State::Waiting),
                dataset(
                    "directing-document",
                    (Some(7), 1_234_567),
                    Some(4_000.0),
                    1,
                    State::Halted {
                        code: "BG0408".into(),
                        since: Some("2026-11-24T05:00:00Z".into()),
                        waits_for: None,
                    },
                ),
                dataset(
                    "school",
                    (Some(600), 600),
                    Some(75.0),
                    0,
                    State::Retrying {
                        code: "BG0445".into(),
                        since: "2026-11-24T05:00:00Z".into(),
                        waits_for: "table `flow.school` is locked by an (pid 7)".into(),
                        tries: 9,
                    },
                ),
            ],
        };
        let open = SideStatus {
            instances: 2,
            datasets: vec![dataset("health-facility", (None, 181), Some(2.0), 1, State::Streaming)],
        };
        let mut report = StatusReport { shared, open: None };
        insta::assert_snapshot!(report.to_table(), @r#"
        DATASET             OWNER    ~AT SOURCE   IN STORE  BEHIND  PARKED  STATE
        land-parcel         so-nnmt    ~220,000     99,012       –       –  copying ████░░░░░░ 45 %
        business            so-nnmt     ~15,000     15,003   0.8 s      12  streaming
        env-observation     so-nnmt           –          0       –       –  waiting for the source
        directing-document  so-nnmt          ~7  1,234,567  67 min       1  halted: BG0408 since 2026-11-24T05:00:00Z, `bangioc explain BG0408`
        school              so-nnmt        ~600        600    75 s       –  retrying: BG0445 since 2026-11-24T05:00:00Z: table `flow.school` is locked by an (pid 7)

        1,349,182 rows in the store, 1 instance at work; 13 keys parked: `bangioc dead-letter list`
        "#);
        report.open = Some(open);
        report.shared.datasets.truncate(1);
        insta::assert_snapshot!(report.to_table(), @r"
        SHARED SIDE
        DATASET      OWNER    ~AT SOURCE  IN STORE  BEHIND  PARKED  STATE
        land-parcel  so-nnmt    ~220,000    99,012       –       –  copying ████░░░░░░ 45 %

        99,012 rows in the store, 1 instance at work

        OPEN SIDE
        DATASET          OWNER    ~AT SOURCE  IN STORE  BEHIND  PARKED  STATE
        health-facility  so-nnmt           –       181   2.0 s       1  streaming

        181 rows in the store, 2 instances at work; 1 key parked: `bangioc dead-letter list --side open`
        ");
    }

    #[test]
    fn as_json() {
        let shared = SideStatus {
            instances: 2,
            datasets: vec![dataset(
                "business",
                (None, 3),
                Some(1.5),
                0,
                State::Copying { percent: None },
            )],
        };
        let report = StatusReport { shared, open: None };
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            r#"{"instances":2,"datasets":[{"dataset":"business","owner":"so-nnmt","name_vi":"","name_en":"","source_rows_estimate":null,"store_rows":3,"seconds_behind":1.5,"freshness_seconds":60,"parked_keys":0,"parked_records":0,"refused_records":0,"state":{"is":"copying","percent":null}}]}"#
        );
    }
}
