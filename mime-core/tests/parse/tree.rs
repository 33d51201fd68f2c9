//! The tree of a message, and the hand of the host on it.

use bytes::BytesMut;
use mime_core::{Config, Event, Message, Parser, Reader, Role};

const NESTED: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
    --B\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello\r\n\
    --B\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\ntwo\r\nlines\r\n\
    --B--\r\n";

#[test]
fn parents_and_children_are_told_by_index() {
    let message = Message::parse(NESTED.as_bytes());
    let root = message.root();
    let children: Vec<_> = root.children().map(|part| part.index()).collect();
    assert_eq!(children, [1, 3]);
    let embedded = message.part(2).unwrap();
    assert_eq!(embedded.role(), Role::Embedded);
    assert_eq!(embedded.parent().unwrap().index(), 1);
    assert_eq!(embedded.field("subject").unwrap().value(), b" in");
    assert_eq!(embedded.body(), b"hello");
    assert_eq!(
        root.children().nth(1).unwrap().role(),
        Role::Part { index: 1 }
    );
    assert!(message.part(4).is_none());
}

#[test]
fn a_part_knows_its_octets_lines_and_disposition() {
    let message = Message::parse(NESTED.as_bytes());
    let part = message.part(3).unwrap();
    assert_eq!(part.body(), b"two\r\nlines");
    assert_eq!(part.lines(), 1);
    assert_eq!(part.disposition().unwrap().filename().unwrap(), "a.txt");
    assert!(part.raw().starts_with(b"Content-Disposition"));
    assert!(part.raw().ends_with(b"lines"));
}

#[test]
fn a_skipped_entity_passes_as_opaque_octets() {
    let mut parser = Parser::new(Config::new());
    let mut rx = BytesMut::from(NESTED);
    let (mut raw, mut opaque) = (Vec::new(), Vec::new());
    parser.eof();
    while let Some(event) = parser.poll(&mut rx) {
        raw.extend_from_slice(event.raw());
        match event {
            Event::Begin {
                role: Role::Part { index: 0 },
                ..
            } => parser.skip_entity(),
            Event::Begin {
                role: Role::Embedded,
                ..
            } => panic!("inside what was skipped"),
            Event::Opaque(octets) => opaque.extend_from_slice(&octets),
            _ => {}
        }
    }
    assert_eq!(raw, NESTED.as_bytes());
    assert_eq!(
        opaque,
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello"
    );
}

#[test]
fn a_skipped_multipart_has_no_parts_and_no_missing_close() {
    let mut reader = Reader::new(Config::new(), NESTED.as_bytes());
    let mut raw = Vec::new();
    while let Some(event) = reader.next() {
        raw.extend_from_slice(event.raw());
        match event {
            Event::HeadersEnd { .. } => reader.skip_entity(),
            Event::Begin { role, .. } => assert_eq!(role, Role::Root),
            Event::Defect(defect) => panic!("{defect:?}"),
            _ => {}
        }
    }
    assert_eq!(raw, NESTED.as_bytes());
}

#[test]
fn a_parser_can_be_used_again() {
    let mut parser = Parser::new(Config::new());
    let mut runs = Vec::new();
    for cut in [20, NESTED.len()] {
        let mut rx = BytesMut::from(&NESTED[..cut]);
        if cut == NESTED.len() {
            parser.eof();
        }
        let mut events = Vec::new();
        while let Some(event) = parser.poll(&mut rx) {
            events.push(format!("{event:?}"));
        }
        parser.reset();
        runs.push(events);
    }
    let fresh: Vec<_> = Reader::new(Config::new(), NESTED.as_bytes())
        .map(|event| event.raw().to_vec())
        .collect();
    assert_eq!(runs[1].len(), fresh.len());
}

#[test]
fn the_depth_of_a_message_cannot_exhaust_the_stack() {
    let inner = "Content-Type: message/rfc822\r\n\r\n";
    let input = inner.repeat(200_000);
    let mut limits = *Config::new().limits();
    (limits.max_depth, limits.max_parts) = (u32::MAX, u32::MAX);
    let config = Config::new().with_limits(limits);
    assert_eq!(
        Message::parse_with(input.as_bytes(), config)
            .parts()
            .count(),
        200_001
    );
}
