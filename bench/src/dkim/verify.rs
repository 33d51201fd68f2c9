//! Verifying whole messages beside mail-auth, and beside what verifying cannot save.

use std::hint::black_box;

use crypto_core::{HashAlgorithm, SignatureAlgorithm};

use super::{
    LARGE,
    bodies::Kind,
    mail::{self, Key},
    mail_auth_peer::Peer,
};
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const BESIDE: &[&str] = &["text-25-mb", "text-100-kb", "base64-25-mb", "text-4-kb"];
const FLOOR: &[&str] = &["4-kb"];
const MANY: &[&str] = &["four-signatures-25-mb"];

pub(super) fn benches() -> Vec<Bench> {
    vec![
        Bench::new("dkim/verify/mail-auth".to_owned(), BESIDE, beside),
        Bench::new("dkim/verify/floor/aws-lc".to_owned(), FLOOR, |budget| {
            vec![floor(budget, crypto_core::aws_lc::provider())]
        }),
        Bench::new("dkim/verify/floor/ring".to_owned(), FLOOR, |budget| {
            vec![floor(budget, crypto_core::ring::provider())]
        }),
        Bench::new("dkim/verify".to_owned(), MANY, many),
    ]
}

/// A message of `len` octets with `count` signatures.
fn signed(key: &Key, count: usize, kind: Kind, len: usize) -> Vec<u8> {
    let message = mail::message(kind, len);
    let mut signed = mail::sign(&key.signer(count), mail::now(), mail::pieces(&message));
    signed.extend_from_slice(&message);
    signed
}

/// RSA-2048 over AWS-LC on both sides; the message lies in memory, keys are parsed.
fn beside(budget: &Budget) -> Vec<Row> {
    let provider = crypto_core::aws_lc::provider();
    let key = Key::new(provider, SignatureAlgorithm::RsaPkcs1Sha256);
    let peer = Peer::new(&key.record);
    let rows = [
        (Kind::Text, LARGE, Some(2.2)),
        (Kind::Text, 100_000, Some(1.6)),
        (Kind::Base64, LARGE, Some(0.98)),
        (Kind::Text, 4096, None),
    ];
    let row =
        |(name, (kind, len, bar)): (&&str, (Kind, usize, Option<f64>))| {
            let message = signed(&key, 1, kind, len);
            let (config, parsed, now) = (key.verifier(), key.parsed(), mail::now());
            let many = turns_of(len);
            let mut turns: [Turn<'_, 1>; 2] = [
                Box::new(|| {
                    let inputs: Vec<_> = (0..many).map(|_| mail::pieces(&message)).collect();
                    let work = |input| assert_eq!(mail::verify(&config, now, &parsed, input), 1);
                    [time(|| inputs.into_iter().for_each(work))]
                }),
                Box::new(|| {
                    let work = |_| assert_eq!(peer.verify(black_box(&message)), 1);
                    [time(|| (0..many).for_each(work))]
                }),
            ];
            let samples = interleave(budget, &mut turns);
            let each = |contender| samples.median(contender, 0) / many as f64 / 1000.0;
            let row = Row::ratio(name, samples.ratio(1, 0, 0), Unit::TimesFaster)
                .with_detail(format!("{:.1} us; mail-auth {:.1} us", each(0), each(1)));
            Row {
                bar: bar.map(Bar::AtLeast),
                ..row
            }
        };
    BESIDE.iter().zip(rows).map(row).collect()
}

/// Messages of a turn: enough for a third of a millisecond.
const fn turns_of(len: usize) -> usize {
    if len < 1 << 17 { 16 } else { 1 }
}

/// 4 KB beside one verification and the hash of the message, both by the provider.
fn floor(budget: &Budget, provider: crypto_core::Provider) -> Row {
    const MANY: usize = 16;
    let key = Key::new(provider, SignatureAlgorithm::RsaPkcs1Sha256);
    let message = signed(&key, 1, Kind::Text, 4096 - mail::header().len());
    let (config, parsed, now) = (key.verifier(), key.parsed(), mail::now());
    let algorithm = SignatureAlgorithm::RsaPkcs1Sha256;
    let signature = key
        .key
        .sign(algorithm, mail::header())
        .expect("a signature");
    let verification = key.provider.verification(algorithm).expect("RSA");
    let sha256 = key.provider.hash(HashAlgorithm::Sha256).expect("SHA-256");
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let inputs: Vec<_> = (0..MANY).map(|_| mail::pieces(&message)).collect();
            let work = |input| assert_eq!(mail::verify(&config, now, &parsed, input), 1);
            [time(|| inputs.into_iter().for_each(work))]
        }),
        Box::new(|| {
            let work = |_| {
                let verified = verification.verify_signature(
                    &parsed.public_key,
                    black_box(mail::header()),
                    &signature,
                );
                assert!(verified.is_ok());
                black_box(sha256.digest(black_box(&message)));
            };
            [time(|| (0..MANY).for_each(work))]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let each = |contender| samples.median(contender, 0) / MANY as f64 / 1000.0;
    Row::ratio("4-kb", samples.ratio(0, 1, 0), Unit::TimesFloor)
        .with_bar(Bar::AtMost(1.12))
        .with_detail(format!(
            "{:.1} us; floor {:.1} us; {} octets with the signature",
            each(0),
            each(1),
            message.len()
        ))
}

/// Four signatures of one kind beside one.
fn many(budget: &Budget) -> Vec<Row> {
    let provider = crypto_core::aws_lc::provider();
    let key = Key::new(provider, SignatureAlgorithm::RsaPkcs1Sha256);
    let (config, parsed, now) = (key.verifier(), key.parsed(), mail::now());
    let messages = [4, 1].map(|count| (count, signed(&key, count, Kind::Text, LARGE)));
    let turn = |(count, message): &(usize, Vec<u8>)| {
        let input = mail::pieces(message);
        [time(|| {
            assert_eq!(mail::verify(&config, now, &parsed, input), *count)
        })]
    };
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| turn(&messages[0])),
        Box::new(|| turn(&messages[1])),
    ];
    let samples = interleave(budget, &mut turns);
    let row = Row::ratio(MANY[0], samples.ratio(0, 1, 0), Unit::TimesFloor);
    vec![row.with_bar(Bar::AtMost(1.05)).with_detail(format!(
        "{:.2} ms; one {:.2} ms",
        samples.median(0, 0) / 1e6,
        samples.median(1, 0) / 1e6
    ))]
}
