//! Whether new rows may go straight into their table. Events can say that a row is new (an insert, a
//! copied row), yet after a restart of the capture, or in a copy that repeats one, it is there already;
//! then the try was for nothing, and others like it are likely to be. Only speed depends on this: a key
//! that is taken ends the transaction, and the same batch is merged.

/// As many batches go by the stage after the last of many tries in vain.
const LONGEST: u32 = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Straight,
    ByStage,
    /// Bound to the merge itself: few rows.
    ByValues,
}

/// What one partition has learnt.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Shortcut {
    /// Batches to go by the stage before the next try.
    left: u32,
    /// How many that will be after one more try in vain.
    pause: u32,
}

impl Shortcut {
    /// For the next batch.
    pub(crate) fn way(&mut self) -> Way {
        match self.left.checked_sub(1) {
            None => Way::Straight,
            Some(left) => {
                self.left = left;
                Way::ByStage
            }
        }
    }

    pub(crate) fn worked(&mut self) {
        *self = Shortcut::default();
    }

    pub(crate) fn was_in_vain(&mut self) {
        self.pause = (self.pause * 2).clamp(1, LONGEST);
        self.left = self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_in_vain_grow_rare_and_one_that_works_makes_the_next_immediate() {
        let mut shortcut = Shortcut::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let mut pause = 0;
            while shortcut.way() == Way::ByStage {
                pause += 1;
            }
            pauses.push(pause);
            shortcut.was_in_vain();
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 64, 64]);
        shortcut.worked();
        assert_eq!(shortcut.way(), Way::Straight);
    }
}
