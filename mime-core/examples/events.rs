//! Reads a message that arrives in pieces of seven octets, and tells what is in it.

use bytes::BytesMut;
use mime_core::{Config, Event, Parser};

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a host looks at what it needs"
)]
fn main() {
    let message = b"MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=frontier\r\n\
        \r\n\
        --frontier\r\n\
        \r\n\
        Hello\r\n\
        --frontier\r\n\
        Content-Type: image/png\r\n\
        Content-Transfer-Encoding: base64\r\n\
        \r\n\
        iVBORw0KGgo=\r\n\
        --frontier--\r\n";

    let mut parser = Parser::new(Config::new());
    let mut rx = BytesMut::new();
    let mut pieces = message.chunks(7);
    let (mut types, mut defects, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    let (mut body, mut bodies) = (Vec::new(), Vec::new());
    let totals = 'message: loop {
        while let Some(event) = parser.poll(&mut rx) {
            raw.extend_from_slice(event.raw());
            match event {
                Event::HeadersEnd { entity, .. } => types.push(entity.media_type().kind().to_vec()),
                Event::Body(piece) => body.extend_from_slice(&piece),
                Event::End(_) => bodies.push(core::mem::take(&mut body)),
                Event::Defect(defect) => defects.push(defect),
                Event::Closed(totals) => break 'message totals,
                _ => {}
            }
        }
        match pieces.next() {
            Some(piece) => rx.extend_from_slice(piece),
            None => parser.eof(),
        }
    };

    assert_eq!(types, [&b"multipart"[..], b"text", b"image"]);
    assert_eq!(
        bodies,
        [&b"Hello"[..], b"iVBORw0KGgo=", b""],
        "the message ends last"
    );
    assert!(defects.is_empty());
    assert_eq!(raw, message, "every octet of the input, once");
    assert_eq!(totals.entities, 3);
}
