//! What an administrator does at Kafka: topics, their configuration, access rights, identities.
//!
//! Every call blocks until the cluster answers or the time is over; from async code call it through
//! `tokio::task::spawn_blocking`. Nothing here can delete anything.

mod native;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResourceResult, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

use crate::access::Right;
use crate::connect::KafkaSettings;
use crate::error::FeedError;

/// Numbers of operations in Kafka's protocol: alter and describe cover rights, create covers topics.
const NEEDED_AT_CLUSTER: [(i32, &str); 5] =
    [(5, "CREATE"), (7, "ALTER"), (8, "DESCRIBE"), (10, "DESCRIBE_CONFIGS"), (11, "ALTER_CONFIGS")];

pub struct Admin {
    client: AdminClient<DefaultClientContext>,
    address: String,
    principal: String,
    timeout: Duration,
}

/// A topic as the cluster describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicInfo {
    pub name: String,
    pub partitions: u32,
    /// Of the partition that has the fewest replicas.
    pub replication: u32,
}

/// A topic to be.
#[derive(Clone, Copy, Debug)]
pub struct TopicOrder<'a> {
    pub name: &'a str,
    pub partitions: u32,
    pub replication: u32,
    pub configs: &'a [(String, String)],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Created {
    Now,
    /// Somebody made it between our look and our order.
    Before,
}

/// Does the cluster check access rights at all?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authorizer {
    Present,
    Missing,
    /// The cluster doesn't show its settings to us, as managed clusters may not.
    Hidden,
}

#[derive(Debug, Error)]
pub enum AdminError {
    #[error("Kafka at `{address}` does not answer")]
    Unreachable {
        address: String,
        #[source]
        source: Option<KafkaError>,
    },
    #[error("`{principal}` may not {what}")]
    NotAllowed { principal: String, what: String },
    #[error("Kafka refused to {what}")]
    Refused {
        what: String,
        #[source]
        source: Refused,
    },
}

/// The broker's own words, which name topics, principals and settings, never a record.
#[derive(Debug, Error)]
#[error("{text}")]
pub struct Refused {
    text: String,
}

impl Failure for AdminError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            AdminError::Unreachable { address, .. } => {
                retry("BG0130", Exit::Unreachable).hint(format!(
                    "check that Kafka runs and that `{address}` is `kafka.brokers`: `kcat -L -b \
                 {address}`"
                ))
            }
            AdminError::NotAllowed { .. } => halt("BG0131", Exit::Failed),
            AdminError::Refused { .. } => halt("BG0132", Exit::Failed),
        }
    }
}

impl Admin {
    /// Connects, and fails within ten seconds when the cluster is not there or doesn't know us.
    pub fn connect(settings: &KafkaSettings) -> Result<Admin, FeedError> {
        settings.check(Duration::from_secs(10))?;
        let place = settings.place("the cluster", 0, "administering");
        let client = settings
            .client("bangioc-topics")
            .create()
            .map_err(|source| FeedError::of(source, place))?;
        Ok(Admin {
            client,
            address: settings.brokers.clone(),
            principal: settings.principal().to_owned(),
            timeout: Duration::from_secs(20),
        })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The user that this connection logs in as; `ANONYMOUS` without SASL.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> Result<String, AdminError> {
        self.client
            .inner()
            .fetch_cluster_id(self.timeout)
            .ok_or_else(|| AdminError::Unreachable { address: self.address.clone(), source: None })
    }

    /// Fails unless we may do at the cluster what planning and applying take.
    pub fn check_allowed(&self) -> Result<(), AdminError> {
        let operations = native::cluster_operations(&self.client, self.timeout)
            .map_err(|refusal| self.refused("tell what we may do", refusal))?;
        let missing: Vec<_> = NEEDED_AT_CLUSTER
            .iter()
            .filter(|(number, _)| !operations.contains(number) && !operations.contains(&2))
            .map(|(_, name)| *name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(AdminError::NotAllowed {
            principal: self.principal.clone(),
            what: format!("administer the cluster: {} missing", missing.join(", ")),
        })
    }

    pub fn authorizer(&self) -> Result<Authorizer, AdminError> {
        let metadata = self.metadata(None)?;
        let Some(broker) = metadata.brokers().first().map(rdkafka::metadata::MetadataBroker::id)
        else {
            return Ok(Authorizer::Hidden);
        };
        let configs = self.describe(&[ResourceSpecifier::Broker(broker)])?;
        let entry = configs.first().and_then(|configs| configs.as_ref().ok()).and_then(|configs| {
            configs.entries.iter().find(|entry| entry.name == "authorizer.class.name")
        });
        Ok(match entry {
            None => Authorizer::Hidden,
            Some(entry) if entry.value.as_deref().unwrap_or_default().is_empty() => {
                Authorizer::Missing
            }
            Some(_) => Authorizer::Present,
        })
    }

    /// Every topic of the cluster that we may see.
    pub fn topics(&self) -> Result<Vec<TopicInfo>, AdminError> {
        let metadata = self.metadata(None)?;
        let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
        Ok(topics
            .map(|topic| TopicInfo {
                name: topic.name().to_owned(),
                partitions: count(topic.partitions().len()),
                replication: count(
                    topic.partitions().iter().map(|p| p.replicas().len()).min().unwrap_or(0),
                ),
            })
            .collect())
    }

    /// Effective configuration per topic, the cluster's defaults included.
    pub fn topic_configs(
        &self,
        topics: &[&str],
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, AdminError> {
        if topics.is_empty() {
            return Ok(BTreeMap::new());
        }
        let specifiers: Vec<_> = topics.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let mut all = BTreeMap::new();
        for (topic, result) in topics.iter().zip(self.describe(&specifiers)?) {
            let resource =
                result.map_err(|code| self.failed(&format!("describe `{topic}`"), code, None))?;
            let entries =
                resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
            all.insert((*topic).to_owned(), entries.collect());
        }
        Ok(all)
    }

    /// Each topic's id (Kafka's base64 form), which a topic of the same name made again does not share.
    /// Topics that are not there are left out.
    pub fn topic_ids(&self, topics: &[&str]) -> Result<BTreeMap<String, String>, AdminError> {
        if topics.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids = native::topic_ids(&self.client, self.timeout, topics)
            .map_err(|refusal| self.refused("describe topics", refusal))?;
        Ok(ids.into_iter().collect())
    }

    /// Makes a topic and waits until the controller has it.
    pub fn create_topic(&self, order: &TopicOrder<'_>) -> Result<Created, AdminError> {
        let what = format!("create topic `{}`", order.name);
        let signed = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let replication = TopicReplication::Fixed(signed(order.replication));
        let mut topic = NewTopic::new(order.name, signed(order.partitions), replication);
        for (name, value) in order.configs {
            topic = topic.set(name, value);
        }
        let options = self.options().operation_timeout(Some(self.timeout));
        let results = wait(self.client.create_topics([&topic], &options))
            .map_err(|error| self.kafka(&what, error))?;
        for result in results {
            match result {
                Ok(_) => {}
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => return Ok(Created::Before),
                Err((_, code)) => return Err(self.failed(&what, code, None)),
            }
        }
        Ok(Created::Now)
    }

    /// Sets these entries and leaves all others of the topic as they are.
    pub fn set_topic_configs(
        &self,
        topic: &str,
        entries: &[(String, String)],
    ) -> Result<(), AdminError> {
        native::set_configs(&self.client, self.timeout, topic, entries).map_err(|refusal| {
            self.refused(&format!("set the configuration of `{topic}`"), refusal)
        })
    }

    /// Every access right of the cluster.
    pub fn rights(&self) -> Result<Vec<Right>, AdminError> {
        self.check_allowed()?;
        native::rights(&self.client, self.timeout)
            .map_err(|refusal| self.refused("list access rights", refusal))
    }

    /// Adds rights; those that exist already are fine.
    pub fn grant(&self, rights: &[Right]) -> Result<(), AdminError> {
        if rights.is_empty() {
            return Ok(());
        }
        let results = native::grant(&self.client, self.timeout, rights)
            .map_err(|refusal| self.refused("grant access rights", refusal))?;
        for (right, result) in rights.iter().zip(results) {
            result.map_err(|refusal| {
                self.refused(&format!("grant {} {right}", right.principal), refusal)
            })?;
        }
        Ok(())
    }

    fn metadata(&self, topic: Option<&str>) -> Result<rdkafka::metadata::Metadata, AdminError> {
        self.client
            .inner()
            .fetch_metadata(topic, self.timeout)
            .map_err(|error| self.kafka("list topics", error))
    }

    fn describe(
        &self,
        specifiers: &[ResourceSpecifier<'_>],
    ) -> Result<Vec<ConfigResourceResult>, AdminError> {
        wait(self.client.describe_configs(specifiers, &self.options()))
            .map_err(|error| self.kafka("describe configurations", error))
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout))
    }

    fn kafka(&self, what: &str, error: KafkaError) -> AdminError {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        self.failed(what, code, Some(error))
    }

    fn refused(&self, what: &str, refusal: native::RequestRefusal) -> AdminError {
        match self.failed(what, refusal.code, None) {
            // The broker's sentence says more than its number.
            AdminError::Refused { what, .. } => {
                AdminError::Refused { what, source: Refused { text: refusal.text } }
            }
            other => other,
        }
    }

    fn failed(&self, what: &str, code: RDKafkaErrorCode, source: Option<KafkaError>) -> AdminError {
        match code {
            RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::Resolve => {
                AdminError::Unreachable { address: self.address.clone(), source }
            }
            RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::Authentication => {
                AdminError::NotAllowed { principal: self.principal.clone(), what: what.to_owned() }
            }
            code => AdminError::Refused {
                what: what.to_owned(),
                source: Refused { text: code.to_string() },
            },
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Waits for a future of rdkafka, whose own thread completes it. A runtime's `block_on` would refuse to
/// run where a runtime already does.
fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Unpark>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
