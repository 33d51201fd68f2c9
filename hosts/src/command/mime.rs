//! `securewire mime`: mails in files and pipes.

mod audit;
mod check;
mod explain;
mod extract;
mod file_name;
mod input;
mod json;
mod output;
mod places;
mod printable;
mod show;
mod tree;

use clap::Subcommand;

use super::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Mime {
    /// Show who wrote what to whom, the parts of a mail, and what is wrong with it
    Show(show::Arguments),
    /// Write the attachments of a mail into a folder
    Extract(extract::Arguments),
    /// Say where mails break rules, and what other readers make of it
    Check(check::Arguments),
}

pub(crate) fn run(command: &Mime) -> Result<(), Failure> {
    match command {
        Mime::Show(arguments) => show::run(arguments),
        Mime::Extract(arguments) => extract::run(arguments),
        Mime::Check(arguments) => check::run(arguments),
    }
}
