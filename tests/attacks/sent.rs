//! Records that no capture of ours would write.

use serde_json::{Value, json};

use crate::ground::Ground;

/// One record, for `tests/python/attack.py`.
#[derive(Clone)]
pub(crate) struct Forged(pub(crate) Value);

impl Forged {
    pub(crate) fn new(topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) -> Forged {
        Forged(
            json!({ "topic": topic, "key": key.map(base64), "value": value.map(base64), "headers": [] }),
        )
    }

    pub(crate) fn json(topic: &str, value: &Value) -> Forged {
        Forged::new(topic, None, Some(value.to_string().as_bytes()))
    }

    /// That many zeros after `beginning`.
    pub(crate) fn zeros(mut self, beginning: &[u8], count: usize) -> Forged {
        self.0["value"] = json!({ "after": base64(beginning), "zeros": count });
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &[u8]) -> Forged {
        if let Value::Array(headers) = &mut self.0["headers"] {
            headers.push(json!([name, base64(value)]));
        }
        self
    }

    pub(crate) fn partition(mut self, partition: i32) -> Forged {
        self.0["partition"] = partition.into();
        self
    }
}

/// Sends as `user`; how many the broker took.
#[track_caller]
pub(crate) fn send(ground: &Ground, user: &str, records: &[Forged]) -> usize {
    send_packed(ground, user, records, "none")
}

/// The same, in batches packed by `compression`.
#[track_caller]
pub(crate) fn send_packed(
    ground: &Ground,
    user: &str,
    records: &[Forged],
    compression: &str,
) -> usize {
    let told = tried(ground, user, records, compression);
    let taken = told.iter().filter(|one| one.parse::<i64>().is_ok()).count();
    assert!(taken > 0 || records.is_empty(), "nothing was written: {told:?}");
    taken
}

/// What became of each: its offset, or why it was refused.
#[track_caller]
pub(crate) fn told(ground: &Ground, user: &str, records: &[Forged]) -> Vec<String> {
    tried(ground, user, records, "none")
}

#[track_caller]
fn tried(ground: &Ground, user: &str, records: &[Forged], compression: &str) -> Vec<String> {
    let records: Vec<&Value> = records.iter().map(|record| &record.0).collect();
    let order = json!({ "compression": compression, "records": records }).to_string();
    let told = ground.kafka_client(user, &["send"], &order);
    told.lines().map(str::to_owned).collect()
}

/// With padding, as Python reads it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let whole = three.iter().fold(0_u32, |whole, byte| whole << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for n in 0..4 {
            let sign = SIGNS[(whole >> (18 - 6 * n) & 63) as usize] as char;
            text.push(if n <= three.len() { sign } else { '=' });
        }
    }
    text
}
