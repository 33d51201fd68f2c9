//! `securewire dkim`: keys, signatures and verdicts of mails in files and pipes.

pub(super) mod examination;
mod key;
mod keygen;
pub(super) mod message;
pub(super) mod names;
pub(super) mod rows;
mod sign;
mod verify;

use std::sync::Arc;

use clap::Subcommand;
use crypto_core::Provider;

use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Dkim {
    /// Make a key, and the record to publish for it
    Keygen(keygen::Arguments),
    /// Sign a mail, with one key or several
    ///
    /// The signed mail goes to standard output, its new fields first.
    Sign(sign::Arguments),
    /// Verify the signatures of a mail
    ///
    /// Keys come from the DNS, or from the file that --dns names.
    ///
    /// Exit status: 0 when a signature passes, or the chain with --arc; 1 when none does, 2 when a file could not be
    /// read.
    Verify(verify::Arguments),
}

pub(crate) fn run(command: &Dkim, provider: Arc<Provider>) -> Result<(), Failure> {
    match command {
        Dkim::Keygen(arguments) => keygen::run(arguments, &provider),
        Dkim::Sign(arguments) => sign::run(arguments, provider),
        Dkim::Verify(arguments) => verify::run(arguments, provider),
    }
}
