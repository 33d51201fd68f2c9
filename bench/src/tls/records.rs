//! The record layer in place, beside the AEAD of the library alone.
//!
//! The library gets what TLS must encrypt: the plaintext and its content type, at the same place of a buffer, with a
//! header of five octets as associated data.

use std::{cell::RefCell, hint::black_box};

use tls_core::{HEADER_LEN, OVERHEAD, Sealer, wire::ContentType};

use super::{
    Setup,
    bulk::halves,
    library::{Cipher, Library},
    pki::{Chain, KeyKind},
};
use crate::{
    measure::{Budget, Samples, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const HEADER: [u8; HEADER_LEN] = [23, 3, 3, 0x40, 0x11];

/// Octets of plaintext, how many records make a turn, and the share of the library's speed to reach.
const SIZES: [(usize, usize, f64, &str); 2] =
    [(1 << 14, 16, 0.97, "16384"), (1400, 128, 0.90, "1400")];

pub(crate) fn benches<L: Library>() -> impl Iterator<Item = Bench> {
    let sizes = |cipher| SIZES.into_iter().map(move |size| (cipher, size));
    Cipher::ALL
        .into_iter()
        .flat_map(sizes)
        .map(|(cipher, (len, count, bar, size))| {
            let name = format!("tls/records/{}/{}/{size}", L::NAME, cipher.name());
            Bench::new(name, &["send", "receive"], move |budget| {
                let chain = Chain::new(KeyKind::P256);
                let setup = Setup {
                    cipher,
                    ..Setup::full(&chain)
                };
                let row = |name, samples: Samples<1>| row(name, &samples, len * count, bar);
                vec![
                    row("send", send::<L>(&setup, budget, len, count)),
                    row("receive", receive::<L>(&setup, budget, len, count)),
                ]
            })
        })
}

fn send<L: Library>(setup: &Setup<'_>, budget: &Budget, len: usize, count: usize) -> Samples<1> {
    let (mut sender, _) = halves::<L>(setup);
    let sealer = sender.record_layer().expect("open");
    let key = L::aead_key(setup.cipher);
    let buffer = RefCell::new(vec![0; len + OVERHEAD]);
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let mut buffer = buffer.borrow_mut();
            [time(|| (0..count).for_each(|_| seal(sealer, &mut buffer)))]
        }),
        Box::new(|| {
            let mut buffer = buffer.borrow_mut();
            [time(|| {
                (0..count).for_each(|_| seal_raw::<L>(&key, &mut buffer))
            })]
        }),
    ];
    interleave(budget, &mut turns)
}

fn receive<L: Library>(setup: &Setup<'_>, budget: &Budget, len: usize, count: usize) -> Samples<1> {
    let (mut sender, mut receiver) = halves::<L>(setup);
    let sealer = sender.record_layer().expect("open");
    let key = L::aead_key(setup.cipher);
    let records = RefCell::new(vec![vec![0; len + OVERHEAD]; count]);
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let mut records = records.borrow_mut();
            records.iter_mut().for_each(|record| seal(sealer, record));
            let open = |record: &mut Vec<u8>| {
                black_box(receiver.open(record).expect("authentic"));
            };
            [time(|| records.iter_mut().for_each(open))]
        }),
        Box::new(|| {
            let mut records = records.borrow_mut();
            records
                .iter_mut()
                .for_each(|record| seal_raw::<L>(&key, record));
            let open = |record: &mut Vec<u8>| L::open(&key, HEADER, &mut record[HEADER_LEN..]);
            [time(|| records.iter_mut().for_each(open))]
        }),
    ];
    interleave(budget, &mut turns)
}

/// Seals a buffer that has the length of a record.
fn seal(sealer: &mut Sealer, record: &mut [u8]) {
    let plain = HEADER_LEN..HEADER_LEN + (record.len() - OVERHEAD);
    let kind = ContentType::APPLICATION_DATA;
    black_box(sealer.seal_in_place(kind, record, plain, 0).expect("room"));
}

fn seal_raw<L: Library>(key: &L::AeadKey, record: &mut [u8]) {
    let (text, tag) = record.split_last_chunk_mut::<16>().expect("room");
    *tag = L::seal(key, HEADER, &mut text[HEADER_LEN..]);
    black_box(record);
}

/// Ours is the first contender, the library the second.
fn row(name: &str, samples: &Samples<1>, octets: usize, bar: f64) -> Row {
    let speed = |contender| octets as f64 / samples.median(contender, 0);
    Row::ratio(name, samples.ratio(1, 0, 0), Unit::Share)
        .with_bar(Bar::AtLeast(bar))
        .with_detail(format!("{:.2} of {:.2} GB/s", speed(0), speed(1)))
}
