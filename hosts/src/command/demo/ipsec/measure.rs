//! How fast packets go, and an SA that threads share.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crypto_core::Provider;
use esp_core::Discard;
use owo_colors::OwoColorize;

use super::{ANA, Checks, EAST, JOERG, Path, WEST, title, unsealed};
use crate::{
    ALLOCATOR,
    command::{clock, failure::Failure, ip::datagram},
};

/// Packets sealed and opened. An unoptimised build is slow enough without them all.
const PACKETS: u32 = if cfg!(debug_assertions) {
    20_000
} else {
    1_000_000
};

/// Octets of each.
const LEN: usize = 1400;

/// Packets of which two threads open each.
const SHARED: u64 = if cfg!(debug_assertions) {
    2_000
} else {
    50_000
};

/// Runs both.
pub(super) fn run(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    bulk(provider, checks)?;
    shared(provider, checks)
}

fn packet() -> Vec<u8> {
    let octets: Vec<u8> = (0..=u8::MAX).cycle().take(LEN - 28).collect();
    datagram([ANA, JOERG], [5000, 5001], &octets)
}

/// One thread that seals each packet and opens it where it lies.
fn bulk(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title(&format!(
        "{PACKETS} packets of {LEN} octets, sealed and opened by one thread"
    ));
    let path = Path::tunnel(provider, 0x5ec0_0005, [WEST, EAST])?;
    let packet = packet();
    let room = path.outbound.overhead();
    let place = room.headroom()..room.headroom() + packet.len();
    let mut frame = vec![0; place.end + room.tailroom()];
    if let Some(inner) = frame.get_mut(place.clone()) {
        inner.copy_from_slice(&packet);
    }
    let allocations = ALLOCATOR.stats().allocations;
    let mut opened = 0;
    let start = clock::instant();
    for _ in 0..PACKETS {
        // What is opened lies where it lay before it was sealed.
        let sealed = path
            .outbound
            .seal_packet(&mut frame, place.clone())
            .map_err(unsealed)?;
        let wire = frame.get_mut(sealed.packet).unwrap_or_default();
        opened += u32::from(path.inbound.open_packet(wire).is_ok());
    }
    let micros = start.elapsed().as_micros().max(1);
    let allocations = ALLOCATOR.stats().allocations - allocations;
    let rate = u128::from(PACKETS) * LEN as u128 * 8 / micros;
    say!(
        "  {}  both ends together, {allocations} allocations",
        format!("{rate:>6} Mbit/s in {:>5} ms", micros / 1000).green(),
    );
    if cfg!(debug_assertions) {
        say!(
            "  {}",
            "this is an unoptimised build; --release shows the speed".yellow()
        );
    }
    checks.check(
        "each of them opened, and the last is what the first was",
        opened == PACKETS && frame.get(place) == Some(&packet[..]),
    );
    checks.check("no packet allocated anything", allocations == 0);
    Ok(())
}

/// Two threads open the same packets with one SA at the same time.
fn shared(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title("One SA, two threads, and every packet given to both");
    let path = Path::tunnel(provider, 0x5ec0_0006, [WEST, EAST])?;
    let packet = packet();
    let wires: Vec<Vec<u8>> = (0..SHARED)
        .map(|_| path.seal(&packet))
        .collect::<Result<_, _>>()?;
    let (opened, start) = (AtomicU64::new(0), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                for wire in &wires {
                    if path.open(wire).is_ok() {
                        opened.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let opened = opened.into_inner();
    let audit = path.inbound.audit();
    let refused = audit.of(Discard::Replayed) + audit.of(Discard::TooOld);
    say!("  {opened} opened, {refused} refused of {}", 2 * SHARED);
    checks.check(
        "each was delivered exactly once",
        opened == SHARED && refused == SHARED && path.inbound.lost() == 0,
    );
    Ok(())
}
