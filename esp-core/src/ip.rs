//! What ESP and AH must know of IP headers: their length, where the next protocol is named, and how to set lengths anew.

use core::net::IpAddr;

use crate::checksum;

/// Octets of an IPv4 header without options.
pub(crate) const IPV4_LEN: usize = 20;

/// Octets of an IPv6 header without extension headers.
pub(crate) const IPV6_LEN: usize = 40;

/// Octets of a UDP header.
pub(crate) const UDP_LEN: usize = 8;

/// Most octets of an IP packet that we make: those of the length field.
pub(crate) const MAX_LEN: usize = u16::MAX as usize;

/// Protocol numbers.
pub(crate) mod protocol {
    pub(crate) const HOP_BY_HOP: u8 = 0;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const ROUTING: u8 = 43;
    pub(crate) const FRAGMENT: u8 = 44;
    pub(crate) const ESP: u8 = 50;
    pub(crate) const AH: u8 = 51;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const NO_NEXT_HEADER: u8 = 59;
    pub(crate) const DESTINATION_OPTIONS: u8 = 60;
}

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V4,
    V6,
}

impl Version {
    /// The version that the first octet tells.
    #[inline]
    pub(crate) fn of(packet: &[u8]) -> Option<Self> {
        match packet.first()? >> 4 {
            4 => Some(Self::V4),
            6 => Some(Self::V6),
            _ => None,
        }
    }

    /// The protocol number of a packet of this version inside another.
    pub(crate) const fn protocol(self) -> u8 {
        match self {
            Self::V4 => protocol::IPV4,
            Self::V6 => protocol::IPV6,
        }
    }
}

#[inline]
fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets
        .get(at..)?
        .first_chunk()
        .map(|pair| u16::from_be_bytes(*pair))
}

/// Tells the length that the packet's header says, when it is at least that of the header, and all of it is there.
#[inline(always)]
pub(crate) fn total_len(packet: &[u8]) -> Option<usize> {
    let (least, len) = match Version::of(packet)? {
        Version::V4 => (ipv4_header_len(packet)?, usize::from(u16_at(packet, 2)?)),
        Version::V6 => (IPV6_LEN, usize::from(u16_at(packet, 4)?) + IPV6_LEN),
    };
    (least..=packet.len()).contains(&len).then_some(len)
}

#[inline]
fn ipv4_header_len(packet: &[u8]) -> Option<usize> {
    let len = usize::from(packet.first()? & 0xf) * 4;
    (len >= IPV4_LEN).then_some(len)
}

/// DSCP and ECN.
#[inline]
pub(crate) fn traffic_class(packet: &[u8]) -> u8 {
    match (Version::of(packet), packet) {
        (Some(Version::V4), [_, class, ..]) => *class,
        (Some(Version::V6), [hi, lo, ..]) => hi << 4 | lo >> 4,
        _ => 0,
    }
}

/// Sets DSCP and ECN, and repairs the checksum of an IPv4 header.
pub(crate) fn set_traffic_class(packet: &mut [u8], class: u8) {
    match (Version::of(packet), packet) {
        (Some(Version::V4), [first, old, _, _, _, _, _, _, _, _, hi, lo, ..]) => {
            let sum = u16::from_be_bytes([*hi, *lo]);
            [*hi, *lo] = checksum::repair(sum, &[*first, *old], &[*first, class]).to_be_bytes();
            *old = class;
        }
        (Some(Version::V6), [hi, lo, ..]) => {
            *hi = *hi & 0xf0 | class >> 4;
            *lo = *lo & 0x0f | class << 4;
        }
        _ => {}
    }
}

/// True for an IPv4 packet with the DF bit, and for an IPv6 packet, which has none to clear.
#[inline]
pub(crate) fn must_not_fragment(packet: &[u8]) -> bool {
    match Version::of(packet) {
        Some(Version::V4) => packet.get(6).is_some_and(|flags| flags & 0x40 != 0),
        Some(Version::V6) => true,
        None => false,
    }
}

/// Source and destination, as octets: 8 or 32.
#[inline(always)]
pub(crate) fn addresses(packet: &[u8]) -> Option<&[u8]> {
    match Version::of(packet)? {
        Version::V4 => packet.get(12..20),
        Version::V6 => packet.get(8..40),
    }
}

/// Source and destination.
#[inline(always)]
pub(crate) fn ends(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let addresses = addresses(packet)?;
    if let Ok([a, b, c, d, e, f, g, h]) = <[u8; 8]>::try_from(addresses) {
        return Some(([a, b, c, d].into(), [e, f, g, h].into()));
    }
    let source: [u8; 16] = *addresses.first_chunk()?;
    let destination: [u8; 16] = *addresses.last_chunk()?;
    Some((source.into(), destination.into()))
}

/// A place in a chain of headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Octets before it.
    pub(crate) at: usize,
    /// Where the protocol number of what stands at this place is written.
    pub(crate) named_at: usize,
    /// That number.
    pub(crate) protocol: u8,
}

/// The headers of a packet up to its upper layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) version: Version,
    /// Behind all extension headers.
    pub(crate) upper: Place,
    /// Where ESP or AH goes in transport mode: behind hop-by-hop, routing and fragment headers, before destination options
    /// unless those are for the hosts of a routing header (RFC 4303 section 3.1.1).
    pub(crate) esp: Place,
    /// True for a part of a packet.
    pub(crate) fragment: bool,
}

/// Most extension headers that are walked through: each may occur once, destination options twice (RFC 8200 section 4.1).
const MAX_EXTENSIONS: usize = 8;

/// What follows the headers of a packet: its place, its protocol, and whether the packet is only a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upper {
    pub(crate) at: usize,
    pub(crate) protocol: u8,
    pub(crate) fragment: bool,
}

/// Tells of [`headers`] what each packet is asked for. Most have no extension headers, so there is nothing to walk through.
#[inline(always)]
pub(crate) fn upper(packet: &[u8]) -> Option<Upper> {
    let (at, protocol, fragment) = match Version::of(packet)? {
        Version::V4 => (
            ipv4_header_len(packet)?,
            *packet.get(9)?,
            u16_at(packet, 6)? & 0x3fff != 0,
        ),
        Version::V6 => match *packet.get(6)? {
            protocol @ (protocol::TCP | protocol::UDP | protocol::ESP) => {
                (IPV6_LEN, protocol, false)
            }
            _ => {
                let Headers {
                    upper, fragment, ..
                } = headers(packet)?;
                (upper.at, upper.protocol, fragment)
            }
        },
    };
    if at > packet.len() {
        return None;
    }
    Some(Upper {
        at,
        protocol,
        fragment,
    })
}

/// Walks through the headers of a packet whose length was checked.
pub(crate) fn headers(packet: &[u8]) -> Option<Headers> {
    let version = Version::of(packet)?;
    let (at, named_at) = match version {
        Version::V4 => (ipv4_header_len(packet)?, 9),
        Version::V6 => (IPV6_LEN, 6),
    };
    let place = Place {
        at,
        named_at,
        protocol: *packet.get(named_at)?,
    };
    let mut headers = Headers {
        version,
        upper: place,
        esp: place,
        fragment: false,
    };
    match version {
        // More fragments, or an offset.
        Version::V4 => headers.fragment = u16_at(packet, 6)? & 0x3fff != 0,
        Version::V6 => walk_extensions(packet, &mut headers)?,
    }
    (headers.upper.at <= packet.len()).then_some(headers)
}

#[inline(never)]
fn walk_extensions(packet: &[u8], headers: &mut Headers) -> Option<()> {
    for _ in 0..MAX_EXTENSIONS {
        let place = headers.upper;
        let len = match place.protocol {
            protocol::HOP_BY_HOP | protocol::ROUTING | protocol::DESTINATION_OPTIONS => {
                (usize::from(*packet.get(place.at + 1)?) + 1) * 8
            }
            protocol::FRAGMENT => {
                // More fragments, or an offset. A packet that is its only fragment is whole (RFC 6946).
                headers.fragment |= u16_at(packet, place.at + 2)? & 0xfff9 != 0;
                8
            }
            _ => return Some(()),
        };
        headers.upper = Place {
            at: place.at + len,
            named_at: place.at,
            protocol: *packet.get(place.at)?,
        };
        if place.protocol != protocol::DESTINATION_OPTIONS {
            headers.esp = headers.upper;
        }
        // What follows a first fragment's header is part of a packet, or no header at all.
        if headers.fragment {
            return Some(());
        }
    }
    None
}

/// Writes the packet's own length into its header, and the checksum of an IPv4 header.
pub(crate) fn set_len(packet: &mut [u8], header_len: usize) -> Option<()> {
    let len = packet.len();
    match Version::of(packet)? {
        Version::V4 => {
            *packet.get_mut(2..)?.first_chunk_mut()? = u16::try_from(len).ok()?.to_be_bytes();
            *packet.get_mut(10..)?.first_chunk_mut()? = [0; 2];
            let sum = checksum::finish(checksum::sum(packet.get(..header_len)?));
            *packet.get_mut(10..)?.first_chunk_mut()? = sum.to_be_bytes();
        }
        Version::V6 => {
            let len = u16::try_from(len.checked_sub(IPV6_LEN)?).ok()?;
            *packet.get_mut(4..)?.first_chunk_mut()? = len.to_be_bytes();
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::{Headers, Version, headers, must_not_fragment, set_len, total_len};

    fn ipv6(first: u8, rest: &[&[u8]]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, first, 64];
        packet.extend([0; 32]);
        packet.extend(rest.concat());
        set_len(&mut packet, 40).unwrap();
        packet
    }

    fn places(packet: &[u8]) -> (usize, usize) {
        let Headers { upper, esp, .. } = headers(packet).unwrap();
        (upper.at, esp.at)
    }

    #[test]
    fn esp_goes_behind_hop_by_hop_routing_and_fragment() {
        let udp = &[0; 8][..];
        assert_eq!(places(&ipv6(17, &[udp])), (40, 40));
        let extension = |next| [next, 0, 0, 0, 0, 0, 0, 0];
        let chain = [&extension(43)[..], &extension(44), &extension(17), udp];
        assert_eq!(places(&ipv6(0, &chain)), (64, 64));
    }

    #[test]
    fn esp_goes_before_the_destination_options_of_the_last_host() {
        let extension = |next| [next, 0, 0, 0, 0, 0, 0, 0];
        let last = [&extension(60)[..], &extension(17), &[0; 8]];
        assert_eq!(places(&ipv6(0, &last)), (56, 48));
        // Those for the hosts of a routing header stay outside.
        let both = [&extension(43)[..], &extension(60), &extension(17), &[0; 8]];
        assert_eq!(places(&ipv6(60, &both)), (64, 56));
    }

    #[test]
    fn fragments_are_told_apart_from_whole_packets() {
        for (field, fragment) in [(0, false), (0x4000, false), (0x2000, true), (1, true)] {
            let mut packet = vec![0; 28];
            packet[0] = 0x45;
            packet[6..8].copy_from_slice(&u16::to_be_bytes(field));
            set_len(&mut packet, 20).unwrap();
            assert_eq!(headers(&packet).unwrap().fragment, fragment, "{field:x}");
        }
        for (field, fragment) in [(0, false), (1, true), (8, true), (6, false)] {
            let header = [&[17, 0][..], &u16::to_be_bytes(field), &[0; 4]].concat();
            let packet = ipv6(44, &[&header, &[0; 8]]);
            assert_eq!(headers(&packet).unwrap().fragment, fragment, "{field:x}");
        }
    }

    #[test]
    fn an_endless_chain_of_extensions_is_refused() {
        let chain = vec![[60, 0, 0, 0, 0, 0, 0, 0]; 100].concat();
        assert_eq!(headers(&ipv6(60, &[&chain])), None);
    }

    #[test]
    fn an_extension_must_be_there() {
        let packet = ipv6(0, &[&[17, 1, 0, 0, 0, 0, 0, 0]]);
        assert_eq!(headers(&packet), None);
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in prop::collection::vec(any::<u8>(), 0..120), version in 4_u8..7) {
            let mut octets = octets;
            if let Some(first) = octets.first_mut() {
                *first = version << 4 | *first & 0xf;
            }
            let _ = must_not_fragment(&octets);
            if let Some(len) = total_len(&octets) {
                prop_assert!(len <= octets.len());
                prop_assert!(Version::of(&octets).is_some());
            }
            if let Some(headers) = headers(&octets) {
                prop_assert!(headers.esp.at <= headers.upper.at && headers.upper.at <= octets.len());
                prop_assert!(headers.esp.named_at < headers.esp.at);
            }
        }
    }
}
