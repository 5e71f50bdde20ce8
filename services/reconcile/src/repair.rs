//! Keys that differ are asked for again, by the way that people and sinks use: a signal in a topic of the asker's own.

use bangioc_change::progress::Signal;
use bangioc_feed::KafkaSettings;
use bangioc_feed::journal::Journal;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};

use crate::error::ReconcileError;
use crate::source::KeyTexts;

pub struct Repairer {
    journal: Journal,
    asker: Asker,
    prefix: String,
}

impl Repairer {
    /// Whoever asks is a person, by the user that Kafka knows.
    pub fn connect(kafka: &KafkaSettings, prefix: &str) -> Result<Repairer, ReconcileError> {
        let user = kafka.principal();
        let Some(asker @ Asker::Operator(_)) = Asker::of_user(user) else {
            return Err(ReconcileError::NoOperator { user: user.to_owned() });
        };
        Ok(Repairer { journal: Journal::connect(kafka)?, asker, prefix: prefix.to_owned() })
    }

    /// Returns when the requests are on Kafka. The capture sends each row as its source has it now, or that it is gone.
    pub(crate) async fn ask(
        &self,
        contract: &Contract,
        side: Side,
        keys: &[KeyTexts],
    ) -> Result<(), ReconcileError> {
        let dataset = contract.dataset.as_str();
        let topic = names::signal_topic(&self.prefix, &contract.source.source, &self.asker);
        for key in keys {
            let signal = Signal::CopyKey { dataset: dataset.to_owned(), side, key: key.0.clone() };
            let value = serde_json::to_vec(&signal).unwrap_or_default();
            self.journal.append(&topic, 0, Some(dataset.as_bytes()), Some(&value)).await?;
        }
        Ok(())
    }
}
