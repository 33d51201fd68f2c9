//! `text/plain; format=flowed` (RFC 3676).

use alloc::vec::Vec;

use super::stream::{Out, Progress, Step, Stream, transform};

/// Where a line is broken when it can be (RFC 3676, section 4.2: 78 with the space, at most).
const WIDTH: usize = 76;
/// Octets of a word, or of a run of spaces, that are held back: no line of mail is longer.
const MAX_HELD: usize = 998;
/// The line before a signature, which ends in a space and does not flow.
const SIGNATURE: &[u8] = b"-- ";

transform! {
    /// Joins flowed lines: each paragraph becomes one line, after as many `>` as it is quoted deep and a space.
    ///
    /// It works on octets of a charset that contains US-ASCII, after the transfer coding is gone.
    FlowedDecoder(Join), decode
}

impl FlowedDecoder {
    /// Begins a text. `delsp` is what the parameter `DelSp` says: the space before a soft break is no part of
    /// the text.
    #[must_use]
    pub fn new(delsp: bool) -> Self {
        Self(Stream::new(Join {
            delsp,
            ..Join::default()
        }))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Counting the quote marks of a line.
    #[default]
    Quotes,
    /// What may be the line before a signature: so many octets of it.
    Head(usize),
    Text,
}

#[derive(Clone, Debug, Default)]
struct Join {
    delsp: bool,
    at: At,
    depth: u64,
    /// The line before flows on, at this depth.
    flowing: Option<u64>,
    space: bool,
    cr: bool,
}

impl Step for Join {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        if octet == b'\n' {
            self.cr = false;
            self.line_end(out);
            return;
        }
        if core::mem::take(&mut self.cr) {
            self.content(b'\r', out);
        }
        if octet == b'\r' {
            self.cr = true;
        } else {
            self.content(octet, out);
        }
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        if self.at != At::Text || self.space || self.cr {
            return 0;
        }
        let room = out.room().len().min(src.len());
        let src = src.get(..room).unwrap_or_default();
        let end = memchr::memchr2(b'\r', b'\n', src).unwrap_or(src.len());
        let line = src.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b" ").unwrap_or(line);
        out.extend(line);
        line.len()
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        if core::mem::take(&mut self.cr) {
            self.content(b'\r', out);
        }
        match self.at {
            At::Quotes if self.depth == 0 => {
                // The last line asked for another one.
                if self.flowing.take().is_some() {
                    out.extend(b"\r\n");
                }
            }
            At::Quotes => self.open(false, out),
            At::Head(len) => self.release(len, len == SIGNATURE.len(), out),
            At::Text => {}
        }
        if core::mem::take(&mut self.space) && !self.delsp {
            out.push(b' ');
        }
    }
}

impl Join {
    fn content(&mut self, octet: u8, out: &mut Out<'_>) {
        match self.at {
            At::Quotes if octet == b'>' => self.depth += 1,
            // Space-stuffing.
            At::Quotes if octet == b' ' => self.at = At::Head(0),
            At::Quotes => {
                self.at = At::Head(0);
                self.content(octet, out);
            }
            At::Head(len) if SIGNATURE.get(len) == Some(&octet) => self.at = At::Head(len + 1),
            At::Head(len) => {
                self.release(len, false, out);
                self.text(octet, out);
            }
            At::Text => self.text(octet, out),
        }
    }

    fn text(&mut self, octet: u8, out: &mut Out<'_>) {
        if core::mem::replace(&mut self.space, octet == b' ') {
            out.push(b' ');
        }
        if octet != b' ' {
            out.push(octet);
        }
    }

    /// Begins a line in what comes out, unless the line before flows into this one.
    fn open(&mut self, signature: bool, out: &mut Out<'_>) {
        match self.flowing.take() {
            Some(depth) if depth == self.depth && !signature => return,
            Some(_) => out.extend(b"\r\n"),
            None => {}
        }
        for _ in 0..self.depth.min(MAX_HELD as u64) {
            out.push(b'>');
        }
        if self.depth > 0 {
            out.push(b' ');
        }
    }

    /// The head of the line is text.
    fn release(&mut self, len: usize, signature: bool, out: &mut Out<'_>) {
        self.open(signature, out);
        self.at = At::Text;
        let head = SIGNATURE.get(..len).unwrap_or_default();
        if signature {
            out.extend(head);
        } else {
            for &octet in head {
                self.text(octet, out);
            }
        }
    }

    fn line_end(&mut self, out: &mut Out<'_>) {
        match self.at {
            At::Quotes => self.open(false, out),
            At::Head(len) => self.release(len, len == SIGNATURE.len(), out),
            At::Text => {}
        }
        if core::mem::take(&mut self.space) {
            if !self.delsp {
                out.push(b' ');
            }
            self.flowing = Some(self.depth);
        } else {
            out.extend(b"\r\n");
        }
        self.at = At::Quotes;
        self.depth = 0;
    }
}

transform! {
    /// Breaks long lines softly, so that [`FlowedDecoder`] joins them again.
    ///
    /// Lines that begin with `>` are taken as quoted. White space at the end of a line is dropped, as it would
    /// make the line flow.
    FlowedEncoder(Break), encode
}

impl FlowedEncoder {
    /// Begins a text. With `delsp` a space is added at each soft break, to be taken away by the reader.
    #[must_use]
    pub fn new(delsp: bool) -> Self {
        Self(Stream::new(Break {
            delsp,
            ..Break::default()
        }))
    }
}

#[derive(Clone, Debug, Default)]
struct Break {
    delsp: bool,
    depth: usize,
    /// The quote marks of the line are read.
    quoted: bool,
    /// The line that goes out: whether it has begun, its octets, and whether all of it is `--`.
    open: bool,
    column: usize,
    dashes: bool,
    spaces: usize,
    word: Vec<u8>,
    /// The word was too long to be held: its beginning is out.
    long: bool,
    cr: bool,
}

impl Step for Break {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        if octet == b'\n' {
            self.cr = false;
            self.line_end(out);
            out.extend(b"\r\n");
            return;
        }
        if core::mem::take(&mut self.cr) {
            self.content(b'\r', out);
        }
        if octet == b'\r' {
            self.cr = true;
        } else {
            self.content(octet, out);
        }
    }

    fn run(&mut self, src: &[u8], _at: u64, _out: &mut Out<'_>) -> usize {
        if !self.quoted || self.cr {
            return 0;
        }
        // Words are collected; only their ends put something out.
        let src = src
            .get(..(MAX_HELD - 1 - self.word.len()).min(src.len()))
            .unwrap_or_default();
        let word = src
            .iter()
            .position(|o| matches!(o, b' ' | b'\r' | b'\n'))
            .unwrap_or(src.len());
        self.word
            .extend_from_slice(src.get(..word).unwrap_or_default());
        word
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        if core::mem::take(&mut self.cr) {
            self.content(b'\r', out);
        }
        if self.depth > 0 || self.spaces > 0 || !self.word.is_empty() || self.open {
            self.line_end(out);
        }
    }
}

impl Break {
    fn content(&mut self, octet: u8, out: &mut Out<'_>) {
        if !self.quoted {
            if octet == b'>' && self.depth < MAX_HELD {
                self.depth += 1;
                return;
            }
            self.quoted = true;
            if octet == b' ' && self.depth > 0 {
                return;
            }
        }
        if octet == b' ' {
            self.flush(true, out);
            self.spaces = (self.spaces + 1).min(MAX_HELD);
            return;
        }
        self.word.push(octet);
        if self.word.len() >= MAX_HELD {
            self.flush(false, out);
            self.long = true;
        }
    }

    /// Puts out the word that is held, on a new line if it has no place on this one.
    fn flush(&mut self, complete: bool, out: &mut Out<'_>) {
        if self.word.is_empty() {
            if complete {
                self.long = false;
            }
            return;
        }
        let width = self.spaces + self.word.len();
        let breakable = self.open && self.spaces > 0 && !self.long && !self.dashes;
        if breakable && self.column + width > WIDTH {
            self.spaces_out(out);
            if self.delsp {
                out.push(b' ');
            }
            out.extend(b"\r\n");
            self.open = false;
        }
        self.open_line(out);
        self.dashes = self.column == 0 && self.word == b"--";
        self.column += self.spaces + self.word.len();
        self.spaces_out(out);
        out.extend(&self.word);
        self.word.clear();
        self.long = !complete;
    }

    fn open_line(&mut self, out: &mut Out<'_>) {
        if core::mem::replace(&mut self.open, true) {
            return;
        }
        self.column = 0;
        for _ in 0..self.depth {
            out.push(b'>');
        }
        // A quoted line begins with a space always; another one where it would be misread without.
        let stuffed =
            self.spaces > 0 || matches!(self.word.first(), Some(b'>')) || self.word == b"From";
        if self.depth > 0 || stuffed {
            out.push(b' ');
        }
    }

    fn spaces_out(&mut self, out: &mut Out<'_>) {
        for _ in 0..core::mem::take(&mut self.spaces) {
            out.push(b' ');
        }
    }

    fn line_end(&mut self, out: &mut Out<'_>) {
        self.flush(true, out);
        if !self.open {
            // An empty line, quoted or not.
            self.spaces = 0;
            for _ in 0..self.depth {
                out.push(b'>');
            }
        }
        if self.dashes && self.spaces == 1 {
            out.push(b' ');
        }
        let delsp = self.delsp;
        let word = core::mem::take(&mut self.word);
        *self = Self {
            delsp,
            word,
            ..Self::default()
        };
    }
}
