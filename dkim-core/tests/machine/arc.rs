//! Chains: verified and sealed.

mod laws;
mod suite;
mod verifying;
