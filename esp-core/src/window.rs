//! The anti-replay window (RFC 4303 section 3.4.3), shared by threads without a lock.
//!
//! ```text
//! sequence number   |      block                       | bit |
//!                            │ % words  → which word      └──→ which mark
//!                            │ / words  → epoch
//! word              | epoch (32) | marks (32) |
//! ```
//!
//! A word says which block of 32 numbers its marks stand for. Moving on to a newer block replaces epoch and marks
//! in one compare-exchange, together with the first mark of the new block. A window that advances its top and *then* clears words
//! has a moment in which a late clear wipes a fresh mark, and a replay gets in; here is no such moment: a mark, once
//! set, stays until its block is too old to be asked for.
//!
//! The top only judges what is too old, in steps of a block, and tells the half of an extended number that is not on
//! the wire. It may lag behind for a moment; no packet is accepted twice even then.

use alloc::boxed::Box;

use super::atomic::{AtomicU64, Ordering::Relaxed};

/// Numbers in a block: the marks in a word.
const BLOCK: u64 = 32;

/// Why a number is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// It was accepted before.
    Replayed,
    /// It is left of the window.
    TooOld,
}

/// The place of a number in a window. It takes a division to find, so it is found once for both questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    number: u64,
    /// The word of its block.
    index: usize,
    /// The epoch that the word must show.
    epoch: u32,
}

/// Which sequence numbers were accepted.
///
/// The window holds one block more than asked for, so that it is never narrower, wherever in a block the newest number stands.
#[derive(Debug)]
pub(crate) struct ReplayWindow {
    words: Box<[AtomicU64]>,
    /// The newest block in which a number was accepted.
    top: AtomicU64,
    /// Numbers that left the window without having been accepted.
    lost: AtomicU64,
}

impl ReplayWindow {
    /// Makes a window in which the newest `width` numbers can be told apart, and all up to `highest` count as accepted: 0, which
    /// is never sent, for a new SA.
    pub(crate) fn new(width: u32, highest: u64) -> Self {
        let count = u64::from(width.div_ceil(32)) + 1;
        let top = highest / BLOCK;
        let words = (0..count).map(|index| {
            // The newest block of this word up to the top; a word without one waits for its first.
            let Some(block) = top.checked_sub(index) else {
                return AtomicU64::new(0);
            };
            let block = block / count * count + index;
            let marks = match block == top {
                true => u32::MAX >> (BLOCK - 1 - highest % BLOCK),
                false => u32::MAX,
            };
            AtomicU64::new((block / count) << 32 | u64::from(marks))
        });
        Self {
            words: words.collect(),
            top: AtomicU64::new(top),
            lost: AtomicU64::new(0),
        }
    }

    fn count(&self) -> u64 {
        self.words.len() as u64
    }

    /// Tells the word of a block, and the epoch that the word must show.
    #[inline(always)]
    fn place(&self, block: u64) -> (usize, u32) {
        let count = self.count();
        // The narrow division takes a third of the time, and serves until 2^37 packets.
        let (index, epoch) = match (u32::try_from(block), u32::try_from(count)) {
            (Ok(block), Ok(count)) => (u64::from(block % count), u64::from(block / count)),
            _ => (block % count, block / count),
        };
        #[allow(
            clippy::cast_possible_truncation,
            reason = "an index is below the number of words; epochs are compared modulo 2^32"
        )]
        let place = (index as usize, epoch as u32);
        place
    }

    /// The lowest number in the window.
    fn bottom(&self) -> u64 {
        let top = self.top.load(Relaxed);
        top.saturating_sub(self.count() - 1) * BLOCK
    }

    /// Finds the extended number whose low half is `low`: the one in the window or at most 2^32 right of its left
    /// edge (RFC 4303 appendix A2). `None` when it is beyond the last.
    pub(crate) fn extend(&self, low: u32) -> Option<u64> {
        let bottom = self.bottom();
        #[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
        let distance = low.wrapping_sub(bottom as u32);
        bottom.checked_add(u64::from(distance))
    }

    /// Loads the word that judges the number whose low half is `low`, and uses nothing of it.
    #[inline]
    pub(crate) fn touch(&self, low: u32, extended: bool) {
        let number = match extended {
            true => self.extend(low).unwrap_or(0),
            false => u64::from(low),
        };
        if let Some(word) = self.words.get(self.mark(number).index) {
            core::hint::black_box(word.load(Relaxed));
        }
    }

    /// Finds the place of `number`.
    #[inline(always)]
    pub(crate) fn mark(&self, number: u64) -> Mark {
        let (index, epoch) = self.place(number / BLOCK);
        Mark {
            number,
            index,
            epoch,
        }
    }

    /// Tells, before any cryptography, whether a number can still be accepted.
    #[inline(always)]
    pub(crate) fn check(&self, mark: Mark) -> Result<(), Late> {
        if mark.number < self.bottom() {
            return Err(Late::TooOld);
        }
        match self.words.get(mark.index) {
            Some(word) => successor(word.load(Relaxed), mark.epoch, mark.number).map(drop),
            None => Err(Late::TooOld),
        }
    }

    /// Accepts a number, unless it was accepted before. Call it when the packet is known to be authentic, and release the
    /// packet only when this says so: of two threads with the same number, one gets it.
    #[inline(always)]
    pub(crate) fn accept(&self, mark: Mark) -> Result<(), Late> {
        let Mark {
            number,
            index,
            epoch,
        } = mark;
        let block = number / BLOCK;
        let word = self.words.get(index).ok_or(Late::TooOld)?;
        let mut current = word.load(Relaxed);
        // Nothing else is published by these words, so relaxed orders suffice: all changes of one word are totally
        // ordered.
        loop {
            let next = successor(current, epoch, number)?;
            match word.compare_exchange_weak(current, next, Relaxed, Relaxed) {
                Ok(_) => break,
                Err(seen) => current = seen,
            }
        }
        let blocks = epoch.wrapping_sub(epoch_of(current));
        if blocks > 0 {
            self.leave(current, blocks);
        }
        if block > self.top.load(Relaxed) {
            self.top.fetch_max(block, Relaxed);
        }
        Ok(())
    }

    /// Counts what is missing in a word that was just replaced by one `blocks` epochs newer.
    #[cold]
    fn leave(&self, word: u64, blocks: u32) {
        let missing = BLOCK - u64::from(marks_of(word).count_ones());
        let skipped = (u64::from(blocks) - 1) * BLOCK;
        self.lost.fetch_add(missing + skipped, Relaxed);
    }

    /// Numbers that left the window without having been accepted.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// The highest number accepted, or 0. Exact when no other thread is at work.
    pub(crate) fn highest(&self) -> u64 {
        let top = self.top.load(Relaxed);
        let (index, _) = self.place(top);
        let marks = self
            .words
            .get(index)
            .map_or(0, |word| marks_of(word.load(Relaxed)));
        top * BLOCK + u64::from(marks.checked_ilog2().unwrap_or(0))
    }
}

/// What the word becomes when `number` is accepted.
#[inline(always)]
fn successor(word: u64, epoch: u32, number: u64) -> Result<u64, Late> {
    let mark = 1 << (number % BLOCK);
    // Epochs are compared like serial numbers; half of their space is 2^31 windows.
    match epoch.wrapping_sub(epoch_of(word)).cast_signed() {
        0 if word & mark != 0 => Err(Late::Replayed),
        0 => Ok(word | mark),
        1.. => Ok(u64::from(epoch) << 32 | mark),
        _ => Err(Late::TooOld),
    }
}

const fn epoch_of(word: u64) -> u32 {
    (word >> 32) as u32
}

#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn marks_of(word: u64) -> u32 {
    word as u32
}
