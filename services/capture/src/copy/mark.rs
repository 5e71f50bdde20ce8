//! The two messages around a chunk, as they travel through the source's log.

use bangioc_postgres_text::hex;
use serde::{Deserialize, Serialize};

use crate::unit::ChunkId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    Low(ChunkId),
    High(ChunkId),
}

#[derive(Serialize, Deserialize)]
struct MarkContent {
    /// Hexadecimal: JSON numbers lose digits beyond 2^53.
    chunk: String,
    mark: MarkSide,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MarkSide {
    Low,
    High,
}

impl Mark {
    pub(crate) fn content(self) -> String {
        let (id, mark) = match self {
            Mark::Low(id) => (id, MarkSide::Low),
            Mark::High(id) => (id, MarkSide::High),
        };
        // A struct of two strings can't fail to serialize.
        serde_json::to_string(&MarkContent { chunk: format!("{id:016x}"), mark })
            .unwrap_or_default()
    }

    /// None for what is not a mark of ours: anyone may write messages with our prefix.
    pub(crate) fn parse(content: &[u8]) -> Option<Mark> {
        let content: MarkContent = serde_json::from_slice(content).ok()?;
        let id = hex::number(&content.chunk)?;
        Some(match content.mark {
            MarkSide::Low => Mark::Low(id),
            MarkSide::High => Mark::High(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_survives_the_log() {
        assert_eq!(Mark::Low(10).content(), r#"{"chunk":"000000000000000a","mark":"low"}"#);
        for mark in [Mark::Low(0), Mark::High(u64::MAX)] {
            assert_eq!(Mark::parse(mark.content().as_bytes()), Some(mark));
        }
        assert_eq!(Mark::parse(b"{}"), None);
        assert_eq!(Mark::parse(b"\xff"), None);
    }
}
