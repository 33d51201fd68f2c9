//! The machine over a buffer of the host, and the iterator over a slice: two thin fronts of one [`Scanner`].

use bytes::{Buf, Bytes, BytesMut};

use crate::config::Config;
use crate::event::{Assembly, Event, Field};
use crate::scanner::{FieldShape, Scanner, Slot, Token};

/// Reads a message while its octets arrive.
///
/// [`poll`](Self::poll) takes what it understood off the host's buffer and hands it over without a copy.
#[derive(Debug)]
pub struct Parser {
    scanner: Scanner,
    assembly: Assembly<Bytes>,
    /// Octets at the front of the host's buffer that belong to the event that was lent last.
    lent: usize,
    ended: bool,
}

impl Parser {
    /// Begins a message.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            scanner: Scanner::new(config),
            assembly: Assembly::default(),
            lent: 0,
            ended: false,
        }
    }

    /// The next event. `None`: feed more into `rx`, or say [`eof`](Self::eof); after [`Event::Closed`], for ever.
    ///
    /// What stays in `rx` is undecided: the beginning of a field, or of a line that may be a delimiter.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<Event<Bytes>> {
        self.take_back(rx);
        let end = match self.scanner.plain_field(rx, self.ended) {
            Ok((shape, len)) => {
                let raw = rx.split_to(len).freeze();
                return Some(self.assembly.field(shape, raw));
            }
            Err(end) => end,
        };
        let mut next = None;
        self.scanner.other_token(rx, self.ended, end, &mut next);
        let (token, len) = next?;
        let raw = if len == 0 {
            Bytes::new()
        } else {
            rx.split_to(len).freeze()
        };
        Some(self.assembly.event(token, raw))
    }

    /// The next event like [`poll`](Self::poll), with its octets where they lie in `rx`.
    ///
    /// For hosts that look at most octets and keep few: to own octets costs more than to find a field. Those of an event
    /// stay at the front of `rx` until the next call takes them off. Calls of both kinds may alternate.
    pub fn lend<'a>(&'a mut self, rx: &'a mut BytesMut) -> Option<Event<&'a [u8]>> {
        self.take_back(rx);
        let end = match self.scanner.plain_field(rx, self.ended) {
            Ok((shape, len)) => return self.lend_field(shape, len, rx),
            Err(end) => end,
        };
        let mut next = None;
        self.scanner.other_token(rx, self.ended, end, &mut next);
        let (token, len) = next?;
        if let Token::Field(shape) = token {
            return self.lend_field(shape, len, rx);
        }
        self.lent = len;
        let raw = rx.get(..len)?;
        Some(self.assembly.lend(token, raw))
    }

    #[inline(always)]
    fn lend_field<'a>(
        &'a mut self,
        shape: FieldShape,
        len: usize,
        rx: &'a mut BytesMut,
    ) -> Option<Event<&'a [u8]>> {
        if Assembly::<Bytes>::needs(shape) {
            let raw = rx.split_to(len).freeze();
            return Some(Event::Field(self.assembly.keep(Field::new(raw, shape))));
        }
        self.lent = len;
        Some(Event::Field(Field::new(rx.get(..len)?, shape)))
    }

    /// Takes off what was lent.
    #[inline(always)]
    fn take_back(&mut self, rx: &mut BytesMut) {
        if self.lent > 0 {
            rx.advance(self.lent.min(rx.len()));
            self.lent = 0;
        }
    }

    /// Nothing follows what is in `rx`.
    pub fn eof(&mut self) {
        self.ended = true;
    }

    /// Lets the rest of the innermost open entity pass as [`Event::Opaque`].
    pub fn skip_entity(&mut self) {
        self.scanner.skip_entity();
    }

    /// Begins another message, with the memory of this one. What it begins with is what is in the host's buffer, the
    /// octets of an event that was [lent](Self::lend) last among it.
    pub fn reset(&mut self) {
        self.scanner.reset();
        self.assembly = Assembly::default();
        self.lent = 0;
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
        let window = self.rest;
        let mut taking = Taking {
            window,
            rest: &mut self.rest,
            assembly: &mut self.assembly,
            event: None,
        };
        self.scanner.other_token(window, true, end, &mut taking);
        taking.event
    }
}

/// Makes events of tokens where they are found.
struct Taking<'a, 'b> {
    window: &'a [u8],
    rest: &'b mut &'a [u8],
    assembly: &'b mut Assembly<&'a [u8]>,
    event: Option<Event<&'a [u8]>>,
}

impl Slot for Taking<'_, '_> {
    #[inline(always)]
    fn put(&mut self, token: Token, len: usize) {
        if let Some((raw, rest)) = self.window.split_at_checked(len) {
            *self.rest = rest;
            self.event = Some(self.assembly.event(token, raw));
        }
    }
}
