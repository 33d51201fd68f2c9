//! What a gateway counts beside the audit of its SAs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Refused;

/// Counters shared by the two directions of a gateway.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) refused: [AtomicU64; Refused::ALL.len()],
    pub(super) sealed: AtomicU64,
    pub(super) sealed_octets: AtomicU64,
    pub(super) unsent: AtomicU64,
    pub(super) keepalives_sent: AtomicU64,
    pub(super) keepalives: AtomicU64,
    pub(super) ike: AtomicU64,
    pub(super) foreign: AtomicU64,
    pub(super) esp: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) delivered_octets: AtomicU64,
    pub(super) undelivered: AtomicU64,
}

/// Adds one.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// What a gateway has done so far.
///
/// Outwards, packets taken from the device = `sealed` + all that were [`refused`](super::Gateway::refused). Inwards,
/// `esp` = `delivered` + `undelivered` + all that the audit of the inbound SA counts, once the packets in hand are through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Packets sealed.
    pub sealed: u64,
    /// Octets of these packets, before they were sealed.
    pub sealed_octets: u64,
    /// Of the sealed ones, those that the socket did not take.
    pub unsent: u64,
    /// Keepalives sent.
    pub keepalives_sent: u64,
    /// Keepalives received.
    pub keepalives: u64,
    /// Messages of IKE received, which nobody here reads.
    pub ike: u64,
    /// Datagrams that are none of these, and no ESP.
    pub foreign: u64,
    /// Datagrams of ESP received.
    pub esp: u64,
    /// Packets handed to the device.
    pub delivered: u64,
    /// Octets of these.
    pub delivered_octets: u64,
    /// Packets opened that the device did not take.
    pub undelivered: u64,
}

impl Tally {
    pub(super) fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Totals {
            sealed: read(&self.sealed),
            sealed_octets: read(&self.sealed_octets),
            unsent: read(&self.unsent),
            keepalives_sent: read(&self.keepalives_sent),
            keepalives: read(&self.keepalives),
            ike: read(&self.ike),
            foreign: read(&self.foreign),
            esp: read(&self.esp),
            delivered: read(&self.delivered),
            delivered_octets: read(&self.delivered_octets),
            undelivered: read(&self.undelivered),
        }
    }
}
