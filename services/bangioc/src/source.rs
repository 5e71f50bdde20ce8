//! `bangioc source`: is a department's database fit, and taking a replaced one.

use bangioc_capture::config::CaptureConfig;
use bangioc_capture::source::{self, CheckedAs};
use bangioc_runtime::Secret;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::table::{aligned, duration, thousands};
use bangioc_runtime::terminal::say;
use bangioc_schemas::catalogue::Catalogue;
use serde_json::json;

use crate::args::SourceCheck;
use crate::findings::Findings;
use crate::output::Output;
use crate::question::settled;
use crate::usage::Refusal;
use crate::{args, contract};

/// Of no use to a look at a database: a department asks before anyone has given it any of this.
const NEEDLESS: [&str; 2] = ["kafka", "registry"];

pub(crate) async fn run(
    command: args::Source,
    settings: &mut Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let config = CaptureConfig::read(settings);
    let contracts = settings.contracts_dir();
    match command {
        args::Source::Check(check) => {
            settings.finish_without(&NEEDLESS)?;
            look(check, &config, &contract::read(&contracts)?, out).await
        }
        args::Source::Accept { store_epoch, yes } => {
            settings.finish()?;
            accept(&config, &contract::read(&contracts)?, store_epoch, yes, out).await
        }
    }
}

async fn look(
    check: SourceCheck,
    config: &CaptureConfig,
    catalogue: &Catalogue,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let asker = match check.login.zip(check.password_file) {
        None => CheckedAs::Ourselves,
        Some((user, file)) => {
            let password = std::fs::read_to_string(&file)
                .map_err(|cause| Refusal::NoPassword { path: file.display().to_string(), cause })?;
            CheckedAs::Login {
                user,
                password: Secret::new(password.trim_end_matches(['\r', '\n'])),
            }
        }
    };
    let source = &config.source;
    let checks = source::check(source, catalogue, config.allow_unlimited_wal, asker).await?;
    let findings = Findings::new(&checks, check.lang);
    if check.sql {
        out.text(&findings.sql(&source.database))?;
    } else {
        out.show(&findings.json(), |_| findings.text(check.all))?;
    }
    if findings.problems > 0 || check.strict && findings.warnings > 0 {
        return Err(Refusal::SourceUnfit {
            name: source.name.clone(),
            findings: findings.counted(),
        }
        .into());
    }
    Ok(())
}

async fn accept(
    config: &CaptureConfig,
    catalogue: &Catalogue,
    store_epoch: Option<u32>,
    yes: bool,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let costs = source::accept_costs(config, catalogue).await?;
    let dash = || "–".to_owned();
    let mut table = vec![["DATASET", "~ROWS", "TAKES ABOUT"].map(str::to_owned)];
    table.extend(costs.iter().map(|cost| {
        [
            cost.dataset.clone(),
            cost.rows.map_or_else(dash, thousands),
            cost.seconds.map_or_else(dash, duration),
        ]
    }));
    let rows: u64 = costs.iter().filter_map(|cost| cost.rows).sum();
    let seconds: f64 = costs.iter().filter_map(|cost| cost.seconds).sum();
    let known = costs.iter().all(|cost| cost.seconds.is_some());
    let takes = match (known, seconds > 0.0) {
        (true, _) => format!("about {}, as the last copies did", duration(seconds)),
        (false, true) => format!("more than {}: some were never copied", duration(seconds)),
        (false, false) => "nobody can say how long: none has been copied yet".to_owned(),
    };
    say(&format!(
        "accept `{}` as it is now: a new epoch, the old slot dropped and a new one made, and every table copied again.\n\n{}\n\
         ~{} rows, {takes}. Readers keep the rows they have and go on getting changes; what is gone at the source\n\
         disappears from the stores when its table's copy ends. Changes that only the old slot had are not shown one by one.",
        config.source.name,
        aligned(&table, 1..3),
        thousands(rows),
    ));
    settled(yes)?;
    let accepted = Box::pin(source::accept(config, catalogue, store_epoch)).await?;
    let epoch = accepted.epoch;
    out.show(&json!({ "epoch": epoch, "datasets": accepted.datasets }), |_| {
        format!(
            "epoch {epoch}: the next `bangioc run capture` copies {} again and sweeps what is gone",
            accepted.datasets.join(", ")
        )
    })
}
