//! What the configuration leaves open is answered by the program, or ends the connection; nothing hangs.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a program answers the questions it knows"
)]

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    thread,
};

use securewire::{
    Acceptor, Connector, Hooks,
    blocking::TlsStream,
    crypto_core::SignatureAlgorithm,
    tls_core::{
        CertificateError, ClientConfig, Connected, Error, Event, Identity, Limits, ServerConfig,
        TicketPolicy,
        wire::{AlertDescription, SignatureScheme},
    },
};

use crate::{
    ends::{client, echo, failure, localhost, provider, say, server, tcp},
    pki::Pki,
};

/// A short conversation between our own ends.
fn meet(connector: &Connector, acceptor: &Acceptor) -> (io::Result<Connected>, io::Result<()>) {
    let (near, far) = tcp();
    thread::scope(|scope| {
        let server =
            scope.spawn(|| TlsStream::accept(acceptor, far).and_then(|mut tls| echo(&mut tls)));
        let client = TlsStream::connect(connector, localhost(), near).and_then(|mut tls| {
            assert_eq!(say(&mut tls, b"hello")?, b"hello");
            tls.close()?;
            Ok(tls.connected().clone())
        });
        (client, server.join().unwrap())
    })
}

#[test]
fn an_unanswered_verification_is_a_refusal() {
    let pki = Pki::new();
    let config = ClientConfig::new(provider()).with_verify_question();
    let acceptor = Acceptor::new(server(&pki.server()));
    let (client, server) = meet(&Connector::new(config.clone()), &acceptor);
    assert_eq!(
        failure(client),
        Error::Certificate(CertificateError::Unknown)
    );
    let told = Error::PeerAlert(AlertDescription::CERTIFICATE_UNKNOWN);
    assert_eq!(failure(server), told);

    let silent = Hooks::new().with_answers(|_| None);
    let (client, server) = meet(&Connector::new(config).with_hooks(silent), &acceptor);
    assert_eq!(failure(client), Error::Cancelled);
    server.unwrap_err();
}

#[test]
fn a_program_verifies() {
    let pki = Pki::new();
    let roots = pki.roots();
    let config = ClientConfig::new(provider()).with_verify_question();
    let hooks = Hooks::new().with_answers(move |event| match event {
        Event::Verify(question) => {
            let name = question.server_name()?;
            let checked = roots.check_server(&provider(), question.chain(), name, question.now());
            Some(match checked {
                Ok(()) => question.accept(),
                Err(why) => question.reject(why),
            })
        }
        _ => None,
    });
    let connector = Connector::new(config).with_hooks(hooks);
    let (client, server_end) = meet(&connector, &Acceptor::new(server(&pki.server())));
    client.unwrap();
    server_end.unwrap();
    let stranger = Pki::named("Another Authority").server();
    let (client, _) = meet(&connector, &Acceptor::new(server(&stranger)));
    assert_eq!(
        failure(client),
        Error::Certificate(CertificateError::UnknownIssuer)
    );
}

#[test]
fn a_program_chooses_the_configuration_by_name() {
    let pki = Pki::new();
    let config = Arc::new(server(&pki.server()));
    let hooks = |known: &'static str| {
        let config = Arc::clone(&config);
        Hooks::new().with_answers(move |event| match event {
            Event::ClientHello(question) => {
                let wanted = question
                    .server_name()
                    .is_some_and(|name| name.as_ref() == known);
                Some(if wanted {
                    question.with(Arc::clone(&config))
                } else {
                    question.refuse(AlertDescription::UNRECOGNIZED_NAME)
                })
            }
            _ => None,
        })
    };
    let asking = || Acceptor::asking(provider(), Limits::default());
    let connector = Connector::new(client(&pki));
    let (client, server) = meet(&connector, &asking().with_hooks(hooks("localhost")));
    client.unwrap();
    server.unwrap();
    let (client, server) = meet(&connector, &asking().with_hooks(hooks("example.org")));
    assert_eq!(
        failure(client),
        Error::PeerAlert(AlertDescription::UNRECOGNIZED_NAME)
    );
    assert_eq!(
        failure(server),
        Error::Refused(AlertDescription::UNRECOGNIZED_NAME)
    );
    let (client, _) = meet(&connector, &asking());
    assert_eq!(
        failure(client),
        Error::PeerAlert(AlertDescription::INTERNAL_ERROR)
    );
}

#[test]
fn a_key_may_live_elsewhere() {
    let pki = Pki::new();
    let leaf = pki.server();
    let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
    let identity = Identity::external(vec![leaf.certificate.clone()], &[scheme]).unwrap();
    let key = provider().keys.load(&leaf.key).unwrap();
    let hooks = Hooks::new().with_answers(move |event| match event {
        Event::Sign(question) => {
            assert_eq!(question.scheme(), scheme);
            let signed = key.sign(SignatureAlgorithm::EcdsaP256Sha256, question.content());
            Some(match signed {
                Ok(signature) => question.signature(signature),
                Err(_) => question.failed(),
            })
        }
        _ => None,
    });
    let acceptor = Acceptor::new(ServerConfig::new(provider()).with_identity(identity));
    let connector = Connector::new(client(&pki));
    let (client, server) = meet(&connector, &acceptor.clone().with_hooks(hooks));
    client.unwrap();
    server.unwrap();
    let (client, server) = meet(&connector, &acceptor);
    assert_eq!(
        failure(client),
        Error::PeerAlert(AlertDescription::INTERNAL_ERROR)
    );
    assert_eq!(failure(server), Error::NotSigned);
}

#[test]
fn a_program_keeps_the_sessions() {
    let pki = Pki::new();
    let store = Mutex::new(HashMap::new());
    let hooks = Hooks::new().with_answers(move |event| {
        let mut store = store.lock().unwrap();
        match event {
            Event::StoreTicket { identity, session } => {
                store.insert(identity, *session);
                None
            }
            Event::Ticket(question) => {
                let known = question
                    .identities()
                    .iter()
                    .enumerate()
                    .find_map(|(index, identity)| Some((index, store.remove(&identity[..])?)));
                Some(match known {
                    Some((index, session)) => question.found(index, session),
                    None => question.unknown(),
                })
            }
            _ => None,
        }
    });
    let config = server(&pki.server()).with_tickets(TicketPolicy::Stored(3600));
    let acceptor = Acceptor::new(config).with_hooks(hooks);
    let connector = Connector::new(client(&pki));
    for resumed in [false, true, true] {
        let (client, server) = meet(&connector, &acceptor);
        server.unwrap();
        assert_eq!(client.unwrap().resumed, resumed);
    }
    let (client, server) = meet(&connector.without_resumption(), &acceptor);
    server.unwrap();
    assert!(!client.unwrap().resumed);
}

#[test]
fn what_is_no_tls_is_said_to_be_none() {
    let pki = Pki::new();
    let acceptor = Acceptor::new(server(&pki.server()));
    let (mut near, far) = tcp();
    io::Write::write_all(&mut near, b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let accepted = TlsStream::accept(&acceptor, far);
    assert_eq!(
        failure(accepted).to_string(),
        "protocol violation: this is HTTP without TLS"
    );
    // An alert in the clear: content type 21.
    let mut alert = [0; 7];
    io::Read::read_exact(&mut near, &mut alert).unwrap();
    assert_eq!(
        (alert[0], alert[5], alert[6]),
        (21, 2, AlertDescription::PROTOCOL_VERSION.0)
    );
}
