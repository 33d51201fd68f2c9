//! A mail from a file or from standard input, read in pieces.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use bytes::{Bytes, BytesMut};
use mime_core::{Config, Event, Parser};
use owo_colors::OwoColorize;

use super::{places::Places, printable::Printable};
use crate::command::failure::Failure;

/// Octets asked for at a time.
const PIECE: usize = 64 * 1024;

/// Where a mail comes from.
pub(crate) struct Input {
    /// As the user calls it.
    pub(crate) name: String,
    source: Box<dyn Read>,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            let stdin = io::stdin();
            if stdin.is_terminal() {
                note!(
                    "{}",
                    "reading a mail from the terminal; end it with ctrl-d".dimmed()
                );
            }
            return Ok(Self {
                name: "-".to_owned(),
                source: Box::new(stdin.lock()),
            });
        }
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self {
                name,
                source: Box::new(file),
            }),
            Err(error) => Err(unreadable(&name, &error)),
        }
    }

    /// Reads the mail to its end and hands over every event, with the lines read so far.
    pub(crate) fn read<E: From<Failure>>(
        mut self,
        mut visit: impl FnMut(Event<Bytes>, &Places) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut parser = Parser::new(Config::new());
        let mut places = Places::default();
        let (mut rx, mut octets) = (BytesMut::new(), vec![0; PIECE]);
        loop {
            while let Some(event) = parser.poll(&mut rx) {
                let last = matches!(event, Event::Closed(_));
                visit(event, &places)?;
                if last {
                    return Ok(());
                }
            }
            let read = self.piece(&mut octets)?;
            let piece = octets.get(..read).unwrap_or_default();
            if piece.is_empty() {
                parser.eof();
            }
            places.extend(piece);
            rx.extend_from_slice(piece);
        }
    }

    /// Hands over the octets, piece by piece.
    pub(crate) fn pieces(
        mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut octets = vec![0; PIECE];
        loop {
            let read = self.piece(&mut octets)?;
            match octets.get(..read).unwrap_or_default() {
                [] => return Ok(()),
                piece => take(piece)?,
            }
        }
    }

    fn piece(&mut self, octets: &mut [u8]) -> Result<usize, Failure> {
        loop {
            match self.source.read(octets) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| unreadable(&self.name, &error)),
            }
        }
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::usage(format!("{}: {error}", Printable(name)));
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "advice only where there is some"
    )]
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => {
            failure.remedy("name a file that holds one mail, or - for standard input")
        }
        _ => failure,
    }
}
