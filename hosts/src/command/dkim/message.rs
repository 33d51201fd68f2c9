//! A mail as the machines want it: CRLF at the end of each line.

use std::path::PathBuf;

use dkim_core::canon::LfToCrlf;

use crate::command::{failure::Failure, mime::input::Input};

#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// The file that holds the mail; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    /// Take line feeds alone for line ends, as Unix stores mails
    #[arg(long)]
    lf: bool,
}

impl Source {
    /// Hands over the mail, piece by piece.
    pub(crate) fn read(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut convert = LfToCrlf::default();
        Input::open(&self.file)?.pieces(|piece| {
            if !self.lf {
                return take(piece);
            }
            let mut taken = Ok(());
            convert.update(piece, |piece| {
                if taken.is_ok() {
                    taken = take(piece);
                }
            });
            taken
        })
    }
}

/// What to do about bare line feeds.
pub(crate) const REMEDY: &str = "if the file has the line ends of Unix, say --lf";
