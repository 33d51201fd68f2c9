//! Mailing lists: the commands of RFC 2369 and RFC 8058, and List-ID (RFC 2919).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::lex::{self, Cursor};
use super::word::{Place, Words};
use crate::charset;
use crate::defect::{DefectCode, Sink};

/// One way to do what the field is for; the first that a program understands is the one to take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListCommand<'a> {
    /// Its URL, white space taken out. `None` for `NO`, which says that posting is not allowed.
    pub url: Option<Cow<'a, str>>,
    /// The comment beside it.
    pub comment: Option<String>,
}

/// Reads the value of List-Help, List-Subscribe, List-Unsubscribe, List-Post, List-Owner or List-Archive.
pub fn list_commands<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Vec<ListCommand<'a>> {
    let mut cursor = Cursor::new(value);
    let mut list = Vec::new();
    loop {
        let mut comment = cursor.cfws(sink);
        let start = cursor.at();
        let Some(octet) = cursor.peek() else {
            return list;
        };
        let url = match octet {
            b'<' => {
                cursor.bump();
                let url = cursor.take_while(|o| !matches!(o, b'>' | b'<'));
                if !cursor.eat(b'>') {
                    sink(DefectCode::UnclosedAngle, start..cursor.at());
                }
                Some(text(url))
            }
            b',' => {
                cursor.bump();
                continue;
            }
            _ => {
                let word =
                    cursor.take_while(|o| !lex::is_space(o) && !matches!(o, b',' | b'(' | b'<'));
                if word.eq_ignore_ascii_case(b"no") {
                    None
                } else {
                    sink(DefectCode::StrayText, start..cursor.at());
                    // A URL without its brackets is met often enough.
                    if !word.contains(&b':') {
                        continue;
                    }
                    Some(text(word))
                }
            }
        };
        comment = cursor.cfws(sink).or(comment);
        let comment = comment.map(|range| {
            let mut words = Words::new(range.len());
            let content = lex::unescape(cursor.slice(range.clone()));
            words.push(&content, range.start, Place::Phrase, sink);
            words.finish_to(sink)
        });
        list.push(ListCommand { url, comment });
    }
}

/// A URL may be folded, and then holds white space that means nothing (RFC 2369, section 2).
fn text(url: &[u8]) -> Cow<'_, str> {
    if url.iter().any(|&o| lex::is_space(o)) {
        let solid: Vec<u8> = url.iter().copied().filter(|&o| !lex::is_space(o)).collect();
        return Cow::Owned(charset::text(&solid, None).0.into_owned());
    }
    charset::text(url, None).0
}

/// The value of a List-ID field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListId<'a> {
    /// What the list is called.
    pub description: Option<String>,
    /// The identifier, without its brackets.
    pub id: Cow<'a, str>,
}

/// Reads the value of a List-ID field.
pub fn list_id<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Option<ListId<'a>> {
    let mut cursor = Cursor::new(value);
    let mut words = Words::new(32);
    let mut last: Option<&[u8]> = None;
    loop {
        if cursor.cfws(sink).is_some() || !words.is_empty() {
            words.space();
        }
        let start = cursor.at();
        match cursor.peek() {
            None => break,
            Some(b'<') => {
                cursor.bump();
                let id = cursor.take_while(|o| !matches!(o, b'>' | b'<'));
                if !cursor.eat(b'>') {
                    sink(DefectCode::UnclosedAngle, start..cursor.at());
                }
                cursor.cfws(sink);
                if !cursor.is_end() {
                    sink(DefectCode::StrayText, cursor.at()..value.len());
                }
                let description = words.finish_to(sink);
                let description =
                    (!description.trim().is_empty()).then(|| description.trim().into());
                return Some(ListId {
                    description,
                    id: text(id),
                });
            }
            Some(b'"') => {
                let content = cursor.quoted(sink);
                let octets = lex::unescape(cursor.slice(content.clone()));
                words.push(&octets, content.start, Place::Quoted, sink);
            }
            Some(octet) => {
                let word =
                    cursor.take_while(|o| !lex::is_space(o) && !matches!(o, b'<' | b'(' | b'"'));
                if octet == b')' && word.is_empty() {
                    cursor.bump();
                }
                last = Some(word);
                words.push(word, start, Place::Phrase, sink);
            }
        }
    }
    // Without brackets the last word may still be an identifier.
    sink(DefectCode::InvalidMessageId, 0..value.len());
    let id = last.filter(|word| word.contains(&b'.'))?;
    Some(ListId {
        description: None,
        id: text(id),
    })
}
