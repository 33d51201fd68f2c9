//! `securewire esp tunnel` in network namespaces that the tests make: through links that lose, double, reorder and alter, and
//! in the place of a strongSwan. Wireshark reads what `esp seal` makes.
//!
//! They need root, `ip`, `ping`, `tshark` and `charon`, and run when `SECUREWIRE_NETNS=required` says that these are there, as `.ci/ipsec` does.
#![cfg(test)]
#![cfg(target_os = "linux")]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "hosts have std"
)]

mod host;
mod net;
mod relay;
mod strongswan;
mod traffic;
mod tunnel;
mod wireshark;
