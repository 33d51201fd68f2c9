//! ESP in UDP (RFC 4303, RFC 3948) between a TUN device and a socket: the same tunnel for threads and for tokio.
//!
//! ```text
//!  applications ── TUN device ── packets ──┐                       ┌── datagrams ── UDP socket ── the other end
//!                                          ├── Gateway, in place ──┤
//!  applications ── TUN device ── packets ──┘                       └── datagrams ── UDP socket ── the other end
//! ```
//!
//! [`Gateway`] judges and transforms, and touches neither socket nor clock; [`blocking`] and [`tokio`] are loops of a few lines
//! around it. A gateway protects with one pair of SAs. Whoever has more looks them up in an [`esp_core::Sad`], and copies
//! the rest.
//!
//! What a UDP socket does not show stays undone: no congestion marks come in or go out (RFC 6040), and the class of a
//! packet is not copied to the outside.

pub mod blocking;
mod gateway;
mod tally;
pub mod tokio;

use std::{
    fmt,
    net::{SocketAddr, UdpSocket},
};

use tun_rs::SyncDevice;

pub use gateway::{Direction, Gateway, Refused};
pub use tally::Totals;
pub use tun_rs;

/// How often age, keepalives and the host's own business are looked after.
const BEAT: core::time::Duration = core::time::Duration::from_millis(250);

/// Room for any datagram.
const DATAGRAM: usize = 65_535;

/// What a tunnel runs between.
pub struct Ends {
    /// Where packets in clear come from and go to. Its MTU should be [`Gateway::max_inner_len`].
    pub device: SyncDevice,
    /// Where datagrams come from and go to.
    pub socket: UdpSocket,
    /// The other end.
    pub peer: SocketAddr,
}

impl fmt::Debug for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ends")
            .field("socket", &self.socket)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// Why a tunnel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The host asked for it.
    Stopped,
    /// The hard lifetime of an SA is over: without new keys nothing more gets through.
    Expired,
}
