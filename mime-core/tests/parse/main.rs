//! The reader of messages: its decisions, its limits, its laws.
#![cfg(test)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at what it is about"
)]

mod decisions;
mod laws;
mod limits;
mod reading;
mod tree;
