//! The reader of messages: its decisions, its limits, its laws.
#![cfg(test)]

mod corpus;
mod decisions;
mod laws;
mod limits;
mod reading;
mod tree;
