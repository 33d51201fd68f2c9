//! The sequence numbers of an outbound SA (RFC 4303 section 3.3.3): one atomic addition each, and an end.

use super::atomic::{AtomicU64, Ordering::Relaxed};

/// How far below 2^64 extended numbers end, so that threads which add at the same moment cannot reach it together.
const MARGIN: u64 = 1 << 16;

/// Hands out each number once, to any number of threads, and none beyond the last.
#[derive(Debug)]
pub(crate) struct Sequence {
    used: AtomicU64,
    last: u64,
}

impl Sequence {
    /// The last number that an SA may use.
    pub(crate) const fn end(extended: bool) -> u64 {
        if extended {
            u64::MAX - MARGIN
        } else {
            u32::MAX as u64
        }
    }

    /// Begins behind `used`; ends with `last`, at most [`Sequence::end`].
    pub(crate) const fn new(used: u64, last: u64) -> Self {
        Self {
            used: AtomicU64::new(used),
            last,
        }
    }

    /// Takes the next number, or none when all are used.
    #[inline]
    pub(crate) fn take(&self) -> Option<u64> {
        // The look beforehand keeps the counter from running on when a host asks again and again after the end.
        if self.used.load(Relaxed) >= self.last {
            return None;
        }
        let number = self.used.fetch_add(1, Relaxed).checked_add(1)?;
        (number <= self.last).then_some(number)
    }

    /// The number used last.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Relaxed).min(self.last)
    }

    /// The number that is the last.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use alloc::vec::Vec;
    use std::thread;

    use super::Sequence;

    #[test]
    fn numbers_begin_with_one_and_end_with_the_last() {
        let sequence = Sequence::new(0, 3);
        let taken: Vec<_> = (0..5).map(|_| sequence.take()).collect();
        assert_eq!(taken, [Some(1), Some(2), Some(3), None, None]);
        assert_eq!(sequence.used(), 3);
    }

    #[test]
    fn neither_end_wraps() {
        for extended in [false, true] {
            let last = Sequence::end(extended);
            let sequence = Sequence::new(last - 1, last);
            assert_eq!(sequence.take(), Some(last));
            for _ in 0..100_000 {
                assert_eq!(sequence.take(), None);
            }
        }
    }

    #[test]
    fn threads_share_no_number_even_at_the_end() {
        let last = Sequence::end(true);
        let sequence = Sequence::new(last - 10_000, last);
        let mut taken: Vec<u64> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..5_000)
                            .filter_map(|_| sequence.take())
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        taken.sort_unstable();
        assert!(taken.iter().copied().eq(last - 9_999..=last));
    }
}
