//! Questions: answered at once, later, never, twice, and to the wrong machine.

use std::sync::Arc;

use testkit::pair::Pair;
use tls_core::{
    Answer, CertificateError, Error, Event, Identity, Limits, Misuse, Server, TicketPolicy,
    wire::{AlertDescription, CipherSuite, ContentType, SignatureScheme},
};

use crate::common::{
    Answers, Ask, Bench, Ends, Host, SERVER_NAME, Seen, Source, assert_fails, at, forge, host::Role,
};

/// Takes the question that a held end told last.
fn question<R: Role>(side: &mut testkit::pair::Side<Host<R>>) -> Event {
    match side.events.pop() {
        Some(Seen::Event(event)) => event,
        other => panic!("no question but {other:?}"),
    }
}

fn asking_server(bench: &Bench) -> Host<Server> {
    let provider = bench.source.provider(0x5e7e);
    Host::new(Server::asking(&provider, Limits::default(), at(bench.now)).unwrap())
}

#[test]
fn the_configuration_can_wait_for_the_hello() {
    for source in [Source::Ring, Source::Toy] {
        let bench = Bench::new(source).client(|config| config.with_alpn(&[b"h2"]));
        let config = Some(Arc::new(bench.server_config().with_alpn(&[b"h2"])));
        let answers = Answers {
            config,
            ..Answers::default()
        };
        let mut ends = Pair::new(bench.new_client(), asking_server(&bench).answers(answers));
        ends.run();
        assert_eq!(ends.server.asked(), ["ClientHello"]);
        assert_eq!(
            ends.client.connected().unwrap().alpn.as_deref(),
            Some(&b"h2"[..])
        );
    }
}

#[test]
fn the_hello_tells_what_the_client_wants() {
    let bench = Bench::toy().client(|config| config.with_alpn(&[b"h2", b"http/1.1"]));
    let mut ends = Pair::new(bench.new_client(), asking_server(&bench));
    ends.server.machine.answers.hold = true;
    ends.run();
    let Event::ClientHello(question) = question(&mut ends.server) else {
        panic!("no hello")
    };
    assert_eq!(question.server_name().unwrap().as_ref(), SERVER_NAME);
    assert_eq!(
        question.alpn().collect::<Vec<_>>(),
        [&b"h2"[..], b"http/1.1"]
    );
    assert_eq!(
        question.cipher_suites().next(),
        Some(CipherSuite::TLS_AES_128_GCM_SHA256)
    );
    let groups: Vec<_> = bench
        .source
        .provider(0)
        .groups
        .iter()
        .map(|g| g.group())
        .collect();
    assert_eq!(question.groups().collect::<Vec<_>>(), groups);
    let schemes: Vec<_> = question.signature_schemes().collect();
    assert!(schemes.contains(&SignatureScheme::ECDSA_SECP256R1_SHA256));
    assert_eq!(question.hello().unwrap().session_id.len(), 32);

    let alert = AlertDescription::UNRECOGNIZED_NAME;
    ends.server
        .machine
        .tls
        .answer(question.refuse(alert))
        .unwrap();
    ends.run();
    assert_fails(&ends.server, &ends.client, &Error::Refused(alert), alert);
}

/// Both ends, where each asks everything that it can.
fn curious(source: Source) -> Ends {
    let bench = Bench::new(source);
    let schemes = [SignatureScheme::ECDSA_SECP256R1_SHA256];
    let identity = Identity::external(bench.pki.chain(), &schemes).unwrap();
    let config = bench.server_config();
    let provider = Arc::clone(config.provider());
    let config = tls_core::ServerConfig::new(provider)
        .with_identity(identity)
        .with_client_question(tls_core::ClientAuth::Required)
        .with_tickets(TicketPolicy::Stored(100));
    let answers = Answers {
        config: Some(Arc::new(config)),
        signer: Some(bench.pki.server_key.clone()),
        ..Answers::default()
    };
    let server = asking_server(&bench).answers(answers);
    let client = bench
        .client_config()
        .with_verify_question()
        .with_credential_question();
    let identity = Some(bench.pki.client.clone());
    let client = bench.connect(client).answers(Answers {
        identity,
        ..Answers::default()
    });
    Pair::new(client, server)
}

#[test]
fn every_question_can_be_asked_in_one_handshake() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = curious(source);
        ends.run();
        assert_eq!(ends.server.asked(), ["ClientHello", "Sign", "Verify"]);
        let asked = ends.client.asked();
        assert!(
            asked.contains(&"Verify") && asked.contains(&"Credential"),
            "{asked:?}"
        );
        assert!(ends.client.is_connected() && ends.server.is_connected());
    }
}

/// Answers the question that is open as `answers` say; false when there is none.
fn answer_one<R: Role>(side: &mut testkit::pair::Side<Host<R>>, answers: &Answers) -> bool {
    let is_question = |seen: &Seen| {
        matches!(
            seen,
            Seen::Event(
                Event::ClientHello(_)
                    | Event::Sign(_)
                    | Event::Verify(_)
                    | Event::Credential(_)
                    | Event::Ticket(_)
            )
        )
    };
    let Some(index) = side.events.iter().position(is_question) else {
        return false;
    };
    let Seen::Event(event) = side.events.remove(index) else {
        return false;
    };
    let answer = match event {
        Event::ClientHello(question) => question.with(answers.config.clone().unwrap()),
        Event::Sign(question) => {
            let key = &answers.signer.as_ref().unwrap();
            let signature = key.key.sign(key.algorithm, question.content()).unwrap();
            question.signature(signature)
        }
        Event::Verify(question) => question.accept(),
        Event::Credential(question) => question.present(answers.identity.clone().unwrap()),
        Event::Ticket(question) => question.unknown(),
        other => panic!("{other:?}"),
    };
    side.machine.tls.answer(answer).unwrap();
    true
}

#[test]
fn answered_later_the_handshake_is_the_same() {
    let mut at_once = curious(Source::Toy);
    at_once.run();

    let mut later = curious(Source::Toy);
    let (client, server) = (
        later.client.machine.answers.clone(),
        later.server.machine.answers.clone(),
    );
    later.client.machine.answers.hold = true;
    later.server.machine.answers.hold = true;
    let mut answered = 0;
    loop {
        later.run();
        // Nothing is taken while a question is open: idle polls, more input, all the same.
        later.run();
        let one = answer_one(&mut later.client, &client) || answer_one(&mut later.server, &server);
        if !one {
            break;
        }
        answered += 1;
    }
    assert!(answered >= 5);
    assert!(later.client.is_connected() && later.server.is_connected());
    assert_eq!(later.net.up.log(), at_once.net.up.log());
    assert_eq!(later.net.down.log(), at_once.net.down.log());
}

#[test]
fn nothing_is_taken_from_rx_while_a_question_is_open() {
    let mut ends = curious(Source::Toy);
    ends.server.machine.answers.hold = true;
    ends.run();
    assert_eq!(ends.server.rx.len(), 0);
    ends.server.feed(&[0xff; 100]);
    assert_eq!(ends.server.rx.len(), 100);
    assert!(!ends.server.ended());
}

/// A client with an open question of whether the server's certificate is good.
fn verifying() -> Ends {
    let mut ends = Bench::toy()
        .client(|config| config.with_verify_question())
        .ends();
    ends.client.machine.answers.hold = true;
    ends.run();
    ends
}

fn verdict(ends: &mut Ends) -> Answer {
    let Event::Verify(question) = question(&mut ends.client) else {
        panic!("no question")
    };
    question.accept()
}

#[test]
fn an_answer_to_another_connection_is_stale_and_changes_nothing() {
    let bench = Bench::new(Source::Ring).client(|config| config.with_verify_question());
    let [mut one, mut two] = [(); 2].map(|()| {
        let mut ends = bench.ends();
        ends.client.machine.answers.hold = true;
        ends.run();
        ends
    });
    let [first, second] = [&mut one, &mut two].map(verdict);
    assert_eq!(
        one.client.machine.tls.answer(second),
        Err(Misuse::StaleAnswer)
    );
    one.run();
    assert!(!one.client.is_connected());
    one.client.machine.tls.answer(first).unwrap();
    one.run();
    assert!(one.client.is_connected());
}

#[test]
fn an_answer_to_an_earlier_question_is_stale() {
    // Two machines with the same seed number their questions alike: one plays the other's past.
    let mut ends = verifying();
    let mut twin = verifying();
    let (answer, again) = (verdict(&mut ends), verdict(&mut twin));
    ends.client.machine.tls.answer(answer).unwrap();
    assert_eq!(
        ends.client.machine.tls.answer(again),
        Err(Misuse::StaleAnswer)
    );
    ends.run();
    assert!(ends.client.is_connected());
    let Ends {
        client: mut other, ..
    } = verifying();
    let Some(Seen::Event(Event::Verify(question))) = other.events.pop() else {
        panic!()
    };
    assert_eq!(
        ends.client.machine.tls.answer(question.accept()),
        Err(Misuse::StaleAnswer)
    );
}

#[test]
fn a_dropped_question_leaves_the_connection_waiting_until_it_is_closed() {
    let mut ends = verifying();
    drop(question(&mut ends.client));
    ends.run();
    ends.client.feed(&[]);
    assert!(!ends.client.ended() && !ends.client.is_connected());
    ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
    ends.run();
    assert_eq!(ends.client.error(), Error::Cancelled);
    assert!(ends.server.ended());
}

#[test]
fn the_end_of_the_stream_waits_for_the_answer() {
    let mut ends = verifying();
    let answer = verdict(&mut ends);
    ends.client.eof();
    assert!(!ends.client.ended());
    ends.client.machine.tls.answer(answer).unwrap();
    ends.client.settle();
    // What came before the end of the stream is taken, the server's Finished among it.
    assert!(ends.client.is_connected());
    assert_eq!(ends.client.error(), Error::Truncated);
}

#[test]
fn a_refused_certificate_is_told_with_the_reason_given() {
    for (why, alert) in [
        (CertificateError::Bad, AlertDescription::BAD_CERTIFICATE),
        (
            CertificateError::WrongName,
            AlertDescription::BAD_CERTIFICATE,
        ),
        (
            CertificateError::Unsupported,
            AlertDescription::UNSUPPORTED_CERTIFICATE,
        ),
        (
            CertificateError::WrongPurpose,
            AlertDescription::UNSUPPORTED_CERTIFICATE,
        ),
        (
            CertificateError::Revoked,
            AlertDescription::CERTIFICATE_REVOKED,
        ),
        (
            CertificateError::Expired,
            AlertDescription::CERTIFICATE_EXPIRED,
        ),
        (
            CertificateError::NotYetValid,
            AlertDescription::CERTIFICATE_EXPIRED,
        ),
        (
            CertificateError::UnknownIssuer,
            AlertDescription::UNKNOWN_CA,
        ),
        (
            CertificateError::AccessDenied,
            AlertDescription::ACCESS_DENIED,
        ),
        (
            CertificateError::Unknown,
            AlertDescription::CERTIFICATE_UNKNOWN,
        ),
    ] {
        let mut ends = Bench::toy()
            .client(|config| config.with_verify_question())
            .ends();
        ends.client.machine.answers.refuse = Some(why);
        ends.run();
        assert_fails(&ends.client, &ends.server, &why.into(), alert);
        assert!(!ends.client.is_connected() && !ends.server.is_connected());
    }
}

#[test]
fn a_verified_chain_is_still_not_trusted_without_its_signature() {
    let mut ends = curious(Source::Toy);
    ends.server.machine.answers.hold = true;
    let config = ends.server.machine.answers.config.clone().unwrap();
    ends.run();
    let Event::ClientHello(hello) = question(&mut ends.server) else {
        panic!("no hello")
    };
    ends.server.machine.tls.answer(hello.with(config)).unwrap();
    ends.run();
    let Event::Sign(sign) = question(&mut ends.server) else {
        panic!("no signature")
    };
    assert!(sign.content().starts_with(&[b' '; 64]));
    assert_eq!(sign.identity().chain().len(), 1);
    assert_eq!(sign.scheme(), SignatureScheme::ECDSA_SECP256R1_SHA256);
    ends.server
        .machine
        .tls
        .answer(sign.signature(vec![7; 64]))
        .unwrap();
    ends.run();
    let error = Error::BadProof(tls_core::Proof::Signature);
    assert_fails(
        &ends.client,
        &ends.server,
        &error,
        AlertDescription::DECRYPT_ERROR,
    );
}

#[test]
fn a_signer_that_fails_ends_the_connection() {
    let mut ends = curious(Source::Toy);
    ends.server.machine.answers.signer = None;
    ends.run();
    let alert = AlertDescription::INTERNAL_ERROR;
    assert_fails(&ends.server, &ends.client, &Error::NotSigned, alert);
}

#[test]
fn a_client_may_sign_elsewhere_too() {
    let bench = Bench::new(Source::Ring);
    let provider = bench.source.provider(0);
    let key = testkit::certificate::Key::new(&provider, bench.pki.root.algorithm, 9);
    let certificate = testkit::certificate::Certificate {
        subject: "client",
        ..Default::default()
    };
    let chain = vec![certificate.sign(&key, &bench.pki.root)];
    let schemes = [SignatureScheme::ECDSA_SECP256R1_SHA256];
    let identity = Identity::external(chain, &schemes).unwrap();
    let roots = bench.pki.roots.clone();
    let bench = bench
        .client(move |config| config.with_identity(identity.clone()))
        .server(move |config| {
            config.with_client_roots(tls_core::ClientAuth::Required, roots.clone())
        });
    let mut ends = bench.ends();
    ends.client.machine.answers.signer = Some(key);
    ends.run();
    assert_eq!(ends.client.asked(), ["Sign"]);
    assert!(!ends.server.connected().unwrap().peer.is_empty());
}

#[test]
fn a_hello_that_is_malformed_is_never_asked_about() {
    let bench = Bench::toy();
    let mut ends = Pair::new(bench.new_client(), asking_server(&bench));
    ends.client.settle();
    let hello = forge::messages(&ends.client.take()).remove(0);
    let cut = forge::edit(&hello.octets, |body| body.truncate(body.len() - 1));
    ends.server
        .feed(&forge::plain(ContentType::HANDSHAKE, &cut));
    assert!(ends.server.asked().is_empty());
    assert_eq!(
        ends.server.error().alert(),
        Some(AlertDescription::DECODE_ERROR)
    );
}
