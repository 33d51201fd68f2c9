//! Allocations for each piece of a body, and the most memory that a verifier holds: figures that do not depend on time.

use bytes::BytesMut;
use crypto_core::SignatureAlgorithm;
use dkim_core::{Verifier, VerifierEvent};

use super::{
    CHUNK, LARGE,
    bodies::{self, Kind},
    mail::{self, Key},
};
use crate::{
    alloc::peak,
    measure::allocations,
    row::{Bar, Bench, Row, Unit},
};

const ROWS: &[&str] = &["allocations-per-chunk", "peak-25-mb-less-header"];

pub(super) fn benches() -> Vec<Bench> {
    vec![Bench::new("dkim/heap".to_owned(), ROWS, |_| measure())]
}

/// What the verifier holds; the host's buffer is its own.
fn measure() -> Vec<Row> {
    let provider = crypto_core::ring::provider();
    let key = Key::new(provider, SignatureAlgorithm::RsaPkcs1Sha256);
    let body = bodies::body(Kind::Ragged, LARGE);
    let message = [mail::header(), &body].concat();
    let fields = mail::sign(&key.signer(1), mail::now(), mail::pieces(&message));
    let header = [&fields, mail::header()].concat();
    let (config, parsed, now) = (key.verifier(), key.parsed(), mail::now());

    let mut rx = BytesMut::with_capacity(2 * CHUNK);
    let (mut passed, mut most) = (0, 0);
    let held = peak(|| {
        let mut verifier = Verifier::new(config, now).expect("a verifier");
        let mut feed = |octets: &[u8]| {
            rx.extend_from_slice(octets);
            if octets.is_empty() {
                verifier.eof();
            }
            while let Some(event) = verifier.poll(&mut rx) {
                match event {
                    VerifierEvent::Lookup(question) => {
                        let answer = question.key(parsed.clone());
                        verifier.answer(answer).expect("an open question");
                    }
                    VerifierEvent::Verdict(verdict) => passed += usize::from(verdict.is_pass()),
                    VerifierEvent::Closed(end) => end.expect("a readable message"),
                    _ => {}
                }
            }
        };
        feed(&header);
        for chunk in body.chunks(CHUNK) {
            most = most.max(allocations(|| feed(chunk)));
        }
        feed(&[]);
    });
    assert_eq!(passed, 1);
    vec![
        Row::count(ROWS[0], most as f64, Unit::Allocations)
            .with_bar(Bar::AtMost(0.0))
            .with_detail("the most of any chunk of 64 KiB"),
        Row::count(ROWS[1], held as f64 - header.len() as f64, Unit::Octets)
            .with_bar(Bar::AtMost(8192.0))
            .with_detail(format!("{held} held; header {}", header.len())),
    ]
}
