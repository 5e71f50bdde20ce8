//! The one binary: arguments, configuration, one command, and how a failure looks.

mod args;
mod contract;
mod dataset;
mod dead_letter;
mod explain;
mod findings;
mod key;
mod ledger;
mod open_data;
mod output;
mod question;
mod reconcile;
mod recopy;
mod reload;
mod render;
mod service;
mod source;
mod statement;
mod status;
mod topic;
mod trace;
mod usage;

use std::process::ExitCode;

use bangioc_runtime::failure::{self, BoxFailure, Exit};
use bangioc_runtime::settings::Settings;
use bangioc_runtime::{shutdown, terminal, trace as log};
use clap::Parser as _;

use crate::args::{Arguments, Command};
use crate::output::Output;
use crate::reload::Reload;
use crate::service::Prepared;
use crate::usage::Refusal;

fn main() -> ExitCode {
    failure::find_hints_by(explain::hint);
    let end = run(Arguments::parse()).and_then(|then| match then {
        Then::End => Ok(Exit::Ok),
        Then::EndWith(exit) => Ok(exit),
        Then::BeginAgain => Err(reload::begin_again()),
    });
    let exit = match end {
        Ok(exit) => exit,
        Err(failure) => {
            terminal::say(&render::failure(&*failure));
            failure.exit()
        }
    };
    ExitCode::from(exit as u8)
}

/// What follows on a command that went well.
enum Then {
    End,
    /// What was asked is answered, and the answer has an exit code.
    EndWith(Exit),
    BeginAgain,
}

fn run(arguments: Arguments) -> Result<Then, BoxFailure> {
    let mut out = Output::new(arguments.output);
    if let Command::Explain { code } = &arguments.command {
        match code {
            Some(code) => explain::run(code, &mut out)?,
            None => explain::list(&mut out)?,
        }
        return Ok(Then::End);
    }
    if let Command::Statement(command) = &arguments.command {
        statement::run(command, &mut out)?;
        return Ok(Then::End);
    }
    let mut settings = Settings::load(arguments.config.as_deref())?;
    log::init(&settings.section("log"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Refusal::Runtime)?;
    runtime.block_on(async {
        let shutdown = shutdown::on_signals();
        match arguments.command {
            Command::Run { service } => {
                let prepared = Prepared::read(service, &mut settings)?;
                let reload =
                    Reload::on_hang_up(service, arguments.config.as_deref(), shutdown.trigger())?;
                Box::pin(prepared.run(shutdown)).await?;
                if reload.asked() {
                    return Ok(Then::BeginAgain);
                }
                Ok(())
            }
            Command::Contract(command) => {
                let (dir, prefix) = (settings.contracts_dir(), settings.prefix());
                settings.finish()?;
                contract::run(&command, &dir, &prefix, &mut out)
            }
            Command::Topic(command) => {
                tokio::task::block_in_place(|| topic::run(&command, &settings, &shutdown, &mut out))
            }
            Command::Dataset(command) => Box::pin(dataset::run(command, &settings, &mut out)).await,
            Command::Source(command) => {
                Box::pin(source::run(command, &mut settings, &mut out)).await
            }
            Command::Status(wanted) => {
                let exit = status::run(wanted, &settings, &shutdown, &mut out).await?;
                return Ok(Then::EndWith(exit));
            }
            Command::Trace(wanted) => Box::pin(trace::run(wanted, &settings, &mut out)).await,
            Command::Reconcile(wanted) => {
                Box::pin(reconcile::run(wanted, &settings, &mut out)).await
            }
            Command::Ledger(command) => Box::pin(ledger::run(command, &settings, &mut out)).await,
            Command::DeadLetter { side, command } => {
                Box::pin(dead_letter::run(side, command, &settings, &mut out)).await
            }
            Command::OpenData(command) => {
                Box::pin(open_data::run(command, &settings, shutdown, &mut out)).await
            }
            // Answered above, before any configuration is read.
            Command::Explain { .. } | Command::Statement(_) => Ok(()),
        }?;
        Ok(Then::End)
    })
}
