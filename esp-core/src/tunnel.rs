//! The outer header of a tunnel (RFC 4301 section 5.1.2).

use core::net::IpAddr;

/// What becomes of the DF bit (RFC 4301 section 8.1). Only an outer IPv4 header has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DontFragment {
    /// That of the inner packet; an inner IPv6 packet, which no router may fragment, sets it.
    #[default]
    Copy,
    /// Set.
    Set,
    /// Not set.
    Clear,
}

/// Which differentiated services code point the outer header gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dscp {
    /// That of the inner packet.
    #[default]
    Copy,
    /// This one, 0 to 63: the class of the inner packet stays hidden.
    Set(u8),
}

/// Whether routers on the way may mark congestion (RFC 6040 section 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ecn {
    /// Normal mode: the inner packet's field is copied, and marks come back in when the tunnel ends.
    #[default]
    Normal,
    /// Compatibility mode: no marks, for an old decapsulator that would lose them.
    Compatibility,
}

/// The ends of a tunnel, and how its outer header is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tunnel {
    /// Address of the sealing end.
    pub source: IpAddr,
    /// Address of the opening end.
    pub destination: IpAddr,
    /// TTL or hop limit of the outer header.
    pub hop_limit: u8,
    /// DF.
    pub dont_fragment: DontFragment,
    /// DSCP.
    pub dscp: Dscp,
    /// ECN.
    pub ecn: Ecn,
}

impl Tunnel {
    /// Joins two addresses of one family, with a hop limit of 64, and DF, DSCP and ECN copied.
    #[must_use]
    pub const fn new(source: IpAddr, destination: IpAddr) -> Self {
        Self {
            source,
            destination,
            hop_limit: 64,
            dont_fragment: DontFragment::Copy,
            dscp: Dscp::Copy,
            ecn: Ecn::Normal,
        }
    }
}
