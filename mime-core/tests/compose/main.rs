//! Messages written, read back, and compared.
#![cfg(test)]

mod bodies;
mod boundaries;
mod driving;
mod fields;
mod golden;
mod laws;
mod limits;
mod tree;
