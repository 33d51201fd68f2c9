//! IKE and ESP in a TCP stream (RFC 9329), however it is cut.

use esp_core::{
    Encapsulated, classify,
    tcp::{BadLength, BadStream, Decoder, Encoder, STREAM_PREFIX},
};
use proptest::prelude::*;

use crate::common::{ends, gcm, params, seal_esp};

type Outcome = (Vec<Vec<u8>>, Option<BadStream>);

/// Gives a stream in pieces to a decoder, whose host keeps what is left.
fn decode(mut decoder: Decoder, pieces: &[&[u8]]) -> Outcome {
    let (mut rx, mut packets) = (Vec::new(), Vec::new());
    for piece in pieces {
        rx.extend(*piece);
        loop {
            match decoder.decode(&rx) {
                Ok(Some(frame)) => {
                    packets.push(rx[frame.packet.clone()].to_vec());
                    rx.drain(..frame.packet.end);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&[]), Err(error), "it stays so");
                    return (packets, Some(error));
                }
            }
        }
    }
    (packets, None)
}

#[test]
fn the_stream_looks_as_in_the_rfc() {
    let mut encoder = Encoder::originator();
    let head = encoder.before_ike(28).unwrap();
    assert_eq!(head.as_ref(), b"IKETCP\x00\x22\x00\x00\x00\x00");
    let head = encoder.before_esp(40).unwrap();
    assert_eq!(head.as_ref(), [0, 42], "the prefix is sent once");
    let mut encoder = Encoder::responder();
    assert_eq!(encoder.before_esp(1).unwrap().as_ref(), [0, 3]);
}

#[test]
fn a_frame_holds_what_its_length_can_say() {
    let mut encoder = Encoder::originator();
    for len in [0, 65_530, usize::MAX] {
        assert_eq!(encoder.before_ike(len), Err(BadLength(len)));
    }
    for len in [0, 65_534, usize::MAX] {
        assert_eq!(encoder.before_esp(len), Err(BadLength(len)));
    }
    let head = encoder.before_ike(65_529).unwrap();
    assert_eq!(
        head.as_ref()[..8],
        *b"IKETCP\xff\xff",
        "a refusal costs no prefix"
    );
    assert_eq!(encoder.before_esp(65_533).unwrap().as_ref(), [0xff; 2]);
}

#[test]
fn esp_is_opened_where_it_lies_in_the_stream() {
    let (outbound, inbound) = ends(&params(gcm()));
    let mut encoder = Encoder::responder();
    let mut rx = Vec::new();
    for payload in [&b"one"[..], b"another"] {
        let esp = seal_esp(&outbound, payload, 17);
        rx.extend(encoder.before_esp(esp.len()).unwrap().as_ref());
        rx.extend(esp);
    }
    let mut decoder = Decoder::originator();
    for payload in [&b"one"[..], b"another"] {
        let frame = decoder.decode(&rx).unwrap().unwrap();
        let packet = &mut rx[frame.packet.clone()];
        assert_eq!(classify(packet), Encapsulated::Esp(outbound.spi()));
        assert_eq!(inbound.open(packet).unwrap().inner, payload);
        rx.drain(..frame.packet.end);
    }
    assert_eq!(rx, []);
}

#[test]
fn a_stream_without_prefix_ends_at_the_first_wrong_octet() {
    for len in 0..STREAM_PREFIX.len() {
        let mut stream = STREAM_PREFIX;
        assert_eq!(Decoder::responder().decode(&stream[..len]), Ok(None));
        stream[len] ^= 1;
        let refused = Decoder::responder().decode(&stream[..=len]);
        assert_eq!(refused, Err(BadStream::NoPrefix), "octet {len}");
    }
}

#[test]
fn lengths_that_do_not_count_themselves_end_the_stream() {
    for length in [0, 1] {
        let (packets, error) = decode(Decoder::originator(), &[&[0, 3, 9, 0, length]]);
        assert_eq!(packets, [[9]]);
        assert_eq!(error, Some(BadStream::BadLength(u16::from(length))));
    }
    // A frame of nothing is no packet, and no error of the stream.
    let (packets, error) = decode(Decoder::originator(), &[&[0, 2]]);
    assert_eq!(
        (classify(&packets[0]), error),
        (Encapsulated::Malformed, None)
    );
}

#[test]
fn a_packet_beyond_the_limit_is_refused_by_its_length_alone() {
    let decoder = Decoder::originator().with_max_packet(100);
    assert_eq!(decoder.clone().decode(&[0, 102]), Ok(None));
    let refused = decoder.clone().decode(&[0, 103]);
    assert_eq!(refused, Err(BadStream::TooLong(101)));
    let whole = [&[0, 102][..], &[7; 100]].concat();
    assert_eq!(decode(decoder, &[&whole]).0, [[7; 100]]);
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_packets(
        packets in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..50), any::<bool>()), 0..6),
        tail in prop::collection::vec(any::<u8>(), 0..10),
        cut in 1_usize..20,
    ) {
        let mut encoder = Encoder::originator();
        let (mut stream, mut expected) = (Vec::new(), Vec::new());
        for (packet, ike) in &packets {
            let head = match ike {
                true => encoder.before_ike(packet.len()),
                false => encoder.before_esp(packet.len()),
            };
            stream.extend(head.unwrap().as_ref());
            stream.extend(packet);
            let marker: &[u8] = if *ike { &[0; 4] } else { &[] };
            expected.push([marker, packet].concat());
        }
        stream.extend(tail);
        let whole = decode(Decoder::responder(), &[&stream]);
        let pieces: Vec<&[u8]> = stream.chunks(cut).collect();
        prop_assert_eq!(&decode(Decoder::responder(), &pieces), &whole);
        prop_assert!(whole.0.starts_with(&expected));
    }

    #[test]
    fn any_octets_give_the_same_in_any_cut(
        stream in prop::collection::vec(prop_oneof![Just(0_u8), 0_u8..8, any::<u8>()], 0..200),
        prefixed: bool,
        cut in 1_usize..20,
        max in 0_usize..100,
    ) {
        let stream = if prefixed { [&STREAM_PREFIX[..], &stream].concat() } else { stream };
        for decoder in [Decoder::originator(), Decoder::responder()] {
            let decoder = decoder.with_max_packet(max);
            let pieces: Vec<&[u8]> = stream.chunks(cut).collect();
            let whole = decode(decoder.clone(), &[&stream]);
            prop_assert_eq!(decode(decoder, &pieces), whole);
        }
    }
}
