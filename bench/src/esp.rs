//! `esp-core` beside the AEAD alone and boringtun: tunnel mode over IPv4, a batch of packets a turn.

mod boringtun_peer;
mod path;
mod raw;
mod sad;
mod spd;
mod threads;

use std::hint::black_box;

use crypto_core::Provider;
use esp_core::{Encryption, InboundSa, OutboundSa, SaParams, Spi, Suite, Tunnel};

use crate::{
    alloc,
    measure::{Budget, Samples, Turn, allocations, interleave, time},
    row::{Bar, Bench, Row, Unit},
};
use boringtun_peer::Boringtun;
use raw::{AwsLc, Raw, Ring};

/// Packets of a turn: few enough that they stay in the second-level cache.
const COUNT: usize = 64;

/// The contenders: IP packets to IP packets, IP packets to ESP as a socket takes it (as boringtun does), the AEAD, boringtun.
const PACKET: usize = 0;
const BARE: usize = 1;
const RAW: usize = 2;
const PEER: usize = 3;

/// Octets before a packet in its frame.
const HEADROOM: usize = 64;

/// Octets of a frame.
const FRAME: usize = 1536;

/// Everything measured about ESP.
pub(crate) fn benches() -> Vec<Bench> {
    let mut benches = Vec::new();
    for suite in [Encryption::Aes128Gcm16, Encryption::ChaCha20Poly1305] {
        for len in [64, 576, 1400] {
            benches.push(Bench::new(name::<Ring>(suite, len), ROWS, move |budget| {
                rows::<Ring>(suite, len, budget)
            }));
            benches.push(Bench::new(name::<AwsLc>(suite, len), ROWS, move |budget| {
                rows::<AwsLc>(suite, len, budget)
            }));
        }
    }
    benches.extend([path::bench::<Ring>(), path::bench::<AwsLc>()]);
    for len in [64, 1400] {
        benches.extend([threads::bench::<Ring>(len), threads::bench::<AwsLc>(len)]);
    }
    benches.extend([sad::bench(), spd::bench()]);
    benches.push(Bench::new("esp/memory/ring".to_owned(), MEMORY, |_| {
        memory()
    }));
    benches
}

const ROWS: &[&str] = &[
    "seal",
    "open",
    "seal-packet",
    "open-packet",
    "encapsulate",
    "decapsulate",
    "allocations",
];
const MEMORY: &[&str] = &["inbound", "outbound"];

fn name<L: Raw>(suite: Encryption, len: usize) -> String {
    let suite = match suite {
        Encryption::ChaCha20Poly1305 => "chacha20-poly1305",
        _ => "aes-128-gcm",
    };
    format!("esp/{len}/{suite}/{}", L::NAME)
}

fn params(encryption: Encryption) -> SaParams {
    params_of(encryption, 0x1000_0001)
}

fn params_of(encryption: Encryption, spi: u32) -> SaParams {
    let suite = Suite::new(encryption, None).expect("an AEAD");
    let key = vec![7; suite.encryption_key_len()];
    let spi = Spi::new(spi).expect("not reserved");
    let tunnel = Tunnel::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    SaParams::new(spi, suite, &key, &[])
        .expect("keys of the right length")
        .with_tunnel(tunnel)
}

fn ends(params: &SaParams, provider: &Provider) -> (OutboundSa, InboundSa) {
    (
        OutboundSa::new(params, provider).expect("a good SA"),
        InboundSa::new(params, provider).expect("a good SA"),
    )
}

/// An IPv4 packet of `len` octets.
fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![0x55; len];
    let [hi, lo] = u16::try_from(len).expect("short").to_be_bytes();
    packet[..20].copy_from_slice(&[
        0x45, 0, hi, lo, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
    ]);
    packet
}

/// Frames with a packet in each.
fn frames(len: usize) -> Vec<Vec<u8>> {
    let packet = packet(len);
    (0..COUNT)
        .map(|_| {
            let mut frame = vec![0; FRAME];
            frame[HEADROOM..HEADROOM + len].copy_from_slice(&packet);
            frame
        })
        .collect()
}

fn rows<L: Raw>(encryption: Encryption, len: usize, budget: &Budget) -> Vec<Row> {
    let params = params(encryption);
    let (outbound, inbound) = ends(&params, &L::provider());
    let raw = L::new(encryption);
    let place = HEADROOM..HEADROOM + len;
    // What the AEAD alone has to do: payload, padding and trailer, with the associated data of ESP.
    let text = HEADROOM..HEADROOM + len + 2 + (4 - (len + 2) % 4) % 4;

    // An inner packet is overwritten by its ciphertext, which the next turn takes for a packet: the header comes back.
    let header = packet(len);
    let restore = |frames: &mut Vec<Vec<u8>>| {
        for frame in frames {
            frame[HEADROOM..HEADROOM + 20].copy_from_slice(&header[..20]);
        }
    };
    let (mut own, mut alone) = (frames(len), frames(len));
    let (mut own_back, mut alone_back) = (frames(len), frames(len));
    let (mut bare, mut bare_back) = (frames(len), frames(len));
    let (mut peer, source) = (Boringtun::new(), packet(len));
    let mut count: u64 = 0;
    let mut allocated = 0;
    let mut turns: [Turn<'_, 2>; 4] = [
        Box::new(|| {
            restore(&mut own);
            let mut sealed = Vec::with_capacity(COUNT);
            let seal = time(|| {
                for frame in &mut own {
                    let packet = outbound.seal_packet(frame, place.clone()).expect("room");
                    sealed.push(packet.packet);
                }
            });
            own_back.clone_from(&own);
            let open = time(|| {
                for (frame, place) in own_back.iter_mut().zip(&sealed) {
                    black_box(
                        inbound
                            .open_packet(&mut frame[place.clone()])
                            .expect("ours"),
                    );
                }
            });
            restore(&mut own);
            allocated += allocations(|| {
                black_box(
                    outbound
                        .seal_packet(&mut own[0], place.clone())
                        .expect("room"),
                );
            });
            [seal, open]
        }),
        Box::new(|| {
            restore(&mut bare);
            let mut sealed = Vec::with_capacity(COUNT);
            let seal = time(|| {
                for frame in &mut bare {
                    let packet = outbound.seal(frame, place.clone(), 4).expect("room");
                    sealed.push(packet.packet);
                }
            });
            bare_back.clone_from(&bare);
            let open = time(|| {
                for (frame, place) in bare_back.iter_mut().zip(&sealed) {
                    black_box(inbound.open(&mut frame[place.clone()]).expect("ours"));
                }
            });
            [seal, open]
        }),
        Box::new(|| {
            let first = count;
            let seal = time(|| {
                for frame in &mut alone {
                    count += 1;
                    raw.seal(count, &mut frame[text.start..text.end + 16]);
                }
            });
            alone_back.clone_from(&alone);
            let open = time(|| {
                let frames = alone_back.iter_mut();
                for (frame, number) in frames.zip(first + 1..) {
                    raw.open(number, &mut frame[text.start..text.end + 16]);
                }
            });
            [seal, open]
        }),
        Box::new(|| peer.turn(&source)),
    ];
    let samples = interleave(budget, &mut turns);
    drop(turns);
    table(&samples, encryption, len, L::NAME, allocated)
}

fn table(
    samples: &Samples<2>,
    encryption: Encryption,
    len: usize,
    library: &str,
    allocated: u64,
) -> Vec<Row> {
    let per_packet = |contender, side| samples.median(contender, side) / COUNT as f64;
    let is_aes = encryption == Encryption::Aes128Gcm16;
    let floor = |name, own, side, bar: Option<f64>| {
        let row =
            Row::ratio(name, samples.ratio(own, RAW, side), Unit::TimesFloor).with_detail(format!(
                "{:.0} ns, alone {:.0} ns",
                per_packet(own, side),
                per_packet(RAW, side)
            ));
        match bar {
            Some(limit) => row.with_bar(Bar::AtMost(limit)),
            None => row,
        }
    };
    let peer_bar = match (is_aes, len, library) {
        (false, 1400, _) => Some(0.98),
        (true, 1400, "ring") => Some(2.6),
        (true, 1400, _) => Some(3.5),
        _ => None,
    };
    let peer = |name, side| {
        let row = Row::ratio(name, samples.ratio(PEER, BARE, side), Unit::TimesFaster)
            .with_detail(format!("boringtun {:.0} ns", per_packet(PEER, side)));
        match peer_bar {
            Some(limit) => row.with_bar(Bar::AtLeast(limit)),
            None => row,
        }
    };
    let bars = match (is_aes, len) {
        (true, 64) => [Some(1.10), Some(1.15)],
        (true, 1400) => [Some(1.03), Some(1.06)],
        _ => [None, None],
    };
    // The full path has a bar; SPD and SAD come on top of what is measured here: see `path`.
    let whole = (is_aes && len == 64).then_some(1.35);
    vec![
        floor("seal", BARE, 0, bars[0]),
        floor("open", BARE, 1, bars[1]),
        floor("seal-packet", PACKET, 0, whole),
        floor("open-packet", PACKET, 1, None),
        peer("encapsulate", 0),
        peer("decapsulate", 1),
        Row::count("allocations", allocated as f64, Unit::Allocations).with_bar(Bar::AtMost(0.0)),
    ]
}

/// Octets held by an SA with a window of 1,024 packets.
fn memory() -> Vec<Row> {
    let params = params(Encryption::Aes128Gcm16);
    let provider = crypto_core::ring::provider();
    let before = alloc::held();
    let inbound = Box::new(InboundSa::new(&params, &provider).expect("a good SA"));
    let between = alloc::held();
    let outbound = Box::new(OutboundSa::new(&params, &provider).expect("a good SA"));
    let after = alloc::held();
    black_box((inbound, outbound));
    vec![
        Row::count("inbound", (between - before) as f64, Unit::Octets)
            .with_bar(Bar::AtMost(1024.0)),
        Row::count("outbound", (after - between) as f64, Unit::Octets).with_bar(Bar::AtMost(768.0)),
    ]
}
