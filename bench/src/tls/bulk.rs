//! Application data from a plaintext to a buffer of records and back, one record a call, beside rustls.
//!
//! Both take records out of memory, as from a socket: rustls by `read_tls`, ours by appending to `rx`. rustls
//! delivers by `reader().read` into a buffer that is used again, ours hands out `Bytes`, which are dropped. The rows
//! `in-place` are `Sealer::seal_in_place` and `Receiver::open` on a buffer of the host; `seal` is `Sender::seal` from
//! one slice into another.

use std::{cell::RefCell, hint::black_box};

use tls_core::{Client, HEADER_LEN, OVERHEAD, Receiver, Sender, Server, wire::ContentType};

use super::{
    Setup,
    library::{Cipher, Library},
    ours::{Ours, Wire, received},
    pki::{Chain, KeyKind},
    rustls_peer::{self, Rustls},
};
use crate::{
    measure::{Budget, Samples, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

/// Octets of plaintext in a record.
const LEN: usize = 1 << 14;

/// Octets of such a record.
const RECORD: usize = LEN + OVERHEAD;

/// Records of a turn: few enough that they stay in the second-level cache.
const COUNT: usize = 16;

const SEND: &[&str] = &["write", "in-place", "seal"];
const RECEIVE: &[&str] = &["poll", "in-place"];

pub(crate) fn benches<L: Library>(cipher: Cipher) -> [Bench; 2] {
    let name = |what| format!("tls/bulk-{what}/{}/{}", L::NAME, cipher.name());
    [
        Bench::new(name("send"), SEND, move |budget| {
            let chain = Chain::new(KeyKind::P256);
            send::<L>(
                &Setup {
                    cipher,
                    ..Setup::full(&chain)
                },
                budget,
            )
        }),
        Bench::new(name("receive"), RECEIVE, move |budget| {
            let chain = Chain::new(KeyKind::P256);
            receive::<L>(
                &Setup {
                    cipher,
                    ..Setup::full(&chain)
                },
                budget,
            )
        }),
    ]
}

/// The bars: through the buffers of the host, and in place. The other ciphers are information: they leave less
/// beside the AEAD to save.
fn bars<L: Library>(cipher: Cipher, aws_lc: f64) -> [Option<Bar>; 2] {
    match (cipher, L::NAME) {
        (Cipher::Aes128Gcm, "ring") => [Some(Bar::AtLeast(1.05)), Some(Bar::AtLeast(1.15))],
        (Cipher::Aes128Gcm, _) => [Some(Bar::AtLeast(aws_lc)), None],
        _ => [None, None],
    }
}

fn send<L: Library>(setup: &Setup<'_>, budget: &Budget) -> Vec<Row> {
    let data = vec![0x55; LEN];
    let (mut client, _server) = Ours::new::<L>(setup).connected();
    let (mut sender, _receiver) = halves::<L>(setup);
    let sealer = sender.record_layer().expect("open");
    let (mut peer, _peer_server) = Rustls::new::<L>(setup).connected();
    let mut wire = Wire::new();
    let mut peer_tx = Vec::with_capacity(LEN * 2);
    let mut buffer = vec![0; RECORD];
    let (mut out_of_place, _receiver) = halves::<L>(setup);
    let mut record = vec![0; RECORD];
    let mut turns: [Turn<'_, 1>; 4] = [
        Box::new(|| {
            [time(|| {
                (0..COUNT).for_each(|_| write(&mut client, &data, &mut wire))
            })]
        }),
        Box::new(|| {
            let seal = |_| {
                let plain = HEADER_LEN..HEADER_LEN + LEN;
                let kind = ContentType::APPLICATION_DATA;
                black_box(
                    sealer
                        .seal_in_place(kind, &mut buffer, plain, 0)
                        .expect("room"),
                );
            };
            [time(|| (0..COUNT).for_each(seal))]
        }),
        Box::new(|| {
            let seal = |_| {
                out_of_place.seal(&data, &mut record).expect("open");
                black_box(&record);
            };
            [time(|| (0..COUNT).for_each(seal))]
        }),
        Box::new(|| {
            let send = |_| {
                peer_tx.clear();
                rustls_peer::send(&mut peer, &data, &mut peer_tx);
                black_box(&peer_tx);
            };
            [time(|| (0..COUNT).for_each(send))]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    rows(SEND, &samples, bars::<L>(setup.cipher, 1.35))
}

/// A sender, and the receiver at the other end.
pub(crate) fn halves<L: Library>(setup: &Setup<'_>) -> (Sender, Receiver) {
    let (mut client, mut server) = Ours::new::<L>(setup).connected();
    let (sender, _) = client.split().expect("connected");
    let (_, receiver) = server.split().expect("connected");
    (sender, receiver)
}

fn write(client: &mut Client, data: &[u8], wire: &mut Wire) {
    wire.tx.clear();
    client.write(data, &mut wire.tx).expect("connected");
    black_box(&wire.tx);
}

fn receive<L: Library>(setup: &Setup<'_>, budget: &Budget) -> Vec<Row> {
    let data = vec![0x55; LEN];
    let (mut client, mut server) = Ours::new::<L>(setup).connected();
    let (mut sender, mut receiver) = halves::<L>(setup);
    let sealer = sender.record_layer().expect("open");
    let (mut peer, mut peer_server) = Rustls::new::<L>(setup).connected();
    let mut wire = Wire::new();
    let mut plain = vec![0; LEN];
    let stream = RefCell::new(vec![0_u8; COUNT * RECORD]);
    // What rustls has not got yet: the end of the last record, see below.
    let mut rest = Vec::with_capacity(2 * COUNT * RECORD);
    let mut turns: [Turn<'_, 1>; 3] = [
        Box::new(|| {
            let mut stream = stream.borrow_mut();
            for record in stream.chunks_mut(RECORD) {
                write(&mut client, &data, &mut wire);
                record.copy_from_slice(&wire.tx);
            }
            [time(|| {
                stream
                    .chunks(RECORD)
                    .for_each(|record| poll(&mut server, record, &mut wire))
            })]
        }),
        Box::new(|| {
            let mut stream = stream.borrow_mut();
            for record in stream.chunks_mut(RECORD) {
                let plain = HEADER_LEN..HEADER_LEN + LEN;
                let kind = ContentType::APPLICATION_DATA;
                sealer.seal_in_place(kind, record, plain, 0).expect("room");
            }
            let open = |record: &mut [u8]| {
                black_box(receiver.open(record).expect("authentic"));
            };
            [time(|| stream.chunks_mut(RECORD).for_each(open))]
        }),
        Box::new(|| {
            (0..COUNT).for_each(|_| rustls_peer::send(&mut peer, &data, &mut rest));
            // A buffer that runs empty is shrunk and grows again: rustls is spared that.
            let now = rest.len() - HEADER_LEN;
            let receive = || {
                black_box(rustls_peer::receive(
                    &mut peer_server,
                    &rest[..now],
                    &mut plain,
                ));
            };
            let nanoseconds = time(receive);
            rest.drain(..now);
            [nanoseconds]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    rows(RECEIVE, &samples, bars::<L>(setup.cipher, 1.25))
}

fn poll(server: &mut Server, record: &[u8], Wire { rx, tx }: &mut Wire) {
    rx.extend_from_slice(record);
    assert_eq!(received(|| server.poll(rx, tx)), LEN);
}

/// The contenders: ours through the host's buffers, ours on slices, and rustls at last.
fn rows(names: &[&str], samples: &Samples<1>, bars: [Option<Bar>; 2]) -> Vec<Row> {
    let rustls = names.len();
    let speed = |contender| (LEN * COUNT) as f64 / samples.median(contender, 0);
    let row =
        |(index, (name, bar)): (usize, (&&str, Option<Bar>))| Row {
            bar,
            ..Row::ratio(name, samples.ratio(rustls, index, 0), Unit::TimesFaster).with_detail(
                format!("{:.2}; rustls {:.2} GB/s", speed(index), speed(rustls)),
            )
        };
    names
        .iter()
        .zip(bars.into_iter().chain([None]))
        .enumerate()
        .map(row)
        .collect()
}

/// What OpenSSL does, for information.
#[cfg(feature = "openssl")]
pub(crate) fn openssl() -> Bench {
    use super::library::AwsLc;

    Bench::new(
        "tls/bulk/openssl".to_owned(),
        &["send", "receive"],
        |budget| {
            let chain = Chain::new(KeyKind::P256);
            openssl_rows::<AwsLc>(&Setup::full(&chain), budget)
        },
    )
}

#[cfg(feature = "openssl")]
fn openssl_rows<L: Library>(setup: &Setup<'_>, budget: &Budget) -> Vec<Row> {
    use super::openssl_peer::{OpenSsl, version};

    let data = vec![0x55; LEN];
    let (mut client, mut server) = Ours::new::<L>(setup).connected();
    let (mut peer, mut peer_server) = OpenSsl::new(setup).connected();
    let mut wire = Wire::new();
    let mut plain = vec![0; LEN];
    let mut turns: [Turn<'_, 2>; 2] = [
        Box::new(|| {
            let mut times = [0.0; 2];
            for _ in 0..COUNT {
                times[0] += time(|| write(&mut client, &data, &mut wire));
                let record = wire.tx.split();
                times[1] += time(|| poll(&mut server, &record, &mut wire));
            }
            times
        }),
        Box::new(|| {
            let mut times = [0.0; 2];
            for _ in 0..COUNT {
                times[0] += time(|| {
                    peer.ssl_write(&data).expect("connected");
                });
                peer_server.get_mut().take_from(peer.get_mut());
                times[1] += time(|| {
                    assert_eq!(peer_server.ssl_read(&mut plain).expect("connected"), LEN);
                });
            }
            times
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let row = |(side, name): (usize, &str)| {
        let speed = |contender| (LEN * COUNT) as f64 / samples.median(contender, side);
        let detail = format!(
            "{} {:.2}; {} {:.2} GB/s",
            L::NAME,
            speed(0),
            version(),
            speed(1)
        );
        Row::ratio(name, samples.ratio(1, 0, side), Unit::TimesFaster).with_detail(detail)
    };
    ["send", "receive"]
        .into_iter()
        .enumerate()
        .map(row)
        .collect()
}
