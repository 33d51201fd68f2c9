//! The full path of a gateway: policy, database, lifetime and tunnel header around the AEAD.

use std::{hint::black_box, sync::Arc};

use esp_core::{
    Action, Addresses, Bounds, Encryption, InboundSa, Lifetime, OutboundSa, PolicyId, Rule, Sad,
    SadReader, Selector, Spd,
};

use super::{COUNT, HEADROOM, frames, packet, params_of, raw::Raw};
use crate::{
    measure::{Budget, Turn, allocations, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const FULL: usize = 0;
const RAW: usize = 1;

/// Rules of the policies; the last one protects.
const RULES: u32 = 32;
const POLICY: PolicyId = PolicyId(RULES - 1);

/// SAs in the database.
const SAS: u32 = 1024;

const ROWS: &[&str] = &["seal", "open", "allocations", "octets-moved"];

pub(super) fn bench<L: Raw>() -> Bench {
    let name = format!("esp/path-64/aes-128-gcm/{}", L::NAME);
    Bench::new(name, ROWS, rows::<L>)
}

/// Networks between which packets go, of which the last are those of the packets measured.
fn spd(near: [u8; 4], far: [u8; 4]) -> Spd {
    let network = |address: [u8; 4], bits| Addresses::prefix(address.into(), bits);
    let mut rules: Vec<Rule> = (0..RULES - 1)
        .map(|number| {
            let other = [172, 16, u8::try_from(number).expect("few"), 0];
            let action = Action::Protect(PolicyId(number));
            Rule::new(network(near, 16), network(other, 24), action)
        })
        .collect();
    let ours = Action::Protect(POLICY);
    rules.push(Rule::new(network(near, 16), network(far, 16), ours));
    Spd::new(&rules).expect("good rules")
}

/// What a gateway holds for both directions.
struct Gateway {
    leaving: Spd,
    outbound: Vec<OutboundSa>,
    reader: SadReader,
    arriving: Spd,
}

impl Gateway {
    fn new<L: Raw>() -> Self {
        let provider = L::provider();
        let bounds = Bounds::new().with_octets(1 << 60).with_packets(1 << 31);
        let params = |number: u32| {
            params_of(Encryption::Aes128Gcm16, 0x1000_0000 + number)
                .with_lifetime(Lifetime::new(bounds, bounds))
        };
        let sad = Sad::new(10);
        for number in 0..SAS {
            let sa = InboundSa::new(&params(number), &provider).expect("a good SA");
            sad.insert(Arc::new(sa)).expect("a free slot");
        }
        let outbound = (0..RULES)
            .map(|number| OutboundSa::new(&params(number), &provider).expect("a good SA"))
            .collect();
        Self {
            leaving: spd([10, 1, 0, 0], [10, 2, 0, 0]),
            outbound,
            reader: sad.reader(),
            arriving: spd([10, 2, 0, 0], [10, 1, 0, 0]),
        }
    }

    #[inline]
    fn seal(&self, frame: &mut [u8], place: core::ops::Range<usize>) -> core::ops::Range<usize> {
        let selector = Selector::outbound(&frame[place.clone()]).expect("a packet");
        let Action::Protect(PolicyId(policy)) = self.leaving.action(&selector) else {
            panic!("not protected");
        };
        let sa = &self.outbound[policy as usize];
        sa.seal_packet(frame, place).expect("room").packet
    }

    /// Gives the place of the inner packet.
    #[inline]
    fn open(&mut self, packet: &mut [u8]) -> *const u8 {
        let opened = self.reader.open_packet(packet).expect("ours");
        let policy = PolicyId(opened.spi.value() & 0xff);
        let checked = self.arriving.check_inbound(opened.inner, Some(policy));
        checked.expect("within its selectors");
        opened.inner.as_ptr()
    }
}

fn rows<L: Raw>(budget: &Budget) -> Vec<Row> {
    const LEN: usize = 64;
    let mut gateway = Gateway::new::<L>();
    let raw = L::new(Encryption::Aes128Gcm16);
    let place = HEADROOM..HEADROOM + LEN;
    let text = HEADROOM..HEADROOM + LEN + 4;
    let header = packet(LEN);
    let (mut own, mut own_back) = (frames(LEN), frames(LEN));
    let (mut alone, mut alone_back) = (frames(LEN), frames(LEN));
    let (mut count, mut allocated, mut moved) = (0_u64, 0, 0);
    let mut turns: [Turn<'_, 2>; 2] = [
        Box::new(|| {
            for frame in &mut own {
                frame[HEADROOM..HEADROOM + 20].copy_from_slice(&header[..20]);
            }
            let mut sealed = Vec::with_capacity(COUNT);
            let mut opened = Vec::with_capacity(COUNT);
            let mut seal = 0.0;
            allocated += allocations(|| {
                seal = time(|| {
                    for frame in &mut own {
                        sealed.push(gateway.seal(frame, place.clone()));
                    }
                });
            });
            own_back.clone_from(&own);
            let mut open = 0.0;
            allocated += allocations(|| {
                open = time(|| {
                    for (frame, place) in own_back.iter_mut().zip(&sealed) {
                        opened.push(gateway.open(&mut frame[place.clone()]));
                    }
                });
            });
            // A payload that was not moved lies where it was when it was sealed.
            for (frame, at) in own_back.iter().zip(&opened) {
                if *at != frame[place.start..].as_ptr() {
                    moved += LEN;
                }
            }
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
                for (frame, number) in alone_back.iter_mut().zip(first + 1..) {
                    raw.open(number, &mut frame[text.start..text.end + 16]);
                }
            });
            [seal, open]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    drop(turns);
    black_box(&own_back);
    let row = |name, side| {
        let detail = format!(
            "{:.0} ns, alone {:.0} ns",
            samples.median(FULL, side) / COUNT as f64,
            samples.median(RAW, side) / COUNT as f64
        );
        Row::ratio(name, samples.ratio(FULL, RAW, side), Unit::TimesFloor)
            .with_bar(Bar::AtMost(1.35))
            .with_detail(detail)
    };
    vec![
        row("seal", 0),
        row("open", 1),
        Row::count("allocations", allocated as f64, Unit::Allocations).with_bar(Bar::AtMost(0.0)),
        Row::count("octets-moved", moved as f64, Unit::Octets).with_bar(Bar::AtMost(0.0)),
    ]
}
