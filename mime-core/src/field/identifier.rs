//! Message identifiers (RFC 5322, sections 3.6.4 and 4.5.4).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::lex::{self, Cursor};
use crate::charset;
use crate::defect::{DefectCode, Sink};

/// Reads the value of Message-ID, In-Reply-To, References, Resent-Message-ID and Content-ID: identifiers without
/// their angle brackets.
///
/// Words between them, which old software wrote into In-Reply-To, are skipped. A value without any bracket that
/// is one word is taken as an identifier, with a defect.
pub fn message_ids<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Vec<Cow<'a, str>> {
    let mut cursor = Cursor::new(value);
    let mut list = Vec::new();
    let mut bare: Option<Range<usize>> = None;
    let mut words = 0;
    loop {
        cursor.cfws(sink);
        let start = cursor.at();
        match cursor.peek() {
            None => break,
            Some(b'<') => {
                cursor.bump();
                list.extend(bracketed(&mut cursor, start, sink));
            }
            Some(b'"') => {
                words += 1;
                cursor.quoted(sink);
            }
            Some(b',' | b'>') => {
                cursor.bump();
                sink(DefectCode::InvalidMessageId, start..cursor.at());
            }
            Some(_) => {
                words += 1;
                cursor.take_while(|o| {
                    !lex::is_space(o) && !matches!(o, b'<' | b'>' | b',' | b'(' | b'"')
                });
                bare.get_or_insert(start..cursor.at());
            }
        }
    }
    if words > 0 && !list.is_empty() {
        sink(DefectCode::StrayText, 0..value.len());
    } else if let Some(range) = bare {
        sink(DefectCode::InvalidMessageId, range.clone());
        if words == 1 {
            list.push(charset::text(cursor.slice(range), None).0);
        }
    }
    list
}

fn bracketed<'a>(
    cursor: &mut Cursor<'a>,
    start: usize,
    sink: &mut Sink<'_>,
) -> Option<Cow<'a, str>> {
    // A bracket more is no part of it.
    while cursor.eat(b'<') {}
    let inside = cursor.at();
    let strict = |o: u8| !lex::is_space(o) && !matches!(o, b'>' | b'<' | b'(' | b'"' | b',');
    let content = cursor.take_while(strict);
    if cursor.eat(b'>') {
        if content.is_empty() || !content.contains(&b'@') || inside > start + 1 {
            sink(DefectCode::InvalidMessageId, start..cursor.at());
        }
        return (!content.is_empty()).then(|| charset::text(content, None).0);
    }
    // White space, comments or quotes inside: obsolete, and put together without them.
    let mut joined = Vec::from(content);
    let mut closed = false;
    loop {
        cursor.cfws(sink);
        match cursor.peek() {
            Some(b'"') => {
                let quoted = cursor.quoted(sink);
                joined.extend_from_slice(
                    cursor.slice(quoted.start - 1..(quoted.end + 1).min(cursor.at())),
                );
            }
            Some(b'>') => {
                cursor.bump();
                closed = true;
                break;
            }
            // Another one begins: this one was never closed.
            Some(b'<') | None => break,
            Some(octet) => {
                let word = cursor.take_while(strict);
                joined.extend_from_slice(word);
                if word.is_empty() {
                    cursor.bump();
                    joined.push(octet);
                }
            }
        }
    }
    let code = if closed {
        DefectCode::ObsoleteAddress
    } else {
        DefectCode::InvalidMessageId
    };
    sink(code, start..cursor.at());
    let whole = closed && !joined.is_empty();
    whole.then(|| Cow::Owned(String::from(&*charset::text(&joined, None).0)))
}
