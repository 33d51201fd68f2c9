//! Whether a peer wanted an older version than TLS 1.3, judged by what it sent, independently of the machine.
//!
//! Many tests are about TLS 1.2 without a flag or a name that says so. They are not implemented, which is another
//! thing than failed.

use tls_core::wire::{
    AlertDescription, ClientHello, ContentType, ExtensionType, HandshakeType, ProtocolVersion,
    ServerHello,
};

/// True when the first message in `head`, all that came first, is a hello that cannot lead to TLS 1.3.
pub(crate) fn is_older_hello(head: &[u8]) -> bool {
    let Some((kind, body)) = first_message(head) else {
        return false;
    };
    let extensions = match kind {
        HandshakeType::CLIENT_HELLO => ClientHello::parse(&body).map(|hello| hello.extensions),
        HandshakeType::SERVER_HELLO => ServerHello::parse(&body).map(|hello| hello.extensions),
        _ => return false,
    };
    let Ok(extensions) = extensions else {
        return false;
    };
    let tls13 = ProtocolVersion::TLS13.0.to_be_bytes();
    match (kind, extensions.get(ExtensionType::SUPPORTED_VERSIONS)) {
        (_, None) => true,
        (HandshakeType::CLIENT_HELLO, Some(list)) => {
            let versions = list.get(1..).unwrap_or_default();
            !versions.chunks(2).any(|version| version == tls13)
        }
        (_, Some(version)) => version != tls13,
    }
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
