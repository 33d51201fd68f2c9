//! Canonicalising and hashing a body, beside hashing its octets as they came.

use std::hint::black_box;

use crypto_core::HashAlgorithm;
use dkim_core::canon::{Body, Canonicalization};

use super::{
    CHUNK,
    bodies::{self, Kind},
};
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

/// Octets of a turn: it stays in the cache, as what just arrived does.
const LEN: usize = 1 << 20;

const RELAXED: &[&str] = &[
    "text",
    "base64",
    "text-4k-chunks",
    "base64-4k-chunks",
    "html",
    "ragged",
];
const SIMPLE: &[&str] = &["text"];

pub(super) fn benches() -> Vec<Bench> {
    let relaxed = |budget: &Budget| {
        let rows = [
            (Kind::Text, CHUNK, 0.90),
            (Kind::Base64, CHUNK, 0.90),
            (Kind::Text, 4096, 0.82),
            (Kind::Base64, 4096, 0.82),
            (Kind::Html, CHUNK, 0.75),
            (Kind::Ragged, CHUNK, 0.40),
        ];
        let row = |(name, (kind, chunk, bar)): (&&str, _)| {
            let row = share(budget, name, Canonicalization::Relaxed, kind, chunk);
            row.with_bar(Bar::AtLeast(bar))
        };
        RELAXED.iter().zip(rows).map(row).collect()
    };
    let simple = |budget: &Budget| {
        let simple = Canonicalization::Simple;
        vec![share(budget, "text", simple, Kind::Text, CHUNK)]
    };
    vec![
        Bench::new("dkim/relaxed".to_owned(), RELAXED, relaxed),
        Bench::new("dkim/simple".to_owned(), SIMPLE, simple),
    ]
}

/// Speed as a share of the fastest of three SHA-256: `ring`'s, AWS-LC's, and the provider's own, which all hash the
/// body as it is, in the same chunks.
fn share(
    budget: &Budget,
    name: &str,
    canonicalization: Canonicalization,
    kind: Kind,
    chunk: usize,
) -> Row {
    let body = bodies::body(kind, LEN);
    let provider = crypto_core::aws_lc::provider();
    let sha256 = provider
        .hash(HashAlgorithm::Sha256)
        .expect("every provider has it");
    let ours = || {
        let (mut canon, mut hash) = (Body::new(canonicalization), sha256.start());
        for chunk in body.chunks(chunk) {
            canon.update(chunk, |piece| hash.update(piece));
        }
        canon.finish(|piece| hash.update(piece));
        black_box(hash.peek());
    };
    let own = || {
        let mut hash = sha256.start();
        body.chunks(chunk).for_each(|chunk| hash.update(chunk));
        black_box(hash.peek());
    };
    let ring = || {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        body.chunks(chunk).for_each(|chunk| hash.update(chunk));
        black_box(hash.finish());
    };
    let aws_lc = || {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        body.chunks(chunk).for_each(|chunk| hash.update(chunk));
        black_box(hash.finish());
    };
    let mut turns: [Turn<'_, 1>; 4] = [
        Box::new(|| [time(ours)]),
        Box::new(|| [time(own)]),
        Box::new(|| [time(ring)]),
        Box::new(|| [time(aws_lc)]),
    ];
    let samples = interleave(budget, &mut turns);
    let speed = |contender| body.len() as f64 / samples.median(contender, 0);
    let raw = (1..4)
        .max_by(|a, b| speed(*a).total_cmp(&speed(*b)))
        .unwrap_or(1);
    let names = ["", "sha2", "ring", "aws-lc"];
    Row::ratio(name, samples.ratio(raw, 0, 0), Unit::Share).with_detail(format!(
        "{:.2} GB/s; sha2 {:.2}, ring {:.2}, aws-lc {:.2}; raw is {}",
        speed(0),
        speed(1),
        speed(2),
        speed(3),
        names[raw]
    ))
}
