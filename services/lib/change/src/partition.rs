//! Which partition a key belongs to: Kafka's own choice in Java, so that every client agrees.

/// `org.apache.kafka.common.utils.Utils.murmur2`, by its bytes. Java's `int` wraps; so do we.
pub fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;

    #[expect(clippy::cast_possible_truncation, reason = "Java's array length is an int as well")]
    let mut hash = SEED ^ data.len() as u32;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (index, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

/// As Java's default partitioner: `toPositive(murmur2(key)) % partitions`. `key` is the Avro datum
/// without Confluent's prefix, else a re-registered schema would move keys.
#[expect(clippy::cast_possible_wrap, reason = "the sign bit is cleared first")]
pub fn partition_of(key: &[u8], partitions: u32) -> i32 {
    ((murmur2(key) & 0x7FFF_FFFF) % partitions.max(1)) as i32
}
