//! TLS 1.3 as a Sans-IO state machine: bytes in, events and bytes out.
//!
//! No socket, no clock, no global: the host moves bytes between its transport and two buffers, `rx` and `tx`, and
//! the machine tells what happened. Data is decrypted where it lies in `rx` and handed over without a copy;
//! everything slow or private (choosing a certificate, signing, verifying a chain, looking up a session) can be
//! answered later.
//!
//! ```text
//!            ┌────────────────────────────────────────────┐
//!  rx ──────▶│ poll                                       │──────▶ Event
//!  tx ◀──────│  record ▸ handshake states ▸ traffic       │◀────── answer, write, close, …
//!            └────────────────────────────────────────────┘
//! ```
//!
//! # The loop
//!
#![doc = "```"]
#![doc = include_str!("../examples/pair.rs")]
#![doc = "```"]
//!
//! - [`poll`](Client::poll) takes at most one unit off `rx` and appends what must be sent to `tx`; on `None` send
//!   `tx`, then feed more, answer a question, or say [`eof`](Client::eof).
//! - A connection ends with exactly one [`Event::Closed`], then silence. The alert is in `tx` by then.
//! - What the host does wrong comes back from the action as [`Misuse`], and changes nothing.
//!
//! # Layers
//!
//! [`Client`] and [`Server`] contain a [`Sender`] and a [`Receiver`], which `split` takes apart; below these lie
//! [`Sealer`] and [`Opener`], which work in place on slices.
//!
//! # Where the RFC is
//!
//! | RFC 8446 (9846) | here |
//! |---|---|
//! | 4, messages | [`wire`] |
//! | 4.2, extensions | `extension`, one file each |
//! | 4.1-4.4, handshake | `state`, one file per exchange |
//! | 4.6, after the handshake | [`Sender`], [`Receiver`] |
//! | 5, records | [`Sealer`], [`Opener`], `inbound`, `outbound` |
//! | 6, alerts | [`Error::alert`] |
//! | 7, key schedule | `keys` |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod client;
mod config;
mod connection;
mod error;
mod event;
mod extension;
mod identity;
mod inbound;
mod key_usage;
mod keys;
mod limits;
mod outbound;
mod question;
mod record;
mod server;
mod session;
mod state;
mod suite;
mod tickets;
mod traffic;
mod transcript;
mod verify;
pub mod wire;

pub use client::Client;
pub use config::{ClientAuth, ClientConfig, ServerConfig, TicketPolicy};
pub use error::{CertificateError, Error, Incompatible, LimitExceeded, Misbehaved, Misuse, Proof};
pub use event::{Connected, Direction, Epoch, Event, KeyLogLine, Trace, Traced};
pub use identity::Identity;
pub use limits::Limits;
pub use question::{
    Answer, ClientHelloQuestion, CredentialQuestion, SignQuestion, TicketQuestion, VerifyQuestion,
};
pub use record::{HEADER_LEN, MAX_FRAGMENT, OVERHEAD, Opener, Padding, Sealer};
pub use server::Server;
pub use session::{NewTicket, ServerSession, Session, SessionId};
pub use tickets::{CookieKey, TicketKeys};
pub use traffic::{Receiver, Reply, Sender};
pub use verify::{PeerCertificates, Roots};
