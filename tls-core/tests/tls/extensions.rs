//! What the parameters of a handshake may be: each message of the peer with one thing wrong, and the error and the
//! alert that it earns.

use testkit::pair::Side;
use tls_core::{
    Client, ClientAuth, Error, Incompatible, Misbehaved, Proof, Server,
    wire::{AlertDescription, ExtensionType, HandshakeType, Malformed, SignatureScheme},
};

use crate::common::{
    Ask, Bench, Host,
    forge::{self, Extensions, Message, edit, edit_extensions, set, without},
};

/// Both ends have certificates, and the client offers a protocol.
fn bench() -> Bench {
    let bench = Bench::forging();
    let (roots, identity) = (bench.pki.roots.clone(), bench.pki.client.clone());
    bench
        .server(move |config| {
            config
                .with_client_roots(ClientAuth::Optional, roots.clone())
                .with_alpn(&[b"h2"])
        })
        .client(move |config| {
            config
                .with_identity(identity.clone())
                .with_alpn(&[b"h2", b"other"])
        })
}

/// Lets a client hear the honest messages up to one of type `kind`, and that one changed.
fn client_hears(kind: HandshakeType, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Side<Host<Client>> {
    let bench = bench();
    let honest = bench.connected();
    let mut side = bench.ends().client;
    side.settle();
    for message in forge::messages(honest.net.down.log()) {
        if message.kind == kind {
            let octets = change(&message.octets);
            side.feed(&Message { octets, ..message }.record());
            break;
        }
        side.feed(&message.record());
        assert!(!side.ended());
    }
    side
}

/// The same for a server.
fn server_hears(kind: HandshakeType, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Side<Host<Server>> {
    let bench = bench();
    let honest = bench.connected();
    let mut side = bench.ends().server;
    for message in forge::messages(honest.net.up.log()) {
        if message.kind == kind {
            let octets = change(&message.octets);
            side.feed(&Message { octets, ..message }.record());
            break;
        }
        side.feed(&message.record());
        assert!(!side.ended());
    }
    side
}

fn client_refuses(
    kind: HandshakeType,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
    error: impl Into<Error>,
    alert: AlertDescription,
) {
    let side = client_hears(kind, change);
    let error = error.into();
    assert_eq!(side.error(), error);
    assert_eq!(error.alert(), Some(alert), "{error}");
    assert_eq!(forge::last_alert(&side.tx), Some([2, alert.0]), "{error}");
}

fn server_refuses(
    kind: HandshakeType,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
    error: impl Into<Error>,
    alert: AlertDescription,
) {
    let side = server_hears(kind, change);
    let error = error.into();
    assert_eq!(side.error(), error);
    assert_eq!(error.alert(), Some(alert), "{error}");
    assert_eq!(forge::last_alert(&side.tx), Some([2, alert.0]), "{error}");
}

/// A change that knows something.
type Change<'a> = &'a dyn Fn(&mut Extensions);

/// What is changed, and what it earns.
type Case<F> = (F, Error, AlertDescription);

const ILLEGAL: AlertDescription = AlertDescription::ILLEGAL_PARAMETER;
const DECODE: AlertDescription = AlertDescription::DECODE_ERROR;

fn malformed(extension: ExtensionType, why: Malformed) -> Error {
    Error::MalformedExtension { extension, why }
}

#[test]
fn a_server_hello_must_answer_what_was_offered() {
    let kind = HandshakeType::SERVER_HELLO;
    let body = |change: fn(&mut Vec<u8>)| move |message: &[u8]| edit(message, change);
    client_refuses(
        kind,
        body(|body| body[1] = 2),
        Misbehaved::LegacyVersion,
        ILLEGAL,
    );
    client_refuses(
        kind,
        body(|body| body[40] ^= 1),
        Misbehaved::SessionId,
        ILLEGAL,
    );
    client_refuses(
        kind,
        body(|body| {
            body[34] -= 1;
            body.remove(35);
        }),
        Misbehaved::SessionId,
        ILLEGAL,
    );
    client_refuses(
        kind,
        body(|body| body[68] = 4),
        Misbehaved::SuiteNotOffered,
        ILLEGAL,
    );

    let extensions =
        |change: fn(&mut Extensions)| move |message: &[u8]| edit_extensions(message, change);
    let cases: [Case<fn(&mut Extensions)>; 9] = [
        (
            |list| without(ExtensionType::SUPPORTED_VERSIONS)(list),
            Incompatible::Version.into(),
            AlertDescription::PROTOCOL_VERSION,
        ),
        (
            |list| set(ExtensionType::SUPPORTED_VERSIONS, &[3, 3])(list),
            Misbehaved::VersionNotOffered.into(),
            ILLEGAL,
        ),
        (
            |list| without(ExtensionType::KEY_SHARE)(list),
            Misbehaved::MissingExtension(ExtensionType::KEY_SHARE).into(),
            AlertDescription::MISSING_EXTENSION,
        ),
        (
            |list| set(ExtensionType::KEY_SHARE, &[0xfa, 0xfa, 0, 1, 7])(list),
            Misbehaved::GroupNotOffered.into(),
            ILLEGAL,
        ),
        (
            |list| set(ExtensionType::KEY_SHARE, &[0, 29, 0, 1, 7])(list),
            Misbehaved::KeyShare.into(),
            ILLEGAL,
        ),
        (
            |list| set(ExtensionType::PRE_SHARED_KEY, &[0, 0])(list),
            Misbehaved::UnsolicitedExtension(ExtensionType::PRE_SHARED_KEY).into(),
            AlertDescription::UNSUPPORTED_EXTENSION,
        ),
        (
            |list| set(ExtensionType(0xfafa), &[])(list),
            Misbehaved::UnsolicitedExtension(ExtensionType(0xfafa)).into(),
            AlertDescription::UNSUPPORTED_EXTENSION,
        ),
        (
            |list| set(ExtensionType::ALPN, &[0, 3, 2, b'h', b'2'])(list),
            Misbehaved::MisplacedExtension(ExtensionType::ALPN).into(),
            ILLEGAL,
        ),
        (
            |list| list.push(list[0].clone()),
            Error::Malformed {
                message: kind,
                why: Malformed::Duplicate,
            },
            ILLEGAL,
        ),
    ];
    for (change, error, alert) in cases {
        client_refuses(kind, extensions(change), error, alert);
    }
}

#[test]
fn encrypted_extensions_must_answer_what_was_offered() {
    let kind = HandshakeType::ENCRYPTED_EXTENSIONS;
    let cases: [Case<fn(&mut Extensions)>; 7] = [
        (
            |list| set(ExtensionType::ALPN, &[0, 3, 2, b'h', b'3'])(list),
            Misbehaved::ProtocolNotOffered.into(),
            ILLEGAL,
        ),
        (
            |list| {
                set(
                    ExtensionType::ALPN,
                    &[0, 9, 2, b'h', b'2', 5, b'o', b't', b'h', b'e', b'r'],
                )(list)
            },
            malformed(ExtensionType::ALPN, Malformed::VectorLength),
            DECODE,
        ),
        (
            |list| set(ExtensionType::ALPN, &[0, 0])(list),
            malformed(ExtensionType::ALPN, Malformed::VectorLength),
            DECODE,
        ),
        (
            |list| set(ExtensionType::SERVER_NAME, &[0])(list),
            malformed(ExtensionType::SERVER_NAME, Malformed::TrailingOctets),
            DECODE,
        ),
        (
            |list| set(ExtensionType::KEY_SHARE, &[0, 29, 0, 1, 7])(list),
            Misbehaved::MisplacedExtension(ExtensionType::KEY_SHARE).into(),
            ILLEGAL,
        ),
        (
            |list| set(ExtensionType::EARLY_DATA, &[])(list),
            Misbehaved::UnsolicitedExtension(ExtensionType::EARLY_DATA).into(),
            AlertDescription::UNSUPPORTED_EXTENSION,
        ),
        (
            |list| {
                set(ExtensionType::SERVER_NAME, &[])(list);
                let copy = list[0].clone();
                list.push(copy);
            },
            Error::Malformed {
                message: kind,
                why: Malformed::Duplicate,
            },
            ILLEGAL,
        ),
    ];
    for (change, error, alert) in cases {
        client_refuses(
            kind,
            |message| edit_extensions(message, change),
            error,
            alert,
        );
    }
}

#[test]
fn a_certificate_request_must_name_schemes() {
    let kind = HandshakeType::CERTIFICATE_REQUEST;
    let missing = Misbehaved::MissingExtension(ExtensionType::SIGNATURE_ALGORITHMS);
    client_refuses(
        kind,
        |message| edit_extensions(message, without(ExtensionType::SIGNATURE_ALGORITHMS)),
        missing,
        AlertDescription::MISSING_EXTENSION,
    );
    client_refuses(
        kind,
        |message| edit(message, |body| drop(body.splice(..1, [1, 7]))),
        Misbehaved::RequestContext,
        ILLEGAL,
    );
    // Extensions that nobody knows are ignored here.
    let side = client_hears(kind, |message| {
        edit_extensions(message, set(ExtensionType(0xfafa), &[1, 2, 3]))
    });
    assert!(!side.ended());
}

#[test]
fn a_servers_certificate_must_be_there_and_for_this_request() {
    let kind = HandshakeType::CERTIFICATE;
    client_refuses(
        kind,
        |message| edit(message, |body| *body = vec![0, 0, 0, 0]),
        Misbehaved::NoServerCertificate,
        DECODE,
    );
    client_refuses(
        kind,
        |message| edit(message, |body| drop(body.splice(..1, [1, 7]))),
        Misbehaved::RequestContext,
        ILLEGAL,
    );
    let side = client_hears(kind, |message| edit(message, |body| body[20] ^= 0xff));
    assert_eq!(
        side.error().alert(),
        Some(AlertDescription::BAD_CERTIFICATE)
    );
}

#[test]
fn a_signature_must_be_of_a_scheme_that_was_offered_and_fits() {
    let kind = HandshakeType::CERTIFICATE_VERIFY;
    let scheme = |scheme: SignatureScheme| {
        move |message: &[u8]| {
            edit(message, |body| {
                drop(body.splice(..2, scheme.0.to_be_bytes()))
            })
        }
    };
    let not_offered = Misbehaved::SchemeNotOffered;
    client_refuses(kind, scheme(SignatureScheme(0x0203)), not_offered, ILLEGAL);
    client_refuses(
        kind,
        scheme(SignatureScheme::RSA_PKCS1_SHA256),
        not_offered,
        ILLEGAL,
    );
    // Offered, but not for such a key.
    client_refuses(kind, scheme(SignatureScheme::ED25519), not_offered, ILLEGAL);
    client_refuses(
        kind,
        scheme(SignatureScheme::RSA_PSS_RSAE_SHA256),
        not_offered,
        ILLEGAL,
    );
    let proof = Error::BadProof(Proof::Signature);
    client_refuses(
        kind,
        |message| edit(message, |body| body[10] ^= 1),
        proof.clone(),
        AlertDescription::DECRYPT_ERROR,
    );
    server_refuses(
        kind,
        |message| edit(message, |body| body[10] ^= 1),
        proof,
        AlertDescription::DECRYPT_ERROR,
    );
    server_refuses(kind, scheme(SignatureScheme(0x0203)), not_offered, ILLEGAL);
}

#[test]
fn a_client_hello_must_say_what_a_server_needs() {
    let kind = HandshakeType::CLIENT_HELLO;
    let missing = |extension| Error::from(Misbehaved::MissingExtension(extension));
    for extension in [
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::KEY_SHARE,
        ExtensionType::SIGNATURE_ALGORITHMS,
    ] {
        server_refuses(
            kind,
            |message| edit_extensions(message, without(extension)),
            missing(extension),
            AlertDescription::MISSING_EXTENSION,
        );
    }
    server_refuses(
        kind,
        |message| edit_extensions(message, without(ExtensionType::SUPPORTED_VERSIONS)),
        Incompatible::Version,
        AlertDescription::PROTOCOL_VERSION,
    );
    server_refuses(
        kind,
        |message| edit_extensions(message, set(ExtensionType::SUPPORTED_VERSIONS, &[2, 3, 3])),
        Incompatible::Version,
        AlertDescription::PROTOCOL_VERSION,
    );
}

#[test]
fn a_client_hello_with_one_thing_wrong_is_refused_with_its_alert() {
    let kind = HandshakeType::CLIENT_HELLO;
    let psk = [&[0, 7, 0, 1, 1, 0, 0, 0, 0][..], &[0, 33, 32], &[7; 32]].concat();
    let two_binders = [
        &[0, 7, 0, 1, 1, 0, 0, 0, 0][..],
        &[0, 66, 32],
        &[7; 32],
        &[32],
        &[7; 32],
    ]
    .concat();
    let modes = |list: &mut Extensions| set(ExtensionType::PSK_KEY_EXCHANGE_MODES, &[1, 1])(list);
    let cases: [Case<Change<'_>>; 12] = [
        (
            &|list| list.push(list[0].clone()),
            Error::Malformed {
                message: kind,
                why: Malformed::Duplicate,
            },
            ILLEGAL,
        ),
        (
            // A share for a group that supported_groups does not name.
            &|list| set(ExtensionType::KEY_SHARE, &[0, 5, 0xfa, 0xfa, 0, 1, 7])(list),
            Misbehaved::KeyShareMismatch.into(),
            ILLEGAL,
        ),
        (
            // Two shares for one group.
            &|list| {
                set(
                    ExtensionType::KEY_SHARE,
                    &[0, 10, 0, 29, 0, 1, 7, 0, 29, 0, 1, 7],
                )(list);
            },
            Misbehaved::KeyShareMismatch.into(),
            ILLEGAL,
        ),
        (
            &|list| set(ExtensionType::KEY_SHARE, &[0, 5, 0, 29, 0, 1, 7])(list),
            Misbehaved::KeyShare.into(),
            ILLEGAL,
        ),
        (
            &|list| set(ExtensionType::SERVER_NAME, &[0, 0])(list),
            malformed(ExtensionType::SERVER_NAME, Malformed::VectorLength),
            DECODE,
        ),
        (
            &|list| set(ExtensionType::SERVER_NAME, &[0, 4, 0, 0, 1, b'_', 9])(list),
            malformed(ExtensionType::SERVER_NAME, Malformed::TrailingOctets),
            DECODE,
        ),
        (
            &|list| set(ExtensionType::SUPPORTED_GROUPS, &[0, 3, 0, 29, 0])(list),
            malformed(ExtensionType::SUPPORTED_GROUPS, Malformed::VectorLength),
            DECODE,
        ),
        (
            &|list| set(ExtensionType::ALPN, &[0, 1, 0])(list),
            malformed(ExtensionType::ALPN, Malformed::VectorLength),
            DECODE,
        ),
        (
            &|list| {
                modes(list);
                list.push((ExtensionType::PRE_SHARED_KEY.0, psk.clone()));
                list.push((0xfafa, Vec::new()));
            },
            Misbehaved::PskNotLast.into(),
            ILLEGAL,
        ),
        (
            &|list| {
                modes(list);
                list.push((ExtensionType::PRE_SHARED_KEY.0, two_binders.clone()));
            },
            Misbehaved::PskBinders.into(),
            ILLEGAL,
        ),
        (
            &|list| {
                without(ExtensionType::PSK_KEY_EXCHANGE_MODES)(list);
                list.push((ExtensionType::PRE_SHARED_KEY.0, psk.clone()));
            },
            Misbehaved::MissingExtension(ExtensionType::PSK_KEY_EXCHANGE_MODES).into(),
            AlertDescription::MISSING_EXTENSION,
        ),
        (
            &|list| set(ExtensionType::COOKIE, &[0, 1, 7])(list),
            Misbehaved::Cookie.into(),
            ILLEGAL,
        ),
    ];
    for (change, error, alert) in cases {
        server_refuses(
            kind,
            |message| edit_extensions(message, |list| change(list)),
            error,
            alert,
        );
    }
}

#[test]
fn compression_is_never_offered() {
    let kind = HandshakeType::CLIENT_HELLO;
    let at = |body: &[u8]| 35 + 32 + 2 + usize::from(u16::from_be_bytes([body[67], body[68]]));
    for methods in [&[1, 1][..], &[2, 0, 1], &[2, 1, 0]] {
        server_refuses(
            kind,
            |message| {
                edit(message, |body| {
                    let at = at(body);
                    assert_eq!(body[at..at + 2], [1, 0]);
                    body.splice(at..at + 2, methods.iter().copied());
                })
            },
            Misbehaved::Compression,
            ILLEGAL,
        );
    }
}

#[test]
fn what_a_server_does_not_know_it_ignores() {
    let kind = HandshakeType::CLIENT_HELLO;
    let changes: [fn(&mut Extensions); 4] = [
        |list| list.insert(0, (0x0a0a, vec![0])),
        |list| list.push((0xfafa, vec![1; 1000])),
        |list| {
            set(
                ExtensionType::SUPPORTED_VERSIONS,
                &[6, 0x7a, 0x7a, 3, 4, 3, 3],
            )(list)
        },
        |list| set(ExtensionType::PSK_KEY_EXCHANGE_MODES, &[3, 0x0b, 1, 0x2a])(list),
    ];
    for change in changes {
        let side = server_hears(kind, |message| edit_extensions(message, change));
        assert!(!side.ended(), "{:?}", side.end());
        let answer = forge::messages(&side.tx).remove(0);
        assert_eq!(answer.kind, HandshakeType::SERVER_HELLO);
    }
}

#[test]
fn every_message_cut_anywhere_is_refused() {
    // One octet short, the length of the message says so: never a panic, never a connection, always an alert.
    for kind in [
        HandshakeType::SERVER_HELLO,
        HandshakeType::ENCRYPTED_EXTENSIONS,
        HandshakeType::CERTIFICATE_REQUEST,
        HandshakeType::CERTIFICATE,
        HandshakeType::CERTIFICATE_VERIFY,
    ] {
        let mut len = 0;
        loop {
            let mut whole = false;
            let side = client_hears(kind, |message| {
                whole = len + 4 >= message.len();
                edit(message, |body| body.truncate(len))
            });
            if whole {
                break;
            }
            let alert = side.error().alert().unwrap();
            // A ServerHello without extensions is that of an older version.
            let version = alert == AlertDescription::PROTOCOL_VERSION;
            assert!(alert == DECODE || version, "{kind} cut to {len}: {alert}");
            len += 1 + len / 16;
        }
        assert!(len > 1);
    }
    let mut len = 0;
    loop {
        let mut whole = false;
        let side = server_hears(HandshakeType::CLIENT_HELLO, |message| {
            whole = len + 4 >= message.len();
            edit(message, |body| body.truncate(len))
        });
        if whole {
            break;
        }
        let alert = side.error().alert().unwrap();
        assert!(
            alert == DECODE || alert == AlertDescription::PROTOCOL_VERSION,
            "cut to {len}: {alert}"
        );
        len += 1 + len / 16;
    }
}
