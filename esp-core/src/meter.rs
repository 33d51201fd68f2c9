//! How much an SA was used, and when that is enough.

use alloc::boxed::Box;
use core::{sync::atomic::AtomicU8, time::Duration};

use super::atomic::{AtomicU64, Ordering::Relaxed};
use crate::{Lifetime, Notice, sequence::Sequence};

/// The soft notice was given.
const SOFT: u8 = 1;
/// The hard notice was given, or the host closed the SA.
const CLOSED: u8 = 2;

/// Judges the use of an SA by any number of threads. Each notice is given once.
#[derive(Debug)]
pub(crate) struct Meter {
    extended: bool,
    said: AtomicU8,
    /// Only there when the host set one.
    bounded: Option<Box<Bounded>>,
}

/// A lifetime, and the octets that it bounds.
#[derive(Debug)]
struct Bounded {
    lifetime: Lifetime,
    /// The sequence number with which the soft notice is due.
    soft: u64,
    /// The sequence number that is the last.
    last: u64,
    octets: AtomicU64,
}

impl Meter {
    pub(crate) fn new(lifetime: Lifetime, extended: bool) -> Self {
        let end = Sequence::end(extended);
        let last = lifetime.hard.packets.map_or(end, |hard| hard.min(end));
        let early = early(extended);
        let soft = lifetime.soft.packets.map_or(early, |soft| soft.min(early));
        Self {
            extended,
            said: AtomicU8::new(0),
            bounded: (lifetime != Lifetime::default()).then(|| {
                Box::new(Bounded {
                    lifetime,
                    soft: soft.min(last),
                    last,
                    octets: AtomicU64::new(0),
                })
            }),
        }
    }

    /// The sequence number that is the last.
    pub(crate) fn last(&self) -> u64 {
        self.bounded
            .as_ref()
            .map_or(Sequence::end(self.extended), |bounded| bounded.last)
    }

    /// True when nothing may be sealed or opened any more.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.said.load(Relaxed) & CLOSED != 0
    }

    /// Ends the SA.
    pub(crate) fn close(&self) {
        self.said.fetch_or(CLOSED, Relaxed);
    }

    /// Counts a packet.
    #[inline(always)]
    pub(crate) fn count(&self, number: u64, octets: usize) -> Option<Notice> {
        match &self.bounded {
            Some(bounded) => self.count_bounded(bounded, number, octets),
            None if number >= early(self.extended) => self.by_number(number),
            None => None,
        }
    }

    #[inline(always)]
    fn count_bounded(&self, bounded: &Bounded, number: u64, octets: usize) -> Option<Notice> {
        let notice = if number >= bounded.soft {
            self.by_number(number)
        } else {
            None
        };
        self.by_octets(bounded, octets).or(notice)
    }

    #[cold]
    fn by_number(&self, number: u64) -> Option<Notice> {
        if number >= self.last() {
            return self.say(CLOSED);
        }
        self.say(SOFT)
    }

    #[inline(always)]
    fn by_octets(&self, bounded: &Bounded, octets: usize) -> Option<Notice> {
        let lifetime = &bounded.lifetime;
        if lifetime.soft.octets.is_none() && lifetime.hard.octets.is_none() {
            return None;
        }
        let octets = octets as u64;
        let total = bounded
            .octets
            .fetch_add(octets, Relaxed)
            .saturating_add(octets);
        if lifetime.hard.octets.is_some_and(|hard| total >= hard) {
            return self.say(CLOSED);
        }
        if lifetime.soft.octets.is_some_and(|soft| total >= soft) {
            return self.say(SOFT);
        }
        None
    }

    /// Judges the time since the SA was made.
    pub(crate) fn handle_age(&self, age: Duration) -> Option<Notice> {
        let lifetime = &self.bounded.as_ref()?.lifetime;
        if lifetime.hard.age.is_some_and(|hard| age >= hard) {
            return self.say(CLOSED);
        }
        if lifetime.soft.age.is_some_and(|soft| age >= soft) {
            return self.say(SOFT);
        }
        None
    }

    /// Gives a notice unless it was given.
    fn say(&self, what: u8) -> Option<Notice> {
        // No soft notice follows the hard one.
        let said = if what == CLOSED {
            CLOSED
        } else {
            SOFT | CLOSED
        };
        let before = self.said.fetch_or(what, Relaxed);
        (before & said == 0).then_some(if what == CLOSED {
            Notice::HardLifetime
        } else {
            Notice::SoftLifetime
        })
    }

    /// Octets of payload so far, counted only while they are bounded.
    pub(crate) fn octets(&self) -> u64 {
        self.bounded
            .as_ref()
            .map_or(0, |bounded| bounded.octets.load(Relaxed))
    }
}

/// The sequence number with which it is time for a successor, when nothing bounds the SA: 15/16 of all.
#[inline]
const fn early(extended: bool) -> u64 {
    let end = Sequence::end(extended);
    end - end / 16
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Meter;
    use crate::{Bounds, Lifetime, Notice};

    #[test]
    fn each_notice_is_given_once() {
        let lifetime = Lifetime::new(
            Bounds::new().with_octets(100).with_packets(3),
            Bounds::new().with_octets(200),
        );
        let meter = Meter::new(lifetime, false);
        assert_eq!(meter.count(1, 99), None);
        assert_eq!(meter.count(2, 1), Some(Notice::SoftLifetime));
        assert_eq!(meter.count(3, 1), None);
        assert_eq!(meter.count(4, 98), None);
        assert!(!meter.is_closed());
        assert_eq!(meter.count(5, 1), Some(Notice::HardLifetime));
        assert!(meter.is_closed());
        assert_eq!(meter.count(6, 1), None);
    }

    #[test]
    fn packets_are_bounded_by_their_numbers() {
        let lifetime = Lifetime::new(Bounds::new(), Bounds::new().with_packets(5));
        let meter = Meter::new(lifetime, false);
        assert_eq!(meter.last(), 5);
        assert_eq!(meter.count(4, 1), None);
        assert_eq!(meter.count(5, 1), Some(Notice::HardLifetime));
    }

    #[test]
    fn time_is_bounded_by_what_the_host_says() {
        let lifetime = Lifetime::new(
            Bounds::new().with_age(Duration::from_secs(10)),
            Bounds::new().with_age(Duration::from_secs(20)),
        );
        let meter = Meter::new(lifetime, false);
        assert_eq!(meter.handle_age(Duration::from_secs(9)), None);
        let soft = meter.handle_age(Duration::from_secs(10));
        assert_eq!(soft, Some(Notice::SoftLifetime));
        assert_eq!(meter.handle_age(Duration::from_secs(19)), None);
        let hard = meter.handle_age(Duration::from_secs(20));
        assert_eq!(hard, Some(Notice::HardLifetime));
        assert!(meter.is_closed());
    }

    #[test]
    fn without_a_lifetime_the_sequence_numbers_ask_for_a_successor() {
        let end = u64::from(u32::MAX);
        let meter = Meter::new(Lifetime::default(), false);
        assert_eq!(meter.count(end / 2, 1), None);
        assert_eq!(meter.count(end - end / 16, 1), Some(Notice::SoftLifetime));
        assert_eq!(meter.count(end, 1), Some(Notice::HardLifetime));
    }
}
