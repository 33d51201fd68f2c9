//! Sets that are added, and messages that get none.

use std::sync::Arc;

use bytes::BytesMut;
use crypto_core::SigningKey;
use dkim_core::{
    Error, Misuse, Reason, SignQuestion, SignerConfig, SigningIdentity,
    arc::{ChainFailure, ChainStatus, ChainVerdict, Part, Sealer, SealerConfig, SealerEvent},
    auth_results::{AuthResults, MethodResult},
    canon::Canonicalization,
    wire::{Algorithm, KeyRecord},
};
use mime_core::field;
use testkit::laws::{self, Machine};

use super::suite::case;
use crate::host::{
    MESSAGE, NOW, Zone, config, ed25519, identity, provider, rsa, sign, time, verify,
};

/// A domain that seals.
pub(crate) struct Handler {
    domain: &'static str,
    key: Arc<dyn SigningKey>,
}

impl Handler {
    pub(crate) fn new(domain: &'static str, key: Arc<dyn SigningKey>, zone: &mut Zone) -> Self {
        let name = format!("sel._domainkey.{domain}");
        zone.insert(name, KeyRecord::text(&*key).unwrap());
        Self { domain, key }
    }

    fn config(&self) -> SealerConfig {
        let identity = SigningIdentity::new(self.domain, "sel", Arc::clone(&self.key)).unwrap();
        SealerConfig::new(provider(), identity).unwrap()
    }

    fn results(&self) -> AuthResults {
        let mut results = AuthResults::new(self.domain).unwrap();
        let spf = MethodResult::new("spf", "pass").unwrap();
        results.push(
            spf.with_property("smtp", "mailfrom", "joe@example.org")
                .unwrap(),
        );
        results
    }

    pub(crate) fn sealer(&self, config: SealerConfig, status: ChainStatus) -> Sealer {
        Sealer::new(Arc::new(config), time(NOW), self.results(), status).unwrap()
    }

    /// The message with a set more.
    pub(crate) fn seal(&self, status: ChainStatus, message: &str) -> Result<String, Error> {
        let fields = run(self.sealer(self.config(), status), message)?;
        Ok(format!("{fields}{message}"))
    }
}

/// The fields as they stand in the message.
fn run(mut sealer: Sealer, message: &str) -> Result<String, Error> {
    let mut rx = BytesMut::from(message.as_bytes());
    sealer.eof();
    let mut fields = String::new();
    loop {
        match sealer
            .poll(&mut rx)
            .expect("a sealer with keys never waits")
        {
            SealerEvent::Header(field) => {
                fields.insert_str(0, std::str::from_utf8(&field).unwrap());
            }
            SealerEvent::Closed(end) => return end.map(|()| fields),
            SealerEvent::Bare(_) => {}
            event => panic!("{event:?}"),
        }
    }
}

fn chain(zone: &Zone, message: &str) -> ChainVerdict {
    verify(config().with_arc(), zone, message).chain.unwrap()
}

#[test]
fn a_chain_grows_over_lists_that_alter_the_message() {
    let mut zone = Zone::new();
    let first = Handler::new("lists.example", rsa(), &mut zone);
    let second = Handler::new("relay.example", ed25519(), &mut zone);
    let sealed = first.seal(ChainStatus::None, MESSAGE).unwrap();
    let found = chain(&zone, &sealed);
    assert_eq!(
        (found.status(), found.oldest_pass),
        (ChainStatus::Pass, Some(0))
    );
    let results = field::authentication_results(&found.sets[0].results, &mut |_, _| {});
    assert_eq!(results.server, "lists.example");
    assert_eq!(
        results.results[0].property("smtp", "mailfrom"),
        Some("joe@example.org")
    );

    let altered = sealed.replace("Subject: Is dinner", "Subject: [list] Is dinner");
    let found = chain(&zone, &altered);
    assert_eq!(
        found.result,
        Err(ChainFailure::Invalid {
            instance: 1,
            part: Part::MessageSignature,
            reason: Reason::SignatureMismatch
        })
    );

    // The second handler found it whole, and altered it then.
    let sealed = second.seal(ChainStatus::Pass, &altered).unwrap();
    let found = chain(&zone, &sealed);
    assert_eq!(
        (found.status(), found.oldest_pass),
        (ChainStatus::Pass, Some(2))
    );
    let domains: Vec<_> = found
        .sets
        .iter()
        .map(|set| set.seal.domain.as_str())
        .collect();
    assert_eq!(domains, ["lists.example", "relay.example"]);
    assert_eq!(found.sets[1].seal.status, ChainStatus::Pass);
    let mut results = AuthResults::new("mx").unwrap();
    results.push(MethodResult::of_chain(&found));
    assert_eq!(
        results.to_field(),
        "Authentication-Results: mx;\r\n\tarc=pass header.oldest-pass=2\r\n"
    );

    let sealed = first.seal(ChainStatus::Pass, &sealed).unwrap();
    assert_eq!(chain(&zone, &sealed).oldest_pass, Some(2));
}

#[test]
fn the_fields_stand_in_the_order_of_the_rfc_and_are_folded() {
    let handler = Handler::new("lists.example", rsa(), &mut Zone::new());
    let fields = run(handler.sealer(handler.config(), ChainStatus::None), MESSAGE).unwrap();
    let names: Vec<_> = fields
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    assert_eq!(
        names,
        [
            "ARC-Seal",
            "ARC-Message-Signature",
            "ARC-Authentication-Results"
        ]
    );
    assert!(fields.lines().all(|line| line.len() <= 78), "{fields}");
    assert!(fields.contains("\r\nARC-Authentication-Results: i=1; lists.example;\r\n"));
    assert!(fields.starts_with("ARC-Seal: i=1; a=rsa-sha256; t=1600000000; cv=none;"));
}

#[test]
fn a_message_signature_covers_the_dkim_signatures_and_no_field_of_arc() {
    let mut zone = Zone::new();
    let signer = identity("dkim", &ed25519(), &mut zone);
    let signature = sign(
        SignerConfig::new(provider(), vec![signer]).unwrap(),
        MESSAGE,
    )
    .unwrap();
    let signed = format!("Authentication-Results: x; none\r\n{signature}{MESSAGE}");
    let handler = Handler::new("lists.example", ed25519(), &mut zone);
    let sealed = handler.seal(ChainStatus::None, &signed).unwrap();
    let sealed = handler.seal(ChainStatus::Pass, &sealed).unwrap();
    let outcome = verify(config().with_arc(), &zone, &sealed);
    assert_eq!(outcome.results(), [Ok(())]);
    let found = outcome.chain.unwrap();
    assert_eq!(found.oldest_pass, Some(0));
    let covered = &found.sets[1].signature.as_ref().unwrap().signed_fields;
    assert!(covered.iter().any(|name| name == "DKIM-Signature"));
    let barred = [
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
    ];
    assert!(
        !covered
            .iter()
            .any(|name| barred.contains(&&*name.to_lowercase()))
    );
    let without = sealed.replacen("DKIM-Signature: v=1", "X-Signature: v=1", 1);
    assert!(!chain(&zone, &without).is_pass());
    let without = sealed.replacen("Authentication-Results: x; none\r\n", "", 1);
    assert!(chain(&zone, &without).is_pass());
}

#[test]
fn a_chain_that_failed_is_sealed_once_and_for_itself() {
    let mut zone = Zone::new();
    let handler = Handler::new("lists.example", rsa(), &mut zone);
    let sealed = handler.seal(ChainStatus::None, MESSAGE).unwrap();
    let broken = sealed.replace("dinner", "supper");
    assert_eq!(chain(&zone, &broken).status(), ChainStatus::Fail);
    let failed = handler.seal(ChainStatus::Fail, &broken).unwrap();
    assert!(failed.contains("ARC-Seal: i=2;") && failed.contains("cv=fail;"));
    assert_eq!(
        chain(&zone, &failed).result,
        Err(ChainFailure::SealedAsFailed(2))
    );
    for status in [ChainStatus::None, ChainStatus::Pass, ChainStatus::Fail] {
        assert_eq!(handler.seal(status, &failed), Err(Error::ChainFailed));
    }
    // The seal covers its own set alone: whatever stands below may be malformed.
    let malformed = broken.replace("ARC-Seal: i=1", "ARC-Seal: i=x");
    let fields = handler.seal(ChainStatus::Fail, &malformed).unwrap();
    assert!(fields.starts_with("ARC-Seal: i=2;"));
}

#[test]
fn a_status_that_the_chain_cannot_have_is_refused() {
    let mut zone = Zone::new();
    let handler = Handler::new("lists.example", rsa(), &mut zone);
    let sealed = handler.seal(ChainStatus::None, MESSAGE).unwrap();
    for (status, message) in [
        (ChainStatus::None, &*sealed),
        (ChainStatus::Pass, MESSAGE),
        (ChainStatus::Fail, MESSAGE),
        (ChainStatus::Pass, &sealed.replace("cv=none", "cv=pass")),
        (ChainStatus::Pass, &sealed.replace("ARC-Seal:", "X-Seal:")),
    ] {
        assert_eq!(
            handler.seal(status, message),
            Err(Error::ChainStatus),
            "{status}"
        );
    }
    let two = format!("From: a@b.c\r\n{MESSAGE}");
    assert_eq!(handler.seal(ChainStatus::None, &two), Err(Error::From));
}

#[test]
fn a_chain_has_fifty_sets_and_no_more() {
    let mut zone = Zone::new();
    let handler = Handler::new("lists.example", ed25519(), &mut zone);
    let mut message = handler.seal(ChainStatus::None, MESSAGE).unwrap();
    for _ in 2..=50 {
        message = handler.seal(ChainStatus::Pass, &message).unwrap();
    }
    let found = chain(&zone, &message);
    assert_eq!(
        (found.status(), found.oldest_pass),
        (ChainStatus::Pass, Some(0))
    );
    assert_eq!(found.sets.len(), 50);
    assert_eq!(
        handler.seal(ChainStatus::Pass, &message),
        Err(Error::ChainFull)
    );
    assert_eq!(
        handler.seal(ChainStatus::Fail, &message),
        Err(Error::ChainFull)
    );
    let more = format!("ARC-Authentication-Results: i=51; x; none\r\n{message}");
    assert_eq!(chain(&zone, &more).result, Err(ChainFailure::TooManySets));
}

/// Seals with keys that are elsewhere.
fn ask(handler: &Handler, algorithm: Algorithm) -> (Sealer, BytesMut, SignQuestion) {
    let identity = SigningIdentity::elsewhere(handler.domain, "sel", algorithm).unwrap();
    let config = SealerConfig::new(provider(), identity).unwrap();
    let mut sealer = handler.sealer(config, ChainStatus::None);
    let mut rx = BytesMut::from(MESSAGE.as_bytes());
    sealer.eof();
    let Some(SealerEvent::Sign(question)) = sealer.poll(&mut rx) else {
        panic!("a question");
    };
    assert!(sealer.poll(&mut rx).is_none());
    (sealer, rx, question)
}

#[test]
fn a_key_elsewhere_signs_the_message_and_then_the_seal() {
    let mut zone = Zone::new();
    for (key, algorithm, scheme) in [
        (
            rsa(),
            Algorithm::RsaSha256,
            crypto_core::SignatureAlgorithm::RsaPkcs1Sha256,
        ),
        (
            ed25519(),
            Algorithm::Ed25519Sha256,
            crypto_core::SignatureAlgorithm::Ed25519,
        ),
    ] {
        let handler = Handler::new("lists.example", key, &mut zone);
        let (mut sealer, mut rx, first) = ask(&handler, algorithm);
        let signature = handler.key.sign(scheme, first.content()).unwrap();
        sealer.answer(first.signature(signature)).unwrap();
        let Some(SealerEvent::Sign(second)) = sealer.poll(&mut rx) else {
            panic!("a question");
        };
        let signature = handler.key.sign(scheme, second.content()).unwrap();
        sealer.answer(second.signature(signature)).unwrap();
        let mut message = MESSAGE.to_owned();
        for _ in 0..3 {
            let Some(SealerEvent::Header(field)) = sealer.poll(&mut rx) else {
                panic!("a field");
            };
            message.insert_str(0, std::str::from_utf8(&field).unwrap());
        }
        assert!(matches!(
            sealer.poll(&mut rx),
            Some(SealerEvent::Closed(Ok(())))
        ));
        assert!(sealer.poll(&mut rx).is_none());
        assert!(chain(&zone, &message).is_pass());
    }
}

#[test]
fn a_signature_that_cannot_be_made_ends_the_sealing_without_a_field() {
    let handler = Handler::new("lists.example", rsa(), &mut Zone::new());
    let (mut sealer, mut rx, question) = ask(&handler, Algorithm::RsaSha256);
    let (mut other, _, foreign) = ask(&handler, Algorithm::RsaSha256);
    assert_eq!(sealer.answer(foreign.failed()), Err(Misuse::StaleAnswer));
    sealer.answer(question.failed()).unwrap();
    assert!(matches!(
        sealer.poll(&mut rx),
        Some(SealerEvent::Closed(Err(Error::NotSigned)))
    ));
    assert!(sealer.poll(&mut rx).is_none());
    // A question that was dropped: the sealer waits, and says nothing else.
    assert!(other.poll(&mut rx).is_none());
}

#[test]
fn what_must_not_be_signed_cannot_be_configured() {
    let handler = Handler::new("lists.example", rsa(), &mut Zone::new());
    for name in [
        "ARC-Seal",
        "arc-message-signature",
        "ARC-Authentication-Results",
        "Authentication-Results",
        "a:b",
    ] {
        let fields = handler.config().with_fields(&["From", name], &[]);
        assert_eq!(fields.unwrap_err(), Misuse::BadName, "{name}");
    }
    let fields = handler.config().with_fields(&["To"], &[]);
    assert_eq!(fields.unwrap_err(), Misuse::FromNotSigned);
    let identity = SigningIdentity::new("a.example", "sel", rsa()).unwrap();
    let identity = identity.with_identity("joe@a.example").unwrap();
    assert_eq!(
        SealerConfig::new(provider(), identity).unwrap_err(),
        Misuse::BadName
    );
}

#[test]
fn canonicalizations_are_those_of_the_configuration() {
    let mut zone = Zone::new();
    let handler = Handler::new("lists.example", ed25519(), &mut zone);
    let kinds = [Canonicalization::Simple, Canonicalization::Relaxed];
    for (header, body) in kinds.into_iter().flat_map(|a| kinds.map(|b| (a, b))) {
        let config = handler.config().with_canonicalization(header, body);
        let fields = run(handler.sealer(config, ChainStatus::None), MESSAGE).unwrap();
        let found = chain(&zone, &format!("{fields}{MESSAGE}"));
        assert!(found.is_pass(), "{header:?} {body:?} {:?}", found.result);
    }
}

#[test]
fn a_key_that_nobody_waits_for_any_more_is_not_asked_for() {
    let mut zone = Zone::new();
    let handler = Handler::new("lists.example", rsa(), &mut zone);
    // The first set is another's, its seal under a key that is known and does not fit, its signature under one that is
    // not known; the newest set vouches for both.
    let alien = case("cv_pass_i1_1").message;
    let alien = &alien[alien.find("ARC-Seal").unwrap()..alien.find("Received: from").unwrap()];
    let alien = alien
        .replace("cv=none; d=example.org", "cv=none; d=lists.example")
        .replace(
            "s=dummy;\r\n    t=12345\r\nARC-M",
            "s=sel;\r\n    t=12345\r\nARC-M",
        );
    let sealed = handler
        .seal(ChainStatus::Pass, &format!("{alien}{MESSAGE}"))
        .unwrap();
    let outcome = verify(config().with_arc(), &zone, &sealed);
    assert_eq!(
        outcome.chain.unwrap().result,
        Err(ChainFailure::Invalid {
            instance: 1,
            part: Part::Seal,
            reason: Reason::SignatureMismatch
        })
    );
    assert_eq!(outcome.names, ["sel._domainkey.lists.example"]);
}

struct Sealing(Sealer);

impl Machine for Sealing {
    type Event = SealerEvent;

    fn poll(&mut self, rx: &mut BytesMut, _tx: &mut BytesMut) -> Option<SealerEvent> {
        self.0.poll(rx)
    }

    fn eof(&mut self) {
        self.0.eof();
    }

    fn is_end(event: &SealerEvent) -> bool {
        matches!(event, SealerEvent::Closed(_))
    }
}

#[test]
fn no_cut_changes_a_set() {
    let handler = Handler::new("lists.example", ed25519(), &mut Zone::new());
    let sealed = handler.seal(ChainStatus::None, MESSAGE).unwrap();
    for status in [ChainStatus::Pass, ChainStatus::Fail, ChainStatus::None] {
        let make = || Sealing(handler.sealer(handler.config(), status));
        for seed in 0..20 {
            laws::split_with(make, sealed.as_bytes(), seed);
        }
        laws::determinism(make, sealed.as_bytes());
    }
}
