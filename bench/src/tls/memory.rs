//! Allocations, and octets held: figures that do not depend on time.

use std::mem::size_of;

use ::rustls::{ClientConnection, ServerConnection};
use tls_core::{Client, Server};

use super::{
    CLIENT, Handshake, SERVER, Setup,
    floor::Floor,
    library::Library,
    ours::{Ours, Wire, received},
    pki::{Chain, KeyKind},
    rustls_peer::{self, Rustls},
};
use crate::{
    measure::{Laps, allocations},
    row::{Bar, Bench, Row, Unit},
};

/// Connections and records before those that count, and those that count.
const WARM_UP: u64 = 4;
const COUNT: u64 = 16;

/// Octets that went each way before a connection is idle.
const TRAFFIC: usize = 4096;

const RECORDS: &[&str] = &["write", "poll", "rustls-send", "rustls-receive"];
const HANDSHAKE: &[&str] = &[
    "client",
    "server",
    "resumed-client",
    "resumed-server",
    "rustls-client",
    "rustls-server",
];
const HELD: &[&str] = &["client", "server", "rustls-client", "rustls-server"];

pub(crate) fn benches<L: Library>() -> [Bench; 3] {
    let name = |what| format!("tls/{what}/{}", L::NAME);
    [
        Bench::new(name("allocations-per-record"), RECORDS, |_| records::<L>()),
        Bench::new(name("allocations-per-handshake"), HANDSHAKE, |_| {
            handshakes::<L>()
        }),
        Bench::new(name("octets-held"), HELD, |_| held::<L>()),
    ]
}

/// Mean allocations of `work` once it runs.
fn steady(mut work: impl FnMut()) -> f64 {
    (0..WARM_UP).for_each(|_| work());
    allocations(|| (0..COUNT).for_each(|_| work())) as f64 / COUNT as f64
}

/// Receiving is counted as what is left of sending and receiving.
fn records<L: Library>() -> Vec<Row> {
    let chain = Chain::new(KeyKind::P256);
    let setup = Setup::full(&chain);
    let data = vec![0; 1 << 14];
    let (mut near, mut far) = (Wire::new(), Wire::new());
    let (mut client, _) = Ours::new::<L>(&setup).connected();
    let sent = steady(|| {
        near.tx.clear();
        client.write(&data, &mut near.tx).expect("connected");
    });
    let (mut client, mut server) = Ours::new::<L>(&setup).connected();
    let both = steady(|| {
        near.tx.clear();
        client.write(&data, &mut near.tx).expect("connected");
        far.rx.extend_from_slice(&near.tx);
        assert_eq!(
            received(|| server.poll(&mut far.rx, &mut far.tx)),
            data.len()
        );
    });

    let (mut client, _) = Rustls::new::<L>(&setup).connected();
    let mut wire = Vec::with_capacity(data.len() * 2);
    let mut plain = vec![0; data.len()];
    let rustls_sent = steady(|| {
        wire.clear();
        rustls_peer::send(&mut client, &data, &mut wire);
    });
    let (mut client, mut server) = Rustls::new::<L>(&setup).connected();
    let rustls_both = steady(|| {
        wire.clear();
        rustls_peer::send(&mut client, &data, &mut wire);
        assert_eq!(
            rustls_peer::receive(&mut server, &wire, &mut plain),
            data.len()
        );
    });
    vec![
        count("write", sent).with_bar(Bar::AtMost(0.0)),
        count("poll", both - sent).with_bar(Bar::AtMost(0.0)),
        count("rustls-send", rustls_sent),
        count("rustls-receive", rustls_both - rustls_sent),
    ]
}

fn count(name: &str, value: f64) -> Row {
    Row::count(name, value, Unit::Allocations)
}

/// Mean allocations of a handshake on each side.
fn per_handshake(peer: &mut impl Handshake) -> [f64; 2] {
    for _ in 0..WARM_UP {
        peer.handshake();
    }
    let mut sum = [0; 2];
    for _ in 0..COUNT {
        let Laps { costs, .. } = peer.handshake();
        sum[CLIENT] += costs[CLIENT].allocations;
        sum[SERVER] += costs[SERVER].allocations;
    }
    sum.map(|allocations| allocations as f64 / COUNT as f64)
}

fn handshakes<L: Library>() -> Vec<Row> {
    let chain = Chain::new(KeyKind::P256);
    let full = Setup::full(&chain);
    let resumed = Setup {
        tickets: 1,
        resumes: true,
        ..full
    };
    let ours = per_handshake(&mut Ours::new::<L>(&full));
    let resumed = per_handshake(&mut Ours::new::<L>(&resumed));
    let rustls = per_handshake(&mut Rustls::new::<L>(&full));
    // All but the vector that holds the signature is the library's.
    let floor = Floor::<L>::new(&chain);
    let signing = steady(|| drop(floor.sign())) - 1.0;
    let bar = |row: Row| match L::NAME {
        "ring" => row.with_bar(Bar::AtMost(20.0)),
        _ => row,
    };
    let detail = format!("and {signing:.2} of the library's in signing");
    vec![
        bar(count("client", ours[CLIENT])),
        bar(count("server", ours[SERVER] - signing)).with_detail(detail),
        count("resumed-client", resumed[CLIENT]),
        count("resumed-server", resumed[SERVER]),
        count("rustls-client", rustls[CLIENT]),
        count("rustls-server", rustls[SERVER]),
    ]
}

fn held<L: Library>() -> Vec<Row> {
    let chain = Chain::new(KeyKind::P256);
    let setup = Setup::full(&chain);
    let ours = Ours::new::<L>(&setup).held(TRAFFIC);
    let rustls = Rustls::new::<L>(&setup).held(TRAFFIC);
    let row = |name: &str, structure: usize, heap: i64| {
        let octets = structure as f64 + heap as f64;
        let detail = format!("struct {structure}, heap {heap}");
        Row::count(name, octets, Unit::Octets).with_detail(detail)
    };
    let bar = |row: Row| match L::NAME {
        "ring" => row.with_bar(Bar::AtMost(2048.0)),
        // The keys of AWS-LC lie on the heap of C, which is not counted.
        _ => row,
    };
    vec![
        bar(row("client", size_of::<Client>(), ours[CLIENT])),
        bar(row("server", size_of::<Server>(), ours[SERVER])),
        row(
            "rustls-client",
            size_of::<ClientConnection>(),
            rustls[CLIENT],
        ),
        row(
            "rustls-server",
            size_of::<ServerConnection>(),
            rustls[SERVER],
        ),
    ]
}
