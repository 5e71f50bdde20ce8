//! murmur2 as Kafka's Java clients have it.

use std::io::Write;
use std::process::{Command, Stdio};

use bangioc_change::partition::{murmur2, partition_of};

/// Printed by `Murmur2.java` with kafka-clients 4.3.1.
#[test]
fn known_answers() {
    for (key, hash) in [
        ("", 275_646_681),
        ("2", 648_968_168),
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
    }
    // Its hash without the sign bit is 1,173,551,340.
    assert_eq!(partition_of(b"21", 7), 1_173_551_340 % 7);
    assert_eq!((partition_of(b"anything", 1), partition_of(b"", 0)), (0, 0));
}

/// A thousand random keys through Kafka's own class. Needs `java`, and `KAFKA_LIBS`: a folder with
/// Kafka's jars; does nothing without them.
#[test]
fn as_kafkas_own_java_code() {
    let Ok(jars) = std::env::var("KAFKA_LIBS") else {
        return;
    };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let keys: Vec<Vec<u8>> = (0..1000)
        .map(|_| (0..random() % 40).map(|_| u8::try_from(random() >> 56).unwrap()).collect())
        .collect();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/Murmur2.java");
    let mut java = Command::new("java")
        .args(["-cp", &format!("{jars}/*"), program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = keys.iter().fold(String::new(), |lines, key| {
        key.iter().fold(lines, |lines, byte| lines + &format!("{byte:02x}"))
            + "
"
    });
    java.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = java.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<i32> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    let ours: Vec<i32> = keys.iter().map(|key| murmur2(key).cast_signed()).collect();
    assert_eq!(answers, ours);
}
