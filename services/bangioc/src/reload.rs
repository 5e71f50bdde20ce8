//! SIGHUP: configuration and contracts are read again, as after `contract check` of a new dataset.
//!
//! Both are first read beside the running service: a mistake is reported and changes nothing. Then the
//! service stops as it does when asked to, and the process becomes a new image of itself under the same
//! number, so that whoever supervises it sees no end. Reading them into a running service instead would
//! give every part a second way to begin.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Trigger;
use tokio::signal::unix::{SignalKind, signal};

use crate::service::Prepared;
use crate::usage::Refusal;
use crate::{args, render};

/// Was the process asked to begin again?
#[derive(Clone, Default)]
pub(crate) struct Reload(Arc<AtomicBool>);

impl Reload {
    /// Listens from now on; a good configuration asks the service to stop by `trigger`.
    pub(crate) fn on_hang_up(
        service: args::Service,
        config: Option<&Path>,
        trigger: Trigger,
    ) -> Result<Reload, BoxFailure> {
        let mut hang_ups = signal(SignalKind::hangup()).map_err(Refusal::Runtime)?;
        let (reload, config) = (Reload::default(), config.map(Path::to_path_buf));
        let asked = reload.clone();
        tokio::spawn(async move {
            while hang_ups.recv().await.is_some() {
                match readable(service, config.as_deref()) {
                    Ok(()) => {
                        tracing::info!(
                            "starting again with the configuration and contracts as they are now"
                        );
                        asked.0.store(true, Ordering::Release);
                        trigger.request();
                        return;
                    }
                    Err(failure) => tracing::error!(
                        code = failure.code(),
                        "going on as before: the configuration or the contracts have mistakes\n{}",
                        render::failure(&*failure)
                    ),
                }
            }
        });
        Ok(reload)
    }

    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

fn readable(service: args::Service, config: Option<&Path>) -> Result<(), BoxFailure> {
    Prepared::read(service, &mut Settings::load(config)?).map(drop)
}

/// Returns only when it could not be done. By the name that it was started with: where a new version was
/// moved into its place, that one starts.
pub(crate) fn begin_again() -> BoxFailure {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_else(|| "bangioc".into());
    Refusal::BeginAgain(Command::new(program).args(words).exec()).into()
}
