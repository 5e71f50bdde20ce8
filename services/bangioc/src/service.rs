//! `bangioc run`: one service, until it is asked to stop.

use std::sync::Arc;

use bangioc_feed::KafkaSettings;
use bangioc_open_data::set::OpenSet;
use bangioc_registry::UsedSubject;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::listener::ListenerSettings;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_topics::Deployment;
use bangioc_topics::principals::{self, SubjectUsers};

use crate::{args, contract, open_data, reconcile};

/// A service whose configuration and contracts are read and sound; nothing outside is touched yet.
pub(crate) struct Prepared {
    service: Service,
    /// Where metrics are served, and how.
    listen: Option<(String, ListenerSettings)>,
}

#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
enum Service {
    Registry(bangioc_registry::Config, KafkaSettings, Vec<UsedSubject>),
    Capture(bangioc_capture::config::CaptureConfig, Catalogue),
    SharedStore(bangioc_shared_store::Config, Vec<Arc<Contract>>),
    OpenData(bangioc_open_data::Config, Vec<Arc<Contract>>, Vec<OpenSet>),
    Reconcile(bangioc_reconcile::Config, Vec<Arc<Contract>>),
}

impl Prepared {
    /// Every mistake of the configuration at once, then every mistake of the contracts.
    pub(crate) fn read(
        service: args::Service,
        settings: &mut Settings,
    ) -> Result<Prepared, BoxFailure> {
        let listen = settings
            .section("metrics")
            .optional_text("listen")
            .map(|listen| (listen, ListenerSettings::read(settings, "metrics")));
        let contracts = settings.contracts_dir();
        let service = match service {
            args::Service::Registry => {
                let config = bangioc_registry::Config::read(settings);
                let kafka = KafkaSettings::read(&settings.section("kafka"));
                let prefix = settings.prefix();
                settings.finish()?;
                let used = used_subjects(&prefix, &contract::read(&contracts)?);
                Service::Registry(config, kafka, used)
            }
            args::Service::Capture => {
                let config = bangioc_capture::config::CaptureConfig::read(settings);
                settings.finish()?;
                Service::Capture(config, contract::read(&contracts)?)
            }
            args::Service::SharedStore => {
                let config = bangioc_shared_store::Config::read(settings, Side::Shared);
                settings.finish()?;
                let catalogue = contract::read(&contracts)?;
                Service::SharedStore(config, contract::of_side(&catalogue, Side::Shared))
            }
            args::Service::OpenData => {
                let config = bangioc_open_data::Config::read(settings);
                settings.finish()?;
                let catalogue = contract::read(&contracts)?;
                let sets = open_data::sets(&catalogue)?;
                Service::OpenData(config, contract::of_side(&catalogue, Side::Open), sets)
            }
            args::Service::Reconcile => {
                let config = bangioc_reconcile::Config::read(settings)?;
                settings.finish()?;
                let contracts = reconcile::contracts(&config, &contract::read(&contracts)?, &[])?;
                Service::Reconcile(config, contracts)
            }
        };
        Ok(Prepared { service, listen })
    }

    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), BoxFailure> {
        let metrics = Metrics::default();
        let mut group = TaskGroup::new(&shutdown);
        let (part, stop) = (metrics.clone(), shutdown.clone());
        match self.service {
            Service::Registry(config, kafka, used) => {
                let deps = bangioc_registry::Dependencies { kafka, metrics: part, used };
                let run = bangioc_registry::run(config, deps, stop.clone());
                group.spawn("registry", ended(run, stop));
            }
            Service::Capture(config, catalogue) => {
                let deps = bangioc_capture::Deps { catalogue, metrics: part };
                let run = bangioc_capture::run(config, deps, stop.clone());
                group.spawn("capture", ended(run, stop));
            }
            Service::SharedStore(config, contracts) => {
                let deps = bangioc_shared_store::Deps { contracts, metrics: part };
                let run = bangioc_shared_store::run(config, deps, stop.clone());
                group.spawn("shared-store", ended(run, stop));
            }
            Service::OpenData(config, contracts, sets) => {
                let deps = bangioc_open_data::Deps { contracts, sets, metrics: part };
                let run = bangioc_open_data::run(config, deps, stop.clone());
                group.spawn("open-data", ended(run, stop));
            }
            Service::Reconcile(config, contracts) => {
                let deps = bangioc_reconcile::schedule::Deps { contracts, metrics: part };
                let run = bangioc_reconcile::schedule::run(config, deps, stop.clone());
                group.spawn("reconcile", ended(run, stop));
            }
        }
        if let Some((listen, settings)) = self.listen {
            let endpoint = metrics.listen(&listen, &settings).await?;
            tracing::info!(address = endpoint.address(), "metrics are served");
            group.spawn("metrics", async move {
                endpoint.run(&shutdown).await;
                Ok(())
            });
        }
        group.wait().await
    }
}

/// What the registry keeps for the topics of the contracts, and who may ask for it.
fn used_subjects(prefix: &str, catalogue: &Catalogue) -> Vec<UsedSubject> {
    // Of Kafka nothing is asked here: neither copies nor the operator's own name matter.
    let deployment = Deployment::of(prefix, 1, "", Vec::new(), catalogue.iter());
    let subject = |subject: SubjectUsers| UsedSubject {
        name: subject.name,
        writer: subject.writer,
        readers: subject.readers,
    };
    principals::subjects(&deployment).into_iter().map(subject).collect()
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
