//! A producer whose acknowledgements are taken in by a thread of ours.
//!
//! rdkafka's own thread looks up ten times a second and rounds the time that is left down to whole
//! milliseconds, so that it spins through the last one: seen to cost 1 % of a core for each idle client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseProducer, Producer as _, ProducerContext, PurgeConfig};

use crate::consume::SLIVER;

/// Between looks whether to end; acknowledgements wake the thread at once.
const ROUND: Duration = Duration::from_secs(1);

/// Dropping it throws away what is queued, and returns when nothing is sent or told any more.
pub(crate) struct Served<C: ProducerContext + 'static> {
    producer: Arc<BaseProducer<C>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<C: ProducerContext + 'static> Served<C> {
    pub(crate) fn start(config: &ClientConfig, context: C) -> KafkaResult<Served<C>> {
        let producer = Arc::new(BaseProducer::from_config_and_context(config, context)?);
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new()
            .name(String::from("kafka-acks"))
            .spawn({
                let (producer, stop) = (Arc::clone(&producer), Arc::clone(&stop));
                move || {
                    while !stop.load(Ordering::Acquire) {
                        producer.poll(ROUND + SLIVER);
                    }
                }
            })
            .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
        Ok(Served { producer, stop, thread: Some(thread) })
    }
}

impl<C: ProducerContext + 'static> std::ops::Deref for Served<C> {
    type Target = BaseProducer<C>;

    fn deref(&self) -> &BaseProducer<C> {
        &self.producer
    }
}

impl<C: ProducerContext + 'static> Drop for Served<C> {
    fn drop(&mut self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Fails only if it panicked, which its own message told.
            let _ = thread.join();
        }
    }
}
