//! What the tests, benches and fuzz targets of the workspace share. Never published.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests have std"
)]

pub mod certificate;
pub mod conformance;
mod der;
pub mod dkim;
pub mod laws;
pub mod net;
pub mod pair;
pub mod rfc8448;
pub mod toy;
