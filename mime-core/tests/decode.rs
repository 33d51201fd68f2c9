//! Transfer codings: vectors of the RFCs, the table of decisions, and laws over arbitrary octets and splits.
#![cfg(test)]

use bytes::BytesMut;
use mime_core::DefectCode;
use mime_core::decode::{
    Base64Decoder, Base64Encoder, CrlfNormalizer, DotStuffer, DotUnstuffer, FlowedDecoder,
    FlowedEncoder, Problem, Progress, QuotedPrintableDecoder, QuotedPrintableEncoder,
    TransferDecoder, TransferEncoding, UuencodeDecoder,
};
use proptest::prelude::*;

fn decode(encoding: TransferEncoding, body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    let mut decoder = TransferDecoder::new(encoding);
    let mut out = BytesMut::new();
    decoder.extend(body, &mut out);
    decoder.finish_into(&mut out);
    (out.to_vec(), decoder.problems().iter().collect())
}

fn base64(body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    decode(TransferEncoding::Base64, body)
}

fn qp(body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    decode(TransferEncoding::QuotedPrintable, body)
}

fn one(code: DefectCode, count: u64, first: u64) -> Vec<Problem> {
    vec![Problem { code, count, first }]
}

/// All transforms behind one face, for the laws.
fn transforms() -> Vec<(&'static str, Box<dyn Transform>)> {
    macro_rules! face {
        ($($name:literal $make:expr, $verb:ident;)*) => {
            vec![$(($name, {
                let mut transform = $make;
                Box::new(move |src: Option<&[u8]>, dst: &mut [u8]| match src {
                    Some(src) => transform.$verb(src, dst),
                    None => transform.finish(dst),
                }) as Box<dyn Transform>
            })),*]
        };
    }
    face! {
        "base64" Base64Decoder::new(), decode;
        "base64 out" Base64Encoder::new(), encode;
        "qp" QuotedPrintableDecoder::new(), decode;
        "qp text" QuotedPrintableEncoder::text(), encode;
        "qp binary" QuotedPrintableEncoder::binary(), encode;
        "uuencode" UuencodeDecoder::new(), decode;
        "7bit" TransferDecoder::new(TransferEncoding::SevenBit), decode;
        "binary" TransferDecoder::new(TransferEncoding::Binary), decode;
        "crlf" CrlfNormalizer::new(), encode;
        "stuff" DotStuffer::new(), encode;
        "unstuff" DotUnstuffer::new(), decode;
        "flowed" FlowedDecoder::new(false), decode;
        "flowed delsp" FlowedDecoder::new(true), decode;
        "flow" FlowedEncoder::new(false), encode;
        "flow delsp" FlowedEncoder::new(true), encode;
    }
}

trait Transform: FnMut(Option<&[u8]>, &mut [u8]) -> Progress {}
impl<T: FnMut(Option<&[u8]>, &mut [u8]) -> Progress> Transform for T {}

/// Feeds pieces of the sizes given (in turn) into destinations of the sizes given.
fn run(transform: &mut dyn Transform, src: &[u8], pieces: &[usize], rooms: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rooms = rooms.iter().cycle();
    let mut rest = src;
    for &piece in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut now, later) = rest.split_at(piece.min(rest.len()));
        rest = later;
        while !now.is_empty() {
            let mut dst = vec![0xa5; *rooms.next().unwrap()];
            let Progress { read, written } = transform(Some(now), &mut dst);
            out.extend_from_slice(&dst[..written]);
            now = &now[read..];
            if read == 0 && written == 0 {
                return finish(transform, out, &mut rooms);
            }
        }
    }
    finish(transform, out, &mut rooms)
}

fn finish<'a>(
    transform: &mut dyn Transform,
    mut out: Vec<u8>,
    rooms: &mut impl Iterator<Item = &'a usize>,
) -> Vec<u8> {
    loop {
        let mut dst = vec![0; *rooms.next().unwrap()];
        let written = transform(None, &mut dst).written;
        if written == 0 {
            return out;
        }
        out.extend_from_slice(&dst[..written]);
    }
}

fn whole(transform: &mut dyn Transform, src: &[u8]) -> Vec<u8> {
    run(transform, src, &[src.len().max(1)], &[src.len() * 4 + 64])
}

/// Octets that meet the rules of the codings more often than arbitrary ones do.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(vec![b'Q'; 76]),
        proptest::collection::vec(prop::sample::select(b"ABCDabcd0189+/".to_vec()), 0..90),
        proptest::collection::vec(any::<u8>(), 0..20),
        Just(b"=C3=A9".to_vec()),
        Just(b"=".to_vec()),
        Just(b"YWI=".to_vec()),
        Just(b"  ".to_vec()),
        Just(b">> ".to_vec()),
        Just(b"-- ".to_vec()),
        Just(b"begin 644 x".to_vec()),
        Just(b"#86)C".to_vec()),
        Just(b"end".to_vec()),
        Just(b"..".to_vec()),
        Just(b"some words in a row ".to_vec()),
    ];
    let end = prop_oneof![
        4 => Just(&b"\r\n"[..]),
        2 => Just(&b""[..]),
        1 => Just(&b"\n"[..]),
        1 => Just(&b"\r"[..]),
    ];
    proptest::collection::vec((line, end), 0..60).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(l, e)| [l, e.to_vec()].concat())
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn output_never_depends_on_how_input_and_output_are_cut(
        body in bodies(),
        pieces in proptest::collection::vec(1usize..300, 1..6),
        rooms in proptest::collection::vec(1usize..300, 1..6),
    ) {
        let cut = transforms();
        let octets = transforms();
        for (((name, mut a), (_, mut b)), (_, mut c)) in transforms().into_iter().zip(cut).zip(octets) {
            let expected = whole(&mut *a, &body);
            prop_assert_eq!(&run(&mut *b, &body, &pieces, &rooms), &expected, "{}", name);
            prop_assert_eq!(&run(&mut *c, &body, &[1], &[1]), &expected, "{} by octets", name);
        }
    }

    #[test]
    fn problems_never_depend_on_how_input_is_cut(body in bodies(), piece in 1usize..200) {
        for encoding in [
            TransferEncoding::SevenBit,
            TransferEncoding::EightBit,
            TransferEncoding::QuotedPrintable,
            TransferEncoding::Base64,
            TransferEncoding::Uuencode,
        ] {
            let (expected_out, mut expected) = decode(encoding, &body);
            let mut decoder = TransferDecoder::new(encoding);
            let mut out = BytesMut::new();
            for piece in body.chunks(piece) {
                decoder.extend(piece, &mut out);
            }
            decoder.finish_into(&mut out);
            let mut found: Vec<_> = decoder.problems().iter().collect();
            expected.sort_by_key(|p| p.code);
            found.sort_by_key(|p| p.code);
            prop_assert_eq!(&out[..], &expected_out[..]);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn base64_round_trip(octets in proptest::collection::vec(any::<u8>(), 0..9000)) {
        let encoded = whole(&mut *transforms().remove(1).1, &octets);
        prop_assert!(encoded.split(|&o| o == b'\n').all(|line| line.len() <= 77));
        prop_assert!(encoded.is_empty() || encoded.ends_with(b"\r\n"));
        prop_assert_eq!(base64(&encoded), (octets, vec![]));
    }

    #[test]
    fn quoted_printable_round_trip(octets in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let encoded = whole(&mut *transforms().remove(4).1, &octets);
        prop_assert!(encoded.is_ascii());
        prop_assert!(encoded.split(|&o| o == b'\n').all(|line| line.len() <= 77));
        prop_assert_eq!(qp(&encoded), (octets, vec![]));
    }

    #[test]
    fn quoted_printable_text_round_trip(text in "((From )?[a-zéF .=\t-]{0,90}\r\n){0,20}") {
        let encoded = whole(&mut *transforms().remove(3).1, text.as_bytes());
        prop_assert!(encoded.split(|&o| o == b'\n').all(|line| line.len() <= 77));
        prop_assert!(!encoded.windows(2).any(|w| w == b" \r" || w == b"\t\r"));
        prop_assert_eq!(qp(&encoded), (text.into_bytes(), vec![]));
    }

    #[test]
    fn stuffed_text_comes_back(text in "([.a\r\n]{0,10}\r\n){0,20}") {
        let stuffed = whole(&mut *transforms().remove(9).1, text.as_bytes());
        prop_assert!(stuffed.ends_with(b".\r\n"));
        let at = stuffed.len() - 3;
        prop_assert!(!stuffed[..at].windows(5).any(|w| w == b"\r\n.\r\n"));
        let mut out = BytesMut::new();
        let mut unstuffer = DotUnstuffer::new();
        unstuffer.extend(&stuffed, &mut out);
        prop_assert!(unstuffer.is_complete());
        let text = if text.is_empty() || text.ends_with("\r\n") { text } else { text + "\r\n" };
        prop_assert_eq!(&out[..], text.as_bytes());
    }

    #[test]
    fn flowed_text_comes_back(text in "((From |--|--x|> | |)[a-z ]{0,200}[a-z]\r\n){0,8}", delsp: bool) {
        let mut flow = FlowedEncoder::new(delsp);
        let mut encoded = BytesMut::new();
        flow.extend(text.as_bytes(), &mut encoded);
        flow.finish_into(&mut encoded);
        let mut unflow = FlowedDecoder::new(delsp);
        let mut decoded = BytesMut::new();
        unflow.extend(&encoded, &mut decoded);
        unflow.finish_into(&mut decoded);
        prop_assert_eq!(core::str::from_utf8(&decoded).unwrap(), &text);
    }

    #[test]
    fn normalized_text_has_only_crlf(text in "[a\r\n]{0,40}") {
        let mut normalizer = CrlfNormalizer::new();
        let mut out = BytesMut::new();
        normalizer.extend(text.as_bytes(), &mut out);
        normalizer.finish_into(&mut out);
        let back = String::from_utf8(out.to_vec()).unwrap();
        prop_assert!(!back.replace("\r\n", "").contains('\n'));
        prop_assert_eq!(back.replace("\r\n", "\n"), text.replace("\r\n", "\n"));
    }
}

#[test]
fn base64_octets_outside_the_alphabet_are_skipped() {
    assert_eq!(
        base64(b"SG V\0s\r\nbG8="),
        (b"Hello".to_vec(), one(DefectCode::Base64Junk, 2, 2))
    );
}

#[test]
fn base64_data_after_padding_is_ignored() {
    let (out, problems) = base64(b"SGVsbG8=\r\nSGVsbG8=");
    assert_eq!(
        (out, problems),
        (
            b"Hello".to_vec(),
            one(DefectCode::Base64AfterPadding, 8, 10)
        )
    );
}

#[test]
fn base64_padding_that_completes_no_group_is_skipped() {
    assert_eq!(
        base64(b"=SGVs=bG=8="),
        (b"Hello".to_vec(), one(DefectCode::Base64Junk, 3, 0))
    );
}

#[test]
fn base64_without_padding_is_decoded() {
    assert_eq!(
        base64(b"SGVsbG8"),
        (b"Hello".to_vec(), one(DefectCode::Base64Truncated, 1, 7))
    );
    assert_eq!(
        base64(b"SGVsb"),
        (b"Hel".to_vec(), one(DefectCode::Base64Truncated, 1, 5))
    );
}

#[test]
fn base64_trailing_bits_are_reported() {
    let (out, problems) = base64(b"SGVsbG9=");
    assert_eq!(
        (out, problems),
        (b"Hello".to_vec(), one(DefectCode::Base64TrailingBits, 1, 7))
    );
}

#[test]
fn quoted_printable_example_of_rfc_2045() {
    let body = b"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.";
    let text = b"Now's the time for all folk to come to the aid of their country.";
    assert_eq!(qp(body), (text.to_vec(), vec![]));
}

#[test]
fn quoted_printable_lines_begin_with_neither_from_nor_a_full_stop() {
    let encode = |text: &str| {
        let mut encoder = QuotedPrintableEncoder::text();
        let mut out = BytesMut::new();
        encoder.extend(text.as_bytes(), &mut out);
        encoder.finish_into(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    };
    assert_eq!(encode("From me\r\n.\r\n"), "=46rom me\r\n=2E\r\n");
    for text in [
        "From",
        "Fro m",
        "From\r\n",
        "Fr\r\nFrom\tx",
        "FFrom x",
        "xFrom y",
    ] {
        assert_eq!(encode(text), text);
    }
    assert_eq!(encode("From "), "=46rom=20");
    for column in 60..90 {
        for text in ["From me", ".", "F", " From me"] {
            let long = format!("{}{text} {}", "x".repeat(column), "From . ".repeat(40));
            let encoded = encode(&long);
            let bad = |line: &str| line.starts_with("From ") || line.starts_with('.');
            assert!(!encoded.lines().any(bad), "{encoded}");
            let (decoded, problems) = decode(TransferEncoding::QuotedPrintable, encoded.as_bytes());
            assert!(problems.is_empty());
            assert_eq!(decoded, long.as_bytes());
        }
    }
}

#[test]
fn quoted_printable_soft_break_may_be_followed_by_white_space() {
    assert_eq!(qp(b"a= \t\r\nb=\nc"), (b"abc".to_vec(), vec![]));
}

#[test]
fn quoted_printable_invalid_escapes_are_kept() {
    let (out, problems) = qp(b"=ZZ=4 =\rx=c3=A");
    assert_eq!(out, b"=ZZ=4 =\rx\xc3=A");
    assert_eq!(problems, one(DefectCode::QuotedPrintableEscape, 4, 0));
    // RFC 2045, section 6.7, on robustness: the equals sign and what follows it, which may be another one.
    let (out, problems) = qp(b"==3D===\n====\n");
    assert_eq!(out, b"==3D======\n");
    assert_eq!(problems, one(DefectCode::QuotedPrintableEscape, 4, 0));
}

#[test]
fn quoted_printable_white_space_before_a_line_end_is_dropped() {
    let (out, problems) = qp(b"a \t\r\nb \nc d  ");
    assert_eq!(out, b"a\r\nb\nc d");
    assert_eq!(
        problems,
        one(DefectCode::QuotedPrintableTrailingSpace, 3, 1)
    );
}

#[test]
fn quoted_printable_long_lines_and_raw_octets_are_reported() {
    let line = [&[b'a'; 77][..], b"\r\n\xe9"].concat();
    let (out, problems) = qp(&line);
    assert_eq!(out, line);
    let codes: Vec<_> = problems.iter().map(|p| (p.code, p.first)).collect();
    let long = (DefectCode::QuotedPrintableLongLine, 0);
    assert_eq!(codes, [long, (DefectCode::QuotedPrintableRaw, 79)]);
}

#[test]
fn quoted_printable_soft_break_at_the_end_is_dropped() {
    assert_eq!(
        qp(b"a="),
        (b"a".to_vec(), one(DefectCode::QuotedPrintableSoftEnd, 1, 1))
    );
}

#[test]
fn uuencode_decodes_one_file() {
    let body = b"Hi,\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye\r\n";
    assert_eq!(
        decode(TransferEncoding::Uuencode, body),
        (b"Cat".to_vec(), vec![])
    );
    let mut decoder = UuencodeDecoder::new();
    decoder.extend(body, &mut BytesMut::new());
    assert_eq!(decoder.name(), Some(&b"cat.txt"[..]));
    let (_, problems) = decode(TransferEncoding::Uuencode, b"nothing");
    assert_eq!(problems, one(DefectCode::UuencodeNoBegin, 1, 0));
}

#[test]
fn transfer_encoding_is_a_token_in_any_case() {
    for (value, encoding) in [
        (" BASE64 ", TransferEncoding::Base64),
        ("quoted-printable; x=y", TransferEncoding::QuotedPrintable),
        ("(x) 8Bit", TransferEncoding::EightBit),
        ("7-bit", TransferEncoding::Unknown),
        ("", TransferEncoding::Unknown),
    ] {
        assert_eq!(
            TransferEncoding::from_value(value.as_bytes()),
            encoding,
            "{value}"
        );
    }
}

#[test]
fn seven_bit_counts_what_it_excludes() {
    let (out, problems) = decode(TransferEncoding::SevenBit, b"a\xe9\0b");
    assert_eq!(out, b"a\xe9\0b");
    let codes: Vec<_> = problems.iter().map(|p| (p.code, p.first)).collect();
    assert_eq!(
        codes,
        [
            (DefectCode::EightBitInSevenBit, 1),
            (DefectCode::NulInText, 2)
        ]
    );
}

#[test]
fn dot_unstuffing_stops_at_crlf_only() {
    let mut unstuffer = DotUnstuffer::new();
    let mut dst = [0; 64];
    let src = b"a\n.\nb\r\n..c\r\n.d\r\n.\r\nQUIT\r\n";
    let Progress { read, written } = unstuffer.decode(src, &mut dst);
    assert_eq!(&dst[..written], b"a\n.\nb\r\n.c\r\nd\r\n");
    assert!(unstuffer.is_complete());
    assert_eq!(&src[read..], b"QUIT\r\n");
}

fn flowed(text: &str) -> String {
    let mut decoder = FlowedDecoder::new(false);
    let mut out = BytesMut::new();
    decoder.extend(text.as_bytes(), &mut out);
    decoder.finish_into(&mut out);
    String::from_utf8(out.to_vec()).unwrap()
}

#[test]
fn flowed_lines_join_at_one_quote_depth_only() {
    let text = ">> a \r\n>> b\r\n> c \r\nd\r\n";
    assert_eq!(flowed(text), ">> a b\r\n> c \r\nd\r\n");
}

#[test]
fn flowed_signature_line_ends_a_paragraph_and_stays() {
    assert_eq!(flowed("a \r\n-- \r\nJoe\r\n"), "a \r\n-- \r\nJoe\r\n");
}

#[test]
fn flowed_space_stuffing_goes() {
    assert_eq!(
        flowed(" From here\r\n >x\r\n  y\r\n"),
        "From here\r\n>x\r\n y\r\n"
    );
}
