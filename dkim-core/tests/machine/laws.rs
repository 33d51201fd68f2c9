//! The laws of testkit on both machines.

use std::sync::Arc;

use bytes::BytesMut;
use dkim_core::{Signer, SignerConfig, SignerEvent, Verifier, VerifierConfig, VerifierEvent};
use proptest::prelude::*;
use testkit::laws::{self, Machine};

use crate::{
    host::{MESSAGE, NOW, Zone, config, ed25519, identity, lookup, provider, rsa, sign, time},
    vectors::{rfc6376, rfc8463},
};

/// A verifier with its host.
pub(crate) struct Verifying {
    verifier: Verifier,
    zone: Arc<Zone>,
}

impl Machine for Verifying {
    type Event = VerifierEvent;

    fn poll(&mut self, rx: &mut BytesMut, _tx: &mut BytesMut) -> Option<VerifierEvent> {
        loop {
            match self.verifier.poll(rx)? {
                // The tickets are numbered from a random start, and no events to compare.
                VerifierEvent::Lookup(question) => {
                    self.verifier.answer(lookup(&self.zone, question)).unwrap();
                }
                event => return Some(event),
            }
        }
    }

    fn eof(&mut self) {
        self.verifier.eof();
    }

    fn is_end(event: &VerifierEvent) -> bool {
        matches!(event, VerifierEvent::Closed(_))
    }
}

pub(crate) fn verifying(config: VerifierConfig, zone: Zone) -> impl Fn() -> Verifying {
    let (config, zone) = (Arc::new(config), Arc::new(zone));
    move || Verifying {
        verifier: Verifier::new(Arc::clone(&config), time(NOW)).unwrap(),
        zone: Arc::clone(&zone),
    }
}

struct Signing(Signer);

impl Machine for Signing {
    type Event = SignerEvent;

    fn poll(&mut self, rx: &mut BytesMut, _tx: &mut BytesMut) -> Option<SignerEvent> {
        self.0.poll(rx)
    }

    fn eof(&mut self) {
        self.0.eof();
    }

    fn is_end(event: &SignerEvent) -> bool {
        matches!(event, SignerEvent::Closed(_))
    }
}

fn signing() -> impl Fn() -> Signing {
    let mut zone = Zone::new();
    let identities = vec![
        identity("r", &rsa(), &mut zone),
        identity("e", &ed25519(), &mut zone),
    ];
    let config = Arc::new(SignerConfig::new(provider(), identities).unwrap());
    move || Signing(Signer::new(Arc::clone(&config), time(NOW)).unwrap())
}

/// A message with signatures of both kinds, one of them broken, and bare line ends.
fn message() -> (Zone, String) {
    let mut zone = Zone::new();
    let identities = vec![
        identity("r", &rsa(), &mut zone),
        identity("e", &ed25519(), &mut zone),
    ];
    let config = SignerConfig::new(provider(), identities)
        .unwrap()
        .with_body_length();
    let mail = MESSAGE.replace("Joe.", "J\ro\ne.  \t \r\n \r\n\r\nx");
    let fields = sign(config, &mail).unwrap();
    (zone, format!("DKIM-Signature: v=1\r\n{fields}{mail}"))
}

#[test]
fn no_cut_changes_a_verdict() {
    for (zone, message) in [rfc6376(), rfc8463(), message()] {
        laws::split_invariance(verifying(config(), zone), message.as_bytes());
    }
}

#[test]
fn a_cut_and_an_end_lead_to_the_same() {
    let (zone, message) = message();
    let make = verifying(config(), zone);
    for seed in 0..100 {
        laws::split_with(&make, message.as_bytes(), seed);
        laws::split_with(signing(), MESSAGE.as_bytes(), seed);
    }
}

#[test]
fn the_same_input_leads_to_the_same() {
    let (zone, message) = message();
    laws::determinism(verifying(config(), zone), message.as_bytes());
    laws::determinism(signing(), MESSAGE.as_bytes());
}

#[test]
fn a_message_may_end_anywhere() {
    let (zone, message) = rfc6376();
    laws::truncation(verifying(config(), zone), message.as_bytes());
}

#[test]
fn any_octet_may_be_wrong() {
    let (zone, message) = message();
    laws::corruption(verifying(config(), zone), message.as_bytes(), 1);
}

/// Fragments of signatures and headers, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = proptest::sample::select(vec![
        &b"DKIM-Signature: "[..],
        &b"v=1; "[..],
        &b"a=ed25519-sha256; "[..],
        &b"a=rsa-sha256; "[..],
        &b"d=example.org; s=e; "[..],
        &b"h=From:To; "[..],
        &b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; "[..],
        &b"b=Zm9v"[..],
        &b"c=relaxed/relaxed; "[..],
        &b"l=3; "[..],
        &b"; "[..],
        &b"From: a@b.c"[..],
        &b"To: a"[..],
        &b"\r\n"[..],
        &b"\r\n "[..],
        &b"\r\n\r\n"[..],
        &b"\n"[..],
        &b"\r"[..],
        &b" "[..],
        &b":"[..],
        &b"\0\xff"[..],
    ]);
    proptest::collection::vec(fragment, 0..60).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn no_input_breaks_the_laws(input in fragments(), seed in any::<u64>()) {
        let (zone, _) = rfc8463();
        laws::split_with(verifying(config(), zone), &input, seed);
    }
}
