//! Quoted-printable (RFC 2045, section 6.7).
//!
//! The rules of the decoder, one by one:
//!
//! - `=` and two hexadecimal digits, in any case of letters, are an octet.
//! - `=`, white space and a line end are a soft line break.
//! - Any other `=` is kept with the octet behind it and counted; one at the very end is dropped and counted.
//! - White space before a line end is dropped and counted; line ends stay as they came.
//! - Octets above 127, and lines of more than 76 characters, are kept and counted.

mod blocks;

use alloc::vec::Vec;

use super::stream::{Out, Problems, Progress, Step, Stream, transform};
use crate::defect::DefectCode;
use crate::field::hex;

/// White space held back until it is known whether a line ends behind it; a longer run is kept as text.
/// This is the longest line that SMTP transports.
const MAX_HELD: usize = 998;

/// The longest line of the encoded form, without its CRLF.
const MAX_LINE: usize = 76;

/// What begins a message in a mailbox that is a file.
const FROM: &[u8] = b"From ";

transform! {
    /// Decodes quoted-printable.
    QuotedPrintableDecoder(Decode), decode
}

impl QuotedPrintableDecoder {
    /// Begins a body.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Decode::default()))
    }

    /// What was forgiven so far.
    #[must_use]
    pub fn problems(&self) -> Problems {
        self.0.step.problems
    }
}

impl Default for QuotedPrintableDecoder {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// White space is held; a carriage return may be the last of it.
    Space,
    /// After an equals sign.
    Equals,
    /// After an equals sign and a digit.
    Digit(u8),
    /// After an equals sign and white space, which is held.
    EqualsSpace,
}

#[derive(Clone, Debug, Default)]
struct Decode {
    state: State,
    held: Vec<u8>,
    /// Offset of the line, of the equals sign or the white space that is being judged.
    line_at: u64,
    token_at: u64,
    problems: Problems,
}

impl Step for Decode {
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        match self.state {
            State::Text => self.text(octet, at, out),
            State::Space => self.space(octet, at, out),
            State::Equals => match octet {
                b' ' | b'\t' | b'\r' | b'\n' => self.equals_space(octet, at, out),
                digit if hex(digit).is_some() => self.state = State::Digit(digit),
                b'=' => self.literal(b"=", out),
                _ => {
                    self.literal(&[], out);
                    self.text(octet, at, out);
                }
            },
            State::Digit(first) => match (hex(first), hex(octet)) {
                (Some(high), Some(low)) => {
                    self.state = State::Text;
                    out.push(high << 4 | low);
                }
                _ => {
                    self.literal(&[first], out);
                    self.text(octet, at, out);
                }
            },
            State::EqualsSpace => self.equals_space(octet, at, out),
        }
    }

    fn run(&mut self, src: &[u8], at: u64, out: &mut Out<'_>) -> usize {
        if self.state != State::Text {
            return 0;
        }
        let (mut read, written) = blocks::decode(self, src, at, out.room());
        out.advance(written);
        loop {
            let start = read;
            let rest = src.get(start..).unwrap_or_default();
            let (len, ascii) = copy_text(rest, out.room());
            let text = rest.get(..len).unwrap_or_default();
            if !ascii {
                self.raw(text, at + start as u64);
            }
            out.advance(len);
            read += len;
            match (src.get(read), src.get(read + 1..read + 3)) {
                (Some(b'='), Some(&[high, low])) => match (hex(high), hex(low)) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        read += 3;
                    }
                    _ if (high, low) == (b'\r', b'\n') => {
                        read += 3;
                        self.line_end(at + read as u64);
                    }
                    _ => return read,
                },
                (Some(b'\n'), _) if !ends_in_space(text) && !out.room().is_empty() => {
                    out.push(b'\n');
                    read += 1;
                    self.line_end(at + read as u64);
                }
                (Some(b'='), None) => return read,
                // White space before a line end, or before what is not known yet, is judged octet by octet.
                _ => {
                    let held = space_behind(text);
                    out.retreat(held);
                    return read - held;
                }
            }
        }
    }

    fn end(&mut self, at: u64, out: &mut Out<'_>) {
        match self.state {
            State::Text => {}
            // The end of the body is the end of a line.
            State::Space if self.held.last() == Some(&b'\r') => self.release(out),
            State::Space => self
                .problems
                .note(DefectCode::QuotedPrintableTrailingSpace, self.token_at),
            State::Equals | State::EqualsSpace => {
                self.problems
                    .note(DefectCode::QuotedPrintableSoftEnd, self.token_at);
            }
            State::Digit(first) => {
                self.problems
                    .note(DefectCode::QuotedPrintableEscape, self.token_at);
                out.extend(&[b'=', first]);
            }
        }
        self.line_end(at + 2);
        self.held.clear();
        self.state = State::Text;
    }
}

/// Whether white space stands at the end of a line without its line feed.
fn ends_in_space(line: &[u8]) -> bool {
    matches!(line, [.., b' ' | b'\t'] | [.., b' ' | b'\t', b'\r'])
}

/// White space and carriage returns at the end.
fn space_behind(text: &[u8]) -> usize {
    let space = |o: &&u8| matches!(o, b' ' | b'\t' | b'\r');
    text.iter().rev().take_while(space).count()
}

/// Copies up to the first equals sign or line feed, or as much as fits; answers how much, and whether it was
/// ASCII. Eight octets at a time: escapes stand too close for anything that must be called.
fn copy_text(src: &[u8], dst: &mut [u8]) -> (usize, bool) {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The lowest bit set marks the first octet that is zero.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (sources, _) = src.as_chunks::<8>();
    let (rooms, _) = dst.as_chunks_mut::<8>();
    let mut high = 0;
    let mut len = 0;
    for (room, source) in rooms.iter_mut().zip(sources) {
        let word = u64::from_le_bytes(*source);
        *room = *source;
        let stops = zero(word ^ (ONES * b'=' as u64)) | zero(word ^ (ONES * b'\n' as u64));
        if stops != 0 {
            let octets = stops.trailing_zeros() / 8;
            high |= word & ((1 << (8 * octets)) - 1);
            return (len + octets as usize, high & HIGH == 0);
        }
        high |= word;
        len += 8;
    }
    let mut ascii = high & HIGH == 0;
    for (room, &octet) in dst.iter_mut().zip(src).skip(len) {
        if matches!(octet, b'=' | b'\n') {
            break;
        }
        *room = octet;
        ascii &= octet.is_ascii();
        len += 1;
    }
    (len, ascii)
}

impl Decode {
    fn text(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        match octet {
            b'=' => {
                self.state = State::Equals;
                self.token_at = at;
            }
            b' ' | b'\t' | b'\r' => {
                self.state = State::Space;
                self.token_at = at;
                self.held.push(octet);
            }
            b'\n' => {
                out.push(octet);
                self.line_end(at + 1);
            }
            _ => {
                if !octet.is_ascii() {
                    self.problems.note(DefectCode::QuotedPrintableRaw, at);
                }
                out.push(octet);
            }
        }
    }

    fn space(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        let after_cr = self.held.last() == Some(&b'\r');
        match octet {
            b'\n' => {
                let spaces = self.held.len() - usize::from(after_cr);
                if spaces > 0 {
                    self.problems
                        .note(DefectCode::QuotedPrintableTrailingSpace, self.token_at);
                }
                self.held.clear();
                self.state = State::Text;
                if after_cr {
                    out.push(b'\r');
                }
                out.push(b'\n');
                self.line_end(at + 1);
            }
            b' ' | b'\t' | b'\r' if !after_cr && self.held.len() < MAX_HELD => {
                self.held.push(octet)
            }
            _ => {
                self.release(out);
                self.text(octet, at, out);
            }
        }
    }

    fn equals_space(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        let after_cr = self.held.last() == Some(&b'\r');
        match octet {
            b'\n' => {
                self.held.clear();
                self.state = State::Text;
                self.line_end(at + 1);
            }
            b' ' | b'\t' | b'\r' if !after_cr && self.held.len() < MAX_HELD => {
                self.held.push(octet);
                self.state = State::EqualsSpace;
            }
            _ => {
                self.problems
                    .note(DefectCode::QuotedPrintableEscape, self.token_at);
                out.push(b'=');
                self.release(out);
                self.text(octet, at, out);
            }
        }
    }

    /// The equals sign meant nothing: it is text, and so are the octets behind it.
    fn literal(&mut self, behind: &[u8], out: &mut Out<'_>) {
        self.problems
            .note(DefectCode::QuotedPrintableEscape, self.token_at);
        self.state = State::Text;
        out.push(b'=');
        out.extend(behind);
    }

    fn release(&mut self, out: &mut Out<'_>) {
        out.extend(&self.held);
        self.held.clear();
        self.state = State::Text;
    }

    fn raw(&mut self, text: &[u8], at: u64) {
        for (offset, _) in (at..).zip(text).filter(|(_, octet)| !octet.is_ascii()) {
            self.problems.note(DefectCode::QuotedPrintableRaw, offset);
        }
    }

    /// A line ended before offset `next`.
    fn line_end(&mut self, next: u64) {
        // The line end is counted too: two octets, or one, which lets a line with LF be one longer.
        if next - self.line_at > MAX_LINE as u64 + 2 {
            self.problems
                .note(DefectCode::QuotedPrintableLongLine, self.line_at);
        }
        self.line_at = next;
    }
}

transform! {
    /// Encodes quoted-printable in lines of at most 76 characters that end with CRLF.
    ///
    /// A full stop at the beginning of a line is encoded, so that no SMTP relay has to double it, and so is the first
    /// letter of `From ` there, which mailboxes in files change (RFC 2049, section 3).
    QuotedPrintableEncoder(Encode), encode
}

impl QuotedPrintableEncoder {
    /// For text: CRLF, and a line feed alone, are line breaks and come out as CRLF.
    #[must_use]
    pub fn text() -> Self {
        Self(Stream::new(Encode {
            text: true,
            column: 0,
            from: 0,
            space: None,
            cr: false,
        }))
    }

    /// For other octets: CR and LF are encoded.
    #[must_use]
    pub fn binary() -> Self {
        Self(Stream::new(Encode {
            text: false,
            column: 0,
            from: 0,
            space: None,
            cr: false,
        }))
    }
}

#[derive(Clone, Debug)]
struct Encode {
    text: bool,
    column: usize,
    /// So many octets of [`FROM`] begin the line, and are held back.
    from: usize,
    /// White space, then a carriage return, which mean something else before a line feed.
    space: Option<u8>,
    cr: bool,
}

impl Step for Encode {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        if self.from > 0 && self.is_from(octet, out) {
            return;
        }
        if octet == b'\n' && self.text {
            self.cr = false;
            if let Some(space) = self.space.take() {
                self.encoded(space, out);
            }
            out.extend(b"\r\n");
            self.column = 0;
            return;
        }
        if octet == b'\r' && self.text && !self.cr {
            self.cr = true;
            return;
        }
        self.release(out);
        match octet {
            b' ' | b'\t' => self.space = Some(octet),
            b'\r' if self.text => self.cr = true,
            b'.' if self.column == 0 => self.encoded(octet, out),
            b'F' if self.column == 0 => self.from = 1,
            b'!'..=b'~' if octet != b'=' => self.plain(octet, out),
            _ => self.encoded(octet, out),
        }
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        if self.cr || self.from > 0 || out.room().len() < Page::ROOM {
            return 0;
        }
        // What follows held white space is no line end.
        if self.space.is_some() {
            if !matches!(src.first(), Some(b'!'..=b'~')) {
                return 0;
            }
            self.release(out);
        }
        let mut page = Page {
            text: self.text,
            dst: out.room(),
            len: 0,
            column: self.column,
        };
        let read = page.fill(src);
        let Page { len, column, .. } = page;
        self.column = column;
        out.advance(len);
        read
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        self.release_from(out);
        if let Some(space) = self.space.take() {
            if self.cr {
                self.plain(space, out)
            } else {
                self.encoded(space, out)
            }
        }
        self.release(out);
    }
}

/// What needs no encoding inside a line.
fn is_plain(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'!'..=b'~') && octet != b'='
}

/// How many octets need no encoding inside a line, up to the first that does or is HT.
fn plain_len(octets: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(octets);
    let equals = word ^ (ONES * b'=' as u64);
    // The lowest bit set marks the first control character, equals sign, delete or octet above 127: what a borrow or
    // a carry makes of the others is above it.
    let odd = (word.wrapping_sub(ONES * b' ' as u64) | equals.wrapping_sub(ONES)) & !word
        | word.wrapping_add(ONES)
        | word;
    (odd & HIGH).trailing_zeros() as usize / 8
}

/// What a line holds before its soft break.
const MAX_CONTENT: usize = MAX_LINE - 1;

/// Lines being written where there is room for them.
struct Page<'a> {
    text: bool,
    dst: &'a mut [u8],
    len: usize,
    column: usize,
}

impl Page<'_> {
    /// What a turn cannot pass: an escape, eight octets, and a character in escapes.
    const ROOM: usize = 40;

    /// Encodes what means the same whatever follows; answers how much that was.
    fn fill(&mut self, src: &[u8]) -> usize {
        let mut rest = src;
        while self.dst.len() - self.len >= Self::ROOM {
            if self.column == 0 {
                match rest {
                    [b'F', ..] if rest.len() < FROM.len() => break,
                    [first @ b'.', after @ ..] => {
                        self.escape(*first);
                        rest = after;
                    }
                    [first @ b'F', after @ ..] if after.starts_with(b"rom ") => {
                        self.escape(*first);
                        rest = after;
                    }
                    _ => {}
                }
            }
            rest = self.copy(rest);
            // Few octets come as far as this.
            rest = match rest {
                [] => break,
                [b'\r'] if self.text => break,
                [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] if self.text => {
                    self.end_line(before(src, rest));
                    after
                }
                [128..=255, ..] => self.character(rest),
                [octet, after @ ..] => {
                    self.single(*octet);
                    after
                }
            };
        }
        // White space may be that of a line end.
        let read = before(src, rest);
        if let [.., b' ' | b'\t'] = read {
            self.len -= 1;
            self.column -= 1;
            return read.len() - 1;
        }
        read.len()
    }

    /// Copies what needs no encoding and fits on the line, while there is room; answers what is left.
    fn copy<'s>(&mut self, mut src: &'s [u8]) -> &'s [u8] {
        while let Some((octets, after)) = src.split_first_chunk() {
            let len = self.copy_some(*octets);
            if len < 8 {
                return src.get(len..).unwrap_or_default();
            }
            src = after;
            if self.dst.len() - self.len < Self::ROOM {
                return src;
            }
        }
        let mut octets = [0; 8];
        for (octet, &from) in octets.iter_mut().zip(src) {
            *octet = from;
        }
        let len = self.copy_some(octets);
        src.get(len..).unwrap_or_default()
    }

    /// Puts those of the octets that can be copied; answers how many.
    fn copy_some(&mut self, octets: [u8; 8]) -> usize {
        let fit = plain_len(octets).min(MAX_CONTENT.saturating_sub(self.column));
        self.put(octets);
        self.len = self.len - 8 + fit;
        self.column += fit;
        fit
    }

    /// Puts an octet that is no line end of text.
    fn single(&mut self, octet: u8) {
        let full = self.column >= MAX_CONTENT;
        // Behind a soft line break they would begin a line.
        if !is_plain(octet) || full && matches!(octet, b'.' | b'F') {
            return self.escape(octet);
        }
        self.make_room(1);
        self.put([octet]);
    }

    /// Escapes what is likely to be one character; answers what is left.
    fn character<'s>(&mut self, mut src: &'s [u8]) -> &'s [u8] {
        for _ in 0..4 {
            let [octet @ 128..=255, after @ ..] = src else {
                break;
            };
            self.escape(*octet);
            src = after;
        }
        src
    }

    fn escape(&mut self, octet: u8) {
        self.make_room(3);
        self.put(escaped(octet));
    }

    /// Ends the line of which `before` is the end.
    fn end_line(&mut self, before: &[u8]) {
        if let [.., space @ (b' ' | b'\t')] = before {
            self.len -= 1;
            self.column -= 1;
            self.escape(*space);
        }
        self.put(*b"\r\n");
        self.column = 0;
    }

    fn make_room(&mut self, width: usize) {
        if self.column + width > MAX_CONTENT {
            self.put(*b"=\r\n");
            self.column = 0;
        }
        self.column += width;
    }

    fn put<const N: usize>(&mut self, octets: [u8; N]) {
        let room = self.dst.get_mut(self.len..);
        if let Some(slots) = room.and_then(<[u8]>::first_chunk_mut) {
            *slots = octets;
        }
        self.len += N;
    }
}

/// What was there before what is left.
fn before<'s>(src: &'s [u8], rest: &[u8]) -> &'s [u8] {
    src.get(..src.len() - rest.len()).unwrap_or_default()
}

/// The three characters that stand for an octet.
fn escaped(octet: u8) -> [u8; 3] {
    let digit = |value: u8| {
        let letter = (b'A' - b'9' - 1) * u8::from(value > 9);
        b'0' + value + letter
    };
    [b'=', digit(octet >> 4), digit(octet & 15)]
}

impl Encode {
    /// Whether a line that begins with some of [`FROM`] goes on with it.
    fn is_from(&mut self, octet: u8, out: &mut Out<'_>) -> bool {
        if FROM.get(self.from) != Some(&octet) {
            self.release_from(out);
            return false;
        }
        self.from += 1;
        if self.from == FROM.len() {
            self.from = 0;
            self.encoded(b'F', out);
            b"rom".iter().for_each(|&octet| self.plain(octet, out));
            self.space = Some(b' ');
        }
        true
    }

    /// What was held is some other word.
    fn release_from(&mut self, out: &mut Out<'_>) {
        let held = core::mem::take(&mut self.from);
        for &octet in FROM.iter().take(held) {
            self.plain(octet, out);
        }
    }

    /// What was held is not before a line break.
    fn release(&mut self, out: &mut Out<'_>) {
        if let Some(space) = self.space.take() {
            self.plain(space, out);
        }
        if core::mem::take(&mut self.cr) {
            self.encoded(b'\r', out);
        }
    }

    fn plain(&mut self, octet: u8, out: &mut Out<'_>) {
        // Behind a soft line break they would begin a line.
        if self.column + 1 > MAX_CONTENT && matches!(octet, b'.' | b'F') {
            return self.encoded(octet, out);
        }
        self.make_room(1, out);
        out.push(octet);
    }

    fn encoded(&mut self, octet: u8, out: &mut Out<'_>) {
        self.make_room(3, out);
        out.extend(&escaped(octet));
    }

    /// Breaks the line if so many characters and an equals sign no longer fit.
    fn make_room(&mut self, width: usize, out: &mut Out<'_>) {
        if self.column + width > MAX_CONTENT {
            out.extend(b"=\r\n");
            self.column = 0;
        }
        self.column += width;
    }
}
