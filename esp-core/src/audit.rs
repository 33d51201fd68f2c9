//! Counters of what was discarded (RFC 4301 section 4.4.2.1, RFC 4303 section 4).

use core::fmt;

use super::atomic::{AtomicU64, Ordering::Relaxed};
use crate::Discard;

/// One counter for each reason to discard a packet. Shared by threads.
///
/// A packet that is accepted touches none of them.
#[derive(Default)]
pub struct Audit {
    counters: [AtomicU64; Discard::ALL.len()],
}

impl Audit {
    /// Makes counters of zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a packet, and passes the reason on.
    #[cold]
    pub fn count(&self, discard: Discard) -> Discard {
        if let Some(counter) = self.counters.get(discard as usize) {
            counter.fetch_add(1, Relaxed);
        }
        discard
    }

    /// Tells how many packets were discarded for this reason.
    #[must_use]
    pub fn of(&self, discard: Discard) -> u64 {
        self.counters
            .get(discard as usize)
            .map_or(0, |counter| counter.load(Relaxed))
    }

    /// Tells how many packets were discarded.
    #[must_use]
    pub fn total(&self) -> u64 {
        Discard::ALL.map(|discard| self.of(discard)).iter().sum()
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = Discard::ALL.map(|discard| (discard, self.of(discard)));
        f.debug_map()
            .entries(counted.into_iter().filter(|(_, count)| *count > 0))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Audit;
    use crate::Discard;

    #[test]
    fn each_reason_has_a_counter_of_its_own() {
        let audit = Audit::new();
        for (place, discard) in Discard::ALL.into_iter().enumerate() {
            assert_eq!(discard as usize, place);
            assert_eq!(audit.count(discard), discard);
            assert_eq!(audit.of(discard), 1);
        }
        assert_eq!(audit.total(), Discard::ALL.len() as u64);
    }
}
