//! `securewire mime`: mails in files and pipes.

pub(crate) mod audit;
mod check;
mod compose;
pub(crate) mod explain;
mod extract;
mod file_name;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod output;
pub(crate) mod places;
pub(crate) mod printable;
pub(crate) mod show;
pub(crate) mod tree;

use clap::Subcommand;
use crypto_core::Provider;

use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Mime {
    /// Show who wrote what to whom, the parts of a mail, and what is wrong with it
    Show(show::Arguments),
    /// Write the attachments of a mail into a folder
    ///
    /// Names are made safe, and nothing that is there is overwritten. Attached messages are written whole, as .eml.
    ///
    /// Exit status: 0 when all was written, 1 when something was left out, 2 when a file or the folder failed.
    Extract(extract::Arguments),
    /// Say where mails break rules, and what other readers make of it
    ///
    /// Exit status: 0 when there is no defect, 1 when there are some, 2 when a file could not be read.
    Check(check::Arguments),
    /// Write a mail
    ///
    /// It goes to standard output, or to --out. Date and Message-ID are made unless they are given.
    Compose(Box<compose::Arguments>),
}

pub(crate) fn run(command: &Mime, provider: &Provider) -> Result<(), Failure> {
    match command {
        Mime::Show(arguments) => show::run(arguments),
        Mime::Extract(arguments) => extract::run(arguments),
        Mime::Check(arguments) => check::run(arguments),
        Mime::Compose(arguments) => compose::run(arguments, provider),
    }
}
