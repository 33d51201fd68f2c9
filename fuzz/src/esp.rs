//! Packets of IPsec.

use std::sync::OnceLock;

use crypto_core::Provider;
use esp_core::{
    Discard, Encapsulated, Encryption, InboundSa, Integrity, OutboundSa, SaParams, Spi, Suite,
    Tunnel, UdpPorts, classify, tcp,
};

const SUITES: &[(Encryption, Option<Integrity>)] = &[
    (Encryption::Aes128Gcm16, None),
    (Encryption::Aes256Gcm16ImplicitIv, None),
    (Encryption::ChaCha20Poly1305, None),
    (Encryption::Aes128Gmac, None),
    (Encryption::Null, Some(Integrity::HmacSha256)),
    (Encryption::Aes128Cbc, Some(Integrity::HmacSha512)),
    (Encryption::Aes256Ctr, Some(Integrity::HmacSha384)),
    (Encryption::Aes128Ccm8, None),
];

fn provider() -> &'static Provider {
    static PROVIDER: OnceLock<Provider> = OnceLock::new();
    PROVIDER.get_or_init(crypto_core::ring::provider)
}

const AH_SUITES: &[Integrity] = &[
    Integrity::HmacSha256,
    Integrity::HmacSha384,
    Integrity::HmacSha512,
    Integrity::Aes128Gmac,
];

/// An SA of ESP by the bits of two octets: suite, numbers, mode, version, UDP.
fn params(suite: u8, bits: u8) -> SaParams {
    let (encryption, integrity) = SUITES[usize::from(suite) % SUITES.len()];
    let params = params_of(Suite::new(encryption, integrity).expect("they suit"), bits);
    if bits & 8 != 0 {
        return params.with_udp(UdpPorts::DEFAULT);
    }
    params
}

/// The same of AH, which has no UDP.
fn ah_params(suite: u8, bits: u8) -> SaParams {
    let integrity = AH_SUITES[usize::from(suite) % AH_SUITES.len()];
    params_of(Suite::ah(integrity), bits)
}

fn params_of(suite: Suite, bits: u8) -> SaParams {
    let spi = Spi::new(0x4321_8765).expect("not reserved");
    let keys = (
        vec![7; suite.encryption_key_len()],
        vec![9; suite.integrity_key_len()],
    );
    let mut params = SaParams::new(spi, suite, &keys.0, &keys.1).expect("of these lengths");
    if bits & 1 != 0 {
        params = params.with_extended_sequence();
    }
    let (v4, v6) = (["192.0.2.1", "192.0.2.2"], ["2001:db8::1", "2001:db8::2"]);
    match bits >> 1 & 3 {
        0 => {}
        version => {
            let ends = if version == 1 { v4 } else { v6 };
            let [source, destination] = ends.map(|end| end.parse().expect("an address"));
            params = params.with_tunnel(Tunnel::new(source, destination));
        }
    }
    params
}

/// Octets from strangers: nothing is opened, and each is counted once.
pub fn esp_open(data: &[u8]) {
    let [suite, bits, packet @ ..] = data else {
        return;
    };
    let _ = classify(packet);
    let inbound = InboundSa::new(&params(*suite, *bits), provider()).expect("good parameters");
    let mut whole = packet.to_vec();
    let first = inbound.open_packet(&mut whole).err();
    let mut alone = packet.to_vec();
    let second = inbound.open(&mut alone).err();
    for discard in [first, second] {
        let discard = discard.expect("nobody else has the keys");
        assert!(inbound.audit().of(discard) > 0);
        assert_ne!(discard, Discard::Dummy, "told only of what is authentic");
    }
    assert_eq!(inbound.highest_sequence(), 0, "the window moved");
}

/// A packet there and back; then again, then with one bit changed.
pub fn esp_round(data: &[u8]) {
    let [suite, bits, at, inner @ ..] = data else {
        return;
    };
    let params = params(*suite, *bits);
    let outbound = OutboundSa::new(&params, provider()).expect("good parameters");
    let inbound = InboundSa::new(&params, provider()).expect("good parameters");
    let room = outbound.overhead();
    let mut frame = vec![0xee; room.headroom() + inner.len() + room.tailroom()];
    let place = room.headroom()..room.headroom() + inner.len();
    frame[place.clone()].copy_from_slice(inner);
    let before = frame.clone();
    let Ok(sealed) = outbound.seal_packet(&mut frame, place) else {
        assert_eq!(frame, before, "a refusal changes nothing");
        assert_eq!(outbound.sequence(), 0, "a refusal takes no number");
        return;
    };
    let packet = frame[sealed.packet].to_vec();
    let tunnel = bits >> 1 & 3 != 0;
    // In transport mode the length counts from behind the IP header.
    assert!(!tunnel || packet.len() == room.sealed_len(inner.len()));

    // What is authenticated: ESP, which ends the packet, and has no less than this.
    let esp = room.head() + room.alignment() + room.icv();
    let mut damaged = packet.clone();
    let at = damaged.len() - 1 - usize::from(*at) % esp;
    damaged[at] ^= 1;
    let outcome = inbound.open_packet(&mut damaged).err();
    assert!(outcome.is_some(), "octet {at} is not protected");

    let mut arrived = packet.clone();
    let opened = match inbound.open_packet(&mut arrived) {
        // An IPv6 packet without a payload says in transport mode what a dummy says (RFC 4303 section 2.6).
        Err(Discard::Dummy) if !tunnel => return,
        opened => opened.expect("it was sealed so"),
    };
    assert_eq!(opened.inner.len(), inner.len());
    // Transport mode mends the checksum of a header on the way.
    assert!(!tunnel || opened.inner == inner);
    let mut again = packet;
    assert_eq!(
        inbound.open_packet(&mut again).err(),
        Some(Discard::Replayed)
    );
}

/// Octets from strangers as AH: nothing is opened, each is counted once, and nothing of the packet is changed.
pub fn ah_open(data: &[u8]) {
    let [suite, bits, packet @ ..] = data else {
        return;
    };
    let inbound = InboundSa::new(&ah_params(*suite, *bits), provider()).expect("good parameters");
    let mut octets = packet.to_vec();
    let discard = inbound.open_packet(&mut octets).err();
    let discard = discard.expect("nobody else has the keys");
    assert_eq!(inbound.audit().of(discard), 1);
    assert_eq!(inbound.audit().total(), 1);
    assert_eq!(inbound.highest_sequence(), 0, "the window moved");
    assert_eq!(octets, packet);
}

/// A packet there and back in AH; then again, then with one bit changed that nobody may change.
pub fn ah_round(data: &[u8]) {
    let [suite, bits, at, inner @ ..] = data else {
        return;
    };
    let params = ah_params(*suite, *bits);
    let outbound = OutboundSa::new(&params, provider()).expect("good parameters");
    let inbound = InboundSa::new(&params, provider()).expect("good parameters");
    let room = outbound.overhead();
    let mut frame = vec![0xee; room.headroom() + inner.len() + room.tailroom()];
    let place = room.headroom()..room.headroom() + inner.len();
    frame[place.clone()].copy_from_slice(inner);
    let before = frame.clone();
    let Ok(sealed) = outbound.seal_packet(&mut frame, place) else {
        assert_eq!(frame, before, "a refusal changes nothing");
        assert_eq!(outbound.sequence(), 0, "a refusal takes no number");
        return;
    };
    assert_eq!(frame[sealed.packet.end..], before[sealed.packet.end..]);
    let len = sealed.packet.len();
    let wire = [&frame[sealed.packet], &vec![0xee; room.tailroom()]].concat();

    // AH and all behind it ends the packet, and is never shorter than this.
    let mut damaged = wire.clone();
    damaged[len - 1 - usize::from(*at) % 24] ^= 1;
    assert!(inbound.open_packet(&mut damaged).is_err(), "not protected");

    let mut arrived = wire.clone();
    match inbound.open_packet(&mut arrived) {
        Ok(opened) => assert_eq!(opened.inner.len(), inner.len()),
        // A route that is not at its end is covered as it will arrive.
        Err(Discard::NotAuthentic) if bits >> 1 & 3 == 0 && routed(inner) => return,
        Err(discard) => panic!("it was sealed so: {discard}"),
    }
    let again = inbound.open_packet(&mut wire.clone()).err();
    assert_eq!(again, Some(Discard::Replayed));
}

/// True for a packet that may have a route: options of IPv4 or extension headers of IPv6.
fn routed(packet: &[u8]) -> bool {
    match packet[0] >> 4 {
        4 => packet[0] != 0x45,
        _ => [0, 43, 60].contains(&packet[6]),
    }
}

/// A stream from a stranger, cut into pieces of any length: the packets are those of the whole stream, and its end is the same.
/// What was read is framed anew to the octets that were read.
pub fn esp_tcp(data: &[u8]) {
    let [bits, cut, stream @ ..] = data else {
        return;
    };
    let decoder = || {
        let decoder = match bits & 1 {
            0 => tcp::Decoder::originator(),
            _ => tcp::Decoder::responder(),
        };
        match bits & 2 {
            0 => decoder,
            _ => decoder.with_max_packet(usize::from(bits >> 2)),
        }
    };
    let whole = frames(decoder(), stream, stream.len());
    assert_eq!(whole, frames(decoder(), stream, usize::from(*cut) + 1));
    assert_eq!(whole, frames(decoder(), stream, 1));

    let mut encoder = match bits & 1 {
        0 => tcp::Encoder::responder(),
        _ => tcp::Encoder::originator(),
    };
    let mut again: Vec<u8> = Vec::new();
    for packet in &whole.packets {
        let (head, rest) = match classify(packet) {
            Encapsulated::Ike(message) => (encoder.before_ike(message.len()), message),
            _ => (encoder.before_esp(packet.len()), &packet[..]),
        };
        let Ok(head) = head else {
            // A frame without a packet, or a marker without a message: read, but never made.
            assert!(rest.is_empty());
            return;
        };
        again.extend(head.as_ref());
        again.extend(rest);
    }
    assert_eq!(again, stream[..again.len()]);
}

/// What a stream held.
#[derive(Debug, PartialEq, Eq)]
struct Frames {
    packets: Vec<Vec<u8>>,
    error: Option<tcp::BadStream>,
}

/// Reads a stream as it arrives, `piece` octets at a time.
fn frames(mut decoder: tcp::Decoder, stream: &[u8], piece: usize) -> Frames {
    let mut packets: Vec<Vec<u8>> = Vec::new();
    let mut rx: Vec<u8> = Vec::new();
    for piece in stream.chunks(piece.max(1)) {
        rx.extend(piece);
        loop {
            match decoder.decode(&rx) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    assert!(frame.packet.end <= rx.len());
                    packets.push(rx[frame.packet.clone()].to_vec());
                    rx.drain(..frame.packet.end);
                }
                Err(error) => {
                    assert_eq!(decoder.decode(&rx), Err(error), "the end is no end");
                    let error = Some(error);
                    return Frames { packets, error };
                }
            }
        }
    }
    Frames {
        packets,
        error: None,
    }
}
