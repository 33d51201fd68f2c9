//! Unstructured values (RFC 5322, section 2.2.1) and lists of phrases (Keywords).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::lex;
use super::word::{Place, Words, loose_word};
use crate::defect::{DefectCode, Sink};

/// Reads the value of Subject, Comments and every field that has no structure: line breaks taken out, encoded
/// words decoded, white space at both ends dropped.
pub fn unstructured<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Cow<'a, str> {
    let inner = lex::trim(value);
    let start = value.iter().take_while(|&&o| lex::is_space(o)).count();
    let plain = memchr::memchr2(b'\r', b'\n', inner).is_none()
        && memchr::memmem::find(inner, b"=?").is_none();
    if plain && let Ok(text) = core::str::from_utf8(inner) {
        return Cow::Borrowed(text);
    }
    let mut words = Words::new(inner.len());
    words.push(inner, start, Place::Text, sink);
    Cow::Owned(words.finish_to(sink))
}

/// Reads the value of Keywords: phrases between commas, which may stand in quoted strings.
pub fn keywords<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Vec<Cow<'a, str>> {
    let mut cursor = lex::Cursor::new(value);
    let mut list = Vec::new();
    loop {
        let start = cursor.at();
        let mut words = Words::new(32);
        let mut any = false;
        loop {
            let at = cursor.at();
            match cursor.peek() {
                None | Some(b',') => break,
                Some(b'"') => {
                    let content = cursor.quoted(sink);
                    let text = lex::unescape(cursor.slice(content.clone()));
                    words.push(&text, content.start, Place::Quoted, sink);
                    any = true;
                }
                Some(_) => {
                    let text = phrase(&mut cursor);
                    words.push(text, at, Place::Phrase, sink);
                    any |= !lex::trim(text).is_empty();
                }
            }
        }
        if any {
            let text = words.finish_to(sink);
            list.push(Cow::Owned(String::from(text.trim())));
        } else if cursor.peek().is_some() {
            sink(DefectCode::ObsoleteAddress, start..cursor.at());
        }
        if cursor.bump().is_none() {
            return list;
        }
    }
}

/// Text up to a comma or a quotation mark that no encoded word holds.
fn phrase<'a>(cursor: &mut lex::Cursor<'a>) -> &'a [u8] {
    let start = cursor.at();
    loop {
        cursor.take_while(|o| !matches!(o, b',' | b'"' | b'='));
        if cursor.peek() != Some(b'=') {
            return cursor.slice(start..cursor.at());
        }
        let len = loose_word(cursor.rest()).unwrap_or(1);
        cursor.skip(len);
    }
}
