//! What a look at a source found, for people and for psql: worst first, by table, what is right in one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bangioc_capture::preflight::script::{has_statements, script};
use bangioc_capture::preflight::{Check, CheckOutcome, CheckSubject};
use bangioc_runtime::printable::printable;
use bangioc_schemas::contract::Label;
use serde_json::{Value, json};

use crate::args::Language;

pub(crate) struct Findings<'a> {
    checks: &'a [Check],
    language: Language,
    pub(crate) problems: usize,
    pub(crate) warnings: usize,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(checks: &'a [Check], language: Language) -> Findings<'a> {
        Findings {
            checks,
            language,
            problems: checks.iter().filter(|check| check.is_problem()).count(),
            warnings: checks.iter().filter(|check| check.is_warning()).count(),
        }
    }

    fn said<'l>(&self, label: &'l Label) -> &'l str {
        match self.language {
            Language::Vi => &label.vi,
            Language::En => &label.en,
        }
    }

    fn words(&self, vi: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// `2 problems, 1 warning`
    pub(crate) fn counted(&self) -> String {
        let plural =
            |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        format!("{}, {}", plural(self.problems, "problem"), plural(self.warnings, "warning"))
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let each = |check: &Check| {
            let (outcome, why) = match &check.outcome {
                CheckOutcome::Fine => ("fine", None),
                CheckOutcome::Warning(why) => ("warning", Some(self.said(why))),
                CheckOutcome::Problem(why) => ("problem", Some(self.said(why))),
            };
            let remedy = check.remedy.as_ref();
            json!({
                "about": self.said(&check.about.name()),
                "what": self.said(&check.what),
                "outcome": outcome,
                "why": why,
                "sql": remedy.map(|remedy| &remedy.sql),
                "cost": remedy.and_then(|remedy| remedy.cost.as_ref()).map(|cost| self.said(cost)),
                "code": check.code,
                "dataset": check.dataset,
            })
        };
        self.checks.iter().map(each).collect()
    }

    /// All SQL, for psql.
    pub(crate) fn sql(&self, database: &str) -> String {
        let sql = script(self.checks, |label| self.said(label));
        if sql.is_empty() {
            return self.words("-- không có gì phải sửa", "-- nothing to be done").to_owned();
        }
        let database = printable(database);
        let before = match self.language {
            Language::Vi => format!(
                "-- Quản trị viên chạy trong cơ sở dữ liệu {database}: psql -v ON_ERROR_STOP=1 -d {database} -f TỆP\n\
                 -- Dòng bắt đầu bằng `-- !` nói lệnh ngay dưới làm gì với cơ sở dữ liệu đang chạy.\n"
            ),
            Language::En => format!(
                "-- For an administrator, in database {database}: psql -v ON_ERROR_STOP=1 -d {database} -f FILE\n\
                 -- A line that begins with `-- !` says what the statement below it does to a live database.\n"
            ),
        };
        format!("{before}\n{sql}")
    }

    /// A block for each thing that has findings, the worst first; `all`: what is right is said, too.
    pub(crate) fn text(&self, all: bool) -> String {
        let mut groups: BTreeMap<&CheckSubject, Vec<&Check>> = BTreeMap::new();
        for check in self.checks {
            groups.entry(&check.about).or_default().push(check);
        }
        let mut groups: Vec<(&CheckSubject, Vec<&Check>)> = groups.into_iter().collect();
        for (_, checks) in &mut groups {
            checks.sort_by_key(|check| check.rank());
        }
        groups.sort_by_key(|(_, checks)| checks.first().map_or(2, |check| check.rank()));
        let mut text = String::new();
        for (about, checks) in &groups {
            self.group(&mut text, about, checks, all);
        }
        text.push_str(&self.summary());
        text
    }

    fn group(&self, text: &mut String, about: &CheckSubject, checks: &[&Check], all: bool) {
        let worst = checks.first().map_or(2, |check| check.rank());
        let dataset = checks.iter().find_map(|check| check.dataset.as_deref());
        let dataset = dataset.map(|dataset| format!(" ({dataset})")).unwrap_or_default();
        let name = about.name();
        let _ = writeln!(text, "{} {}{dataset}", sign(worst), printable(self.said(&name)));
        for check in checks.iter().filter(|check| all || !check.is_fine()) {
            let code = check.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            let _ = writeln!(
                text,
                "  {} {}{code}",
                sign(check.rank()),
                printable(self.said(check.sentence()))
            );
            let Some(remedy) = &check.remedy else {
                continue;
            };
            if let Some(cost) = &remedy.cost {
                let _ = writeln!(text, "      ! {}", self.said(cost));
            }
            for line in remedy.sql.lines() {
                let _ = writeln!(text, "      {line}");
            }
        }
    }

    fn summary(&self) -> String {
        let (problems, warnings) = (self.problems, self.warnings);
        let found = match self.language {
            _ if problems + warnings == 0 => {
                return self
                    .words("\nKhông có gì phải sửa.\n", "\nNothing to be done.\n")
                    .to_owned();
            }
            Language::Vi => format!("{problems} vấn đề, {warnings} cảnh báo"),
            Language::En => self.counted(),
        };
        let run = if has_statements(self.checks) {
            self.words(
                "; mọi lệnh SQL theo đúng thứ tự chạy: `bangioc source check --sql`",
                "; all SQL in the order in which it runs: `bangioc source check --sql`",
            )
        } else {
            ""
        };
        format!("\n{found}{run}\n")
    }
}

fn sign(rank: u8) -> char {
    match rank {
        0 => '✖',
        1 => '⚠',
        _ => '✔',
    }
}
