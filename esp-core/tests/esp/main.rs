//! Scenarios of ESP: both ends in memory, one file for each part of the protocol.

#![cfg(test)]
#![cfg(feature = "ring")]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have std"
)]

mod ah;
mod common;

mod lifetime;
mod modes;
mod numbers;
mod order;
mod resynchronization;
mod room;
mod sad;
mod spd;
mod tcp;
mod threads;
mod udp;
mod vectors;
