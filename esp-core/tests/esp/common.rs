//! What the scenarios share: suites, packets, and both ends of an SA.

use std::net::IpAddr;

use esp_core::{Encryption, InboundSa, Integrity, OutboundSa, SaParams, Spi, Suite, Tunnel};

pub(crate) const SPI: u32 = 0x1234_5678;

/// Every suite.
pub(crate) fn suites() -> Vec<Suite> {
    let combined = [
        Encryption::Aes128Gcm16,
        Encryption::Aes256Gcm16,
        Encryption::ChaCha20Poly1305,
        Encryption::Aes128Gcm16ImplicitIv,
        Encryption::Aes256Gcm16ImplicitIv,
        Encryption::ChaCha20Poly1305ImplicitIv,
        Encryption::Aes128Gmac,
        Encryption::Aes256Gmac,
        #[cfg(feature = "ciphers")]
        Encryption::Aes128Ccm8,
        #[cfg(feature = "ciphers")]
        Encryption::Aes128Ccm12,
        #[cfg(feature = "ciphers")]
        Encryption::Aes128Ccm16,
        #[cfg(feature = "ciphers")]
        Encryption::Aes256Ccm8,
        #[cfg(feature = "ciphers")]
        Encryption::Aes256Ccm12,
        #[cfg(feature = "ciphers")]
        Encryption::Aes256Ccm16,
    ];
    let ciphers = [
        Encryption::Null,
        #[cfg(feature = "ciphers")]
        Encryption::Aes128Cbc,
        #[cfg(feature = "ciphers")]
        Encryption::Aes192Cbc,
        #[cfg(feature = "ciphers")]
        Encryption::Aes256Cbc,
        #[cfg(feature = "ciphers")]
        Encryption::Aes128Ctr,
        #[cfg(feature = "ciphers")]
        Encryption::Aes192Ctr,
        #[cfg(feature = "ciphers")]
        Encryption::Aes256Ctr,
    ];
    let macs = [
        Integrity::HmacSha256,
        Integrity::HmacSha384,
        Integrity::HmacSha512,
        #[cfg(feature = "legacy")]
        Integrity::HmacSha1,
    ];
    let composed = ciphers
        .into_iter()
        .flat_map(|cipher| macs.map(|mac| (cipher, Some(mac))));
    combined
        .into_iter()
        .map(|combined| (combined, None))
        .chain(composed)
        .map(|(encryption, integrity)| Suite::new(encryption, integrity).unwrap())
        .collect()
}

pub(crate) fn gcm() -> Suite {
    Suite::new(Encryption::Aes128Gcm16, None).unwrap()
}

/// Parameters with counted-up keys, in transport mode.
pub(crate) fn params(suite: Suite) -> SaParams {
    let key: Vec<u8> = (1..).take(suite.encryption_key_len()).collect();
    let mac: Vec<u8> = (101..).take(suite.integrity_key_len()).collect();
    SaParams::new(Spi::new(SPI).unwrap(), suite, &key, &mac).unwrap()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn tunnel4() -> Tunnel {
    Tunnel::new(ip("192.0.2.1"), ip("192.0.2.2"))
}

pub(crate) fn tunnel6() -> Tunnel {
    Tunnel::new(ip("2001:db8::1"), ip("2001:db8::2"))
}

pub(crate) fn ends(params: &SaParams) -> (OutboundSa, InboundSa) {
    let provider = crypto_core::ring::provider();
    (
        OutboundSa::new(params, &provider).unwrap(),
        InboundSa::new(params, &provider).unwrap(),
    )
}

/// The Internet checksum, written down once more so that the crate's own is not its own judge.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let octets = parts.concat();
    let mut sum: u64 = octets
        .chunks(2)
        .map(|pair| u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// A UDP packet over IPv4, with right checksums.
pub(crate) fn ipv4(payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(28 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![
        0x45, 0xb8, total[0], total[1], 0x1c, 0x46, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
    ];
    let header_sum = checksum(&[&packet]).to_be_bytes();
    packet[10..12].copy_from_slice(&header_sum);
    let datagram = udp(&packet[12..20], payload);
    packet.extend(datagram);
    packet
}

/// A UDP packet over IPv6.
pub(crate) fn ipv6(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x6b, 0x81, 2, 3, len[0], len[1], 17, 64];
    for last in [1_u8, 2] {
        packet.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    let datagram = udp(&packet[8..40], payload);
    packet.extend(datagram);
    packet
}

fn udp(addresses: &[u8], payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    let mut datagram = vec![0x30, 0x39, 0, 53, len[0], len[1], 0, 0];
    datagram.extend(payload);
    let sum = checksum(&[addresses, &[0, 17], &len, &datagram]).to_be_bytes();
    datagram[6..8].copy_from_slice(&sum);
    datagram
}

/// True when the checksum of a UDP packet is right.
pub(crate) fn udp_is_right(packet: &[u8]) -> bool {
    let (addresses, at) = match packet[0] >> 4 {
        4 => (&packet[12..20], usize::from(packet[0] & 0xf) * 4),
        _ => (&packet[8..40], 40),
    };
    let datagram = &packet[at..];
    let len = u16::try_from(datagram.len()).unwrap().to_be_bytes();
    checksum(&[addresses, &[0, 17], &len, datagram]) == 0
}

/// Seals an IP packet in a frame that has exactly the room that the SA asks for.
pub(crate) fn seal(sa: &OutboundSa, packet: &[u8]) -> Vec<u8> {
    let room = sa.overhead();
    let place = room.headroom()..room.headroom() + packet.len();
    let mut frame = vec![0xa5; place.end + room.tailroom()];
    frame[place.clone()].copy_from_slice(packet);
    let sealed = sa.seal_packet(&mut frame, place).unwrap();
    frame[sealed.packet].to_vec()
}

/// Seals octets as an ESP packet without an IP header.
pub(crate) fn seal_esp(sa: &OutboundSa, inner: &[u8], next_header: u8) -> Vec<u8> {
    let room = sa.overhead();
    let place = room.head()..room.head() + inner.len();
    let mut frame = vec![0xa5; place.end + room.tailroom()];
    frame[place.clone()].copy_from_slice(inner);
    let sealed = sa.seal(&mut frame, place, next_header).unwrap();
    frame[sealed.packet].to_vec()
}

pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Every algorithm of AH.
pub(crate) fn ah_suites() -> Vec<Suite> {
    [
        Integrity::HmacSha256,
        Integrity::HmacSha384,
        Integrity::HmacSha512,
        #[cfg(feature = "legacy")]
        Integrity::HmacSha1,
        Integrity::Aes128Gmac,
        Integrity::Aes256Gmac,
    ]
    .map(Suite::ah)
    .to_vec()
}

/// A UDP packet over IPv4 with options, whole words of them.
pub(crate) fn ipv4_with_options(options: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = ipv4(payload);
    packet.splice(20..20, options.iter().copied());
    packet[0] += u8::try_from(options.len() / 4).unwrap();
    let len = u16::try_from(packet.len()).unwrap().to_be_bytes();
    packet[2..4].copy_from_slice(&len);
    packet[10..12].fill(0);
    let sum = checksum(&[&packet[..20 + options.len()]]).to_be_bytes();
    packet[10..12].copy_from_slice(&sum);
    packet
}

/// A UDP packet over IPv6 with extension headers: each has a number, and what is behind its first two octets.
pub(crate) fn ipv6_with_extensions(extensions: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut packet = ipv6(payload);
    let (mut at, mut named_at) = (40, 6);
    for (number, content) in extensions {
        let upper = std::mem::replace(&mut packet[named_at], *number);
        let words = u8::try_from((content.len() + 2) / 8 - 1).unwrap();
        let header = [upper, words].into_iter().chain(content.iter().copied());
        packet.splice(at..at, header);
        named_at = at;
        at += content.len() + 2;
    }
    let len = u16::try_from(packet.len() - 40).unwrap().to_be_bytes();
    packet[4..6].copy_from_slice(&len);
    packet
}

/// One stop on the route of an IPv6 packet that begins with a routing header (RFC 2460 section 4.4).
pub(crate) fn travel(packet: &mut [u8]) {
    let stops = usize::from(packet[41]) / 2;
    let place = 48 + (stops - usize::from(packet[43])) * 16;
    packet[43] -= 1;
    let (header, rest) = packet.split_at_mut(40);
    header[24..40].swap_with_slice(&mut rest[place - 40..place - 24]);
}
