//! `bangioc run`: one service, until it is asked to stop.

use bangioc_feed::KafkaSettings;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::names::Side;

use crate::{args, contract, open_data};

pub(crate) async fn run(
    service: args::Service,
    settings: &mut Settings,
    shutdown: Shutdown,
) -> Result<(), BoxFailure> {
    let listen = settings.section("metrics").optional_text("listen");
    let metrics = Metrics::default();
    let mut group = TaskGroup::new(&shutdown);
    match service {
        args::Service::Registry => {
            let config = bangioc_registry::Config::read(&settings.section("registry"));
            let kafka = KafkaSettings::read(&settings.section("kafka"));
            settings.finish()?;
            let deps = bangioc_registry::Dependencies {
                kafka,
                metrics: metrics.clone(),
            };
            group.spawn(
                "registry",
                ended(
                    bangioc_registry::run(config, deps, shutdown.clone()),
                    shutdown.clone(),
                ),
            );
        }
        args::Service::Capture => {
            let config = bangioc_capture::config::CaptureConfig::read(settings);
            let contracts = settings.contracts_dir();
            settings.finish()?;
            let deps = bangioc_capture::Deps {
                catalogue: contract::read(&contracts)?,
                metrics: metrics.clone(),
            };
            group.spawn(
                "capture",
                ended(
                    bangioc_capture::run(config, deps, shutdown.clone()),
                    shutdown.clone(),
                ),
            );
        }
        args::Service::SharedStore => {
            let config = bangioc_shared_store::Config::read(settings);
            let contracts = settings.contracts_dir();
            settings.finish()?;
            let deps = bangioc_shared_store::Deps {
                contracts: contract::of_side(&contract::read(&contracts)?, Side::Shared),
                metrics: metrics.clone(),
            };
            group.spawn(
                "shared-store",
                ended(
                    bangioc_shared_store::run(config, deps, shutdown.clone()),
                    shutdown.clone(),
                ),
            );
        }
        args::Service::OpenData => {
            let config = bangioc_open_data::Config::read(settings);
            let contracts = settings.contracts_dir();
            settings.finish()?;
            let catalogue = contract::read(&contracts)?;
            let deps = bangioc_open_data::Deps {
                contracts: contract::of_side(&catalogue, Side::Open),
                sets: open_data::sets(&catalogue)?,
                metrics: metrics.clone(),
            };
            group.spawn(
                "open-data",
                ended(
                    bangioc_open_data::run(config, deps, shutdown.clone()),
                    shutdown.clone(),
                ),
            );
        }
    }
    if let Some(listen) = listen {
        let endpoint = metrics.listen(&listen).await?;
        tracing::info!(address = endpoint.address(), "metrics are served");
        group.spawn("metrics", async move { Ok(endpoint.run(&shutdown).await?) });
    }
    group.wait().await
}

/// When the service itself has ended, for whatever reason, nothing else has a purpose.
async fn ended(
    service: impl Future<Output = Result<(), BoxFailure>> + Send,
    shutdown: Shutdown,
) -> Result<(), BoxFailure> {
    let end = service.await;
    shutdown.trigger().request();
    end
}
