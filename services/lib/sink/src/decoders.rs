//! The right decoder for each record, by the schemas it was written with. A schema that the registry
//! does not know yet is waited for: the registry may lag, or the wrong one be configured, and neither
//! makes a record bad.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bangioc_change::decode::{Decoder, FieldOrder};
use bangioc_change::{DecodeCode, wire};
use bangioc_feed::registry::RegistryClient;
use bangioc_schemas::avro;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::pins::{self, Fingerprint, Meaning, Pins};

/// Asked for again at most this often once it counts as unknown, so that bad ids make no storm.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// All decoders of a process, shared by its partitions.
pub struct Decoders {
    registry: RegistryClient,
    wait: Duration,
    schemas: Mutex<HashMap<u32, KnownSchema>>,
}

#[derive(Clone)]
enum KnownSchema {
    Known(Arc<str>, Fingerprint),
    Unknown { since: Instant, asked: Instant },
}

/// Which schemas a record was written with. No value: a delete by null value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WrittenWith {
    pub key: Option<u32>,
    pub value: Option<u32>,
}

/// What can be said about a record's schemas.
#[derive(Clone)]
pub enum DecoderLookup {
    Decoder(Arc<Decoder>),
    Bad {
        code: DecodeCode,
        field: Option<String>,
    },
    /// Not known yet: pause, and ask again.
    Awaited(u32),
}

impl Decoders {
    pub fn new(registry: RegistryClient, wait: Duration) -> Decoders {
        Decoders { registry, wait, schemas: Mutex::new(HashMap::new()) }
    }

    /// `pins`: what ids meant so far; what is met for the first time at `offset` is noted there.
    pub(crate) fn find(
        &self,
        dataset: &Dataset,
        ids: WrittenWith,
        pins: &mut Pins,
        offset: i64,
    ) -> Result<DecoderLookup, SinkError> {
        let mut order = FieldOrder::Any;
        let mut met = Vec::new();
        let mut texts: [Arc<str>; 2] = [
            avro::key_schema(&dataset.contract, &dataset.topic).into(),
            avro::value_schema(&dataset.contract, &dataset.topic).into(),
        ];
        // Without an id the contract's own schema stands in: there are then no bytes to read with it.
        for (text, id) in texts.iter_mut().zip([ids.key, ids.value]) {
            let Some(id) = id else { continue };
            match self.schema(id)? {
                KnownSchema::Known(known, fingerprint) => {
                    match pins.compare(id, &fingerprint) {
                        Meaning::Same => {}
                        Meaning::New => {
                            order = FieldOrder::Contract;
                            met.push((id, fingerprint));
                        }
                        Meaning::Other => {
                            return Err(SinkError::SchemaMutated {
                                topic: dataset.topic.clone(),
                                id,
                            });
                        }
                    }
                    *text = known;
                }
                KnownSchema::Unknown { since, .. }
                    if is_no_id(id) || since.elapsed() >= self.wait =>
                {
                    return Ok(DecoderLookup::Bad { code: DecodeCode::UnknownSchema, field: None });
                }
                KnownSchema::Unknown { .. } => return Ok(DecoderLookup::Awaited(id)),
            }
        }
        Ok(match Decoder::new(&dataset.contract, &texts[0], &texts[1], order) {
            Ok(decoder) => {
                for (id, fingerprint) in met {
                    pins.meet(id, fingerprint, offset);
                }
                DecoderLookup::Decoder(Arc::new(decoder))
            }
            Err(mismatch) => {
                DecoderLookup::Bad { code: mismatch.code, field: Some(mismatch.field) }
            }
        })
    }

    fn schema(&self, id: u32) -> Result<KnownSchema, SinkError> {
        let known = self.schemas().get(&id).cloned();
        let now = Instant::now();
        let since = match known {
            Some(KnownSchema::Unknown { since, asked })
                if since.elapsed() < self.wait || asked.elapsed() >= ASK_AGAIN =>
            {
                since
            }
            Some(known) => return Ok(known),
            None => now,
        };
        // Not while holding the lock: the registry may be slow, and others have what they need.
        let schema = match if is_no_id(id) { None } else { self.registry.schema(id)? } {
            Some(text) => {
                let fingerprint = pins::fingerprint(&text);
                KnownSchema::Known(text.into(), fingerprint)
            }
            None => KnownSchema::Unknown { since, asked: now },
        };
        self.schemas().insert(id, schema.clone());
        Ok(schema)
    }

    fn schemas(&self) -> std::sync::MutexGuard<'_, HashMap<u32, KnownSchema>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registries count from 1, in an int.
fn is_no_id(id: u32) -> bool {
    id == 0 || i32::try_from(id).is_ok_and(|id| id == i32::MAX) || i32::try_from(id).is_err()
}

/// The decoders that one partition used, without a lock.
#[derive(Default)]
pub struct Recent {
    pub(crate) pins: Pins,
    last: Option<(WrittenWith, DecoderLookup)>,
    rest: HashMap<WrittenWith, DecoderLookup>,
}

impl Recent {
    /// What the books say of the ids of one topic.
    pub(crate) fn knowing(pins: Pins) -> Recent {
        Recent { pins, ..Recent::default() }
    }

    /// The books were read again.
    pub(crate) fn learn(&mut self, pins: Pins) {
        self.pins.learn(pins);
    }

    /// `Err`: the record's own header says that nothing can be found.
    pub fn find(
        &mut self,
        decoders: &Decoders,
        dataset: &Dataset,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        offset: i64,
    ) -> Result<DecoderLookup, SinkError> {
        let id = |bytes: Option<&[u8]>| bytes.map(wire::schema_id).transpose();
        let ids = match (id(key), id(value)) {
            (Err(_), _) => {
                return Ok(DecoderLookup::Bad { code: DecodeCode::KeyUndecodable, field: None });
            }
            (_, Err(error)) => {
                return Ok(DecoderLookup::Bad { code: error.code(), field: None });
            }
            (Ok(key), Ok(value)) => WrittenWith { key, value },
        };
        if let Some((last, found)) = &self.last
            && *last == ids
        {
            return Ok(found.clone());
        }
        let found = match self.rest.get(&ids) {
            Some(found) => found.clone(),
            None => decoders.find(dataset, ids, &mut self.pins, offset)?,
        };
        // What is unknown or awaited now may be known later; a decoder never changes.
        if let DecoderLookup::Decoder(_) = found {
            self.rest.insert(ids, found.clone());
            self.last = Some((ids, found.clone()));
        }
        Ok(found)
    }
}
