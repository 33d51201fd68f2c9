//! IP packets: a few made by hand, and what is said of any.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ESP: u8 = 50;
const ICMPV6: u8 = 58;

const IPV4_LEN: usize = 20;
const UDP_LEN: usize = 8;

/// The Internet checksum (RFC 1071).
pub(crate) fn checksum(octets: &[u8]) -> u16 {
    let (words, rest) = octets.as_chunks::<2>();
    let last = rest.first().map_or(0, |octet| u64::from(*octet) << 8);
    let mut sum = last
        + words
            .iter()
            .map(|word| u64::from(u16::from_be_bytes(*word)))
            .sum::<u64>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

/// Puts the checksum of `covered` into two octets of `packet`.
fn put_checksum(packet: &mut [u8], at: usize, covered: &[u8]) {
    if let Some(place) = packet.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = checksum(covered).to_be_bytes();
    }
}

/// An IPv4 packet of at most 65,515 octets of payload, with a right header checksum.
fn ipv4(protocol: u8, [source, destination]: [Ipv4Addr; 2], payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(IPV4_LEN + payload.len()).unwrap_or(u16::MAX);
    let [high, low] = len.to_be_bytes();
    let mut packet = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    repair_header(&mut packet);
    packet.extend(payload);
    packet
}

/// Writes the checksum of an IPv4 header without options.
pub(crate) fn repair_header(packet: &mut [u8]) {
    if let Some(header) = packet.get_mut(..IPV4_LEN) {
        let covered = covered_without(header.to_vec(), 10);
        put_checksum(header, 10, &covered);
    }
}

/// The octets that a checksum at `at` covers: itself is taken for zero.
fn covered_without(mut covered: Vec<u8>, at: usize) -> Vec<u8> {
    if let Some(place) = covered.get_mut(at..at + 2) {
        place.fill(0);
    }
    covered
}

/// An ICMP echo request (RFC 792): a ping.
pub(crate) fn echo_request(ends: [Ipv4Addr; 2], sequence: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    let mut message = vec![8, 0, 0, 0, 0x5e, 0xc7, high, low];
    message.extend(payload);
    let covered = message.clone();
    put_checksum(&mut message, 2, &covered);
    ipv4(ICMP, ends, &message)
}

/// What the host that was pinged sends back; `None` when the packet is no intact request.
pub(crate) fn echo_reply(request: &[u8]) -> Option<Vec<u8>> {
    let (header, message) = request.split_at_checked(IPV4_LEN)?;
    let [0x45, _, _, _, _, _, _, _, _, ICMP, _, _, ends @ ..] = header else {
        return None;
    };
    if checksum(header) != 0 || checksum(message) != 0 || message.first() != Some(&8) {
        return None;
    }
    let (source, destination) = ends.split_first_chunk::<4>()?;
    let destination: [u8; 4] = destination.try_into().ok()?;
    let mut answer = covered_without(message.to_vec(), 2);
    *answer.first_mut()? = 0;
    let covered = answer.clone();
    put_checksum(&mut answer, 2, &covered);
    Some(ipv4(
        ICMP,
        [destination.into(), Ipv4Addr::from(*source)],
        &answer,
    ))
}

/// A UDP datagram in IPv4, with its checksum.
pub(crate) fn datagram(ends: [Ipv4Addr; 2], ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(UDP_LEN + payload.len()).unwrap_or(u16::MAX);
    let [source, destination] = ports;
    let mut datagram = [source, destination, len, 0].map(u16::to_be_bytes).concat();
    datagram.extend(payload);
    let covered = [pseudo_header(ends, len), datagram.clone()].concat();
    put_checksum(&mut datagram, 6, &covered);
    ipv4(UDP, ends, &datagram)
}

/// Whether both checksums of a packet made by [`datagram`] are right.
pub(crate) fn datagram_is_intact(packet: &[u8]) -> bool {
    let (Some(header), Some(datagram)) = (packet.get(..IPV4_LEN), packet.get(IPV4_LEN..)) else {
        return false;
    };
    let [.., a, b, c, d, e, f, g, h] = *header else {
        return false;
    };
    let ends = [[a, b, c, d], [e, f, g, h]].map(Ipv4Addr::from);
    let len = u16::try_from(datagram.len()).unwrap_or(u16::MAX);
    let covered = [pseudo_header(ends, len), datagram.to_vec()].concat();
    checksum(header) == 0 && checksum(&covered) == 0
}

fn pseudo_header(ends: [Ipv4Addr; 2], len: u16) -> Vec<u8> {
    let [high, low] = len.to_be_bytes();
    let mut header = ends.map(|end| end.octets()).concat();
    header.extend([0, UDP, high, low]);
    header
}

/// A packet in one line: from where to where, what, how long. Octets that are no IP packet are only counted.
pub(crate) struct Summary<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0.len();
        match ends(self.0) {
            Some(Ends {
                source,
                destination,
                protocol,
                upper,
            }) => {
                write!(f, "{source} > {destination}, ")?;
                write_upper(f, protocol, upper)?;
                write!(f, ", {octets} octets")
            }
            None => write!(f, "{octets} octets"),
        }
    }
}

/// What the header of a packet says.
struct Ends<'a> {
    source: String,
    destination: String,
    protocol: u8,
    upper: &'a [u8],
}

fn ends(packet: &[u8]) -> Option<Ends<'_>> {
    match packet.first()? >> 4 {
        4 => {
            let (&[a, _, _, _, _, _, _, _, _, protocol, _, _], rest) =
                packet.split_first_chunk()?;
            let (source, rest) = rest.split_first_chunk::<4>()?;
            let (destination, rest) = rest.split_first_chunk::<4>()?;
            let options = usize::from(a & 0xf) * 4;
            Some(Ends {
                source: Ipv4Addr::from(*source).to_string(),
                destination: Ipv4Addr::from(*destination).to_string(),
                protocol,
                upper: rest.get(options.checked_sub(IPV4_LEN)?..)?,
            })
        }
        6 => {
            let (&[_, _, _, _, _, _, protocol, _], rest) = packet.split_first_chunk()?;
            let (source, rest) = rest.split_first_chunk::<16>()?;
            let (destination, upper) = rest.split_first_chunk::<16>()?;
            Some(Ends {
                source: Ipv6Addr::from(*source).to_string(),
                destination: Ipv6Addr::from(*destination).to_string(),
                protocol,
                upper,
            })
        }
        _ => None,
    }
}

/// What a packet brings, as far as ESP goes.
pub(crate) enum Carried {
    /// ESP, or UDP that may be ESP, with this SPI.
    Esp(u32),
    /// Something else.
    Other,
    /// It begins with extension headers of IPv6, or is too short.
    Unknown,
}

/// Tells whether a packet brings ESP.
pub(crate) fn carried(packet: &[u8]) -> Carried {
    let Some(Ends {
        protocol, upper, ..
    }) = ends(packet)
    else {
        return Carried::Unknown;
    };
    let spi = match protocol {
        ESP => Some(upper),
        UDP => upper.get(UDP_LEN..),
        // Hop-by-hop and destination options, routing, fragment.
        0 | 43 | 44 | 60 => return Carried::Unknown,
        _ => return Carried::Other,
    };
    spi.and_then(<[u8]>::first_chunk)
        .map_or(Carried::Unknown, |spi| {
            Carried::Esp(u32::from_be_bytes(*spi))
        })
}

/// The length that the header of a packet names.
pub(crate) fn total_len(packet: &[u8]) -> Option<usize> {
    let &[first, _, a, b, c, d] = packet.first_chunk()?;
    match first >> 4 {
        4 => Some(usize::from(u16::from_be_bytes([a, b]))),
        6 => Some(usize::from(u16::from_be_bytes([c, d])) + 40),
        _ => None,
    }
}

fn write_upper(f: &mut fmt::Formatter<'_>, protocol: u8, upper: &[u8]) -> fmt::Result {
    let kind = upper.first().copied();
    match (protocol, kind) {
        (ICMP, Some(8)) | (ICMPV6, Some(128)) => f.write_str("ICMP echo request"),
        (ICMP, Some(0)) | (ICMPV6, Some(129)) => f.write_str("ICMP echo reply"),
        (ICMP | ICMPV6, _) => f.write_str("ICMP"),
        (TCP | UDP, _) => {
            f.write_str(if protocol == TCP { "TCP" } else { "UDP" })?;
            if let Some(&[a, b, c, d]) = upper.first_chunk() {
                let [source, destination] = [[a, b], [c, d]].map(u16::from_be_bytes);
                write!(f, " {source} > {destination}")?;
            }
            Ok(())
        }
        (ESP, _) => f.write_str("ESP"),
        (4 | 41, _) => f.write_str("an IP packet"),
        _ => write!(f, "protocol {protocol}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{Summary, checksum, datagram, datagram_is_intact, echo_reply, echo_request};

    const ENDS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 2, 0, 1)];

    #[test]
    fn the_checksum_is_that_of_rfc_1071() {
        let example = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&example), !0xddf2);
        assert_eq!(checksum(&[0x12]), !0x1200);
    }

    #[test]
    fn a_request_is_answered_and_an_altered_one_is_not() {
        let request = echo_request(ENDS, 7, b"odd");
        let reply = echo_reply(&request).unwrap();
        assert_eq!(
            Summary(&reply).to_string(),
            "10.2.0.1 > 10.1.0.1, ICMP echo reply, 31 octets"
        );
        assert_eq!([checksum(&reply[..20]), checksum(&reply[20..])], [0, 0]);
        assert_eq!(echo_reply(&reply), None);
        for octet in 0..request.len() {
            let mut altered = request.clone();
            altered[octet] ^= 4;
            assert_eq!(echo_reply(&altered), None, "octet {octet}");
        }
    }

    #[test]
    fn a_datagram_is_intact_until_its_address_changes() {
        let mut packet = datagram(ENDS, [5000, 53], b"question");
        assert!(datagram_is_intact(&packet));
        packet[15] ^= 1;
        super::repair_header(&mut packet);
        assert!(!datagram_is_intact(&packet));
    }

    #[test]
    fn what_is_no_packet_is_counted() {
        assert_eq!(Summary(&[]).to_string(), "0 octets");
        assert_eq!(Summary(&[0x45; 19]).to_string(), "19 octets");
        let long = [&[0x4f][..], &[0; 30]].concat();
        assert_eq!(Summary(&long).to_string(), "31 octets");
        assert_eq!(Summary(&[0x60; 39]).to_string(), "39 octets");
    }
}
