//! The two directions of a tunnel, without I/O.

use std::{
    fmt, io,
    ops::Range,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use esp_core::{
    Action, Encapsulated, InboundSa, Notice, OutboundSa, PolicyId, SealError, Selector, Spd,
    classify,
};

use super::tally::{Tally, Totals, count};

/// Protocol numbers of an IP packet inside another.
const IPV4: u8 = 4;
const IPV6: u8 = 41;

/// Which SA of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The one that seals.
    Outbound,
    /// The one that opens.
    Inbound,
}

/// Why a packet from the device was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// No whole IP packet.
    Malformed,
    /// The policies protect it with no SA of this gateway.
    Policy,
    /// Longer than the path takes when it is sealed.
    TooLong,
    /// The sequence numbers reserved for this run are used up; see [`Gateway::reserve`].
    Unreserved,
    /// The SA has come to its end.
    Expired,
}

impl Refused {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Malformed,
        Self::Policy,
        Self::TooLong,
        Self::Unreserved,
        Self::Expired,
    ];
}

impl From<SealError> for Refused {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoRoom | SealError::TooLong => Self::TooLong,
            SealError::SequenceExhausted | SealError::Expired => Self::Expired,
            SealError::NotIp | SealError::Fragment | _ => Self::Malformed,
        }
    }
}

type Tell = dyn Fn(Direction, Notice) + Send + Sync;

/// A pair of SAs, the policies that lead to them, and counters. Both directions work with `&self`, at the same time.
pub struct Gateway {
    outbound: OutboundSa,
    inbound: InboundSa,
    spd: Spd,
    policy: PolicyId,
    max_inner: usize,
    keepalive: Option<Duration>,
    /// The last sequence number that may be used before more are reserved, and the last one used.
    reserved: AtomicU64,
    used: AtomicU64,
    expired: AtomicBool,
    quiet: Quiet,
    tally: Tally,
    tell: Box<Tell>,
}

/// Since when nothing has been sent, in milliseconds of age, and how much had been.
#[derive(Debug, Default)]
struct Quiet {
    since: AtomicU64,
    sealed: AtomicU64,
}

impl Gateway {
    /// Joins a pair of SAs in tunnel mode over UDP; `spd` leads to them by `policy`. `path_mtu` is that of the path between
    /// the ends.
    #[must_use]
    pub fn new(
        (outbound, inbound): (OutboundSa, InboundSa),
        spd: Spd,
        policy: PolicyId,
        path_mtu: u16,
    ) -> Self {
        Self {
            max_inner: outbound.overhead().max_inner_len(usize::from(path_mtu)),
            outbound,
            inbound,
            spd,
            policy,
            keepalive: None,
            reserved: AtomicU64::new(u64::MAX),
            used: AtomicU64::new(0),
            expired: AtomicBool::new(false),
            quiet: Quiet::default(),
            tally: Tally::default(),
            tell: Box::new(|_, _| {}),
        }
    }

    /// Keeps a NAT's mapping alive when nothing was sent for so long (RFC 3948 section 4).
    #[must_use]
    pub const fn with_keepalive(mut self, interval: Duration) -> Self {
        self.keepalive = Some(interval);
        self
    }

    /// Calls `tell` with what the host should know of the lifetimes, on the thread where it happens.
    #[must_use]
    pub fn with_notices(
        mut self,
        tell: impl Fn(Direction, Notice) + Send + Sync + 'static,
    ) -> Self {
        self.tell = Box::new(tell);
        self
    }

    /// Lets the sequence numbers up to `last` be used. Without a call there is no such bound.
    ///
    /// A key that outlives the process needs it: numbers are reserved on disk before they are used, and none of them is used
    /// again after a crash.
    pub fn reserve(&self, last: u64) {
        self.reserved.store(last, Relaxed);
    }

    /// Octets that must be free before a packet in its frame.
    #[must_use]
    pub const fn headroom(&self) -> usize {
        self.outbound.overhead().headroom()
    }

    /// Length of a frame that takes any packet.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        let room = self.outbound.overhead();
        room.headroom() + super::DATAGRAM + room.tailroom()
    }

    /// Octets of the longest packet that gets through the path: the MTU of the device.
    #[must_use]
    pub const fn max_inner_len(&self) -> usize {
        self.max_inner
    }

    /// Makes the datagram for a packet of `len` octets that lies in `frame` behind the [`headroom`](Self::headroom).
    ///
    /// # Errors
    /// The reason to drop it, which is also counted.
    pub fn seal<'f>(&self, frame: &'f mut [u8], len: usize) -> Result<&'f [u8], Refused> {
        let start = self.headroom();
        let sealed = self.seal_at(frame, start..start + len);
        match sealed.and_then(|place| frame.get(place).ok_or(Refused::TooLong)) {
            Ok(datagram) => Ok(datagram),
            Err(refused) => {
                if let Some(counter) = self.tally.refused.get(refused as usize) {
                    count(counter);
                }
                Err(refused)
            }
        }
    }

    fn seal_at(&self, frame: &mut [u8], place: Range<usize>) -> Result<Range<usize>, Refused> {
        let len = place.len();
        let packet = frame.get(place.clone()).ok_or(Refused::TooLong)?;
        let selector = Selector::outbound(packet).ok_or(Refused::Malformed)?;
        if self.spd.action(&selector) != Action::Protect(self.policy) {
            return Err(Refused::Policy);
        }
        if len > self.max_inner {
            return Err(Refused::TooLong);
        }
        if self.used.load(Relaxed) >= self.reserved.load(Relaxed) {
            return Err(Refused::Unreserved);
        }
        let next_header = if selector.local.is_ipv4() { IPV4 } else { IPV6 };
        let sealed = self.outbound.seal(frame, place, next_header)?;
        self.used.fetch_max(sealed.sequence, Relaxed);
        count(&self.tally.sealed);
        self.tally.sealed_octets.fetch_add(len as u64, Relaxed);
        self.notice(Direction::Outbound, sealed.notice);
        Ok(sealed.packet)
    }

    /// Opens a datagram, and gives the packet for the device; `None` when there is none, and then it is known to the counters why.
    pub fn open<'b>(&self, datagram: &'b mut [u8]) -> Option<&'b mut [u8]> {
        match classify(datagram) {
            Encapsulated::Esp(_) => count(&self.tally.esp),
            Encapsulated::Ike(_) => {
                count(&self.tally.ike);
                return None;
            }
            Encapsulated::Keepalive => {
                count(&self.tally.keepalives);
                return None;
            }
            Encapsulated::Malformed | _ => {
                count(&self.tally.foreign);
                return None;
            }
        }
        let opened = self.inbound.open(datagram).ok()?;
        self.notice(Direction::Inbound, opened.notice);
        if let Err(discard) = self.spd.check_inbound(opened.inner, Some(self.policy)) {
            self.inbound.audit().count(discard);
            return None;
        }
        Some(opened.inner)
    }

    /// Counts what became of a datagram given to the socket.
    pub(super) fn count_sent(&self, sent: &io::Result<usize>) {
        if sent.is_err() {
            count(&self.tally.unsent);
        }
    }

    /// Counts what became of a packet given to the device.
    pub(super) fn count_delivered(&self, delivered: &io::Result<usize>) {
        match delivered {
            Ok(octets) => {
                count(&self.tally.delivered);
                self.tally
                    .delivered_octets
                    .fetch_add(*octets as u64, Relaxed);
            }
            Err(_) => count(&self.tally.undelivered),
        }
    }

    /// Hears how old the SAs are, and says whether a keepalive is due, which then counts as sent.
    pub fn handle_age(&self, age: Duration) -> bool {
        self.notice(Direction::Outbound, self.outbound.handle_age(age));
        self.notice(Direction::Inbound, self.inbound.handle_age(age));
        let Some(interval) = self.keepalive else {
            return false;
        };
        let now = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        let sealed = self.tally.sealed.load(Relaxed);
        if self.quiet.sealed.swap(sealed, Relaxed) != sealed {
            self.quiet.since.store(now, Relaxed);
        }
        let quiet = now.saturating_sub(self.quiet.since.load(Relaxed));
        let due = u128::from(quiet) >= interval.as_millis();
        if due {
            self.quiet.since.store(now, Relaxed);
            count(&self.tally.keepalives_sent);
        }
        due
    }

    fn notice(&self, direction: Direction, notice: Option<Notice>) {
        if let Some(notice) = notice {
            if notice == Notice::HardLifetime {
                self.expired.store(true, Relaxed);
            }
            (self.tell)(direction, notice);
        }
    }

    /// True when a hard lifetime is over.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.expired.load(Relaxed)
    }

    /// The last sequence number used; 0 before the first packet of this run.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// The SA that opens, with its audit.
    #[must_use]
    pub const fn inbound(&self) -> &InboundSa {
        &self.inbound
    }

    /// Packets from the device that were not sealed for this reason.
    #[must_use]
    pub fn refused(&self, refused: Refused) -> u64 {
        let counter = self.tally.refused.get(refused as usize);
        counter.map_or(0, |counter| counter.load(Relaxed))
    }

    /// The counters.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.tally.totals()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("totals", &self.totals())
            .field("inbound", &self.inbound)
            .finish_non_exhaustive()
    }
}
