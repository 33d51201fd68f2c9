//! Every codec: the messages of RFC 8448, round trips of arbitrary values, and no strict prefix of anything.

use alloc::{borrow::ToOwned, vec, vec::Vec};

use pki_types::CertificateDer;
use proptest::{collection::vec as octets_of, prelude::*};
use testkit::rfc8448;

use super::{
    Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions,
    ExtensionType, Extensions, HandshakeType, KeyUpdate, Malformed, NewSessionTicket, Reader,
    ServerHello, SignatureScheme, U16List,
};

const MAX_CERTIFICATES: usize = 16;

/// Parses the body of a message and encodes what came of it; `None` for messages without a codec here.
fn again(kind: HandshakeType, body: &[u8]) -> Option<Result<Vec<u8>, Malformed>> {
    let mut out = Vec::new();
    let parsed = match kind {
        HandshakeType::CLIENT_HELLO => ClientHello::parse(body).map(|hello| {
            let suites = hello.cipher_suites.iter();
            ClientHello::encode(&mut out, hello.random, hello.session_id, suites, |out| {
                out.extend_from_slice(hello.extensions.as_bytes());
            });
        }),
        HandshakeType::SERVER_HELLO => ServerHello::parse(body).map(|hello| {
            let suite = hello.cipher_suite;
            ServerHello::encode(&mut out, hello.random, hello.session_id, suite, |out| {
                out.extend_from_slice(hello.extensions.as_bytes());
            });
        }),
        HandshakeType::ENCRYPTED_EXTENSIONS => EncryptedExtensions::parse(body).map(|message| {
            EncryptedExtensions::encode(&mut out, |out| {
                out.extend_from_slice(message.extensions.as_bytes());
            });
        }),
        HandshakeType::CERTIFICATE_REQUEST => CertificateRequest::parse(body).map(|message| {
            CertificateRequest::encode(&mut out, |out| {
                out.extend_from_slice(message.extensions.as_bytes());
            });
        }),
        HandshakeType::CERTIFICATE => Certificate::parse(body, MAX_CERTIFICATES).map(|message| {
            let chain: Vec<_> = message.list.iter().map(|entry| entry.certificate).collect();
            Certificate::encode(&mut out, message.context, &chain);
        }),
        HandshakeType::CERTIFICATE_VERIFY => {
            CertificateVerify::parse(body).map(|message| message.encode(&mut out))
        }
        HandshakeType::NEW_SESSION_TICKET => {
            NewSessionTicket::parse(body).map(|message| message.encode(&mut out))
        }
        HandshakeType::KEY_UPDATE => KeyUpdate::parse(body).map(|message| message.encode(&mut out)),
        _ => return None,
    };
    Some(parsed.map(|()| out))
}

/// Asserts that `message` survives, and that no strict prefix of its body is a message.
fn check(message: &[u8]) {
    let (kind, body) = (HandshakeType(message[0]), &message[4..]);
    assert_eq!(again(kind, body), Some(Ok(message.to_vec())), "{kind}");
    for len in 0..body.len() {
        // The field of extensions as a whole may be absent in the hellos of an older version.
        let old = matches!(
            kind,
            HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO
        );
        match again(kind, &body[..len]) {
            Some(Err(_)) => {}
            Some(Ok(_)) if old && body[len..] == extensions_of(kind, body)[..] => {}
            other => panic!("{kind} cut to {len} octets: {other:?}"),
        }
    }
    let longer = [body, &[0]].concat();
    assert!(
        matches!(again(kind, &longer), Some(Err(_))),
        "{kind} with an octet behind it"
    );
}

/// The extensions of a hello with their length.
fn extensions_of(kind: HandshakeType, body: &[u8]) -> Vec<u8> {
    let extensions = if kind == HandshakeType::CLIENT_HELLO {
        ClientHello::parse(body).unwrap().extensions
    } else {
        ServerHello::parse(body).unwrap().extensions
    };
    let octets = extensions.as_bytes();
    [
        &u16::try_from(octets.len()).unwrap().to_be_bytes()[..],
        octets,
    ]
    .concat()
}

#[test]
fn the_messages_of_rfc_8448_survive_and_their_prefixes_do_not() {
    let mut count = 0;
    for section in 3..=7 {
        let example = rfc8448::example(section);
        for (name, message) in example.messages() {
            let kind = HandshakeType(message[0]);
            // Finished and EndOfEarlyData have no structure.
            if matches!(name, "Finished" | "EndOfEarlyData") {
                assert!(again(kind, &message[4..]).is_none());
                continue;
            }
            assert_eq!(kind.name(), Some(name));
            // The binder of the resumed example is computed last: its record has the whole message.
            let resumed = section == 4 && name == "ClientHello";
            check(if resumed {
                example.value("client: send handshake record", "payload")
            } else {
                message
            });
            count += 1;
        }
    }
    assert_eq!(count, 29);
}

#[test]
fn the_server_hellos_of_rfc_8448_say_which_is_a_retry() {
    let retries = |section| -> Vec<bool> {
        let example = rfc8448::example(section);
        let hellos = example
            .messages()
            .filter(|(name, _)| *name == "ServerHello");
        hellos
            .map(|(_, message)| ServerHello::parse(&message[4..]).unwrap().is_retry())
            .collect()
    };
    assert_eq!(retries(3), [false]);
    assert_eq!(retries(5), [true, false]);
}

fn extensions(entries: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut seen = Vec::new();
    for (kind, body) in entries {
        if !seen.contains(kind) {
            seen.push(*kind);
            crate::extension::put(&mut out, ExtensionType(*kind), |out| {
                out.extend_from_slice(body)
            });
        }
    }
    out
}

fn some_extensions() -> impl Strategy<Value = Vec<u8>> {
    octets_of((0..60_u16, octets_of(any::<u8>(), 0..20)), 0..8)
        .prop_map(|entries| extensions(&entries))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_client_hello_survives(
        random: [u8; 32],
        session_id in octets_of(any::<u8>(), 0..=32),
        suites in octets_of(any::<u16>(), 1..20),
        extensions in some_extensions(),
    ) {
        let mut out = Vec::new();
        ClientHello::encode(&mut out, &random, &session_id, suites.iter().copied(), |out| {
            out.extend_from_slice(&extensions);
        });
        let hello = ClientHello::parse(&out[4..]).unwrap();
        prop_assert_eq!(hello.random, &random);
        prop_assert_eq!(hello.session_id, session_id);
        prop_assert_eq!(hello.cipher_suites.iter().collect::<Vec<_>>(), suites);
        prop_assert_eq!(hello.compression_methods, [0]);
        prop_assert_eq!(hello.extensions.as_bytes(), extensions);
        check(&out);
    }

    #[test]
    fn any_server_hello_survives(
        random: [u8; 32],
        session_id in octets_of(any::<u8>(), 0..=32),
        suite: u16,
        extensions in some_extensions(),
    ) {
        let mut out = Vec::new();
        let suite = super::CipherSuite(suite);
        ServerHello::encode(&mut out, &random, &session_id, suite, |out| {
            out.extend_from_slice(&extensions);
        });
        let hello = ServerHello::parse(&out[4..]).unwrap();
        prop_assert_eq!(hello.random, &random);
        prop_assert_eq!(hello.session_id, session_id);
        prop_assert_eq!(hello.cipher_suite, suite);
        prop_assert_eq!(hello.extensions.as_bytes(), extensions);
        check(&out);
    }

    #[test]
    fn any_list_of_extensions_survives(extensions in some_extensions()) {
        let mut out = Vec::new();
        EncryptedExtensions::encode(&mut out, |out| out.extend_from_slice(&extensions));
        check(&out);
        let mut out = Vec::new();
        CertificateRequest::encode(&mut out, |out| out.extend_from_slice(&extensions));
        check(&out);
    }

    #[test]
    fn any_certificate_survives(
        context in octets_of(any::<u8>(), 0..20),
        chain in octets_of(octets_of(any::<u8>(), 1..50), 0..5),
    ) {
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let mut out = Vec::new();
        Certificate::encode(&mut out, &context, &chain);
        let message = Certificate::parse(&out[4..], MAX_CERTIFICATES).unwrap();
        prop_assert_eq!(message.context, context);
        let parsed: Vec<_> = message.list.iter().map(|entry| entry.certificate).collect();
        prop_assert_eq!(parsed, chain);
        check(&out);
    }

    #[test]
    fn any_certificate_verify_survives(
        scheme: u16,
        signature in octets_of(any::<u8>(), 0..100),
    ) {
        let message = CertificateVerify { scheme: SignatureScheme(scheme), signature: &signature };
        let mut out = Vec::new();
        message.encode(&mut out);
        prop_assert_eq!(CertificateVerify::parse(&out[4..]), Ok(message));
        check(&out);
    }

    #[test]
    fn any_new_session_ticket_survives(
        lifetime: u32,
        age_add: u32,
        nonce in octets_of(any::<u8>(), 0..=255),
        ticket in octets_of(any::<u8>(), 1..300),
        list in some_extensions(),
    ) {
        let octets = [&u16::try_from(list.len()).unwrap().to_be_bytes()[..], &list].concat();
        let extensions = Extensions::parse(&mut Reader::new(&octets)).unwrap();
        let message =
            NewSessionTicket { lifetime, age_add, nonce: &nonce, ticket: &ticket, extensions };
        let mut out = Vec::new();
        message.encode(&mut out);
        prop_assert_eq!(NewSessionTicket::parse(&out[4..]), Ok(message));
        check(&out);
    }

    #[test]
    fn what_parses_encodes_to_the_same_octets(
        kind in prop::sample::select(vec![1_u8, 2, 4, 8, 11, 13, 15, 24]),
        body in octets_of(any::<u8>(), 0..80),
    ) {
        // Only what the encoder never writes may differ: an old version, compression, a context, extensions of
        // certificates, and the absent field of extensions.
        if let Some(Ok(out)) = again(HandshakeType(kind), &body) {
            let twice = again(HandshakeType(kind), &out[4..]);
            prop_assert_eq!(twice, Some(Ok(out)));
        }
    }
}

#[test]
fn a_key_update_is_one_of_two() {
    check(&[24, 0, 0, 1, 0]);
    check(&[24, 0, 0, 1, 1]);
    for code in 2..=255 {
        assert_eq!(KeyUpdate::parse(&[code]), Err(Malformed::Value));
    }
}

#[test]
fn an_extension_stands_at_most_once_and_so_many_in_all() {
    let list = |count: u16| -> Vec<u8> {
        let entries: Vec<_> = (0..count).map(|kind| (kind, Vec::new())).collect();
        let octets = extensions(&entries);
        [
            &u16::try_from(octets.len()).unwrap().to_be_bytes()[..],
            &octets,
        ]
        .concat()
    };
    let parse = |octets: &[u8]| Extensions::parse(&mut Reader::new(octets)).map(|_| ());
    assert_eq!(parse(&list(128)), Ok(()));
    assert_eq!(parse(&list(129)), Err(Malformed::TooMany));
    let twice = [0, 12, 0, 7, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0];
    assert_eq!(parse(&twice), Err(Malformed::Duplicate));
}

#[test]
fn a_chain_has_at_most_as_many_certificates_as_asked() {
    let chain: Vec<_> = (0..4_u8)
        .map(|octet| CertificateDer::from(vec![octet]))
        .collect();
    let mut out = Vec::new();
    Certificate::encode(&mut out, &[], &chain);
    assert!(Certificate::parse(&out[4..], 4).is_ok());
    assert_eq!(Certificate::parse(&out[4..], 3), Err(Malformed::TooMany));
}

#[test]
fn a_session_id_has_at_most_32_octets() {
    for (len, fine) in [(32, true), (33, false)] {
        let mut out = Vec::new();
        let id = vec![7; len];
        ClientHello::encode(&mut out, &[1; 32], &id, [0x1301].into_iter(), |_| ());
        assert_eq!(ClientHello::parse(&out[4..]).is_ok(), fine);
        let mut out = Vec::new();
        ServerHello::encode(&mut out, &[1; 32], &id, super::CipherSuite(0x1301), |_| ());
        assert_eq!(ServerHello::parse(&out[4..]).is_ok(), fine);
    }
}

#[test]
fn codes_are_whole_and_there_is_one_at_least() {
    assert_eq!(U16List::new(&[]), Err(Malformed::VectorLength));
    assert_eq!(U16List::new(&[1, 2, 3]), Err(Malformed::VectorLength));
    let list = U16List::new(&[1, 2, 3, 4]).unwrap();
    assert_eq!(list.iter().collect::<Vec<_>>(), [0x0102, 0x0304]);
    assert!(list.contains(0x0304) && !list.contains(0x0203));
}

#[test]
fn a_reader_takes_what_is_there_and_no_more() {
    let mut reader = Reader::new(&[1, 0, 2, 0, 0, 3, 0, 0, 0, 4, 9, 9]);
    assert_eq!(reader.u8(), Ok(1));
    assert_eq!(reader.u16(), Ok(2));
    assert_eq!(reader.u24(), Ok(3));
    assert_eq!(reader.u32(), Ok(4));
    assert_eq!(reader.take(3), Err(Malformed::Truncated));
    assert_eq!(reader.array(), Ok(&[9, 9]));
    assert!(reader.is_empty());
    assert_eq!(reader.u8(), Err(Malformed::Truncated));
    assert_eq!(reader.finish(), Ok(()));
    assert_eq!(
        Reader::new(&[2, 7, 7, 1]).vector8(3),
        Err(Malformed::VectorLength)
    );
    assert_eq!(
        Reader::new(&[3, 7, 7]).vector8(0),
        Err(Malformed::Truncated)
    );
    assert_eq!(Reader::new(&[1]).finish(), Err(Malformed::TrailingOctets));
}

#[test]
fn unknown_codes_survive_and_known_ones_have_names() {
    use alloc::format;
    assert_eq!(
        format!("{}", ExtensionType(0xfafa)),
        "ExtensionType(0xfafa)"
    );
    assert_eq!(
        format!("{:?}", HandshakeType::FINISHED),
        "Finished".to_owned()
    );
}
