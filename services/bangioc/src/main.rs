//! The one binary: arguments, configuration, one command, and how a failure looks.

mod args;
mod contract;
mod dead_letter;
mod explain;
mod open_data;
mod output;
mod render;
mod service;
mod source;
mod status;
mod topic;
mod usage;

use std::process::ExitCode;

use bangioc_runtime::failure::{BoxFailure, Exit};
use bangioc_runtime::settings::Settings;
use bangioc_runtime::{shutdown, trace};
use clap::Parser as _;

use crate::args::{Arguments, Command};
use crate::output::Output;
use crate::usage::Refusal;

fn main() -> ExitCode {
    let end = run(Arguments::parse());
    let exit = match end {
        Ok(()) => Exit::Ok,
        Err(failure) => {
            render::to_stderr(&render::failure(&*failure));
            failure.exit()
        }
    };
    ExitCode::from(exit as u8)
}

fn run(arguments: Arguments) -> Result<(), BoxFailure> {
    let mut out = Output::new(arguments.output);
    if let Command::Explain { code } = &arguments.command {
        return match code {
            Some(code) => explain::run(code, &mut out),
            None => explain::list(&mut out),
        };
    }
    let mut settings = Settings::load(arguments.config.as_deref())?;
    trace::init(&settings.section("log"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Refusal::Runtime)?;
    runtime.block_on(async {
        let shutdown = shutdown::on_signals();
        match arguments.command {
            Command::Run { service } => {
                Box::pin(service::run(service, &mut settings, shutdown)).await
            }
            Command::Contract(command) => {
                let (dir, prefix) = (settings.contracts_dir(), settings.prefix());
                settings.finish()?;
                contract::run(&command, &dir, &prefix, &mut out)
            }
            Command::Topic(command) => {
                tokio::task::block_in_place(|| topic::run(&command, &settings, &shutdown, &mut out))
            }
            Command::Source(command) => {
                Box::pin(source::run(command, &mut settings, &mut out)).await
            }
            Command::Status { watch } => status::run(watch, &settings, &shutdown, &mut out).await,
            Command::DeadLetter { side, command } => {
                Box::pin(dead_letter::run(side, command, &settings, &mut out)).await
            }
            Command::OpenData(command) => {
                Box::pin(open_data::run(command, &settings, shutdown, &mut out)).await
            }
            // Answered above, before any configuration is read.
            Command::Explain { .. } => Ok(()),
        }
    })
}
