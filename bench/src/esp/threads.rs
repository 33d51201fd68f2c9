//! One SA, opened by two threads beside one.

use std::{
    hint::{black_box, spin_loop},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use esp_core::{Encryption, InboundSa, OutboundSa};

use super::{packet, params_of, raw::Raw};
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

/// Packets of a turn: the window is wide enough for a thread that stays behind.
const PACKETS: usize = 4096;
const WINDOW: u32 = 65_536;

/// Packets that a thread takes in one piece, as from a queue of a network card.
const PIECE: usize = 32;

const ONE: usize = 0;
const TWO: usize = 1;

pub(super) fn bench<L: Raw>(len: usize) -> Bench {
    let name = format!("esp/threads-{len}/aes-128-gcm/{}", L::NAME);
    Bench::new(name, &["open"], move |budget| vec![row::<L>(len, budget)])
}

/// The two ends of an SA.
struct Pair {
    outbound: OutboundSa,
    inbound: InboundSa,
    inner: Vec<u8>,
}

impl Pair {
    fn new<L: Raw>(len: usize) -> Self {
        let params = params_of(Encryption::Aes128Gcm16, 0x1000_0001).with_window(WINDOW);
        let provider = L::provider();
        Self {
            outbound: OutboundSa::new(&params, &provider).expect("a good SA"),
            inbound: InboundSa::new(&params, &provider).expect("a good SA"),
            inner: packet(len),
        }
    }

    /// Packets sealed in order, and dealt out to so many threads by pieces.
    fn hands<const N: usize>(&self) -> [Vec<Vec<u8>>; N] {
        let mut hands = [const { Vec::new() }; N];
        let room = self.outbound.overhead();
        let place = room.headroom()..room.headroom() + self.inner.len();
        for number in 0..PACKETS {
            let mut frame = vec![0; place.end + room.tailroom()];
            frame[place.clone()].copy_from_slice(&self.inner);
            let sealed = self.outbound.seal_packet(&mut frame, place.clone());
            frame.truncate(sealed.expect("room").packet.end);
            hands[number / PIECE % N].push(frame);
        }
        hands
    }

    fn open(&self, hand: &mut [Vec<u8>]) {
        for packet in hand {
            black_box(self.inbound.open_packet(packet).expect("ours").inner);
        }
    }
}

/// Waits until both threads are here.
fn meet(arrived: &AtomicUsize) {
    arrived.fetch_add(1, Ordering::AcqRel);
    while arrived.load(Ordering::Acquire) < 2 {
        spin_loop();
    }
}

fn two(pair: &Pair) -> f64 {
    let [mut near, mut far] = pair.hands();
    let (begun, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            meet(&begun);
            pair.open(&mut far);
            meet(&ended);
        });
        meet(&begun);
        time(|| {
            pair.open(&mut near);
            meet(&ended);
        })
    })
}

fn row<L: Raw>(len: usize, budget: &Budget) -> Row {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Row::unmeasured("open", Unit::TimesFaster, "one core");
    }
    let (single, shared) = (Pair::new::<L>(len), Pair::new::<L>(len));
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            let [mut hand] = single.hands();
            [time(|| single.open(&mut hand))]
        }),
        Box::new(|| [two(&shared)]),
    ];
    let samples = interleave(budget, &mut turns);
    drop(turns);
    assert_eq!(shared.inbound.audit().total(), 0);
    let per_packet = |contender| samples.median(contender, 0) / PACKETS as f64;
    let detail = format!(
        "two {:.0} ns, one {:.0} ns",
        per_packet(TWO),
        per_packet(ONE)
    );
    Row::ratio("open", samples.ratio(ONE, TWO, 0), Unit::TimesFaster)
        .with_bar(Bar::AtLeast(1.6))
        .with_detail(detail)
}
