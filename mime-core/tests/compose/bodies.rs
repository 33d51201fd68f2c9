//! Which encoding a body gets, and what becomes of its octets.

use mime_core::compose::{Domain, Misuse, Part, Slot};
use mime_core::decode::{FlowedDecoder, TransferEncoding};
use mime_core::{Message, decode};

use crate::driving::{binary, compose, draft, drive, eight, media_type, seven};
use crate::tree::{Bodies, seen};

use TransferEncoding::{Base64, Binary, EightBit, QuotedPrintable, SevenBit};

fn encoding(sent: &[u8]) -> TransferEncoding {
    Message::parse(sent).root().encoding()
}

#[test]
fn known_text_gets_the_encoding_that_is_right_and_smallest() {
    let cases: [(String, [TransferEncoding; 3]); 12] = [
        ("".into(), [SevenBit, SevenBit, SevenBit]),
        ("plain\r\n".into(), [SevenBit, SevenBit, SevenBit]),
        ("line feeds\nalone\n".into(), [SevenBit, SevenBit, SevenBit]),
        (
            "Gr\u{fc}\u{df}e an alle, die das lesen".into(),
            [QuotedPrintable, EightBit, EightBit],
        ),
        (
            "\u{65e5}\u{672c}\u{8a9e}".repeat(9),
            [Base64, EightBit, EightBit],
        ),
        ("x".repeat(998), [SevenBit, SevenBit, SevenBit]),
        ("x".repeat(999), [QuotedPrintable, QuotedPrintable, Binary]),
        ("\u{65e5}".repeat(500), [Base64, Base64, Binary]),
        ("a\rb".into(), [QuotedPrintable, QuotedPrintable, Binary]),
        ("a\0b".into(), [QuotedPrintable, QuotedPrintable, Binary]),
        (
            "a\nFrom b".into(),
            [QuotedPrintable, QuotedPrintable, QuotedPrintable],
        ),
        (
            "a\r\n.\r\n".into(),
            [QuotedPrintable, QuotedPrintable, QuotedPrintable],
        ),
    ];
    for (text, encodings) in cases {
        for (config, expected) in [seven(), eight(), binary()].iter().zip(encodings) {
            let sent = compose(config, draft(Part::plain(text.clone()))).unwrap();
            assert_eq!(encoding(&sent), expected, "{text:?}");
            let content = seen(&sent).remove(0).content.unwrap();
            assert_eq!(content, crate::tree::crlf(&text));
        }
    }
}

#[test]
fn the_smaller_of_two_encodings_is_chosen() {
    for share in 0..=10 {
        let text = format!("{}{}", "a".repeat(10 - share), "\u{e9}".repeat(share)).repeat(60);
        let sent = compose(&seven(), draft(Part::plain(text.clone()))).unwrap();
        let octets = text.as_bytes();
        let mut quoted = bytes::BytesMut::new();
        let mut encoder = decode::QuotedPrintableEncoder::text();
        encoder.extend(octets, &mut quoted);
        encoder.finish_into(&mut quoted);
        let mut base64 = bytes::BytesMut::new();
        let mut encoder = decode::Base64Encoder::new();
        encoder.extend(octets, &mut base64);
        encoder.finish_into(&mut base64);
        let body = Message::parse(&sent).root().body().len();
        let best = quoted.len().min(base64.len());
        assert!(
            share == 0 || body <= best + best / 50,
            "{share}: {body}, {best}"
        );
    }
}

#[test]
fn text_in_another_charset_keeps_its_octets_and_its_name() {
    let latin = || {
        media_type("text/plain")
            .with("charset", "iso-8859-1")
            .unwrap()
    };
    let sent = compose(&seven(), draft(Part::text(latin(), &b"Gr\xfc\xdfe"[..]))).unwrap();
    assert_eq!(seen(&sent).remove(0).content.unwrap(), b"Gr\xfc\xdfe");
    let message = Message::parse(&sent);
    assert_eq!(
        message.root().media_type().text("charset").unwrap(),
        "iso-8859-1"
    );
    let sent = compose(&eight(), draft(Part::text(latin(), &b"Gr\xfc\xdfe"[..]))).unwrap();
    assert_eq!(encoding(&sent), EightBit);
    let unnamed = Part::text(media_type("text/plain"), &b"Gr\xfc\xdfe"[..]);
    assert_eq!(compose(&seven(), draft(unnamed)), Err(Misuse::NotUtf8));
}

#[test]
fn octets_are_never_taken_for_lines() {
    let octets = b"a\nb\rc\r\n\xff\0".to_vec();
    for (config, expected) in [(seven(), Base64), (eight(), Base64), (binary(), Binary)] {
        let part = Part::octets(media_type("text/csv"), octets.clone());
        let sent = compose(&config, draft(part)).unwrap();
        assert_eq!(encoding(&sent), expected);
        assert_eq!(seen(&sent).remove(0).content.unwrap(), octets);
        let bodies = Bodies::from([(Slot(0), octets.clone())]);
        let part = Part::octets(media_type("text/csv"), Slot(0));
        let outcome = drive(&config, draft(part), &bodies, 2);
        assert_eq!(encoding(&outcome.sent), expected);
        assert_eq!(seen(&outcome.sent).remove(0).content.unwrap(), octets);
    }
}

#[test]
fn pulled_text_is_quoted_printable_in_utf_8() {
    let bodies = Bodies::from([(Slot(0), "Gr\u{fc}\u{df}e\nan\r\nalle".into())]);
    for config in [seven(), eight(), binary()] {
        let sent = drive(&config, draft(Part::plain(Slot(0))), &bodies, 1).sent;
        assert_eq!(encoding(&sent), QuotedPrintable);
        let content = seen(&sent).remove(0).content.unwrap();
        assert_eq!(content, "Gr\u{fc}\u{df}e\r\nan\r\nalle".as_bytes());
    }
}

#[test]
fn flowed_text_is_the_same_known_or_pulled_when_it_is_joined_again() {
    let text = format!(
        "{}\n> {}\nend",
        "some words ".repeat(40).trim(),
        "quoted ".repeat(30).trim()
    );
    let bodies = Bodies::from([(Slot(0), text.clone().into_bytes())]);
    let known = compose(&seven(), draft(Part::flowed(text.clone()))).unwrap();
    for size in [1, 7, 1000] {
        let pulled = drive(&seven(), draft(Part::flowed(Slot(0))), &bodies, size).sent;
        for sent in [&known, &pulled] {
            let content = seen(sent).remove(0).content.unwrap();
            let mut joined = bytes::BytesMut::new();
            let mut decoder = FlowedDecoder::new(false);
            decoder.extend(&content, &mut joined);
            decoder.finish_into(&mut joined);
            assert_eq!(&joined[..], text.replace('\n', "\r\n").as_bytes());
        }
    }
}

#[test]
fn verbatim_octets_are_copied_where_the_way_carries_them() {
    let inner = |body: &[u8]| [b"A: b\r\n\r\n", body].concat();
    for (body, least) in [
        (&b"seven\r\n"[..], Domain::SevenBit),
        (b"eight \xff\r\n", Domain::EightBit),
        (b"bare\n", Domain::Binary),
        (b"nul\0", Domain::Binary),
    ] {
        for (config, most) in [
            (seven(), Domain::SevenBit),
            (eight(), Domain::EightBit),
            (binary(), Domain::Binary),
        ] {
            let part = || Part::mixed(vec![Part::message_verbatim(inner(body))]);
            let sent = compose(&config, draft(part()));
            if least <= most {
                let sent = sent.unwrap();
                assert!(sent.windows(body.len()).any(|window| window == body));
                let expected = match least {
                    Domain::SevenBit => SevenBit,
                    Domain::EightBit => EightBit,
                    Domain::Binary | _ => Binary,
                };
                assert_eq!(encoding(&sent), expected, "of the multipart");
            } else if least == Domain::EightBit {
                assert_eq!(sent, Err(Misuse::NeedsEightBit));
            } else {
                assert_eq!(sent, Err(Misuse::NeedsBinary));
            }
        }
    }
}

#[test]
fn an_empty_body_has_an_end() {
    let kind = || media_type("application/octet-stream");
    let parts = vec![
        Part::octets(kind(), ""),
        Part::plain(""),
        Part::octets(kind(), Slot(0)),
        Part::plain(Slot(2)),
    ];
    let bodies = Bodies::from([(Slot(0), vec![]), (Slot(2), vec![])]);
    let sent = drive(&seven(), draft(Part::mixed(parts)), &bodies, 1).sent;
    let seen = seen(&sent);
    assert_eq!(seen.len(), 5);
    assert!(
        seen.iter()
            .skip(1)
            .all(|seen| seen.content.as_deref() == Some(b""))
    );
}
