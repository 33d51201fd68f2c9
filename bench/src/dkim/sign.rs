//! Signing a message of 4 KB beside one signature of the provider.

use std::hint::black_box;

use crypto_core::SignatureAlgorithm;

use super::{
    bodies::Kind,
    mail::{self, Key},
    mail_auth_peer,
};
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const FLOOR: &[&str] = &["4-kb-less-3-us", "4-kb-ed25519-less-3-us"];
const BESIDE: &[&str] = &["4-kb"];

/// What may be spent beside the share, in nanoseconds: the hash of 4 KB alone is two thirds of it.
const GRACE: f64 = 3000.0;

pub(super) fn benches() -> Vec<Bench> {
    vec![
        Bench::new("dkim/sign/floor/aws-lc".to_owned(), FLOOR, |budget| {
            floors(budget, crypto_core::aws_lc::provider)
        }),
        Bench::new("dkim/sign/floor/ring".to_owned(), FLOOR, |budget| {
            floors(budget, crypto_core::ring::provider)
        }),
        Bench::new("dkim/sign/mail-auth".to_owned(), BESIDE, beside),
    ]
}

fn floors(budget: &Budget, provider: fn() -> crypto_core::Provider) -> Vec<Row> {
    let rsa = floor(
        budget,
        FLOOR[0],
        Key::new(provider(), SignatureAlgorithm::RsaPkcs1Sha256),
        SignatureAlgorithm::RsaPkcs1Sha256,
    );
    let ed25519 = floor(
        budget,
        FLOOR[1],
        Key::new(provider(), SignatureAlgorithm::Ed25519),
        SignatureAlgorithm::Ed25519,
    );
    vec![rsa.with_bar(Bar::AtMost(1.03)), ed25519]
}

fn body_len() -> usize {
    4096 - mail::header().len()
}

fn floor(budget: &Budget, name: &str, key: Key, algorithm: SignatureAlgorithm) -> Row {
    let many = if algorithm == SignatureAlgorithm::Ed25519 {
        24
    } else {
        4
    };
    let message = mail::message(Kind::Text, body_len());
    let (config, now) = (key.signer(1), mail::now());
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let inputs: Vec<_> = (0..many).map(|_| mail::pieces(&message)).collect();
            let work = |input| assert!(!mail::sign(&config, now, input).is_empty());
            [time(|| inputs.into_iter().for_each(work)) - GRACE * f64::from(many)]
        }),
        Box::new(|| {
            let work = |_| _ = black_box(key.key.sign(algorithm, mail::header()));
            [time(|| (0..many).for_each(work))]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let each = |contender| samples.median(contender, 0) / f64::from(many);
    Row::ratio(name, samples.ratio(0, 1, 0), Unit::TimesFloor).with_detail(format!(
        "{:.1} us; floor {:.1} us",
        (each(0) + GRACE) / 1000.0,
        each(1) / 1000.0
    ))
}

fn beside(budget: &Budget) -> Vec<Row> {
    const MANY: usize = 4;
    let provider = crypto_core::aws_lc::provider();
    let key = Key::new(provider, SignatureAlgorithm::RsaPkcs1Sha256);
    let message = mail::message(Kind::Text, body_len());
    let (config, now) = (key.signer(1), mail::now());
    let peer = mail_auth_peer::signer(&key.pkcs8);
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let inputs: Vec<_> = (0..MANY).map(|_| mail::pieces(&message)).collect();
            let work = |input| assert!(!mail::sign(&config, now, input).is_empty());
            [time(|| inputs.into_iter().for_each(work))]
        }),
        Box::new(|| {
            let work = |_| assert!(peer(black_box(&message)));
            [time(|| (0..MANY).for_each(work))]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let each = |contender| samples.median(contender, 0) / MANY as f64 / 1000.0;
    vec![
        Row::ratio(BESIDE[0], samples.ratio(1, 0, 0), Unit::TimesFaster).with_detail(format!(
            "{:.1} us; mail-auth {:.1} us",
            each(0),
            each(1)
        )),
    ]
}
