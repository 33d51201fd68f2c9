//! Signing: what the field looks like, and who may be asked.

use std::sync::Arc;

use bytes::BytesMut;
use crypto_core::SignatureAlgorithm;
use dkim_core::{
    Error, Misuse, SignQuestion, Signer, SignerConfig, SignerEvent, SigningIdentity,
    wire::{Algorithm, KeyRecord, Signature},
};

use crate::host::{
    MESSAGE, NOW, Zone, config, ed25519, identity, provider, rsa, sign, time, verify,
};

fn signer(identities: Vec<SigningIdentity>) -> SignerConfig {
    SignerConfig::new(provider(), identities).unwrap()
}

#[test]
fn rsa_and_ed25519_sign_in_one_pass_and_both_verify() {
    let mut zone = Zone::new();
    let identities = vec![
        identity("r", &rsa(), &mut zone),
        identity("e", &ed25519(), &mut zone),
    ];
    let fields = sign(signer(identities), MESSAGE).unwrap();
    let outcome = verify(config(), &zone, &(fields + MESSAGE));
    assert_eq!(outcome.results(), [Ok(()), Ok(())]);
    let keys: Vec<_> = outcome
        .verdicts
        .iter()
        .map(|verdict| verdict.key.unwrap().bits)
        .collect();
    assert!(keys.contains(&2048) && keys.contains(&256));
}

#[test]
fn a_field_says_what_was_asked_for_and_is_folded() {
    let own = identity("sel", &rsa(), &mut Zone::new())
        .with_identity("joe@a.example.org")
        .unwrap();
    let config = signer(vec![own])
        .with_lifetime(86_400)
        .with_copied_fields()
        .with_body_length();
    let field = sign(config, MESSAGE).unwrap();
    for line in field.lines() {
        assert!(line.len() <= 78, "{line}");
    }
    let value = field.strip_prefix("DKIM-Signature:").unwrap();
    let signature = Signature::parse(value.as_bytes(), 100).unwrap();
    assert_eq!(signature.algorithm, Algorithm::RsaSha256);
    assert_eq!(signature.identity.as_deref(), Some("joe@a.example.org"));
    assert_eq!(
        (signature.timestamp, signature.expiration),
        (Some(NOW), Some(NOW + 86_400))
    );
    assert_eq!(signature.length, Some(34));
    let names = signature.signed_fields.to_string();
    let expected = "From:From:To:To:Cc:Subject:Subject:Date:Date:Reply-To:MIME-Version:Content-Type:\
        Content-Transfer-Encoding";
    assert_eq!(names, expected);
    let copies: String = signature
        .copied_fields
        .unwrap()
        .split_whitespace()
        .collect();
    assert!(
        copies.contains("|Subject:Is=20dinner=20ready?|"),
        "{copies}"
    );
}

#[test]
fn a_message_to_sign_has_one_from() {
    let config = || signer(vec![identity("sel", &ed25519(), &mut Zone::new())]);
    assert_eq!(sign(config(), "To: a@b.c\r\n\r\n"), Err(Error::From));
    assert_eq!(
        sign(config(), &format!("From: x@y.z\r\n{MESSAGE}")),
        Err(Error::From)
    );
    assert_eq!(
        sign(config(), "no field\r\n"),
        Err(Error::NotAField { at: 0 })
    );
}

#[test]
fn a_configuration_that_cannot_work_fails_when_it_is_made() {
    let key = ed25519();
    let new = |domain, selector| SigningIdentity::new(domain, selector, Arc::clone(&key));
    assert_eq!(new("example", "s").unwrap_err(), Misuse::BadName);
    assert_eq!(new("example.org", "s/").unwrap_err(), Misuse::BadName);
    let good = new("example.org", "s").unwrap();
    for bad in ["a", "a@example.com", "a;b@example.org", "a b@example.org"] {
        assert_eq!(
            good.clone().with_identity(bad).unwrap_err(),
            Misuse::BadName,
            "{bad}"
        );
    }
    assert_eq!(
        SignerConfig::new(provider(), vec![]).unwrap_err(),
        Misuse::NoKey
    );
    let config = signer(vec![good]);
    let with = |signed: &[&str]| config.clone().with_fields(signed, &[]).map(drop);
    assert_eq!(with(&["To"]), Err(Misuse::FromNotSigned));
    assert_eq!(with(&["From", "a:b"]), Err(Misuse::BadName));
    assert_eq!(with(&["From", "DKIM-Signature"]), Err(Misuse::BadName));
}

/// A signer that has asked for the signatures of keys that are elsewhere.
fn asked(algorithms: &[Algorithm]) -> (Signer, BytesMut, Vec<SignQuestion>) {
    let elsewhere = |algorithm: &Algorithm| {
        SigningIdentity::elsewhere("example.org", "sel", *algorithm).unwrap()
    };
    let config = Arc::new(signer(algorithms.iter().map(elsewhere).collect()));
    let mut signer = Signer::new(config, time(NOW)).unwrap();
    let mut rx = BytesMut::from(MESSAGE.as_bytes());
    signer.eof();
    let mut questions = Vec::new();
    while let Some(event) = signer.poll(&mut rx) {
        match event {
            SignerEvent::Sign(question) => questions.push(question),
            event => panic!("{event:?}"),
        }
    }
    (signer, rx, questions)
}

#[test]
fn a_key_may_be_elsewhere() {
    for (key, algorithm, own) in [
        (
            rsa(),
            Algorithm::RsaSha256,
            SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (
            ed25519(),
            Algorithm::Ed25519Sha256,
            SignatureAlgorithm::Ed25519,
        ),
    ] {
        let (mut signer, mut rx, mut questions) = asked(&[algorithm]);
        let question = questions.pop().unwrap();
        assert_eq!((question.identity(), question.algorithm()), (0, algorithm));
        let octets = key.sign(own, question.content()).unwrap();
        signer.answer(question.signature(octets)).unwrap();
        let Some(SignerEvent::Header(field)) = signer.poll(&mut rx) else {
            panic!("a field comes first");
        };
        assert!(matches!(
            signer.poll(&mut rx),
            Some(SignerEvent::Closed(Ok(())))
        ));
        assert!(signer.poll(&mut rx).is_none());
        let zone = Zone::from([(
            "sel._domainkey.example.org".into(),
            KeyRecord::text(&*key).unwrap(),
        )]);
        let message = format!("{}{MESSAGE}", std::str::from_utf8(&field).unwrap());
        assert_eq!(verify(config(), &zone, &message).results(), [Ok(())]);
    }
}

#[test]
fn answers_that_are_foreign_or_failures() {
    let (mut signer, mut rx, mut questions) =
        asked(&[Algorithm::RsaSha256, Algorithm::Ed25519Sha256]);
    let (_, _, mut foreign) = asked(&[Algorithm::RsaSha256]);
    let answer = foreign.pop().unwrap().signature(vec![1]);
    assert_eq!(signer.answer(answer), Err(Misuse::StaleAnswer));
    let late = questions.pop().unwrap();
    signer.answer(questions.pop().unwrap().failed()).unwrap();
    assert_eq!(
        signer.answer(late.signature(vec![1])),
        Err(Misuse::StaleAnswer)
    );
    assert!(matches!(
        signer.poll(&mut rx),
        Some(SignerEvent::Closed(Err(Error::NotSigned)))
    ));
    assert!(signer.poll(&mut rx).is_none());
}

#[test]
fn a_record_is_that_of_its_key() {
    for key in [rsa(), ed25519()] {
        let record = KeyRecord::parse(KeyRecord::text(&*key).unwrap().as_bytes()).unwrap();
        assert!(record.matches(&*key));
        assert!(!record.matches(&*ed25519()));
    }
}

#[test]
fn bare_line_ends_are_told_before_anything_is_signed() {
    let own = identity("sel", &ed25519(), &mut Zone::new());
    let mut signer = Signer::new(Arc::new(signer(vec![own])), time(NOW)).unwrap();
    let mut rx = BytesMut::from(MESSAGE.replace("Hi.\r\n", "Hi.\n").as_bytes());
    signer.eof();
    assert!(matches!(signer.poll(&mut rx), Some(SignerEvent::Bare(bare)) if bare.lf == 1));
    assert!(matches!(signer.poll(&mut rx), Some(SignerEvent::Header(_))));
}
