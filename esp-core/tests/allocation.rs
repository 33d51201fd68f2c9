//! Sealing and opening allocate nothing, and an SA is small. Alone in its program: the counter counts every thread.

#![cfg(test)]
#![cfg(feature = "ring")]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have std"
)]

use std::alloc::System;

use esp_core::{
    Encryption, InboundSa, Integrity, OutboundSa, Protocol, SaParams, Spi, Suite, Tunnel, UdpPorts,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(ALLOCATOR);
    let made = make();
    let change = region.change();
    let held = change.bytes_allocated - change.bytes_deallocated;
    (made, held + size_of::<T>())
}

#[test]
fn no_allocation_per_packet_and_few_octets_per_sa() {
    let provider = crypto_core::ring::provider();
    let tunnel = Tunnel::new("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let esp = [
        (Encryption::Aes128Gcm16, None),
        (Encryption::Aes256Gmac, None),
        (Encryption::ChaCha20Poly1305, None),
        (Encryption::Null, Some(Integrity::HmacSha256)),
        #[cfg(feature = "ciphers")]
        (Encryption::Aes128Cbc, Some(Integrity::HmacSha512)),
        #[cfg(feature = "ciphers")]
        (Encryption::Aes256Ctr, Some(Integrity::HmacSha384)),
        #[cfg(feature = "ciphers")]
        (Encryption::Aes256Ccm12, None),
    ]
    .map(|(encryption, integrity)| Suite::new(encryption, integrity).unwrap());
    let ah = [Integrity::HmacSha256, Integrity::Aes128Gmac].map(Suite::ah);
    for suite in esp.into_iter().chain(ah) {
        for extended in [false, true] {
            let keys = [
                vec![1; suite.encryption_key_len()],
                vec![2; suite.integrity_key_len()],
            ];
            let spi = Spi::new(0x1000).unwrap();
            let mut params = SaParams::new(spi, suite, &keys[0], &keys[1]).unwrap();
            params = params.with_tunnel(tunnel);
            if suite.protocol() == Protocol::Esp {
                params = params.with_udp(UdpPorts::DEFAULT);
            }
            if extended {
                params = params.with_extended_sequence();
            }
            let (outbound, outbound_len) = held(|| OutboundSa::new(&params, &provider).unwrap());
            let (inbound, inbound_len) = held(|| InboundSa::new(&params, &provider).unwrap());
            if suite.encryption() == Encryption::Aes128Gcm16 {
                println!("octets: {outbound_len} outbound, {inbound_len} inbound");
                assert!(outbound_len <= 768, "{outbound_len}");
                assert!(inbound_len <= 1024, "{inbound_len}");
            }

            let mut frame = vec![0; 1600];
            let inner = [
                0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
            ];
            let region = Region::new(ALLOCATOR);
            for _ in 0..100 {
                frame[100..120].copy_from_slice(&inner);
                let sealed = outbound.seal_packet(&mut frame, 100..120).unwrap();
                let place = sealed.packet.start..sealed.packet.end + inbound.room_behind();
                let opened = inbound.open_packet(&mut frame[place]).unwrap();
                assert_eq!(opened.inner, inner);
            }
            assert_eq!(region.change().allocations, 0, "{suite:?}");
        }
    }
}
