//! Records and messages made by hand, for machines of the forging toy: their records can be read and written by
//! anybody, so that what an honest peer never sends can be sent under protection too.

use tls_core::wire::{ContentType, ExtensionType, HandshakeType};

pub(crate) const TAG: usize = 16;

/// A record in the clear.
pub(crate) fn plain(kind: ContentType, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind.0, 3, 3], &len[..], body].concat()
}

/// A protected record.
pub(crate) fn sealed(kind: ContentType, body: &[u8]) -> Vec<u8> {
    padded(kind, body, 0)
}

/// A protected record with zeros behind its content type.
pub(crate) fn padded(kind: ContentType, body: &[u8], zeros: usize) -> Vec<u8> {
    let inner = [body, &[kind.0], &vec![0; zeros], &[0; TAG]].concat();
    plain(ContentType::APPLICATION_DATA, &inner)
}

/// A handshake message.
pub(crate) fn message(kind: HandshakeType, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind.0], &len[1..], body].concat()
}

pub(crate) fn alert(level: u8, description: u8) -> Vec<u8> {
    sealed(ContentType::ALERT, &[level, description])
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: ContentType,
    pub(crate) body: Vec<u8>,
    pub(crate) sealed: bool,
}

/// The records of a stream, opened.
pub(crate) fn records(mut stream: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((&[kind, _, _, high, low], rest)) = stream.split_first_chunk() {
        let (body, rest) = rest.split_at(usize::from(u16::from_be_bytes([high, low])));
        stream = rest;
        let mut record = Record {
            kind: ContentType(kind),
            body: body.to_vec(),
            sealed: kind == 23,
        };
        if record.sealed {
            record.body.truncate(body.len() - TAG);
            while record.body.last() == Some(&0) {
                record.body.pop();
            }
            record.kind = ContentType(record.body.pop().unwrap());
        }
        records.push(record);
    }
    records
}

/// A handshake message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: HandshakeType,
    /// With its header.
    pub(crate) octets: Vec<u8>,
    pub(crate) sealed: bool,
}

impl Message {
    /// The message in a record of its own.
    pub(crate) fn record(&self) -> Vec<u8> {
        if self.sealed {
            sealed(ContentType::HANDSHAKE, &self.octets)
        } else {
            plain(ContentType::HANDSHAKE, &self.octets)
        }
    }
}

/// The handshake messages of a stream.
pub(crate) fn messages(stream: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut octets = Vec::new();
    for record in records(stream) {
        if record.kind != ContentType::HANDSHAKE {
            continue;
        }
        octets.extend(record.body);
        while let Some(&[kind, a, b, c]) = octets.first_chunk() {
            let len = 4 + u32::from_be_bytes([0, a, b, c]) as usize;
            if octets.len() < len {
                break;
            }
            let rest = octets.split_off(len);
            let kind = HandshakeType(kind);
            messages.push(Message {
                kind,
                octets,
                sealed: record.sealed,
            });
            octets = rest;
        }
    }
    messages
}

/// The last alert of a stream.
pub(crate) fn last_alert(stream: &[u8]) -> Option<[u8; 2]> {
    let records = records(stream);
    let last = records
        .last()
        .filter(|record| record.kind == ContentType::ALERT)?;
    last.body[..].try_into().ok()
}

/// Changes the body of a message; its length follows.
pub(crate) fn edit(message: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = message[4..].to_vec();
    change(&mut body);
    self::message(HandshakeType(message[0]), &body)
}

/// Where the extensions of a message begin within its body: the offset of their length.
fn extensions_at(message: &[u8]) -> usize {
    let body = &message[4..];
    match HandshakeType(message[0]) {
        HandshakeType::CLIENT_HELLO => {
            let suites = 34 + 1 + usize::from(body[34]);
            let methods =
                suites + 2 + usize::from(u16::from_be_bytes([body[suites], body[suites + 1]]));
            methods + 1 + usize::from(body[methods])
        }
        HandshakeType::SERVER_HELLO => 34 + 1 + usize::from(body[34]) + 3,
        HandshakeType::ENCRYPTED_EXTENSIONS => 0,
        HandshakeType::CERTIFICATE_REQUEST => 1 + usize::from(body[0]),
        other => panic!("{other} has no extensions of its own"),
    }
}

/// Extensions, by type.
pub(crate) type Extensions = Vec<(u16, Vec<u8>)>;

/// Changes the extensions of a message; all lengths follow.
pub(crate) fn edit_extensions(message: &[u8], change: impl FnOnce(&mut Extensions)) -> Vec<u8> {
    edit(message, |body| {
        let octets = body.split_off(extensions_at(message));
        let mut rest = &octets[2..];
        let mut extensions = Extensions::new();
        while let [a, b, c, d, ..] = *rest {
            let end = 4 + usize::from(u16::from_be_bytes([c, d]));
            extensions.push((u16::from_be_bytes([a, b]), rest[4..end].to_vec()));
            rest = &rest[end..];
        }
        change(&mut extensions);
        let octets: Vec<u8> = extensions
            .iter()
            .flat_map(|(kind, body)| [&kind.to_be_bytes()[..], &vector16(body)].concat())
            .collect();
        body.extend(vector16(&octets));
    })
}

/// Octets behind their length.
pub(crate) fn vector16(octets: &[u8]) -> Vec<u8> {
    [
        &u16::try_from(octets.len()).unwrap().to_be_bytes()[..],
        octets,
    ]
    .concat()
}

/// Puts an extension at the end, or in the place of one of its type.
pub(crate) fn set(kind: ExtensionType, body: &[u8]) -> impl FnOnce(&mut Extensions) {
    move |extensions| match extensions.iter_mut().find(|(other, _)| *other == kind.0) {
        Some((_, old)) => *old = body.to_vec(),
        None => extensions.push((kind.0, body.to_vec())),
    }
}

/// Takes an extension away.
pub(crate) fn without(kind: ExtensionType) -> impl FnOnce(&mut Extensions) {
    move |extensions| extensions.retain(|(other, _)| *other != kind.0)
}
