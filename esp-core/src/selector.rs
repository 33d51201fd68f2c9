//! What policies look at in a packet (RFC 4301 section 4.4.1.1).

use core::net::IpAddr;

use crate::ip::{self, Version, protocol};

const ICMP: u8 = 1;
const DCCP: u8 = 33;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;

/// What stands in the place of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ports {
    /// The ports of the two ends; of ICMP, twice the type as high and the code as low octet.
    Known {
        /// Of the local end.
        local: u16,
        /// Of the remote end.
        remote: u16,
    },
    /// There should be some, but they are in another fragment.
    Opaque,
    /// The protocol has none.
    None,
}

/// The facts of a packet that policies judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Selector {
    /// The address on our side of the IPsec boundary.
    pub local: IpAddr,
    /// The address on the other side.
    pub remote: IpAddr,
    /// The protocol behind all extension headers.
    pub protocol: u8,
    /// The ports.
    pub ports: Ports,
}

impl Selector {
    /// Groups the facts.
    #[must_use]
    pub const fn new(local: IpAddr, remote: IpAddr, protocol: u8, ports: Ports) -> Self {
        Self {
            local,
            remote,
            protocol,
            ports,
        }
    }

    /// Reads an IP packet that leaves: its source is local. `None` when it is malformed.
    #[must_use]
    #[inline(always)]
    pub fn outbound(packet: &[u8]) -> Option<Self> {
        let (source, destination, protocol, ports) = read(packet)?;
        let ports = ports.map_or_else(core::convert::identity, |(source, destination)| {
            Ports::Known {
                local: source,
                remote: destination,
            }
        });
        Some(Self::new(source, destination, protocol, ports))
    }

    /// Reads an IP packet that arrives: its destination is local. `None` when it is malformed.
    #[must_use]
    #[inline(always)]
    pub fn inbound(packet: &[u8]) -> Option<Self> {
        let (source, destination, protocol, ports) = read(packet)?;
        let ports = ports.map_or_else(core::convert::identity, |(source, destination)| {
            Ports::Known {
                local: destination,
                remote: source,
            }
        });
        Some(Self::new(destination, source, protocol, ports))
    }
}

type Facts = (IpAddr, IpAddr, u8, Result<(u16, u16), Ports>);

/// Source, destination, protocol, and the ports in the order of the packet.
#[inline(always)]
fn read(packet: &[u8]) -> Option<Facts> {
    let packet = packet.get(..ip::total_len(packet)?)?;
    let (source, destination) = ip::ends(packet)?;
    let upper = ip::upper(packet)?;
    let ports = match upper.protocol {
        _ if upper.fragment && !is_first(packet)? => Err(Ports::Opaque),
        protocol::TCP | protocol::UDP | DCCP | SCTP | UDP_LITE => {
            // A first fragment too short to tell its ports is as opaque as the others.
            let octets = packet.get(upper.at..)?.first_chunk::<4>();
            octets.map_or(Err(Ports::Opaque), |[a, b, c, d]| {
                Ok((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])))
            })
        }
        ICMP | protocol::ICMPV6 => {
            let octets = packet.get(upper.at..)?.first_chunk::<2>();
            octets.map_or(Err(Ports::Opaque), |octets| {
                let message = u16::from_be_bytes(*octets);
                Ok((message, message))
            })
        }
        _ => Err(Ports::None),
    };
    Some((source, destination, upper.protocol, ports))
}

/// True for a first fragment.
#[cold]
fn is_first(packet: &[u8]) -> Option<bool> {
    let headers = ip::headers(packet)?;
    let (at, mask) = match headers.version {
        Version::V4 => (6, 0x1fff),
        // The walk ends with the fragment header, which names what follows.
        Version::V6 => (headers.upper.named_at + 2, 0xfff8),
    };
    let field = u16::from_be_bytes(*packet.get(at..)?.first_chunk()?);
    Some(field & mask == 0)
}
