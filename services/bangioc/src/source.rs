//! `bangioc source`: is a department's database fit, and taking a replaced one.

use std::fmt::Write as _;

use bangioc_capture::config::CaptureConfig;
use bangioc_capture::preflight::{Check, Outcome};
use bangioc_capture::source;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use serde_json::{Value, json};

use crate::output::Output;
use crate::usage::Refusal;
use crate::{args, contract};

pub(crate) async fn run(
    command: args::Source,
    settings: &mut Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let config = CaptureConfig::read(settings);
    let contracts = settings.contracts_dir();
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    match command {
        args::Source::Check => {
            let checks =
                source::check(&config.source, &catalogue, config.allow_unlimited_wal).await?;
            out.show(&checks.iter().map(as_json).collect::<Vec<_>>(), |_| {
                as_text(&checks)
            })?;
            match checks.iter().filter(|check| check.is_problem()).count() {
                0 => Ok(()),
                problems => Err(Refusal::SourceUnfit {
                    name: config.source.name,
                    problems,
                }
                .into()),
            }
        }
        args::Source::Accept { store_epoch } => {
            let accepted = Box::pin(source::accept(&config, &catalogue, store_epoch)).await?;
            let epoch = accepted.epoch;
            out.show(&json!({ "epoch": epoch, "datasets": accepted.datasets }), |_| {
                format!(
                    "epoch {epoch}: the next `bangioc run capture` copies {} again and sweeps what is gone",
                    accepted.datasets.join(", ")
                )
            })
        }
    }
}

fn as_json(check: &Check) -> Value {
    let (outcome, why) = match &check.outcome {
        Outcome::Fine => ("fine", None),
        Outcome::Warning(why) => ("warning", Some(why)),
        Outcome::Problem(why) => ("problem", Some(why)),
    };
    json!({ "what": check.what, "outcome": outcome, "why": why, "sql": check.sql, "code": check.code, "dataset": check.dataset })
}

/// A line per check, then the SQL that an administrator runs, ready to be pasted.
fn as_text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let code = check
            .code
            .map(|code| format!(" [{code}]"))
            .unwrap_or_default();
        let _ = match &check.outcome {
            Outcome::Fine => writeln!(text, "✔ {}", check.what),
            Outcome::Warning(why) => writeln!(text, "⚠ {}: {why}{code}", check.what),
            Outcome::Problem(why) => writeln!(text, "✖ {}: {why}{code}", check.what),
        };
    }
    let sql: Vec<&str> = checks
        .iter()
        .filter_map(|check| check.sql.as_deref())
        .collect();
    if !sql.is_empty() {
        let _ = write!(
            text,
            "\nAs the database's administrator:\n\n{}\n",
            sql.join("\n")
        );
    }
    text
}
