//! Received (RFC 5321, section 4.4; RFC 5322, section 3.6.7).

use alloc::borrow::Cow;
use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use super::date::{DateTime, date};
use super::lex::{self, Cursor};
use crate::charset;
use crate::defect::{DefectCode, Sink};

/// One clause: a word of Received and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause<'a> {
    /// The value: a domain, an address literal, an identifier, a protocol; without angle brackets.
    pub value: Cow<'a, str>,
    /// The comment behind it, which is where servers say what they know of the other side.
    pub comment: Option<Cow<'a, str>>,
}

impl Clause<'_> {
    /// The first IP address in brackets, in the comment or else in the value.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.comment
            .as_deref()
            .and_then(bracketed_ip)
            .or_else(|| bracketed_ip(&self.value))
    }

    /// The word after `HELO` or `EHLO` in the comment (also `helo=`).
    #[must_use]
    pub fn helo(&self) -> Option<&str> {
        let mut words = self.comment.as_deref()?.split([' ', '=', '\t']);
        words.find(|w| w.eq_ignore_ascii_case("helo") || w.eq_ignore_ascii_case("ehlo"))?;
        words
            .next()
            .map(|w| w.trim_end_matches([')', ']', ';', ',']))
            .filter(|w| !w.is_empty())
    }
}

fn bracketed_ip(text: &str) -> Option<IpAddr> {
    text.split('[').skip(1).find_map(|piece| {
        let inner = piece.split(']').next()?;
        let v6 = inner.get(..5).filter(|p| p.eq_ignore_ascii_case("ipv6:"));
        if v6.is_some() {
            return inner.get(5..)?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
        }
        let v4 = inner.parse::<Ipv4Addr>().ok().map(IpAddr::V4);
        v4.or_else(|| inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
    })
}

/// The value of a Received field. Of clauses that stand there twice the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<'a> {
    /// Whom it came from.
    pub from: Option<Clause<'a>>,
    /// Who received it.
    pub by: Option<Clause<'a>>,
    /// Over which link.
    pub via: Option<Clause<'a>>,
    /// By which protocol.
    pub with: Option<Clause<'a>>,
    /// Under which identifier.
    pub id: Option<Clause<'a>>,
    /// For which recipient.
    pub recipient: Option<Clause<'a>>,
    /// When.
    pub date: Option<DateTime>,
}

/// Reads the value of a Received field.
pub fn received<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Received<'a> {
    let mut trace = Received::default();
    let mut cursor = Cursor::new(value);
    let mut date_at = None;
    let mut at = At::Nowhere;
    loop {
        cursor.take_while(lex::is_space);
        match cursor.peek() {
            None => break,
            Some(b';') => {
                cursor.bump();
                date_at = Some(cursor.at());
                break;
            }
            Some(b'(') => {
                let content = cursor.comment(sink);
                // Of several the first one is about the clause itself.
                if let At::Behind(name) = at
                    && let Some(clause) = trace.clause(name)
                {
                    let comment = text(cursor.slice(content));
                    clause.comment.get_or_insert(comment);
                }
            }
            Some(_) => {
                let word = word(&mut cursor, sink);
                at = match (at, Name::of(word)) {
                    (At::Before(name), _) => {
                        let value = text(unbracket(word));
                        *trace.clause(name) = Some(Clause {
                            value,
                            comment: None,
                        });
                        At::Behind(name)
                    }
                    (_, Some(name)) if trace.clause(name).is_none() => At::Before(name),
                    // A clause again, or one that is not known.
                    (_, _) => At::Nowhere,
                };
            }
        }
    }
    match date_at {
        Some(at) => {
            let mut shifted =
                |code, range: Range<usize>| sink(code, range.start + at..range.end + at);
            trace.date = date(value.get(at..).unwrap_or_default(), &mut shifted);
        }
        None => sink(DefectCode::InvalidDate, value.len()..value.len()),
    }
    trace
}

/// Where the reader stands.
#[derive(Clone, Copy, Debug)]
enum At {
    Nowhere,
    /// The value of this clause is next.
    Before(Name),
    Behind(Name),
}

#[derive(Clone, Copy, Debug)]
enum Name {
    From,
    By,
    Via,
    With,
    Id,
    For,
}

impl Name {
    fn of(word: &[u8]) -> Option<Self> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        match word {
            _ if is("from") => Some(Self::From),
            _ if is("by") => Some(Self::By),
            _ if is("via") => Some(Self::Via),
            _ if is("with") => Some(Self::With),
            _ if is("id") => Some(Self::Id),
            _ if is("for") => Some(Self::For),
            _ => None,
        }
    }
}

impl<'a> Received<'a> {
    fn clause(&mut self, name: Name) -> &mut Option<Clause<'a>> {
        match name {
            Name::From => &mut self.from,
            Name::By => &mut self.by,
            Name::Via => &mut self.via,
            Name::With => &mut self.with,
            Name::Id => &mut self.id,
            Name::For => &mut self.recipient,
        }
    }
}

/// A word, which angle brackets, quotes and address literals hold together.
fn word<'a>(cursor: &mut Cursor<'a>, sink: &mut Sink<'_>) -> &'a [u8] {
    let start = cursor.at();
    match cursor.peek() {
        Some(b'"') => {
            cursor.quoted(sink);
        }
        Some(b'<') => {
            cursor.take_while(|o| !matches!(o, b'>' | b';') && !lex::is_space(o));
            cursor.eat(b'>');
        }
        _ => {
            let word = cursor.take_while(|o| !lex::is_space(o) && !matches!(o, b';' | b'(' | b'"'));
            if word.is_empty() {
                cursor.bump();
            }
        }
    }
    cursor.slice(start..cursor.at())
}

fn unbracket(word: &[u8]) -> &[u8] {
    let inner = word.strip_prefix(b"<").unwrap_or(word);
    inner.strip_suffix(b">").unwrap_or(inner)
}

fn text(octets: &[u8]) -> Cow<'_, str> {
    if memchr::memchr2(b'\r', b'\n', octets).is_none() {
        return charset::text(octets, None).0;
    }
    Cow::Owned(String::from(&*charset::text(&lex::unfold(octets), None).0))
}
