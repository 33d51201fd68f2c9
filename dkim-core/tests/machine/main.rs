//! The machines as hosts drive them: vectors, policies, questions, laws.
#![cfg(test)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::wildcard_enum_match_arm,
    reason = "tests have std, and name the events that they expect"
)]

#[cfg(feature = "arc")]
mod arc;
mod canonical;
mod differential;
mod host;
mod laws;
mod limits;
mod policy;
mod questions;
mod signing;
mod vectors;
