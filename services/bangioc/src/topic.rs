//! `bangioc topic`: topics, subjects and access rights, planned and applied.

use bangioc_feed::KafkaSettings;
use bangioc_feed::registry::RegistrySettings;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::terminal;
use bangioc_topics::deployment::operators;
use bangioc_topics::{Consent, Deployment, Extent, Topics, text};

use crate::output::Output;
use crate::{args, contract};

/// Blocks: librdkafka's administration does.
pub(crate) fn run(
    command: &args::Topic,
    settings: &Settings,
    shutdown: &Shutdown,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let kafka = KafkaSettings::read(&settings.section("kafka"));
    let registry = RegistrySettings::read(&settings.section("registry"));
    let operators = operators(&settings.section("operators"));
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    let deployment = Deployment::of(
        &prefix,
        u32::from(kafka.replication),
        kafka.principal(),
        operators,
        catalogue.iter(),
    );
    let topics = Topics::connect(&kafka, &registry, deployment)?;
    match command {
        args::Topic::Plan { kafka_only } => {
            let plan = topics.plan(extent(*kafka_only))?;
            out.show(&plan, text::plan)?;
            Ok(topics.whole(plan.registry_silent && !kafka_only)?)
        }
        args::Topic::List => {
            let listing = topics.list()?;
            out.show(&listing, text::listing)?;
            Ok(topics.whole(listing.registry_silent)?)
        }
        args::Topic::Apply { reviewed, kafka_only } => {
            let consent = if *reviewed { Consent::Reviewed } else { Consent::SafeOnly };
            let report = topics.apply(extent(*kafka_only), consent, shutdown, &mut |line| {
                terminal::say(&text::line(line));
            })?;
            out.text(&text::report(&report))?;
            Ok(report.outcome()?)
        }
    }
}

fn extent(kafka_only: bool) -> Extent {
    if kafka_only { Extent::KafkaOnly } else { Extent::All }
}
