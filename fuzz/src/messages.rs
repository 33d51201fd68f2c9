//! Every codec: what parses is written down again, by an encoder that shares nothing with the one under test.

use tls_core::{
    ServerSession, Session,
    wire::{
        Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions,
        Extensions, KeyUpdate, Malformed, NewSessionTicket, Reader, ServerHello, U16List,
    },
};

const MAX_CERTIFICATES: usize = 8;

/// Octets for the codec that the first of them names.
pub fn tls_messages(data: &[u8]) {
    let Some((codec, body)) = data.split_first() else {
        return;
    };
    let again = match codec % 12 {
        0 => client_hello(body),
        1 => server_hello(body),
        2 => EncryptedExtensions::parse(body).map(|message| extensions(message.extensions)),
        3 => CertificateRequest::parse(body)
            .map(|message| [vector8(message.context), extensions(message.extensions)].concat()),
        4 => certificate(body),
        5 => CertificateVerify::parse(body).map(|message| {
            [
                &message.scheme.0.to_be_bytes()[..],
                &vector16(message.signature),
            ]
            .concat()
        }),
        6 => new_session_ticket(body),
        7 => KeyUpdate::parse(body).map(|message| vec![u8::from(message == KeyUpdate::Requested)]),
        8 => Session::from_bytes(body).map(|session| {
            let _ = (session.id(), session.expires(), session.cipher_suite());
            let octets = session.to_bytes();
            let again = Session::from_bytes(&octets).expect("what was written");
            assert_eq!(again.to_bytes(), octets);
            assert_eq!(again.server_name(), session.server_name());
            // An address has many spellings, and is written in one of them.
            body.to_vec()
        }),
        9 => ServerSession::from_bytes(body).map(|session| session.to_bytes().to_vec()),
        10 => U16List::new(body).map(|list| list.iter().flat_map(u16::to_be_bytes).collect()),
        _ => {
            let mut reader = Reader::new(body);
            Extensions::parse(&mut reader)
                .map(|list| [&extensions(list)[..], reader.take_rest()].concat())
        }
    };
    if let Ok(again) = again {
        assert_eq!(again, body, "codec {}", codec % 12);
        // Nothing that parses is the beginning of something else, the absent extensions of old hellos aside.
        if codec % 12 > 1 && codec % 12 < 10 {
            let longer = [&[*codec], body, &[0]].concat();
            assert!(!parses(&longer), "codec {} takes an octet more", codec % 12);
        }
    }
}

fn parses(data: &[u8]) -> bool {
    let Some((codec, body)) = data.split_first() else {
        return false;
    };
    match codec % 12 {
        2 => EncryptedExtensions::parse(body).is_ok(),
        3 => CertificateRequest::parse(body).is_ok(),
        4 => Certificate::parse(body, MAX_CERTIFICATES).is_ok(),
        5 => CertificateVerify::parse(body).is_ok(),
        6 => NewSessionTicket::parse(body).is_ok(),
        7 => KeyUpdate::parse(body).is_ok(),
        8 => Session::from_bytes(body).is_ok(),
        9 => ServerSession::from_bytes(body).is_ok(),
        _ => false,
    }
}

fn client_hello(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let hello = ClientHello::parse(body)?;
    let mut out = hello.legacy_version.0.to_be_bytes().to_vec();
    out.extend(hello.random);
    out.extend(vector8(hello.session_id));
    out.extend(vector16(hello.cipher_suites.as_bytes()));
    out.extend(vector8(hello.compression_methods));
    // An absent field and an empty one parse to the same value.
    if out.len() < body.len() {
        out.extend(extensions(hello.extensions));
    }
    Ok(out)
}

fn server_hello(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let hello = ServerHello::parse(body)?;
    let mut out = hello.legacy_version.0.to_be_bytes().to_vec();
    out.extend(hello.random);
    out.extend(vector8(hello.session_id));
    out.extend(hello.cipher_suite.0.to_be_bytes());
    out.push(hello.compression_method);
    if out.len() < body.len() {
        out.extend(extensions(hello.extensions));
    }
    Ok(out)
}

fn certificate(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let message = Certificate::parse(body, MAX_CERTIFICATES)?;
    let mut list = Vec::new();
    for entry in message.list.iter() {
        list.extend(vector24(&entry.certificate));
        list.extend(extensions(entry.extensions));
    }
    assert!(message.list.iter().count() <= MAX_CERTIFICATES);
    assert_eq!(message.list.is_empty(), list.is_empty());
    Ok([vector8(message.context), vector24(&list)].concat())
}

fn new_session_ticket(body: &[u8]) -> Result<Vec<u8>, Malformed> {
    let message = NewSessionTicket::parse(body)?;
    let mut out = message.lifetime.to_be_bytes().to_vec();
    out.extend(message.age_add.to_be_bytes());
    out.extend(vector8(message.nonce));
    out.extend(vector16(message.ticket));
    out.extend(extensions(message.extensions));
    Ok(out)
}

fn extensions(list: Extensions<'_>) -> Vec<u8> {
    let mut kinds: Vec<_> = list.iter().map(|extension| extension.kind).collect();
    assert_eq!(list.last().map(|last| last.kind), kinds.last().copied());
    let mut out = Vec::new();
    for extension in list.iter() {
        assert_eq!(list.get(extension.kind), Some(extension.body));
        out.extend(extension.kind.0.to_be_bytes());
        out.extend(vector16(extension.body));
    }
    kinds.sort_unstable();
    assert!(
        kinds.windows(2).all(|pair| pair[0] != pair[1]),
        "an extension stands twice"
    );
    vector16(&out)
}

fn vector8(octets: &[u8]) -> Vec<u8> {
    [&[u8::try_from(octets.len()).unwrap()], octets].concat()
}

fn vector16(octets: &[u8]) -> Vec<u8> {
    [
        &u16::try_from(octets.len()).unwrap().to_be_bytes()[..],
        octets,
    ]
    .concat()
}

fn vector24(octets: &[u8]) -> Vec<u8> {
    [
        &u32::try_from(octets.len()).unwrap().to_be_bytes()[1..],
        octets,
    ]
    .concat()
}
