//! ESP (RFC 4303) and AH (RFC 4302) as in-place transforms: packets sealed and opened where they lie, from any number of
//! threads.
//!
//! No socket, no clock, no allocation per packet. Keys come from the host: from IKE, or by hand.
//!
//! ```text
//!  frame   |  headroom  | inner packet | tailroom |          OutboundSa::seal_packet(&self, ..)
//!                    │  sequence number, header, trailer, encryption: in place
//!                    ▼
//!          | IP | UDP | SPI | sequence | IV | encrypted ... | ICV |
//!                    │  number, ICV, window, trailer: in place
//!                    ▼
//!                            | inner packet |                InboundSa::open_packet(&self, ..)
//! ```
//!
#![cfg_attr(feature = "ring", doc = "```")]
#![cfg_attr(not(feature = "ring"), doc = "```ignore")]
#![doc = include_str!("../examples/tunnel.rs")]
#![doc = "```"]
//!
//! - [`SaParams`] describe an SA; [`OutboundSa`] and [`InboundSa`] are its two ends. Both work with `&self`.
//! - [`OutboundSa::overhead`] and [`OutboundSa::max_inner_len`] tell the room that a packet needs beforehand.
//! - A packet that is not delivered has one reason, [`Discard`], which [`Audit`] counts.
//! - Sequence numbers never wrap: the SA fails closed at their end, and says early, by a [`Notice`], that it
//!   should be replaced.
//!
//! # Where the RFCs are
//!
//! | RFC | here |
//! |---|---|
//! | 4303, ESP | [`OutboundSa`], [`InboundSa`] |
//! | 4302, AH: the header, what it covers | `ah`, `ah/covered`; [`Suite::ah`] |
//! | 4303 section 3.4.3 and appendix A, anti-replay | `window`; [`InboundSa::resynchronize`] |
//! | 9329, TCP | [`tcp`] |
//! | 4106, 7634, 8750: AEADs | `transform/aead` |
//! | 4543: GMAC | `transform/gmac` |
//! | 4309: CCM | `transform/ccm` |
//! | 3602, 3686, 4868, 2410: CBC, CTR, HMAC, NULL | `transform/composed` |
//! | 4301 section 5.1.2, 6040: tunnels | [`Tunnel`], `outer`, `ecn` |
//! | 3948: UDP | [`classify`], [`SaParams::with_udp`], `transport` |
//! | 4301 section 4.4.1: SPD | [`Spd`], [`Selector`] |
//! | 4301 section 4.4.2: SAD | [`Sad`], [`SadReader`] |
//! | 4301 section 4.4.2.1: lifetimes, audit | [`Lifetime`], [`Audit`] |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod ah;
mod audit;
mod checksum;
mod ecn;
mod error;
mod inbound;
mod ip;
mod lifetime;
mod meter;
mod outbound;
mod outer;
mod overhead;
mod params;
mod sad;
mod selector;
mod sequence;
mod spd;
mod spi;
mod suite;
pub mod tcp;
mod transform;
mod transport;
mod tunnel;
mod udp;
mod window;

/// Named once, so that the tests of `window` can put `loom`'s in their place.
mod atomic {
    pub(crate) use core::sync::atomic::{AtomicU64, Ordering};
}

pub use audit::Audit;
pub use error::{BadSa, Discard, SealError};
pub use inbound::{Desynchronization, InboundSa, Opened};
pub use lifetime::{Bounds, Lifetime, Notice};
pub use outbound::{OutboundSa, Sealed};
pub use overhead::Overhead;
pub use params::{Mode, OriginalAddresses, SaParams, TfcPadding, UdpPorts};
pub use sad::{Sad, SadError, SadReader};
pub use selector::{Ports, Selector};
pub use spd::{
    Acquire, Action, Addresses, BadSpd, MAX_RULES, PolicyId, PortRange, Rule, Spd, Verdict,
};
pub use spi::Spi;
pub use suite::{Encryption, Integrity, Protocol, Suite};
pub use tunnel::{DontFragment, Dscp, Ecn, Tunnel};
pub use udp::{Encapsulated, KEEPALIVE, NON_ESP_MARKER, classify};
