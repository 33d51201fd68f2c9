//! Trees that tests generate: how they are built, and what must be read.

use std::collections::HashMap;

use mime_core::compose::{Disposition, Draft, Header, Part, Profile, Slot, Wording};
use mime_core::decode::TransferDecoder;
use mime_core::{DefectCode, Kind, Message};
use proptest::prelude::*;

use crate::driving::media_type;

/// A tree to be written.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Text {
        text: String,
        pulled: bool,
    },
    Octets {
        octets: Vec<u8>,
        name: String,
        pulled: bool,
    },
    Verbatim {
        octets: Vec<u8>,
        pulled: bool,
    },
    Parts(&'static str, Vec<Self>),
    Message(String, Box<Self>),
}

/// What a reader sees of an entity, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) essence: String,
    pub(crate) name: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) content: Option<Vec<u8>>,
}

/// The pulled bodies of a tree.
pub(crate) type Bodies = HashMap<Slot, Vec<u8>>;

const INNER: &str = "Content-Type: application/x-signed\r\nX-Kept:   as it  is\r\n\r\n";

impl Tree {
    pub(crate) fn draft(&self, subject: &str, wording: Wording, bodies: &mut Bodies) -> Draft {
        let header = Header::new(wording).with_subject(subject).unwrap();
        Draft::new(header, self.part(wording, bodies))
    }

    fn part(&self, wording: Wording, bodies: &mut Bodies) -> Part {
        let mut slot = |octets: &[u8]| {
            let slot = Slot(u32::try_from(bodies.len()).unwrap() * 2);
            bodies.insert(slot, octets.to_vec());
            slot
        };
        match self {
            Self::Text { text, pulled: true } => Part::plain(slot(text.as_bytes())),
            Self::Text { text, .. } => Part::plain(text.clone()),
            Self::Octets {
                octets,
                name,
                pulled,
            } => {
                let kind = media_type("application/octet-stream");
                let part = match pulled {
                    true => Part::octets(kind, slot(octets)),
                    false => Part::octets(kind, octets.clone()),
                };
                let disposition = Disposition::attachment().with_filename(name).unwrap();
                part.with_disposition(&disposition).unwrap()
            }
            Self::Verbatim { octets, pulled } => {
                let whole = [INNER.as_bytes(), octets].concat();
                match pulled {
                    true => Part::verbatim(slot(&whole)),
                    false => Part::verbatim(whole),
                }
            }
            Self::Parts(subtype, parts) => {
                let parts = parts.iter().map(|part| part.part(wording, bodies));
                let kind = media_type(&format!("multipart/{subtype}"));
                Part::multipart(kind, parts.collect())
            }
            Self::Message(subject, body) => Part::message(body.draft(subject, wording, bodies)),
        }
    }

    /// What a reader must see. `subject` is that of the message of which this is the body.
    pub(crate) fn expected(&self, subject: Option<&str>, out: &mut Vec<Seen>) {
        let subject = subject.map(str::to_owned);
        let mut seen = |essence: &str, name: Option<&str>, content: Option<Vec<u8>>| {
            out.push(Seen {
                essence: essence.to_owned(),
                name: name.map(str::to_owned),
                subject: subject.clone(),
                content,
            });
        };
        match self {
            Self::Text { text, .. } => seen("text/plain", None, Some(crlf(text))),
            Self::Octets { octets, name, .. } => {
                seen("application/octet-stream", Some(name), Some(octets.clone()));
            }
            Self::Verbatim { octets, .. } => {
                seen("application/x-signed", None, Some(octets.clone()));
            }
            Self::Parts(subtype, parts) => {
                seen(&format!("multipart/{subtype}"), None, None);
                parts.iter().for_each(|part| part.expected(None, out));
            }
            Self::Message(inner, body) => {
                // Which of the two depends on whether its fields came out in US-ASCII.
                let essence = "message/*";
                seen(essence, None, None);
                body.expected(Some(inner), out);
            }
        }
    }
}

/// Text as it must come out of any encoding.
pub(crate) fn crlf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n")
        .replace('\n', "\r\n")
        .into_bytes()
}

/// What a reader sees.
pub(crate) fn seen(raw: &[u8]) -> Vec<Seen> {
    let message = Message::parse(raw);
    // UTF-8 in fields is a defect for who did not agree to it.
    let defects = message.defects().iter();
    let defects: Vec<_> = defects
        .filter(|defect| defect.code != DefectCode::EightBitInField)
        .collect();
    assert!(defects.is_empty(), "{defects:?}");
    let parts = message.parts().map(|part| {
        let media_type = part.media_type();
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
        let quiet = &mut |_, _| {};
        let leaf = part.children().next().is_none();
        let mut essence = format!("{}/{}", text(media_type.kind()), text(media_type.subtype()));
        if part.kind() == Kind::Message {
            assert!(["message/rfc822", "message/global"].contains(&essence.as_str()));
            essence = "message/*".into();
        }
        Seen {
            essence,
            name: part
                .disposition()
                .and_then(|disposition| disposition.filename().map(|name| name.to_string())),
            subject: part
                .field("Subject")
                .map(|field| mime_core::field::unstructured(field.value(), quiet).to_string()),
            content: leaf.then(|| {
                let mut decoder = TransferDecoder::new(part.encoding());
                let mut out = bytes::BytesMut::new();
                decoder.extend(part.body(), &mut out);
                decoder.finish_into(&mut out);
                assert!(decoder.problems().is_empty(), "{:?}", decoder.problems());
                out.to_vec()
            }),
        }
    });
    parts.collect()
}

fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-z .=>-]{0,90}",
        1 => Just("\n".to_owned()),
        3 => Just("\r\n".to_owned()),
        1 => Just("\nFrom me".to_owned()),
        1 => Just("\n.\n".to_owned()),
        1 => Just("\r\n--1=_0123456789ABCDEF\r\n".to_owned()),
        1 => "[a-z]{0,3}(\u{e9}|\u{65e5}){0,40}",
        1 => prop_oneof![Just("\r".to_owned()), Just("\0".to_owned()), Just("x".repeat(999))],
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

/// Lines that are 7bit, and so may be copied by everybody.
fn seven_bit() -> impl Strategy<Value = Vec<u8>> {
    "([a-z=_ -]{0,50}\r\n){0,6}[a-z]{0,9}".prop_map(String::into_bytes)
}

/// Whatever is text without controls.
pub(crate) fn line() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-zA-Z0-9,.@<>\"\\\\()'%*;:/ -]{0,30}",
        1 => "(\u{e9}|\u{65e5}|\u{1f600}| ){0,30}",
        1 => "[ \t]{0,50}",
        1 => Just("=?utf-8?q?x?=".to_owned()),
        1 => Just("=?".to_owned()),
        1 => Just("x".repeat(1_100)),
    ];
    proptest::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

/// The name of a file: text without tabs, of a length that parameters carry.
fn name() -> impl Strategy<Value = String> {
    line().prop_map(|line| line.replace('\t', "").chars().take(300).collect())
}

pub(crate) fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (text(), any::<bool>()).prop_map(|(text, pulled)| Tree::Text { text, pulled }),
        (
            proptest::collection::vec(any::<u8>(), 0..400),
            name(),
            any::<bool>()
        )
            .prop_map(|(octets, name, pulled)| Tree::Octets {
                octets,
                name,
                pulled
            }),
        (seven_bit(), any::<bool>()).prop_map(|(octets, pulled)| Tree::Verbatim { octets, pulled }),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let subtype = prop::sample::select(vec!["mixed", "alternative", "digest", "x-other"]);
        prop_oneof![
            (subtype, proptest::collection::vec(inner.clone(), 1..5))
                .prop_map(|(subtype, parts)| Tree::Parts(subtype, parts)),
            (line(), inner).prop_map(|(subject, body)| Tree::Message(subject, Box::new(body))),
        ]
    })
}

pub(crate) fn profiles() -> impl Strategy<Value = (Profile, Wording)> {
    prop::sample::select(vec![
        (Profile::SevenBit, Wording::EncodedWords),
        (Profile::EightBitMime, Wording::EncodedWords),
        (Profile::EightBitMime, Wording::Utf8),
        (Profile::BinaryMime, Wording::EncodedWords),
        (Profile::BinaryMime, Wording::Utf8),
    ])
}
