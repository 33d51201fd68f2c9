//! What stands before ESP or AH on the wire: an IP header, and before ESP perhaps a UDP header.

use core::{net::IpAddr, ops::Range};

use crate::{
    Discard, DontFragment, Dscp, Ecn, Encapsulated, Protocol, Spi, Tunnel, UdpPorts, checksum,
    classify,
    ip::{self, IPV4_LEN, IPV6_LEN, UDP_LEN, Version, protocol},
};

/// The outer header of a tunnel, made when the SA is made; a packet only needs its lengths and classes filled in.
#[derive(Debug)]
pub(crate) struct OuterHeader {
    octets: [u8; IPV6_LEN + UDP_LEN],
    len: usize,
    udp: bool,
    version: Version,
    /// The sum of what stays the same in an IPv4 header.
    sum: u32,
    tunnel: Tunnel,
}

impl OuterHeader {
    pub(crate) fn new(tunnel: Tunnel, protected: Protocol, udp: Option<UdpPorts>) -> Self {
        let mut octets = [0; IPV6_LEN + UDP_LEN];
        let next = match protected {
            _ if udp.is_some() => protocol::UDP,
            Protocol::Esp => protocol::ESP,
            Protocol::Ah => protocol::AH,
        };
        let (version, ip_len) = match (tunnel.source, tunnel.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let [a, b, c, d] = source.octets();
                let [e, f, g, h] = destination.octets();
                let header: [u8; IPV4_LEN] = [
                    0x45,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    tunnel.hop_limit,
                    next,
                    0,
                    0,
                    a,
                    b,
                    c,
                    d,
                    e,
                    f,
                    g,
                    h,
                ];
                put(&mut octets, 0, &header);
                (Version::V4, IPV4_LEN)
            }
            (source, destination) => {
                put(
                    &mut octets,
                    0,
                    &[0x60, 0, 0, 0, 0, 0, next, tunnel.hop_limit],
                );
                put(&mut octets, 8, &ipv6_octets(source));
                put(&mut octets, 24, &ipv6_octets(destination));
                (Version::V6, IPV6_LEN)
            }
        };
        let sum = checksum::sum(octets.get(..IPV4_LEN).unwrap_or_default());
        let mut len = ip_len;
        if let Some(ports) = udp {
            put(&mut octets, len, &ports.source.to_be_bytes());
            put(&mut octets, len + 2, &ports.destination.to_be_bytes());
            len += UDP_LEN;
        }
        Self {
            octets,
            len,
            udp: udp.is_some(),
            version,
            sum,
            tunnel,
        }
    }

    /// Octets before ESP or AH.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The version of the header.
    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    /// The class and the DF bit that the header gets over `inner`, which is `None` for a dummy packet.
    #[inline(always)]
    pub(crate) fn classes(&self, inner: Option<&[u8]>) -> Classes {
        let inner_class = inner.map_or(0, ip::traffic_class);
        let dscp = match self.tunnel.dscp {
            Dscp::Copy => inner_class & 0xfc,
            Dscp::Set(value) => value << 2,
        };
        let ecn = match self.tunnel.ecn {
            Ecn::Normal => inner_class & 0b11,
            Ecn::Compatibility => 0,
        };
        Classes {
            traffic: dscp | ecn,
            dont_fragment: match self.tunnel.dont_fragment {
                DontFragment::Copy => inner.is_some_and(ip::must_not_fragment),
                DontFragment::Set => true,
                DontFragment::Clear => false,
            },
        }
    }

    /// Writes the header at the beginning of `packet`, which is complete behind it.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        packet: &mut [u8],
        classes: Classes,
        identification: u16,
    ) -> Option<()> {
        let len = u16::try_from(packet.len()).ok()?;
        // Copies of a known length need no call.
        let ip_len = match self.version {
            Version::V4 => {
                let header: &[u8; IPV4_LEN] = self.octets.first_chunk()?;
                *packet.first_chunk_mut()? = *header;
                let flags = if classes.dont_fragment { 0x4000 } else { 0 };
                let first = u16::from_be_bytes([0, classes.traffic]);
                // Folding once in `finish` is enough: five summands of 16 bits.
                let sum = self.sum
                    + u32::from(first)
                    + u32::from(len)
                    + u32::from(identification)
                    + u32::from(flags);
                let [_, class, l0, l1, i0, i1, f0, f1, _, _, c0, c1] = packet.first_chunk_mut()?;
                *class = classes.traffic;
                [*l0, *l1] = len.to_be_bytes();
                [*i0, *i1] = identification.to_be_bytes();
                [*f0, *f1] = u16::to_be_bytes(flags);
                [*c0, *c1] = checksum::finish(sum).to_be_bytes();
                IPV4_LEN
            }
            Version::V6 => {
                let header: &[u8; IPV6_LEN] = self.octets.first_chunk()?;
                *packet.first_chunk_mut()? = *header;
                ip::set_traffic_class(packet, classes.traffic);
                let payload = len.checked_sub(u16::try_from(IPV6_LEN).ok()?)?;
                *packet.get_mut(4..)?.first_chunk_mut()? = payload.to_be_bytes();
                IPV6_LEN
            }
        };
        if self.udp {
            let ports: &[u8; 4] = self.octets.get(ip_len..)?.first_chunk()?;
            *packet.get_mut(ip_len..)?.first_chunk_mut()? = *ports;
            finish_udp(packet, ip_len, self.version)?;
        }
        Some(())
    }
}

/// The class and DF bit of an outer header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Classes {
    traffic: u8,
    dont_fragment: bool,
}

/// Writes length and checksum of a UDP header at `at`. Over IPv4 the checksum is zero (RFC 3948 section 2.1); over IPv6
/// it must not be (RFC 8200 section 8.1).
#[inline(never)]
pub(crate) fn finish_udp(packet: &mut [u8], at: usize, version: Version) -> Option<()> {
    let len = u16::try_from(packet.len().checked_sub(at)?)
        .ok()?
        .to_be_bytes();
    *packet.get_mut(at + 4..)?.first_chunk_mut()? = len;
    *packet.get_mut(at + 6..)?.first_chunk_mut()? = [0; 2];
    if version == Version::V6 {
        let sum = checksum::sum(ip::addresses(packet)?)
            + checksum::sum(&len)
            + u32::from(protocol::UDP)
            + checksum::sum(packet.get(at..)?);
        let value = match checksum::finish(sum) {
            0 => u16::MAX,
            value => value,
        };
        *packet.get_mut(at + 6..)?.first_chunk_mut()? = value.to_be_bytes();
    }
    Some(())
}

fn put(octets: &mut [u8], at: usize, what: &[u8]) {
    if let Some(place) = octets.get_mut(at..at + what.len()) {
        place.copy_from_slice(what);
    }
}

const fn ipv6_octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Where ESP or AH lies in an IP packet that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) protocol: Protocol,
    /// The ESP packet, or AH and all that is behind it.
    pub(crate) body: Range<usize>,
    pub(crate) spi: Spi,
}

/// Finds AH, or ESP, alone or in UDP, in an IP packet; octets behind the packet are ignored.
#[inline(always)]
pub(crate) fn find_protected(packet: &[u8]) -> Result<Arrived, Discard> {
    let end = ip::total_len(packet).ok_or(Discard::Malformed)?;
    let packet = packet.get(..end).ok_or(Discard::Malformed)?;
    let Some(upper) = ip::upper(packet) else {
        return Err(Discard::Malformed);
    };
    if upper.fragment {
        return Err(Discard::Fragment);
    }
    let body = match upper.protocol {
        protocol::ESP => upper.at..end,
        protocol::UDP => in_udp(packet, upper.at)?,
        protocol::AH => return find_ah(packet, upper.at),
        _ => return Err(Discard::Malformed),
    };
    match classify(packet.get(body.clone()).unwrap_or_default()) {
        Encapsulated::Esp(spi) => Ok(Arrived {
            protocol: Protocol::Esp,
            body,
            spi,
        }),
        Encapsulated::Ike(_) | Encapsulated::Keepalive | Encapsulated::Malformed => {
            Err(Discard::Malformed)
        }
    }
}

#[cold]
fn find_ah(packet: &[u8], at: usize) -> Result<Arrived, Discard> {
    let body = at..packet.len();
    let spi = packet.get(body.start + 4..).and_then(<[u8]>::first_chunk);
    let spi = spi.and_then(|spi| Spi::new(u32::from_be_bytes(*spi)));
    Ok(Arrived {
        protocol: Protocol::Ah,
        body,
        spi: spi.ok_or(Discard::Malformed)?,
    })
}

/// What a UDP header at `at` carries. Its checksum says nothing that the ICV does not say better (RFC 3948 section 2.1).
fn in_udp(packet: &[u8], at: usize) -> Result<Range<usize>, Discard> {
    let header: &[u8; UDP_LEN] = packet
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .ok_or(Discard::Malformed)?;
    let [.., hi, lo, _, _] = *header;
    let end = at + usize::from(u16::from_be_bytes([hi, lo]));
    let start = at + UDP_LEN;
    if end < start || end > packet.len() {
        return Err(Discard::Malformed);
    }
    Ok(start..end)
}
