//! Client certificates: asked for or not, shown or not, accepted or not.

use testkit::certificate::{Certificate, Key};
use tls_core::{
    CertificateError, ClientAuth, Event, Identity,
    wire::{AlertDescription, SignatureScheme},
};

use crate::common::{Answers, Ask, Bench, Seen, Source, assert_fails};

fn asking(source: Source, auth: ClientAuth) -> Bench {
    let bench = Bench::new(source);
    let roots = bench.pki.roots.clone();
    bench.server(move |config| config.with_client_roots(auth, roots.clone()))
}

fn showing(bench: Bench) -> Bench {
    let identity = bench.pki.client.clone();
    bench.client(move |config| config.with_identity(identity.clone()))
}

#[test]
fn a_client_that_is_asked_shows_its_certificate() {
    for source in [Source::Ring, Source::Toy] {
        for auth in [ClientAuth::Optional, ClientAuth::Required] {
            let bench = showing(asking(source, auth));
            let ends = bench.connected();
            let peer = &ends.server.connected().unwrap().peer;
            let shown: Vec<_> = peer.iter().map(|entry| entry.certificate).collect();
            assert_eq!(shown, bench.pki.client.chain());
        }
    }
}

#[test]
fn a_client_that_is_not_asked_shows_nothing() {
    let ends = showing(Bench::toy()).connected();
    assert!(ends.server.connected().unwrap().peer.is_empty());
}

#[test]
fn without_a_certificate_only_an_optional_request_is_satisfied() {
    let ends = asking(Source::Ring, ClientAuth::Optional).connected();
    assert!(ends.server.connected().unwrap().peer.is_empty());

    let mut ends = asking(Source::Ring, ClientAuth::Required).ends();
    ends.run();
    let error = CertificateError::Missing.into();
    assert_fails(
        &ends.server,
        &ends.client,
        &error,
        AlertDescription::CERTIFICATE_REQUIRED,
    );
    assert!(!ends.server.is_connected());
}

#[test]
fn a_certificate_of_another_root_is_refused() {
    let bench = asking(Source::Toy, ClientAuth::Optional);
    let provider = bench.source.provider(0);
    let [owner, stranger] = [8, 9].map(|seed| Key::new(&provider, bench.pki.root.algorithm, seed));
    let certificate = Certificate {
        subject: "client",
        issuer: "stranger",
        ..Certificate::default()
    };
    let chain = vec![certificate.sign(&owner, &stranger)];
    let identity = Identity::new(chain, owner.key.clone()).unwrap();
    let mut ends = bench
        .client(move |config| config.with_identity(identity.clone()))
        .ends();
    ends.run();
    let error = CertificateError::UnknownIssuer.into();
    assert_fails(
        &ends.server,
        &ends.client,
        &error,
        AlertDescription::UNKNOWN_CA,
    );
}

#[test]
fn an_identity_that_fits_no_scheme_is_not_shown() {
    let bench = showing(asking(Source::Ring, ClientAuth::Optional));
    let schemes = [SignatureScheme::ECDSA_SECP256R1_SHA256];
    let ends = bench
        .server(move |config| config.with_signature_schemes(&schemes))
        .connected();
    assert!(ends.server.connected().unwrap().peer.is_empty());
}

#[test]
fn the_host_chooses_the_identity_when_asked() {
    let bench = asking(Source::Ring, ClientAuth::Required)
        .client(|config| config.with_credential_question());
    let identity = bench.pki.client.clone();
    let mut ends = bench.ends();
    ends.client.machine.answers = Answers {
        identity: Some(identity),
        ..Answers::default()
    };
    ends.run();
    assert_eq!(ends.client.asked(), ["Credential"]);
    assert!(!ends.server.connected().unwrap().peer.is_empty());

    let mut ends = bench.ends();
    ends.run();
    assert_eq!(ends.server.error(), CertificateError::Missing.into());
}

#[test]
fn the_question_names_schemes_and_authorities() {
    let bench = asking(Source::Toy, ClientAuth::Required)
        .client(|config| config.with_credential_question());
    let mut ends = bench.ends();
    ends.client.machine.answers.hold = true;
    ends.run();
    let Some(Seen::Event(Event::Credential(question))) = ends.client.events.pop() else {
        panic!("no question");
    };
    assert!(
        question
            .signature_schemes()
            .contains(&SignatureScheme::ED25519)
    );
    assert_eq!(question.authorities(), [testkit::certificate::name("root")]);
}

#[test]
fn the_host_verifies_clients_when_asked() {
    for refuse in [
        None,
        Some(CertificateError::Revoked),
        Some(CertificateError::AccessDenied),
    ] {
        let bench = showing(Bench::toy())
            .server(|config| config.with_client_question(ClientAuth::Required));
        let mut ends = bench.ends();
        ends.server.machine.answers.refuse = refuse;
        ends.run();
        assert_eq!(ends.server.asked(), ["Verify"]);
        match refuse {
            None => assert!(ends.server.is_connected()),
            Some(why) => {
                let error = tls_core::Error::from(why);
                assert_fails(&ends.server, &ends.client, &error, error.alert().unwrap());
            }
        }
    }
}
