//! One SA, many threads.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::common::{ends, gcm, params, seal_esp};

#[test]
fn threads_share_both_ends_and_nothing_is_opened_twice() {
    const PACKETS: usize = 2_000;
    let (outbound, inbound) = ends(&params(gcm()));
    let sealed: Vec<Vec<u8>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..PACKETS / 4)
                        .map(|_| seal_esp(&outbound, b"payload", 17))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    // Every thread tries every packet, in bursts that the window can hold.
    let mut sealed = sealed;
    sealed.sort_by_key(|packet| packet[4..8].to_vec());
    let opened: Vec<AtomicU64> = (0..=PACKETS).map(|_| AtomicU64::new(0)).collect();
    for burst in sealed.chunks(1_000) {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for packet in burst {
                        if let Ok(packet) = inbound.open(&mut packet.clone()) {
                            let number = usize::try_from(packet.sequence).unwrap();
                            opened[number].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
    }
    let counts: Vec<u64> = opened
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .collect();
    assert!(counts[1..].iter().all(|count| *count == 1), "{counts:?}");
    assert_eq!(counts[0], 0);
    assert_eq!(inbound.audit().total(), 3 * PACKETS as u64);
}
