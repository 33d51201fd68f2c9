//! A packet through a tunnel, in memory.
#![allow(
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    reason = "a host has std, and made the ranges itself"
)]

use std::error::Error;

use esp_core::{Discard, Encryption, InboundSa, OutboundSa, SaParams, Spi, Suite, Tunnel};

fn main() -> Result<(), Box<dyn Error>> {
    // What IKE would agree on: an SPI, a suite, key and salt, the ends of the tunnel.
    let spi = Spi::new(0x1000_0001).ok_or("reserved")?;
    let suite = Suite::new(Encryption::Aes128Gcm16, None)?;
    let tunnel = Tunnel::new("192.0.2.1".parse()?, "192.0.2.2".parse()?);
    let params = SaParams::new(spi, suite, &[7; 20], &[])?.with_tunnel(tunnel);
    let provider = crypto_core::ring::provider();
    let outbound = OutboundSa::new(&params, &provider)?;
    let inbound = InboundSa::new(&params, &provider)?;

    // An inner packet: a bare IPv4 header here.
    let inner = [
        0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x65, 0xe9, 10, 1, 0, 1, 10, 2, 0, 1,
    ];

    // It lies in a frame with room on both sides, and is sealed there.
    let room = outbound.overhead();
    let mut frame = vec![0; room.headroom() + inner.len() + room.tailroom()];
    let place = room.headroom()..room.headroom() + inner.len();
    frame[place.clone()].copy_from_slice(&inner);
    let sealed = outbound.seal_packet(&mut frame, place)?;
    let mut wire = frame[sealed.packet].to_vec();
    let mut replay = wire.clone();

    // The other end opens it where it lies, once.
    let opened = inbound.open_packet(&mut wire)?;
    assert_eq!(opened.inner, inner);
    assert_eq!(inbound.open_packet(&mut replay), Err(Discard::Replayed));
    assert_eq!(inbound.audit().of(Discard::Replayed), 1);
    Ok(())
}
