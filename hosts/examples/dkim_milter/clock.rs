//! The wall clock: signatures have an age. The machines take the time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use crypto_core::UnixTime;

#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    )
}
