//! Which transactions a snapshot could not see.

/// Which transactions a read could not see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SeenBy {
    /// This one and every later one had not ended.
    xmax: u64,
    in_progress: Vec<u64>,
}

impl SeenBy {
    /// `pg_current_snapshot()`'s text: `xmin:xmax:xip,xip`.
    pub(crate) fn parse(text: &str) -> Option<SeenBy> {
        let mut parts = text.splitn(3, ':');
        let (_, xmax, running) = (parts.next()?, parts.next()?, parts.next()?);
        let in_progress = running
            .split(',')
            .filter(|xid| !xid.is_empty())
            .map(|xid| xid.parse().ok())
            .collect::<Option<_>>()?;
        Some(SeenBy { xmax: xmax.parse().ok()?, in_progress })
    }

    /// Low 32 bits of those that were running and are older than the newest that has ended.
    pub(crate) fn running(&self) -> Vec<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
        self.in_progress.iter().map(|xid| *xid as u32).collect()
    }

    /// Was the transaction with these low 32 bits (all that the stream tells) still running?
    pub(crate) fn misses(&self, xid: u32) -> bool {
        // The nearest full id to `xmax` with these low bits: live ids are within 2^31 of each other.
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
        let distance = (self.xmax as u32).wrapping_sub(xid).cast_signed();
        let full = self.xmax.wrapping_add_signed(-i64::from(distance));
        full >= self.xmax || self.in_progress.contains(&full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_misses_what_runs_and_what_comes() {
        let seen_by = SeenBy::parse("10:20:10,14").unwrap();
        let missed: Vec<u32> = (8..23).filter(|xid| seen_by.misses(*xid)).collect();
        assert_eq!(missed, [10, 14, 20, 21, 22]);
        assert_eq!(SeenBy::parse("10:10:"), Some(SeenBy { xmax: 10, in_progress: vec![] }));
        assert_eq!(SeenBy::parse("10:x:"), None);
    }

    #[test]
    fn a_snapshot_knows_ids_beyond_32_bits() {
        let epoch: u64 = 3 << 32;
        let seen_by = SeenBy::parse(&format!("{}:{}:{}", epoch - 5, epoch + 2, epoch - 5)).unwrap();
        assert!(seen_by.misses(u32::MAX - 4));
        assert!(!seen_by.misses(u32::MAX - 3));
        assert!(!seen_by.misses(1));
        assert!(seen_by.misses(2));
    }
}
