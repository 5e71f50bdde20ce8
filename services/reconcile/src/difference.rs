//! What a comparison found: counts, and differences named by key reference and kind. No value of a row stands here.

use std::fmt::Write as _;

use bangioc_runtime::table::thousands;
use serde::{Deserialize, Serialize};

/// Differences that a result names; all are counted.
pub const NAMED: usize = 1_000;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// The store does not have the row.
    Missing,
    /// The store has a row that it should not have.
    Surplus,
    /// The store has other values in these columns.
    Differs { columns: Vec<String> },
    /// The store knows that it lacks these columns: they are too large to travel, or on their way.
    Incomplete { columns: Vec<String> },
    /// Records of the key wait among the dead letters, for this reason.
    Parked { code: String },
}

impl Kind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Surplus => "surplus",
            Kind::Differs { .. } => "differs",
            Kind::Incomplete { .. } => "incomplete",
            Kind::Parked { .. } => "parked",
        }
    }

    fn about(&self) -> String {
        match self {
            Kind::Missing => "missing in the store".to_owned(),
            Kind::Surplus => "in the store, and should not be".to_owned(),
            Kind::Differs { columns } => format!("differs in {}", columns.join(", ")),
            Kind::Incomplete { columns } => format!("the store lacks {}", columns.join(", ")),
            Kind::Parked { code } => format!("parked: {code}"),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// As `bangioc dead-letter list` names keys; empty where the key can't be named.
    pub key_ref: String,
    #[serde(flatten)]
    pub kind: Kind,
}

/// Rows by what was found of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct RowCounts {
    pub equal: u64,
    pub missing: u64,
    pub surplus: u64,
    pub differs: u64,
    pub incomplete: u64,
    /// Known, and not counted among those that differ.
    pub parked: u64,
    /// Changed whenever we looked: nothing can be said of them but that they flow.
    pub moving: u64,
    /// Asked for again, and equal since.
    pub repaired: u64,
}

impl RowCounts {
    pub(crate) fn add(&mut self, kind: &Kind) {
        let count = match kind {
            Kind::Missing => &mut self.missing,
            Kind::Surplus => &mut self.surplus,
            Kind::Differs { .. } => &mut self.differs,
            Kind::Incomplete { .. } => &mut self.incomplete,
            Kind::Parked { .. } => &mut self.parked,
        };
        *count += 1;
    }

    pub fn differ(&self) -> u64 {
        self.missing + self.surplus + self.differs + self.incomplete
    }
}

/// One side of one dataset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SideResult {
    pub dataset: String,
    pub owner: String,
    pub source: String,
    pub side: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Compared(Compared),
    /// Why, with its code.
    NotCompared {
        code: String,
        why: String,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// Of the source; its log's positions mean something within one epoch.
    pub epoch: u32,
    /// Each row was read at the source between these two positions of its log, and the store held everything that was
    /// committed up to the second.
    pub from_lsn: String,
    pub as_of_lsn: String,
    pub counts: RowCounts,
    /// More rows differ than are looked at one by one.
    pub cut_short: bool,
    pub differences: Vec<Difference>,
}

impl SideResult {
    pub fn is_equal(&self) -> bool {
        matches!(&self.outcome, Outcome::Compared(compared) if compared.is_equal())
    }

    /// A line, and one for each named difference.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} {}: ", self.dataset, self.side);
        match &self.outcome {
            Outcome::NotCompared { code, why } => {
                let _ = writeln!(text, "not compared: {why} [{code}]");
            }
            Outcome::Compared(compared) => {
                let counts = &compared.counts;
                let _ = write!(
                    text,
                    "as of {}: {} rows equal, {} differ",
                    compared.as_of_lsn,
                    thousands(counts.equal),
                    thousands(counts.differ())
                );
                for (count, word) in [
                    (counts.parked, "parked"),
                    (counts.moving, "changing"),
                    (counts.repaired, "repaired"),
                ] {
                    if count > 0 {
                        let _ = write!(text, ", {} {word}", thousands(count));
                    }
                }
                text.push('\n');
                for difference in &compared.differences {
                    let _ = writeln!(text, "  {}  {}", difference.key_ref, difference.kind.about());
                }
                let named = compared.differences.len() as u64;
                let all = counts.differ() + counts.parked;
                if all > named {
                    let _ = writeln!(text, "  and {} more", thousands(all - named));
                }
                if compared.cut_short {
                    text.push_str("  not looked at further: copy the dataset again\n");
                }
            }
        }
        text
    }
}

impl Compared {
    pub fn is_equal(&self) -> bool {
        self.counts.differ() == 0 && !self.cut_short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_reads_as_a_line_and_its_differences() {
        let difference = |key_ref: &str, kind| Difference { key_ref: key_ref.to_owned(), kind };
        let differences = vec![
            difference("00ff00ff00ff00ff", Kind::Differs { columns: vec!["area_m2".to_owned()] }),
            difference("11ff00ff00ff00ff", Kind::Parked { code: "E_RANGE".to_owned() }),
        ];
        let mut counts = RowCounts { equal: 1_482_113, moving: 2, ..RowCounts::default() };
        for one in &differences {
            counts.add(&one.kind);
        }
        counts.missing += 1;
        let result = SideResult {
            dataset: "land-parcel".into(),
            owner: "so-nnmt".into(),
            source: "so-nnmt".into(),
            side: "shared".into(),
            outcome: Outcome::Compared(Compared {
                epoch: 1,
                from_lsn: "16/B0000000".into(),
                as_of_lsn: "16/B374D848".into(),
                counts,
                cut_short: false,
                differences,
            }),
        };
        assert_eq!(
            result.to_text(),
            "land-parcel shared: as of 16/B374D848: 1,482,113 rows equal, 2 differ, 1 parked, 2 changing\n  \
             00ff00ff00ff00ff  differs in area_m2\n  11ff00ff00ff00ff  parked: E_RANGE\n  and 1 more\n"
        );
        assert!(!result.is_equal());
        let json = serde_json::to_string(&result).unwrap();
        assert_eq!(serde_json::from_str::<SideResult>(&json).unwrap(), result, "{json}");
    }
}
