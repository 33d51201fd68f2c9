//! Why something was not done.

use thiserror::Error;

/// Why an SA cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadSa {
    /// An AEAD with an integrity algorithm beside it, or a cipher without one, or one that is for AH only.
    #[error("an AEAD stands alone, any other cipher needs an integrity algorithm of ESP")]
    BadSuite,
    /// The encryption key, with its salt, or the integrity key has another length than the suite's.
    #[error("a key has the wrong length")]
    BadKey,
    /// The provider does not offer an algorithm of the suite.
    #[error("the provider lacks an algorithm of the suite")]
    Unsupported,
    /// The ends of a tunnel, or the addresses before a NAT, are not of one family.
    #[error("addresses of two families")]
    MixedFamilies,
    /// An anti-replay window outside 64 to 65,536.
    #[error("an anti-replay window is 64 to 65,536 wide")]
    BadWindow,
    /// No anti-replay window for extended sequence numbers, whose high half it tells.
    #[error("extended sequence numbers need an anti-replay window")]
    NoWindow,
    /// The SA would begin beyond its last sequence number.
    #[error("the sequence numbers are used up")]
    BadSequence,
    /// The source of randomness failed.
    #[error("no randomness")]
    NoRandomness,
    /// UDP, addresses before a NAT, or TFC padding with AH: it authenticates the addresses, and hides nothing.
    #[error("AH passes no NAT and pads nothing")]
    NotWithAh,
}

/// Why a packet was not sealed. Nothing was sent, and apart from the last two the host should change what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The frame has not as much room before and behind the inner octets as [`Overhead`](crate::Overhead) says.
    #[error("no room for the headers or the trailer")]
    NoRoom,
    /// The result would be longer than an IP packet can be.
    #[error("too long for an IP packet")]
    TooLong,
    /// The inner octets are no whole IP packet: wrong version, or their length is not the one in their header. AH protects
    /// nothing else.
    #[error("not an IP packet")]
    NotIp,
    /// A fragment in transport mode, which protects whole packets only (RFC 4303 section 3.1.1).
    #[error("a fragment in transport mode")]
    Fragment,
    /// Headers that AH cannot cover: more than 512 octets, or a routing header of a type for which nobody can foretell how it
    /// arrives.
    #[error("headers that AH cannot cover")]
    Uncoverable,
    /// All sequence numbers are used: the SA must be replaced (RFC 4303 section 3.3.3).
    #[error("the sequence numbers are used up")]
    SequenceExhausted,
    /// The hard lifetime is over, or the SA was closed.
    #[error("the SA has expired")]
    Expired,
}

/// Why a packet was discarded: one reason for each event that RFC 4301, 4302 and 4303 ask to audit.
///
/// A discarded packet changes no state but the counters, and none of its content may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Discard {
    /// Shorter than its headers and trailer, or no multiple of the cipher's block.
    #[error("malformed packet")]
    Malformed,
    /// A fragment: ESP and AH are applied to whole packets (RFC 4303 section 3.4.1).
    #[error("a fragment")]
    Fragment,
    /// There is no SA with this SPI (RFC 4303 section 3.4.2).
    #[error("unknown SPI")]
    UnknownSpi,
    /// Sequence number 0, which is never sent.
    #[error("sequence number 0")]
    SequenceZero,
    /// The sequence number was received before (RFC 4303 section 3.4.3).
    #[error("replayed")]
    Replayed,
    /// The sequence number is left of the anti-replay window: perhaps a replay, perhaps only late.
    #[error("left of the anti-replay window")]
    TooOld,
    /// The integrity check value is wrong (RFC 4303 section 3.4.4).
    #[error("not authentic")]
    NotAuthentic,
    /// The padding is longer than the packet, or not 1, 2, 3, ...
    #[error("bad padding")]
    BadPadding,
    /// A dummy packet of next header 59, dropped as it should be (RFC 4303 section 2.6).
    #[error("a dummy packet")]
    Dummy,
    /// What is inside is no IP packet in tunnel mode, or not what its header says.
    #[error("malformed inner packet")]
    BadInner,
    /// A congestion mark on a packet whose sender knows no marks (RFC 6040 section 4.2).
    #[error("congestion marked, and not ECN-capable")]
    Congestion,
    /// The inner packet is not one for which the SA was made (RFC 4301 section 5.2).
    #[error("not within the selectors of the SA")]
    SelectorMismatch,
    /// The hard lifetime is over, or the SA was closed.
    #[error("the SA has expired")]
    Expired,
    /// The host left less room behind the packet than [`InboundSa::room_behind`](crate::InboundSa::room_behind) asks for.
    #[error("no room behind the packet")]
    NoRoom,
}

impl Discard {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::Fragment,
        Self::UnknownSpi,
        Self::SequenceZero,
        Self::Replayed,
        Self::TooOld,
        Self::NotAuthentic,
        Self::BadPadding,
        Self::Dummy,
        Self::BadInner,
        Self::Congestion,
        Self::SelectorMismatch,
        Self::Expired,
        Self::NoRoom,
    ];
}
