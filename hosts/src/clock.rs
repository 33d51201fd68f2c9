//! The clocks. Protocol crates take time as an argument; here it is read, and nowhere else.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crypto_core::UnixTime;

/// The wall clock, for validity of certificates and age of tickets.
#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

/// The monotonic clock, for intervals.
#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
