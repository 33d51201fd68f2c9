//! The clocks of the command.

use std::time::{Instant, SystemTime};

#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
