//! The machine over a buffer of the host, and the iterator over a slice: two thin fronts of one [`Scanner`].

use bytes::{Bytes, BytesMut};

use crate::config::Config;
use crate::event::{Assembly, Event};
use crate::scanner::Scanner;

/// Reads a message while its octets arrive.
///
/// [`poll`](Self::poll) takes what it understood off the host's buffer and hands it over without a copy.
#[derive(Debug)]
pub struct Parser {
    scanner: Scanner,
    assembly: Assembly<Bytes>,
    ended: bool,
}

impl Parser {
    /// Begins a message.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            scanner: Scanner::new(config),
            assembly: Assembly::default(),
            ended: false,
        }
    }

    /// The next event. `None`: feed more into `rx`, or say [`eof`](Self::eof); after [`Event::Closed`], for ever.
    ///
    /// What stays in `rx` is undecided: the beginning of a field, or of a line that may be a delimiter.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<Event<Bytes>> {
        let end = match self.scanner.plain_field(rx, self.ended) {
            Ok((shape, len)) => {
                let raw = rx.split_to(len).freeze();
                return Some(self.assembly.field(shape, raw));
            }
            Err(end) => end,
        };
        let (token, len) = self.scanner.other_token(rx, self.ended, end)?;
        let raw = if len == 0 {
            Bytes::new()
        } else {
            rx.split_to(len).freeze()
        };
        Some(self.assembly.event(token, raw))
    }

    /// Nothing follows what is in `rx`.
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// Lets the rest of the innermost open entity pass as [`Event::Opaque`].
    pub fn skip_entity(&mut self) {
        self.scanner.skip_entity();
    }

    /// Begins another message, with the memory of this one.
    pub fn reset(&mut self) {
        self.scanner.reset();
        self.assembly = Assembly::default();
        self.ended = false;
    }
}

/// Reads a message that is there as a whole: the events of a [`Parser`], borrowed.
#[derive(Debug)]
pub struct Reader<'a> {
    scanner: Scanner,
    assembly: Assembly<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins a message.
    #[must_use]
    pub fn new(config: Config, input: &'a [u8]) -> Self {
        Self {
            scanner: Scanner::new(config),
            assembly: Assembly::default(),
            rest: input,
        }
    }

    /// Lets the rest of the innermost open entity pass as [`Event::Opaque`].
    pub fn skip_entity(&mut self) {
        self.scanner.skip_entity();
    }

    /// Begins another message, with the memory of this one.
    #[must_use]
    pub fn reset<'b>(mut self, input: &'b [u8]) -> Reader<'b> {
        self.scanner.reset();
        Reader {
            scanner: self.scanner,
            assembly: Assembly::default(),
            rest: input,
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Event<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = match self.scanner.plain_field(self.rest, true) {
            Ok((shape, len)) => {
                let (raw, rest) = self.rest.split_at_checked(len)?;
                self.rest = rest;
                return Some(self.assembly.field(shape, raw));
            }
            Err(end) => end,
        };
        let (token, len) = self.scanner.other_token(self.rest, true, end)?;
        let (raw, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(self.assembly.event(token, raw))
    }
}
