//! Messages of other projects, read as others read them. `.ci/corpora` fetches them, and what others make of them.
#![cfg(test)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks at what it is about"
)]
#![allow(clippy::std_instead_of_alloc, reason = "it reads files anyway")]

mod differences;
mod goldens;
mod loss;
#[path = "../parse/reading.rs"]
#[allow(dead_code, reason = "shared with the tests of the reader")]
mod reading;
mod readings;
mod tables;
mod values;
