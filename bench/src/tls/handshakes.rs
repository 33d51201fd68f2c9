//! Handshakes beside rustls over the same library, and beside the cryptography that none can leave out.

use super::{
    CLIENT, Handshake, SERVER, Setup,
    floor::Floor,
    library::Library,
    ours::Ours,
    pki::{Chain, KeyKind},
    rustls_peer::Rustls,
};
use crate::{
    measure::{Budget, Samples, interleave},
    row::{Bar, Bench, Row, Unit},
};

/// The contenders.
const OURS: usize = 0;
const RUSTLS: usize = 1;
const FLOOR: usize = 2;

const FULL: &[&str] = &[
    "client",
    "server",
    "client-floor",
    "server-floor",
    "rustls-client",
    "rustls-server",
];
const RESUMED: &[&str] = &[
    "both",
    "client",
    "server",
    "client-floor",
    "server-floor",
    "rustls-both",
];

/// Full handshakes with certificates of one kind.
pub(crate) fn full<L: Library>(kind: KeyKind) -> Bench {
    let name = format!("tls/handshake/{}/{}", L::NAME, kind.name());
    Bench::new(name, FULL, move |budget| {
        let chain = Chain::new(kind);
        let samples = measure::<L>(&Setup::full(&chain), budget);
        let mut rows = rows(&samples);
        let bars = match (kind, L::NAME) {
            (KeyKind::P256, "ring") => [Some(1.03), Some(1.07), Some(1.05), Some(1.10)],
            (KeyKind::P256, _) => [Some(1.05), Some(1.10), Some(1.05), Some(1.10)],
            (KeyKind::Rsa2048, _) => [None, Some(1.00), None, None],
        };
        for (row, bar) in rows.iter_mut().zip(bars) {
            row.bar = bar.map(match row.unit {
                Unit::TimesFloor => Bar::AtMost,
                _ => Bar::AtLeast,
            });
        }
        // How far the peer is from the same floor.
        for (side, name) in [(CLIENT, "rustls-client"), (SERVER, "rustls-server")] {
            rows.push(Row::ratio(
                name,
                samples.ratio(RUSTLS, FLOOR, side),
                Unit::TimesFloor,
            ));
        }
        rows
    })
}

/// Resumed handshakes, with one ticket for one used.
pub(crate) fn resumed<L: Library>() -> Bench {
    Bench::new(
        format!("tls/handshake/{}/resumed", L::NAME),
        RESUMED,
        |budget| {
            let chain = Chain::new(KeyKind::P256);
            let setup = Setup {
                tickets: 1,
                resumes: true,
                ..Setup::full(&chain)
            };
            let samples = measure::<L>(&setup, budget);
            let bar = if L::NAME == "ring" { 1.15 } else { 1.2 };
            let sum = |contender| {
                let sides = [CLIENT, SERVER].map(|side| samples.median(contender, side));
                sides.iter().sum::<f64>() / 1e3
            };
            let both = Row::ratio(
                "both",
                samples.ratio_of_sums(RUSTLS, OURS),
                Unit::TimesFaster,
            )
            .with_bar(Bar::AtLeast(bar))
            .with_detail(format!("{:.1}; rustls {:.1} us", sum(OURS), sum(RUSTLS)));
            let mut all = vec![both];
            all.extend(rows(&samples));
            // No one over this library can be faster than the peer by more than this.
            let most = samples.ratio_of_sums(RUSTLS, FLOOR);
            all.push(Row::ratio("rustls-both", most, Unit::TimesFloor));
            all
        },
    )
}

/// Handshakes of a turn: enough that a contender finds its own data in the caches, as a busy server does.
const COUNT: usize = 4;

/// Mean time of a handshake on each side.
fn turn(mut handshake: impl FnMut() -> [f64; 2]) -> [f64; 2] {
    let mut sum = [0.0; 2];
    for _ in 0..COUNT {
        let [client, server] = handshake();
        sum = [sum[CLIENT] + client, sum[SERVER] + server];
    }
    sum.map(|nanoseconds| nanoseconds / COUNT as f64)
}

fn measure<L: Library>(setup: &Setup<'_>, budget: &Budget) -> Samples<2> {
    let mut ours = Ours::new::<L>(setup);
    let mut rustls = Rustls::new::<L>(setup);
    let floor = Floor::<L>::new(setup.chain);
    let resumes = setup.resumes;
    interleave(
        budget,
        &mut [
            Box::new(|| turn(|| ours.handshake().nanoseconds())),
            Box::new(|| turn(|| rustls.handshake().nanoseconds())),
            Box::new(|| {
                turn(|| {
                    if resumes {
                        floor.resumed()
                    } else {
                        floor.full()
                    }
                })
            }),
        ],
    )
}

/// Each side beside rustls, then beside the floor.
fn rows(samples: &Samples<2>) -> Vec<Row> {
    let peer =
        |(side, name): (usize, &str)| {
            let time = |contender| samples.median(contender, side) / 1e3;
            Row::ratio(name, samples.ratio(RUSTLS, OURS, side), Unit::TimesFaster)
                .with_detail(format!("{:.1}; rustls {:.1} us", time(OURS), time(RUSTLS)))
        };
    let floor =
        |(side, name): (usize, &str)| {
            let time = |contender| samples.median(contender, side) / 1e3;
            Row::ratio(name, samples.ratio(OURS, FLOOR, side), Unit::TimesFloor)
                .with_detail(format!("{:.1}; floor {:.1} us", time(OURS), time(FLOOR)))
        };
    let mut rows: Vec<Row> = [(CLIENT, "client"), (SERVER, "server")].map(peer).into();
    rows.extend([(CLIENT, "client-floor"), (SERVER, "server-floor")].map(floor));
    rows
}

/// What OpenSSL does, for information.
#[cfg(feature = "openssl")]
pub(crate) fn openssl() -> Bench {
    use super::{library::Ring, openssl_peer::OpenSsl, openssl_peer::version};

    Bench::new(
        "tls/handshake/openssl/p256".to_owned(),
        &["client", "server"],
        |budget| {
            let chain = Chain::new(KeyKind::P256);
            let setup = Setup::full(&chain);
            let mut ours = Ours::new::<Ring>(&setup);
            let mut peer = OpenSsl::new(&setup);
            let samples = interleave(
                budget,
                &mut [
                    Box::new(|| turn(|| ours.handshake().nanoseconds())),
                    Box::new(|| turn(|| peer.handshake().nanoseconds())),
                ],
            );
            let row = |(side, name): (usize, &str)| {
                let time = |contender| samples.median(contender, side) / 1e3;
                let (ours, peer) = (time(OURS), time(1));
                let detail = format!("{} {ours:.1}; {} {peer:.1} us", Ring::NAME, version());
                Row::ratio(name, samples.ratio(1, OURS, side), Unit::TimesFaster)
                    .with_detail(detail)
            };
            [(CLIENT, "client"), (SERVER, "server")].map(row).into()
        },
    )
}
