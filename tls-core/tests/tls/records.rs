//! Records: their lengths, their padding, their fragments, and what an established pair carries.

use core::num::NonZeroU16;

use tls_core::{
    LimitExceeded, MAX_FRAGMENT, Misbehaved, Padding, Sealer,
    wire::{AlertDescription, ContentType},
};

use crate::common::{Ask, Bench, Source, forge, limits};

const DATA: ContentType = ContentType::APPLICATION_DATA;

fn lengths(stream: &[u8]) -> Vec<usize> {
    let mut rest = stream;
    let mut lengths = Vec::new();
    while let [_, _, _, high, low, ..] = *rest {
        let len = usize::from(u16::from_be_bytes([high, low])) + 5;
        lengths.push(len);
        rest = &rest[len..];
    }
    lengths
}

#[test]
fn data_of_any_length_arrives_whole() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = Bench::new(source).connected();
        let max = MAX_FRAGMENT;
        for len in [
            0,
            1,
            2,
            255,
            256,
            max - 1,
            max,
            max + 1,
            2 * max,
            5 * max + 77,
        ] {
            let data: Vec<u8> = (0..251).cycle().take(len).collect();
            let before = ends.server.data().len();
            ends.client
                .machine
                .tls
                .write(&data, &mut ends.client.tx)
                .unwrap();
            let records = lengths(&ends.client.tx);
            assert_eq!(records.len(), len.div_ceil(max));
            assert!(
                records
                    .iter()
                    .all(|record| *record <= Sealer::record_len(max, 0))
            );
            ends.run();
            assert_eq!(ends.server.data()[before..], data);
        }
    }
}

#[test]
fn no_record_is_longer_than_the_configured_fragment() {
    for fragment in [1, 2, 16, 100, 512, 4096, MAX_FRAGMENT - 1, MAX_FRAGMENT] {
        let ends = || {
            let bench = Bench::toy();
            bench
                .client(move |config| config.with_max_fragment(fragment))
                .server(move |config| config.with_max_fragment(fragment))
                .connected()
        };
        // The handshake too.
        let mut ends = ends();
        for log in [ends.net.up.log(), ends.net.down.log()] {
            assert!(
                lengths(log)
                    .iter()
                    .all(|len| *len <= Sealer::record_len(fragment, 0))
            );
        }
        let data = vec![7; 3 * fragment.min(2000) + 1];
        ends.client
            .machine
            .tls
            .write(&data, &mut ends.client.tx)
            .unwrap();
        let records = lengths(&ends.client.tx);
        assert_eq!(records.len(), data.len().div_ceil(fragment));
        ends.run();
        assert_eq!(ends.server.data(), data);
    }
}

#[test]
fn padding_hides_lengths_as_the_policy_says() {
    let unit = NonZeroU16::new(100).unwrap();
    let cases: [(Padding, usize, usize); 9] = [
        (Padding::None, 1, 1),
        (Padding::ToMultipleOf(unit), 1, 100),
        (Padding::ToMultipleOf(unit), 100, 100),
        (Padding::ToMultipleOf(unit), 101, 200),
        (Padding::ToMultipleOf(unit), 999, 1000),
        (Padding::ToMultipleOf(unit), 1000, 1000),
        (Padding::Full, 1, 1000),
        (Padding::Full, 1000, 1000),
        (Padding::Full, 999, 1000),
    ];
    for (padding, len, padded) in cases {
        let mut ends = Bench::toy()
            .client(move |config| config.with_padding(padding).with_max_fragment(1000))
            .connected();
        let data = vec![7; len];
        ends.client
            .machine
            .tls
            .write(&data, &mut ends.client.tx)
            .unwrap();
        assert_eq!(
            lengths(&ends.client.tx),
            [Sealer::record_len(padded, 0)],
            "{padding:?}, {len}"
        );
        ends.run();
        assert_eq!(ends.server.data(), data);
    }
}

#[test]
fn padding_of_any_length_is_stripped_down_to_the_last_octet_of_content() {
    for zeros in [0, 1, 2, 255, 1000, MAX_FRAGMENT - 7] {
        let mut ends = Bench::forging().connected();
        ends.server.feed(&forge::padded(DATA, b"content", zeros));
        assert_eq!(ends.server.data(), b"content", "{zeros} zeros");
        // Zeros of the content are content.
        ends.server.feed(&forge::padded(DATA, &[0; 7], zeros));
        assert_eq!(ends.server.data(), b"content\0\0\0\0\0\0\0");
    }
}

#[test]
fn a_record_of_nothing_but_padding_is_refused() {
    for zeros in [0, 1, 16, 1000] {
        let mut ends = Bench::forging().connected();
        ends.server.feed(&forge::padded(ContentType(0), b"", zeros));
        assert_eq!(ends.server.error(), Misbehaved::NoContentType.into());
    }
}

#[test]
fn the_longest_record_is_taken_and_one_octet_more_is_not() {
    let mut ends = Bench::forging().connected();
    ends.server
        .feed(&forge::sealed(DATA, &vec![7; MAX_FRAGMENT]));
    assert_eq!(ends.server.data().len(), MAX_FRAGMENT);
    ends.server
        .feed(&forge::sealed(DATA, &vec![7; MAX_FRAGMENT + 1]));
    assert_eq!(ends.server.error(), Misbehaved::RecordOverflow.into());
    ends.run();
    let alert = AlertDescription::RECORD_OVERFLOW;
    assert_eq!(ends.client.error(), tls_core::Error::PeerAlert(alert));
}

#[test]
fn padding_does_not_make_a_record_longer_than_the_longest() {
    let mut ends = Bench::forging().connected();
    ends.server
        .feed(&forge::padded(DATA, &vec![7; MAX_FRAGMENT - 10], 10));
    assert_eq!(ends.server.data().len(), MAX_FRAGMENT - 10);
    ends.server
        .feed(&forge::padded(DATA, &vec![7; MAX_FRAGMENT - 10], 11));
    assert_eq!(ends.server.error(), Misbehaved::RecordOverflow.into());
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_the_record_is_waited_for() {
    // In the clear 2^14, under protection 2^14 + 256.
    for (len, fine) in [(1 << 14, true), ((1 << 14) + 1, false)] {
        let mut ends = Bench::toy().ends();
        let [high, low] = u16::try_from(len).unwrap().to_be_bytes();
        ends.server.feed(&[22, 3, 1, high, low]);
        assert_eq!(ends.server.end().is_none(), fine);
    }
    for (len, fine) in [((1 << 14) + 256, true), ((1 << 14) + 257, false)] {
        let mut ends = Bench::toy().connected();
        let [high, low] = u16::try_from(len).unwrap().to_be_bytes();
        ends.server.feed(&[23, 3, 3, high, low]);
        assert_eq!(ends.server.end().is_none(), fine);
    }
}

#[test]
fn empty_data_records_are_nothing_up_to_their_limit() {
    let limits = limits(|limits| limits.max_empty_records = 4);
    let bench = Bench::forging().server(move |config| config.with_limits(limits));
    let mut ends = bench.connected();
    for _ in 0..3 {
        (0..4).for_each(|_| ends.server.feed(&forge::sealed(DATA, b"")));
        // Content resets the count.
        ends.server.feed(&forge::sealed(DATA, b"x"));
    }
    assert_eq!(ends.server.data(), b"xxx");
    (0..4).for_each(|_| ends.server.feed(&forge::sealed(DATA, b"")));
    assert!(!ends.server.ended());
    ends.server.feed(&forge::sealed(DATA, b""));
    assert_eq!(ends.server.error(), LimitExceeded::EmptyRecords.into());
}

#[test]
fn an_empty_handshake_record_is_refused_in_every_epoch() {
    let mut ends = Bench::toy().ends();
    ends.server.feed(&forge::plain(ContentType::HANDSHAKE, b""));
    assert_eq!(ends.server.error(), Misbehaved::EmptyRecord.into());
    let mut ends = Bench::forging().connected();
    ends.server
        .feed(&forge::padded(ContentType::HANDSHAKE, b"", 10));
    assert_eq!(ends.server.error(), Misbehaved::EmptyRecord.into());
}

#[test]
fn the_minor_version_of_a_record_is_ignored() {
    let mut ends = Bench::forging().ends();
    ends.client.settle();
    let mut hello = ends.client.take();
    assert_eq!(hello[..3], [22, 3, 1]);
    hello[2] = 77;
    ends.server.feed(&hello);
    ends.run();
    assert!(ends.client.is_connected() && ends.server.is_connected());
}

#[test]
fn a_record_that_was_repeated_dropped_or_swapped_is_not_authentic() {
    let records = || {
        let mut ends = Bench::new(Source::Ring).connected();
        let [one, two] = [b"one", b"two"].map(|data| {
            ends.client
                .machine
                .tls
                .write(data, &mut ends.client.tx)
                .unwrap();
            ends.client.take()
        });
        (ends.server, one, two)
    };
    let (mut server, one, _) = records();
    server.feed(&one);
    server.feed(&one);
    assert_eq!(server.error(), tls_core::Error::BadRecord);
    assert_eq!(server.data(), b"one");
    let (mut server, _, two) = records();
    server.feed(&two);
    assert_eq!(server.error(), tls_core::Error::BadRecord);
    assert!(server.data().is_empty());
}

#[test]
fn every_octet_of_a_record_is_authentic_or_refused() {
    let mut whole = Bench::toy().connected();
    whole
        .client
        .machine
        .tls
        .write(b"data", &mut whole.client.tx)
        .unwrap();
    let record = whole.client.take();
    // The header is associated data; only the ignored minor version would pass, if it were not.
    for at in 0..record.len() {
        let mut ends = Bench::toy().connected();
        let mut record = record.clone();
        record[at] ^= 1;
        ends.server.feed(&record);
        ends.server.eof();
        assert!(ends.server.data().is_empty(), "octet {at}");
        assert!(ends.server.end().unwrap().is_err());
    }
}
