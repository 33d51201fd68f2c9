//! Scenarios of TLS: both ends on the test bench, one file for each part of the protocol.

#![cfg(test)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have std"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for the one event that it is about"
)]

mod common;

mod alerts;
mod change_cipher_spec;
mod client_auth;
mod closing;
mod extensions;
mod full_handshake;
mod key_update;
mod laws;
mod limits;
mod order;
mod questions;
mod records;
mod resumption;
mod retry;
mod split;
