//! Scenarios of TLS: both ends on the test bench, one file for each part of the protocol.

#![cfg(test)]

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
