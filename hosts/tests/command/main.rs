//! The command on files and pipes, as somebody meets it who has just installed it: what it prints, what it writes, and
//! its exit status.
#![cfg(test)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "hosts have std"
)]

mod auth;
mod dkim;
mod esp;
mod mime_check;
mod mime_compose;
mod mime_extract;
mod mime_show;
mod run;
