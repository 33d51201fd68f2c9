//! Tokens of RFC 5322 and RFC 2045 over the value of one field, in one pass.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::{memchr3, memchr3_iter};

use crate::defect::{DefectCode, Sink};

/// Depth of nested comments beyond which a defect is reported; they are counted all the same.
pub const MAX_COMMENT_DEPTH: usize = 32;

/// Folding is not removed beforehand, so line breaks are white space here.
pub(crate) fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// `token` of RFC 2045, with octets above 127, which RFC 6532 admits where they are UTF-8.
pub(crate) fn is_token(octet: u8) -> bool {
    octet > b' '
        && octet != 0x7f
        && !matches!(
            octet,
            b'(' | b')'
                | b'<'
                | b'>'
                | b'@'
                | b','
                | b';'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'='
        )
}

/// The first token of a value, comments and white space skipped.
pub(crate) fn first_token(value: &[u8]) -> &[u8] {
    let mut cursor = Cursor::new(value);
    cursor.cfws(&mut |_, _| {});
    cursor.take_while(is_token)
}

/// Strips white space from both ends.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes {
        if !is_space(*first) {
            break;
        }
        bytes = rest;
    }
    while let [rest @ .., last] = bytes {
        if !is_space(*last) {
            break;
        }
        bytes = rest;
    }
    bytes
}

/// Content of a quoted string or a comment without its backslashes and line breaks.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr3(b'\\', b'\r', b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut from = 0;
    let mut escaped_until = 0;
    for at in memchr3_iter(b'\\', b'\r', b'\n', raw) {
        // The octet after a backslash stands for itself, unless it is part of a line break.
        if at < escaped_until && raw.get(at) == Some(&b'\\') {
            continue;
        }
        out.extend_from_slice(raw.get(from..at).unwrap_or_default());
        from = at + 1;
        escaped_until = at + 1;
        if raw.get(at) == Some(&b'\\') {
            escaped_until += 1;
        }
    }
    out.extend_from_slice(raw.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// A value with its line breaks taken out (RFC 5322, section 2.2.3): the white space stays.
pub(crate) fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\r', b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(
        raw.iter()
            .copied()
            .filter(|o| !matches!(o, b'\r' | b'\n'))
            .collect(),
    )
}

/// A position in a value. Every method moves forward only, which keeps all readers linear.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn starting_at(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at: at.min(bytes.len()),
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn bump(&mut self) -> Option<u8> {
        let octet = self.peek()?;
        self.at += 1;
        Some(octet)
    }

    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let hit = self.peek() == Some(octet);
        if hit {
            self.at += 1;
        }
        hit
    }

    pub(crate) fn skip(&mut self, len: usize) {
        self.at = (self.at + len).min(self.bytes.len());
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|&o| !keep(o)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// Skips white space and comments; answers where the content of the last comment lies.
    pub(crate) fn cfws(&mut self, sink: &mut Sink<'_>) -> Option<Range<usize>> {
        let mut comment = None;
        loop {
            self.take_while(is_space);
            if self.peek() != Some(b'(') {
                return comment;
            }
            comment = Some(self.comment(sink));
        }
    }

    /// Skips a comment that begins here; answers where its content lies.
    pub(crate) fn comment(&mut self, sink: &mut Sink<'_>) -> Range<usize> {
        let open = self.at;
        let mut depth = 0usize;
        while let Some(octet) = self.bump() {
            match octet {
                b'\\' => {
                    self.bump();
                }
                b'(' => {
                    depth += 1;
                    if depth == MAX_COMMENT_DEPTH + 1 {
                        sink(DefectCode::DeepComment, open..self.at);
                    }
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return open + 1..self.at - 1;
                    }
                }
                _ => {}
            }
        }
        sink(DefectCode::UnclosedComment, open..self.at);
        open + 1..self.at
    }

    /// Reads a quoted string that begins here; answers where its content lies.
    pub(crate) fn quoted(&mut self, sink: &mut Sink<'_>) -> Range<usize> {
        let open = self.at;
        self.at += 1;
        loop {
            match memchr::memchr2(b'"', b'\\', self.rest()) {
                Some(skip) => {
                    self.at += skip + 1;
                    if self.bytes.get(self.at - 1) == Some(&b'"') {
                        return open + 1..self.at - 1;
                    }
                    self.at = (self.at + 1).min(self.bytes.len());
                }
                None => {
                    self.at = self.bytes.len();
                    sink(DefectCode::UnclosedQuotedString, open..self.at);
                    return (open + 1).min(self.at)..self.at;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_line_breaks_go_and_escaped_backslashes_stay() {
        assert_eq!(&*unescape(br#"a\"b\\c\\\"d"#), br#"a"b\c\"d"#);
        assert_eq!(&*unescape(b"a\r\n b"), b"a b");
        assert_eq!(&*unescape(b"a\\"), b"a");
    }

    #[test]
    fn comments_nest_by_counting() {
        let mut defects = Vec::new();
        let mut cursor = Cursor::new(b" (a (b \\) c) d) x");
        let comment = cursor.cfws(&mut |code, _| defects.push(code));
        assert_eq!(comment, Some(2..14));
        assert_eq!(cursor.rest(), b"x");
        assert!(defects.is_empty());
    }
}
