//! Security protocols over real sockets.
//!
//! The protocol crates of this workspace hold no socket, clock or file; this one brings them together with the
//! transports of the standard library ([`blocking`]) and of tokio (`tokio`). It is thin on purpose: whoever
//! needs another kind of I/O drives [`tls_core`] the same way.
//!
//! ```text
//!  Connector ── Client ──┐                         ┌── blocking::TlsStream<S: Read + Write>
//!                        ├── rx, tx, events ───────┤
//!  Acceptor ─── Server ──┘                         └── tokio::TlsStream<S: AsyncRead + AsyncWrite>
//! ```
//!
//! # Example
//!
//! A client and a server on loopback:
//!
//! ```
//! # #[cfg(feature = "ring")] {
#![doc = include_str!("../examples/loopback.rs")]
//! # main().unwrap();
//! # }
//! ```
//!
//! # What a stream promises
//!
//! - `read` gives `Ok(0)` after the peer's close_notify, and only then. A transport that ends before is
//!   [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) around [`tls_core::Error::Truncated`].
//! - Every other failure of the protocol is [`InvalidData`](std::io::ErrorKind::InvalidData) around a
//!   [`tls_core::Error`], which [`tls_error`] finds again. The alert was sent before the error is returned.
//! - Closing is one direction at a time: after `close` (tokio: `shutdown`) reading goes on.
//! - A stream that waits for data holds no buffer.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "hosts have std")]

mod acceptor;
pub mod blocking;
mod clock;
mod connector;
mod driver;
mod hooks;
mod sessions;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use acceptor::Acceptor;
pub use connector::Connector;
pub use crypto_core;
pub use hooks::Hooks;
pub use tls_core;

/// The failure of the protocol inside an error of a stream, if that is what it is.
#[must_use]
pub fn tls_error(error: &std::io::Error) -> Option<&tls_core::Error> {
    error.get_ref()?.downcast_ref()
}
