//! How long an SA may be used (RFC 4301 section 4.4.2.1).

use core::time::Duration;

/// Bounds after which something happens, whichever is reached first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// Octets of payload protected.
    pub octets: Option<u64>,
    /// Packets, counted by sequence number: what was lost on the way counts too.
    pub packets: Option<u64>,
    /// Time since the SA was made, judged by [`OutboundSa::handle_age`](crate::OutboundSa::handle_age) and
    /// [`InboundSa::handle_age`](crate::InboundSa::handle_age).
    pub age: Option<Duration>,
}

impl Bounds {
    /// Bounds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            octets: None,
            packets: None,
            age: None,
        }
    }

    /// Bounds the octets of payload.
    #[must_use]
    pub const fn with_octets(mut self, octets: u64) -> Self {
        self.octets = Some(octets);
        self
    }

    /// Bounds the packets.
    #[must_use]
    pub const fn with_packets(mut self, packets: u64) -> Self {
        self.packets = Some(packets);
        self
    }

    /// Bounds the time.
    #[must_use]
    pub const fn with_age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }
}

/// When an SA should be replaced, and when it ends.
///
/// Octets are only counted when they are bounded: the counter costs an atomic addition for each packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetime {
    /// Beyond these a [`Notice`] asks for a new SA.
    pub soft: Bounds,
    /// Beyond these nothing is sealed or opened.
    pub hard: Bounds,
}

impl Lifetime {
    /// Groups the two.
    #[must_use]
    pub const fn new(soft: Bounds, hard: Bounds) -> Self {
        Self { soft, hard }
    }
}

/// What the host should know beside the packet. Each is said once in the life of an SA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// The soft lifetime is over, or 15/16 of the sequence numbers are used: make the successor now.
    SoftLifetime,
    /// The hard lifetime is over with this packet, or by age: the SA does nothing more.
    HardLifetime,
}
