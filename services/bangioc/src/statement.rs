//! `bangioc statement`: what was signed, and with what.

use std::fmt::Write as _;

use bangioc_reconcile::run::Report;
use bangioc_reconcile::statement::{self, SigningKey};
use bangioc_runtime::failure::BoxFailure;
use serde_json::json;

use crate::args;
use crate::output::Output;

pub(crate) fn run(command: &args::Statement, out: &mut Output) -> Result<(), BoxFailure> {
    match command {
        args::Statement::Verify { file, key } => {
            let report = statement::verify(file, key)?;
            out.show(&report, page)
        }
        args::Statement::Key { file } => {
            let key = SigningKey::make(file)?;
            out.show(&json!({ "public_key": key.public() }), |_| key.public())
        }
    }
}

fn page(report: &Report) -> String {
    let mut text = format!(
        "signed with that key, and unchanged: `{}`, from {} to {}\n",
        report.prefix, report.began_at, report.ended_at
    );
    for result in &report.results {
        let _ = write!(text, "{}", result.to_text());
    }
    text
}
