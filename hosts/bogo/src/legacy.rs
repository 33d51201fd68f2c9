//! Whether a peer wanted an older version than TLS 1.3, judged by what it sent, independently of the machine.
//!
//! Many tests are about TLS 1.2 without a flag or a name that says so. They are not implemented, which is another
//! thing than failed.

use tls_core::wire::{
    AlertDescription, ClientHello, ContentType, ExtensionType, HandshakeType, ProtocolVersion,
    ServerHello,
};

/// True when the first message in `head`, all that came first, is a hello that asks for TLS 1.0 to 1.2.
pub(crate) fn is_older_hello(head: &[u8]) -> bool {
    let Some((kind, body)) = first_message(head) else {
        return false;
    };
    let (legacy, extensions) = match kind {
        HandshakeType::CLIENT_HELLO => match ClientHello::parse(&body) {
            Ok(hello) => (hello.legacy_version, hello.extensions),
            Err(_) => return false,
        },
        HandshakeType::SERVER_HELLO => match ServerHello::parse(&body) {
            Ok(hello) => (hello.legacy_version, hello.extensions),
            Err(_) => return false,
        },
        _ => return false,
    };
    let list = extensions.get(ExtensionType::SUPPORTED_VERSIONS);
    let versions: Vec<_> = match (kind, list) {
        // A client names the newest version that it has.
        (HandshakeType::CLIENT_HELLO, None) => vec![legacy.min(ProtocolVersion::TLS12)],
        (_, None) => vec![legacy],
        (HandshakeType::CLIENT_HELLO, Some(list)) => parse(list.get(1..).unwrap_or_default()),
        (_, Some(version)) => parse(version),
    };
    let older = TLS10..=ProtocolVersion::TLS12;
    versions.iter().any(|version| older.contains(version))
        && !versions.contains(&ProtocolVersion::TLS13)
}

const TLS10: ProtocolVersion = ProtocolVersion(0x0301);

fn parse(list: &[u8]) -> Vec<ProtocolVersion> {
    let versions = list.as_chunks().0.iter();
    versions
        .map(|version| ProtocolVersion(u16::from_be_bytes(*version)))
        .collect()
}

/// The alert in `head`, if nothing came before it.
pub(crate) fn first_alert(head: &[u8]) -> Option<AlertDescription> {
    match head {
        [kind, _, _, 0, 2, _, alert, ..] if *kind == ContentType::ALERT.0 => {
            Some(AlertDescription(*alert))
        }
        _ => None,
    }
}

/// The first handshake message, if it came whole.
fn first_message(mut head: &[u8]) -> Option<(HandshakeType, Vec<u8>)> {
    let mut octets = Vec::new();
    while let Some((&[kind, _, _, hi, lo], rest)) = head.split_first_chunk::<5>() {
        if kind != ContentType::HANDSHAKE.0 {
            break;
        }
        let (fragment, rest) = rest.split_at_checked(u16::from_be_bytes([hi, lo]).into())?;
        octets.extend_from_slice(fragment);
        head = rest;
        if let Some((&[kind, a, b, c], body)) = octets.split_first_chunk::<4>() {
            let len = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
            if let Some(body) = body.get(..len) {
                return Some((HandshakeType(kind), body.to_vec()));
            }
        }
    }
    None
}
