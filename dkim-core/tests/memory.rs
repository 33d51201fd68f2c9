//! What a machine holds while a long body streams through it.

#![cfg(test)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::wildcard_enum_match_arm,
    reason = "tests have std, and name the events that they expect"
)]

use std::{alloc::System, sync::Arc, time::Duration};

use bytes::BytesMut;
use crypto_core::UnixTime;
use dkim_core::{Verifier, VerifierConfig, VerifierEvent};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Four signatures: both canonicalisations, one with `l=`.
const HEADER: &str = concat!(
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; c=simple/relaxed; h=From; ",
    "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=Zm9v\r\n",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=b; c=simple/simple; h=From; ",
    "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=Zm9v\r\n",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=c; c=simple/relaxed; h=From; l=100000; ",
    "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=Zm9v\r\n",
    "From: joe@example.org\r\n\r\n",
);

/// A line with everything that canonicalisation changes, and bare line ends.
const LINE: &[u8] = b"  Some  words\tof \t a line,\rwhich\nends here \t \r\n \r\n\r\n";

/// One test, so that nothing else in this process allocates meanwhile.
#[test]
fn a_body_of_any_length_costs_no_allocation_and_little_is_held() {
    let provider = Arc::new(crypto_core::ring::provider());
    let config = Arc::new(VerifierConfig::new(provider).unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    let piece: Vec<u8> = LINE.iter().copied().cycle().take(65_536).collect();
    let mut rx = BytesMut::with_capacity(2 * piece.len());
    let mut questions = Vec::with_capacity(8);

    let whole = Region::new(ALLOCATOR);
    let mut verifier = Verifier::new(config, now).unwrap();
    rx.extend_from_slice(HEADER.as_bytes());
    while let Some(event) = verifier.poll(&mut rx) {
        match event {
            VerifierEvent::Lookup(question) => questions.push(question),
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(questions.len(), 3);
    let change = whole.change();
    let held = change.bytes_allocated - change.bytes_deallocated;
    assert!(held < HEADER.len() + 8192, "{held} octets are held");

    let body = Region::new(ALLOCATOR);
    for length in [1, 7, 4096, 65_536].into_iter().cycle().take(400) {
        rx.extend_from_slice(&piece[..length]);
        assert!(verifier.poll(&mut rx).is_none());
    }
    assert_eq!(body.change().allocations + body.change().reallocations, 0);
}
