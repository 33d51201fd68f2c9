//! SPF and DMARC, driven as hosts drive them.
#![cfg(test)]
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_alloc,
    reason = "a test looks at what it is about, and has std anyway"
)]

#[cfg(feature = "dmarc")]
mod dmarc;
#[cfg(feature = "dmarc")]
mod dmarc_laws;
#[cfg(any(feature = "spf", feature = "dmarc"))]
mod host;
#[cfg(feature = "spf")]
mod spf;
#[cfg(feature = "spf")]
mod spf_laws;
