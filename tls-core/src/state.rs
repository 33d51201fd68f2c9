//! The handshake of both roles (RFC 8446 section 4 and appendix A).
//!
//! A state is a struct that owns what is known then; it consumes one message and says what follows. The enums
//! in [`client`] and [`server`] hold every transition.

mod client;
mod proofs;
mod server;

pub(crate) use client::{ClientState, Offered, start as client};
pub(crate) use server::{ServerState, start as server, start_asking as asking_server};
