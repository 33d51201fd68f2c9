//! Chains: verified and sealed.

mod laws;
mod sealing;
mod suite;
mod verifying;
