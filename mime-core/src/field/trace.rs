//! Received (RFC 5321, section 4.4; RFC 5322, section 3.6.7).

use alloc::borrow::Cow;
use alloc::string::String;
use core::net::{IpAddr, SocketAddr};
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
    /// The first comment behind it, which is where servers say what they know of the other side.
    pub comment: Option<Cow<'a, str>>,
    /// The first IP address that stands behind that comment.
    later_ip: Option<IpAddr>,
}

impl Clause<'_> {
    /// The first IP address in the comment or in those that follow it, or else in the value.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.comment
            .as_deref()
            .and_then(first_ip)
            .or(self.later_ip)
            .or_else(|| first_ip(&self.value))
    }

    /// The word after `HELO`, `EHLO` or `LHLO` in the comment (also `helo=`), of an address literal what is in it.
    #[must_use]
    pub fn helo(&self) -> Option<&str> {
        let mut words = self.comment.as_deref()?.split([' ', '=', '\t']);
        let greets = |w: &&str| {
            ["helo", "ehlo", "lhlo"]
                .iter()
                .any(|it| w.eq_ignore_ascii_case(it))
        };
        words.find(greets)?;
        words
            .next()
            .map(|w| w.trim_matches(['[', ')', ']', ';', ',']))
            .filter(|w| !w.is_empty())
    }
}

impl<'a> Clause<'a> {
    /// Of several comments the first one is about the clause itself; of the others the address is of use.
    fn remark(&mut self, text: Cow<'a, str>) {
        match self.comment {
            None => self.comment = Some(text),
            Some(_) => self.later_ip = self.later_ip.or_else(|| first_ip(&text)),
        }
    }
}

/// An address in brackets, or else one that stands alone.
fn first_ip(text: &str) -> Option<IpAddr> {
    let parse = |piece: &str| {
        let tagged = piece
            .get(..5)
            .is_some_and(|tag| tag.eq_ignore_ascii_case("ipv6:"));
        let address = if tagged { piece.get(5..)? } else { piece };
        let with_port = || address.parse::<SocketAddr>().ok().map(|socket| socket.ip());
        address.parse::<IpAddr>().ok().or_else(with_port)
    };
    let mut bracketed = text
        .split('[')
        .skip(1)
        .filter_map(|piece| piece.split(']').next());
    let alone = |c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | ',' | '=' | '[' | ']');
    bracketed
        .find_map(parse)
        .or_else(|| text.split(alone).find_map(parse))
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
                let comment = text(cursor.slice(content));
                match at {
                    At::Before(name) | At::Behind(name) => {
                        trace.clause(name).get_or_insert_default().remark(comment);
                    }
                    At::Nowhere => {}
                }
            }
            Some(_) => {
                let word = word(&mut cursor, sink);
                at = trace.word(at, word);
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
    /// Takes a word that stands at `at`; answers where the next one stands.
    fn word(&mut self, at: At, word: &'a [u8]) -> At {
        match (at, Name::of(word)) {
            (_, Some(name)) if self.clause(name).is_none() => At::Before(name),
            // A clause again.
            (_, Some(_)) => At::Nowhere,
            (At::Before(name), None) => {
                let value = unbracket(word);
                let clause = self.clause(name).get_or_insert_default();
                clause.value = text(value.strip_suffix(b",").unwrap_or(value));
                At::Behind(name)
            }
            // Some write what belongs into the comment without its parentheses.
            (At::Behind(name), None) if word.starts_with(b"[") => {
                // Alone it is a bracket around a comment.
                if word.len() > 1 {
                    self.clause(name).get_or_insert_default().remark(text(word));
                }
                at
            }
            (At::Behind(_) | At::Nowhere, None) => At::Nowhere,
        }
    }

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
