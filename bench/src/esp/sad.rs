//! A database of a million SAs beside a single one: what the memory costs.

use std::{hint::black_box, sync::Arc};

use crypto_core::Provider;
use esp_core::{Encryption, InboundSa, OutboundSa, Sad, SadReader};

use super::{packet, params_of};
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const BATCH: usize = 0;
const SINGLE: usize = 1;
const HOT: usize = 2;

const SAS: u32 = 1_000_000;

/// Enough to show that it runs.
const SMOKE: u32 = 10_000;

/// Packets of a turn: four batches, of random SAs.
const PACKETS: u32 = 128;

/// The first SPI; its low bits are slot 0.
const FIRST: u32 = 0x1000_0000;

const ROWS: &[&str] = &["batch", "single"];

pub(super) fn bench() -> Bench {
    Bench::new("esp/sad-1000000/ring".to_owned(), ROWS, rows)
}

fn sad(count: u32, provider: &Provider) -> Sad {
    let sad = Sad::new(20);
    for number in 0..count {
        let params = params_of(Encryption::Aes128Gcm16, FIRST + number);
        let sa = InboundSa::new(&params, provider).expect("a good SA");
        sad.insert(Arc::new(sa)).expect("a free slot");
    }
    sad
}

/// Sealed packets for SAs of a database, in random order.
struct Source<'p> {
    provider: &'p Provider,
    count: u32,
    random: u64,
    /// Numbers used in every SA so far.
    used: u64,
    inner: Vec<u8>,
}

impl Source<'_> {
    fn draw(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        u32::try_from(self.random >> 32).expect("32 bits") % self.count
    }

    fn packets(&mut self) -> Vec<Vec<u8>> {
        let packets = (0..PACKETS)
            .map(|number| {
                let spi = FIRST + self.draw();
                // Several packets of one SA need several numbers.
                let params = params_of(Encryption::Aes128Gcm16, spi)
                    .with_highest_sequence(self.used + u64::from(number));
                let sa = OutboundSa::new(&params, self.provider).expect("a good SA");
                let room = sa.overhead();
                let place = room.headroom()..room.headroom() + self.inner.len();
                let mut frame = vec![0; place.end + room.tailroom()];
                frame[place.clone()].copy_from_slice(&self.inner);
                let sealed = sa.seal_packet(&mut frame, place).expect("room");
                frame[sealed.packet].to_vec()
            })
            .collect();
        self.used += u64::from(PACKETS);
        packets
    }
}

fn open_batches(reader: &mut SadReader, packets: &mut [Vec<u8>]) -> f64 {
    let mut places: Vec<&mut [u8]> = packets.iter_mut().map(Vec::as_mut_slice).collect();
    time(|| {
        reader.open_batch(&mut places, |_, opened| {
            black_box(opened.expect("ours").inner);
        });
    })
}

fn rows(budget: &Budget) -> Vec<Row> {
    let provider = crypto_core::ring::provider();
    let count = if budget.smoke { SMOKE } else { SAS };
    let (many, one) = (sad(count, &provider), sad(1, &provider));
    let source = |count| Source {
        provider: &provider,
        count,
        random: 0x9e37_79b9_7f4a_7c15,
        used: 0,
        inner: packet(64),
    };
    // The two contenders of the large database take packets from one source: no number comes twice.
    let mut shared = source(count);
    let shared = std::cell::RefCell::new(&mut shared);
    let mut hot_source = source(1);
    let (mut batch, mut single, mut hot) = (many.reader(), many.reader(), one.reader());
    let mut turns: [Turn<'_, 1>; 3] = [
        Box::new(|| {
            let mut packets = shared.borrow_mut().packets();
            [open_batches(&mut batch, &mut packets)]
        }),
        Box::new(|| {
            let mut packets = shared.borrow_mut().packets();
            [time(|| {
                for packet in &mut packets {
                    black_box(single.open_packet(packet).expect("ours").inner);
                }
            })]
        }),
        Box::new(|| {
            let mut packets = hot_source.packets();
            [open_batches(&mut hot, &mut packets)]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    drop(turns);
    let detail = |contender| {
        format!(
            "{count} SAs {:.0} ns, one {:.0} ns",
            samples.median(contender, 0) / f64::from(PACKETS),
            samples.median(HOT, 0) / f64::from(PACKETS)
        )
    };
    vec![
        Row::ratio("batch", samples.ratio(BATCH, HOT, 0), Unit::TimesFloor)
            .with_bar(Bar::AtMost(2.5))
            .with_detail(detail(BATCH)),
        Row::ratio("single", samples.ratio(SINGLE, HOT, 0), Unit::TimesFloor)
            .with_detail(detail(SINGLE)),
    ]
}
