//! Encoded words (RFC 2047), with the language of RFC 2231, as found in the wild.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::lex;
use crate::charset::{self, Charset};
use crate::decode::base64_value;
use crate::defect::{DefectCode, Sink};

/// Where a text stands, which decides what is said about encoded words in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Unstructured text: white space is kept.
    Text,
    /// A phrase or a comment: runs of white space are one space.
    Phrase,
    /// A quoted string or parameter, where RFC 2047 forbids encoded words.
    Quoted,
    /// The value of a parameter: as in a quoted string, with nobody listening.
    Parameter,
}

/// The value of a hexadecimal digit, in any case of letters.
pub(crate) const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// How long the encoded word is that begins here, if it holds something that is none of an atom: software
/// writes commas and parentheses into words that name somebody. Nothing that looks like an address is hidden.
pub(crate) fn loose_word(rest: &[u8]) -> Option<usize> {
    let word = EncodedWord::parse(rest, 0).ok()?;
    let hides = |o: &u8| lex::is_space(*o) || matches!(o, b'<' | b'>' | b'"');
    let special = |o: &u8| matches!(o, b',' | b';' | b':' | b'(' | b')' | b'[' | b']' | b'@');
    let loose = !word.text.iter().any(hides) && word.text.iter().any(special);
    loose.then_some(word.end)
}

/// Text of `raw`: line breaks taken out, encoded words decoded.
pub(crate) fn text<'a>(raw: &'a [u8], place: Place, sink: &mut Sink<'_>) -> Cow<'a, str> {
    let plain = place != Place::Phrase
        && memchr::memchr2(b'\r', b'\n', raw).is_none()
        && memchr::memmem::find(raw, b"=?").is_none();
    if plain && let Ok(text) = core::str::from_utf8(raw) {
        return Cow::Borrowed(text);
    }
    let mut words = Words::new(raw.len());
    words.push(raw, 0, place, sink);
    Cow::Owned(words.finish())
}

/// The text of a phrase or a comment that is its own text: nothing to decode or to unescape, no white space but single
/// spaces.
pub(crate) fn plain_phrase(raw: &[u8]) -> Option<&str> {
    // Without an early end, so that the loop works on many octets at a time.
    let pairs = raw.iter().zip(raw.get(1..).unwrap_or_default());
    let joined = pairs.fold(false, |found, (&octet, &next)| {
        found | ((octet == b' ') & (next == b' ')) | ((octet == b'=') & (next == b'?'))
    });
    let other = raw.iter().fold(false, |found, &octet| {
        found | (octet == b'\\') | (octet == b'\t') | (octet == b'\r') | (octet == b'\n')
    });
    if joined | other {
        return None;
    }
    core::str::from_utf8(raw).ok()
}

/// Text in the making: pieces of a phrase or of an unstructured value, in order.
#[derive(Debug)]
pub(crate) struct Words {
    text: String,
    /// Octets of encoded words that no text separates, all in one charset: a character may be cut between them.
    octets: Vec<u8>,
    label: Vec<u8>,
    range: Range<usize>,
    /// White space since the last encoded word, dropped if another one follows.
    gap: String,
    after_word: bool,
}

impl Words {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            text: String::with_capacity(capacity),
            octets: Vec::new(),
            label: Vec::new(),
            range: 0..0,
            gap: String::new(),
            after_word: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.after_word
    }

    /// A space between two pieces of a phrase.
    pub(crate) fn space(&mut self) {
        let spaced = !self.after_word && self.text.ends_with(' ');
        if !self.is_empty() && self.gap.is_empty() && !spaced {
            self.gap.push(' ');
        }
    }

    /// A comment between two pieces of a phrase: encoded words beside it are not adjacent (RFC 2047, section 6.2).
    pub(crate) fn part(&mut self, sink: &mut Sink<'_>) {
        self.space();
        self.settle(sink);
    }

    /// Appends `raw`, which stands at `base` of the value.
    pub(crate) fn push(&mut self, raw: &[u8], base: usize, place: Place, sink: &mut Sink<'_>) {
        let mut at = 0;
        let mut from = 0;
        let mut glued = false;
        while let Some(found) = memchr::memmem::find(raw.get(at..).unwrap_or_default(), b"=?") {
            let start = at + found;
            match EncodedWord::parse(raw, start) {
                Ok(word) => {
                    let before = raw.get(from..start).unwrap_or_default();
                    let spaced = !before.is_empty() && before.iter().all(|&o| lex::is_space(o));
                    let loose = glued && before.is_empty() || !spaced && ends_glued(before);
                    self.plain(before, base + from, place, sink);
                    let range = base + start..base + word.end;
                    if !matches!(place, Place::Text | Place::Phrase) {
                        sink(DefectCode::MisplacedEncodedWord, range.clone());
                    } else if loose || word.end - start > 75 {
                        sink(DefectCode::LooseEncodedWord, range.clone());
                    }
                    at = word.end;
                    from = at;
                    glued = true;
                    self.word(&word, range, sink);
                }
                Err(end) => {
                    sink(DefectCode::BrokenEncodedWord, base + start..base + end);
                    at = end;
                }
            }
        }
        let rest = raw.get(from..).unwrap_or_default();
        if glued
            && rest
                .first()
                .is_some_and(|&o| !lex::is_space(o) && !matches!(o, b')' | b','))
        {
            sink(DefectCode::LooseEncodedWord, base + from..base + from);
        }
        self.plain(rest, base + from, place, sink);
    }

    /// Appends text without encoded words, as it is.
    pub(crate) fn literal(&mut self, raw: &[u8], base: usize, sink: &mut Sink<'_>) {
        if raw.is_empty() {
            return;
        }
        self.settle(sink);
        match core::str::from_utf8(raw) {
            Ok(text) => self.text.push_str(text),
            Err(_) => {
                sink(DefectCode::RawEightBit, base..base + raw.len());
                self.text.push_str(&charset::text(raw, None).0);
            }
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.flush(&mut |_, _| {});
        self.text.push_str(&self.gap);
        self.text
    }

    /// As [`finish`](Self::finish), saying what is wrong with the last words.
    pub(crate) fn finish_to(mut self, sink: &mut Sink<'_>) -> String {
        self.flush(sink);
        self.finish()
    }

    fn plain(&mut self, raw: &[u8], base: usize, place: Place, sink: &mut Sink<'_>) {
        let mut rest = raw;
        while !rest.is_empty() {
            let offset = base + (raw.len() - rest.len());
            let blank = rest
                .iter()
                .position(|&o| !lex::is_space(o))
                .unwrap_or(rest.len());
            let (space, tail) = rest.split_at(blank);
            self.white(space, place);
            let solid = match place {
                // Whole pieces keep the work per call small: only line breaks cut them.
                Place::Text | Place::Quoted | Place::Parameter => {
                    let end = memchr::memchr2(b'\r', b'\n', tail).unwrap_or(tail.len());
                    trimmed_len(tail, end)
                }
                Place::Phrase => tail
                    .iter()
                    .position(|&o| lex::is_space(o))
                    .unwrap_or(tail.len()),
            };
            let (solid, tail) = tail.split_at(solid);
            self.literal(solid, offset + blank, sink);
            rest = tail;
        }
    }

    fn white(&mut self, space: &[u8], place: Place) {
        match place {
            Place::Phrase if space.is_empty() => {}
            Place::Phrase => self.space(),
            Place::Text | Place::Quoted | Place::Parameter => {
                let before = self.gap.len();
                let kept = space.iter().filter(|o| matches!(o, b' ' | b'\t'));
                self.gap.extend(kept.map(|&o| char::from(o)));
                // A line break without white space separates all the same.
                if self.gap.len() == before && !space.is_empty() {
                    self.gap.push(' ');
                }
            }
        }
    }

    fn word(&mut self, word: &EncodedWord<'_>, range: Range<usize>, sink: &mut Sink<'_>) {
        if self.after_word {
            self.gap.clear();
            if !self.label.eq_ignore_ascii_case(word.charset) {
                self.flush(sink);
            }
        } else {
            self.text.push_str(&self.gap);
            self.gap.clear();
        }
        if !self.after_word {
            self.range = range.clone();
            self.label.clear();
            self.label.extend_from_slice(word.charset);
            self.after_word = true;
        }
        self.range.end = range.end;
        if !word.decode(&mut self.octets) {
            sink(DefectCode::LooseEncodedWord, range);
        }
    }

    /// What follows is text: the encoded words before it are complete, and the white space counts.
    fn settle(&mut self, sink: &mut Sink<'_>) {
        self.flush(sink);
        self.text.push_str(&self.gap);
        self.gap.clear();
    }

    fn flush(&mut self, sink: &mut Sink<'_>) {
        if !core::mem::take(&mut self.after_word) {
            return;
        }
        let charset = Charset::for_label(&self.label);
        let (text, clean) = charset::text(&self.octets, charset);
        if charset.is_none() {
            sink(DefectCode::UnknownCharset, self.range.clone());
        } else if !clean {
            sink(DefectCode::UndecodableText, self.range.clone());
        }
        self.text.push_str(&text);
        self.octets.clear();
    }
}

/// Whether a word after this text is not separated from it; an opening parenthesis separates.
fn ends_glued(before: &[u8]) -> bool {
    before
        .last()
        .is_some_and(|&o| !lex::is_space(o) && !matches!(o, b'(' | b','))
}

fn trimmed_len(bytes: &[u8], end: usize) -> usize {
    let piece = bytes.get(..end).unwrap_or_default();
    piece
        .iter()
        .rposition(|&o| !lex::is_space(o))
        .map_or(0, |last| last + 1)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Base64,
    Quoted,
}

#[derive(Clone, Debug)]
struct EncodedWord<'a> {
    charset: &'a [u8],
    encoding: Encoding,
    text: &'a [u8],
    end: usize,
}

impl<'a> EncodedWord<'a> {
    /// Reads the word that begins at `start`. On failure answers where to go on, always behind everything
    /// that was looked at but the two octets that may begin another word.
    fn parse(raw: &'a [u8], start: usize) -> Result<Self, usize> {
        let charset_at = start + 2;
        let charset_end = Self::question(raw, charset_at)?;
        let charset = raw.get(charset_at..charset_end).unwrap_or_default();
        let charset = charset.split(|&o| o == b'*').next().unwrap_or_default();
        let encoding_end = charset_end + 2;
        let encoding = match raw.get(charset_end + 1) {
            Some(b'b' | b'B') => Encoding::Base64,
            Some(b'q' | b'Q') => Encoding::Quoted,
            _ => return Err(charset_end + 1),
        };
        if charset.is_empty() || raw.get(encoding_end) != Some(&b'?') {
            return Err(encoding_end.min(raw.len()));
        }
        let text_at = encoding_end + 1;
        let tail = raw.get(text_at..).unwrap_or_default();
        for question in memchr::memchr_iter(b'?', tail) {
            if tail.get(question + 1) == Some(&b'=') {
                let text = tail.get(..question).unwrap_or_default();
                return Ok(Self {
                    charset,
                    encoding,
                    text,
                    end: text_at + question + 2,
                });
            }
            let before = question.checked_sub(1);
            if before.is_some_and(|at| tail.get(at) == Some(&b'=')) {
                return Err(text_at + question - 1);
            }
        }
        Err(raw.len())
    }

    /// The question mark after a charset, which holds no white space and no `=`.
    fn question(raw: &[u8], at: usize) -> Result<usize, usize> {
        let tail = raw.get(at..).unwrap_or_default();
        let stop = tail
            .iter()
            .position(|&o| o == b'?' || o == b'=' || lex::is_space(o));
        match stop.map(|len| (at + len, tail.get(len))) {
            Some((end, Some(b'?'))) => Ok(end),
            Some((end, _)) => Err(end),
            None => Err(raw.len()),
        }
    }

    /// Appends the octets; answers whether all of the text was in order.
    fn decode(&self, out: &mut Vec<u8>) -> bool {
        match self.encoding {
            Encoding::Base64 => decode_base64(self.text, out),
            Encoding::Quoted => decode_quoted(self.text, out),
        }
    }
}

fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut clean = true;
    let mut bits = 0u32;
    let mut count = 0u32;
    let mut padding = 0;
    let mut characters = 0usize;
    for &octet in text {
        if let Some(value) = base64_value(octet) {
            // Some software joins base64 of several pieces, padding included.
            if core::mem::take(&mut padding) > 0 {
                (bits, count, clean) = (0, 0, false);
                characters = 0;
            }
            characters += 1;
            bits = bits << 6 | u32::from(value);
            count += 6;
            if count >= 8 {
                count -= 8;
                let [.., octet] = (bits >> count).to_be_bytes();
                out.push(octet);
            }
        } else if octet == b'=' {
            padding += 1;
        } else {
            clean = false;
        }
    }
    let whole = (characters + padding).is_multiple_of(4) && padding < 3;
    clean && whole && bits & ((1 << count) - 1) == 0
}

fn decode_quoted(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut clean = true;
    let mut rest = text;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        match (octet, tail) {
            (b'_', _) => out.push(b' '),
            (b'=', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                rest = tail;
            }
            (b'\r' | b'\n', _) => clean = false,
            _ => {
                // Spaces and octets above 127 are kept: the word still says what it means.
                clean &= octet != b'=' && octet.is_ascii_graphic();
                out.push(octet);
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{Place, Words, plain_phrase};
    use alloc::string::String;

    #[test]
    fn a_plain_phrase_is_what_its_pieces_make() {
        let pieces = [
            " ",
            "\t",
            "\r\n",
            "a",
            "=",
            "?",
            "\\",
            "é",
            "=?utf-8?q?b?=",
            ".",
        ];
        // All texts of up to four of them.
        let mut texts = alloc::vec![String::new()];
        for _ in 0..4 {
            let longer = texts
                .iter()
                .flat_map(|text| pieces.map(|piece| [text.as_str(), piece].concat()));
            texts = longer.collect();
            for text in &texts {
                let Some(plain) = plain_phrase(text.as_bytes()) else {
                    continue;
                };
                let mut said = 0;
                let mut words = Words::new(0);
                words.push(text.as_bytes(), 0, Place::Phrase, &mut |_, _| said += 1);
                // White space at its ends is the caller's to cut.
                let made = words.finish_to(&mut |_, _| {});
                assert_eq!(plain.trim(), made.trim(), "{text:?}");
                assert_eq!(said, 0, "{text:?}");
            }
        }
        assert_eq!(plain_phrase(b"Jane Q. Doe"), Some("Jane Q. Doe"));
        assert_eq!(plain_phrase(b"Jane  Doe"), None);
        assert_eq!(plain_phrase(b"\xff"), None);
    }
}
