//! Every limit at n and at n + 1.

use mime_core::{Config, DefectCode, Limits, Message};

use crate::reading::{Note, defects, joined, whole};

fn read(input: &str, set: impl Fn(&mut Limits)) -> (Vec<Note>, Vec<DefectCode>) {
    let mut limits = Limits::default();
    set(&mut limits);
    let config = Config::new().with_limits(limits);
    let notes = whole(input.as_bytes(), config);
    assert_eq!(joined(&notes), input.as_bytes(), "no octet is lost");
    let codes = defects(input.as_bytes(), config)
        .iter()
        .map(|defect| defect.code)
        .collect();
    (notes, codes)
}

fn opaque(notes: &[Note]) -> Option<&[u8]> {
    notes
        .iter()
        .find(|note| note.0 == "opaque")
        .map(|note| note.1.as_slice())
}

#[test]
fn the_header_limit_counts_octets_without_the_empty_line() {
    let input = "A: 1\r\nB: 2\r\n\r\nbody";
    let (notes, codes) = read(input, |limits| limits.max_header = 12);
    assert_eq!((opaque(&notes), codes.len()), (None, 0));
    let (notes, codes) = read(input, |limits| limits.max_header = 11);
    assert_eq!(opaque(&notes).unwrap(), b"B: 2\r\n\r\nbody");
    assert_eq!(codes, [DefectCode::HeaderTooLong]);
}

#[test]
fn the_field_limit_counts_fields_of_one_header() {
    let input = "A: 1\r\nB: 2\r\n\r\nbody";
    let (notes, codes) = read(input, |limits| limits.max_fields = 2);
    assert_eq!((opaque(&notes), codes.len()), (None, 0));
    let (notes, codes) = read(input, |limits| limits.max_fields = 1);
    assert_eq!(opaque(&notes).unwrap(), b"B: 2\r\n\r\nbody");
    assert_eq!(codes, [DefectCode::TooManyFields]);
}

#[test]
fn beyond_the_header_limit_the_delimiters_around_still_count() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
        --B\r\nA: 1\r\nB: 2\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--";
    let config = Config::new().with_limits({
        let mut limits = Limits::default();
        limits.max_fields = 2;
        limits
    });
    let input = input.replace("A: 1\r\n", "A: 1\r\nA: 2\r\n");
    let message = Message::parse_with(input.as_bytes(), config);
    let bodies: Vec<_> = message.leaves().map(|part| part.body()).collect();
    assert_eq!(bodies, [&b"B: 2\r\n\r\none"[..], b"two"]);
}

#[test]
fn the_depth_limit_counts_entities_inside_one_another() {
    let inner = "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n";
    let input = format!("{inner}{inner}A: 1\r\n\r\nx");
    let (notes, codes) = read(&input, |limits| limits.max_depth = 2);
    assert_eq!((opaque(&notes), codes.len()), (None, 0));
    let (notes, codes) = read(&input, |limits| limits.max_depth = 1);
    assert_eq!(opaque(&notes).unwrap(), b"A: 1\r\n\r\nx");
    assert_eq!(codes, [DefectCode::TooDeep]);
}

#[test]
fn the_parts_limit_counts_all_entities() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
        --B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--";
    let (notes, codes) = read(input, |limits| limits.max_parts = 3);
    assert_eq!((opaque(&notes), codes.len()), (None, 0));
    let (notes, codes) = read(input, |limits| limits.max_parts = 2);
    assert_eq!(opaque(&notes).unwrap(), b"\r\ntwo\r\n--B--");
    assert_eq!(codes, [DefectCode::TooManyParts]);
    let (_, codes) = read("A: 1\r\n\r\nx", |limits| limits.max_parts = 0);
    assert_eq!(codes, [], "the message itself is always read");
}

#[test]
fn the_boundary_limit_counts_octets() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=BBB\r\n\r\n\
        --BBB\r\n\r\none\r\n--BBB--";
    let (notes, codes) = read(input, |limits| limits.max_boundary = 3);
    assert_eq!((opaque(&notes), codes.len()), (None, 0));
    let (notes, codes) = read(input, |limits| limits.max_boundary = 2);
    assert_eq!(opaque(&notes).unwrap(), b"--BBB\r\n\r\none\r\n--BBB--");
    assert_eq!(codes, [DefectCode::BoundaryTooLong]);
}

#[test]
fn the_delimiter_line_limit_counts_octets_without_the_line_end() {
    for end in ["\r\n", "\n", ""] {
        let input = format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B   {end}"
        );
        let (notes, _) = read(&input, |limits| limits.max_delimiter_line = 6);
        assert!(
            notes.iter().any(|note| note.0.starts_with("delimiter")),
            "{end:?}"
        );
        let (notes, codes) = read(&input, |limits| limits.max_delimiter_line = 5);
        assert!(
            !notes.iter().any(|note| note.0.starts_with("delimiter")),
            "{end:?}"
        );
        assert!(codes.contains(&DefectCode::DelimiterLineTooLong));
    }
}
