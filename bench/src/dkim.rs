//! `dkim-core` beside mail-auth, the provider's signatures, and SHA-256 alone.

mod bodies;
mod canon;
mod mail;
mod mail_auth_peer;
mod memory;
mod sign;
mod verify;

use crate::row::Bench;

/// Octets that arrive at a time, unless a row says otherwise.
const CHUNK: usize = 1 << 16;

/// A large message.
const LARGE: usize = 25_000_000;

/// Everything measured about DKIM.
pub(crate) fn benches() -> Vec<Bench> {
    let mut benches = canon::benches();
    benches.extend(verify::benches());
    benches.extend(sign::benches());
    benches.extend(memory::benches());
    benches
}
