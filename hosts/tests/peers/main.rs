//! The streams and the command against other implementations: rustls in this process, and programs found on PATH.
//!
//! A program that is not there is reported as `skipped: NAME not found`; with `SECUREWIRE_PEERS=required` that is a
//! failure. Everything stays on loopback, and every wait has an end.
#![cfg(test)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "hosts have std"
)]

mod arc;
mod command;
mod curl;
mod dkim;
mod ends;
mod gnutls;
mod nginx;
mod openssl;
mod pki;
mod postfix;
mod process;
mod python;
mod questions;
mod rustls;
mod tokio;
