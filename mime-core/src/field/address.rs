//! Addresses (RFC 5322, sections 3.4 and 4.4; RFC 6532; RFC 6854).
//!
//! The grammar is applied to the octets as they stand, and names are decoded afterwards: an encoded word can
//! name somebody, never address anybody.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::lex::{self, Cursor};
use super::word::{Place, Words, loose_word, plain_phrase};
use crate::charset;
use crate::defect::{DefectCode, Sink};

/// Mailboxes and groups read in one field; what follows is ignored.
pub const MAX_ADDRESSES: usize = 16_384;

/// A member of an address list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address<'a> {
    /// One mailbox.
    Mailbox(Mailbox<'a>),
    /// A named list of mailboxes, which may be empty.
    Group(Group<'a>),
}

impl<'a> Address<'a> {
    /// The mailbox, or the mailboxes of the group.
    #[must_use]
    pub fn mailboxes(&self) -> &[Mailbox<'a>] {
        match self {
            Self::Mailbox(mailbox) => core::slice::from_ref(mailbox),
            Self::Group(group) => &group.mailboxes,
        }
    }
}

/// A mailbox: a name, an address, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mailbox<'a> {
    /// The display name, or else the last comment. For what is no address, all of it.
    pub name: Option<Cow<'a, str>>,
    /// The address; `None` if what stands there is none.
    pub address: Option<AddrSpec<'a>>,
    /// Where it stands in the value.
    pub range: Range<usize>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its members.
    pub mailboxes: Vec<Mailbox<'a>>,
}

/// `local@domain`, without comments, white space, quotes and backslashes. It prints with the quotes it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddrSpec<'a> {
    /// What stands before the at sign.
    pub local: Cow<'a, str>,
    /// What stands after it; empty where angle brackets hold a name alone (`<MAILER-DAEMON>`).
    pub domain: Cow<'a, str>,
}

impl fmt::Display for AddrSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let atom =
            |piece: &str| !piece.is_empty() && piece.bytes().all(|o| is_atom(o) && o != b'.');
        if self.local.split('.').all(atom) {
            f.write_str(&self.local)?;
        } else {
            f.write_str("\"")?;
            for c in self.local.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
            f.write_str("\"")?;
        }
        if self.domain.is_empty() {
            Ok(())
        } else {
            write!(f, "@{}", self.domain)
        }
    }
}

/// Reads the value of From, To, Cc, Reply-To, Sender, Return-Path and their like.
pub fn addresses<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Vec<Address<'a>> {
    let mut list = List {
        value,
        cursor: Cursor::new(value),
        tokens: Vec::new(),
    };
    list.read(sink)
}

/// `atext` and dots.
fn is_atom(octet: u8) -> bool {
    !lex::is_space(octet)
        && !matches!(
            octet,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b':' | b';' | b'@' | b',' | b'"' | b'\\'
        )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Atom,
    Quoted,
    Comment,
    /// An encoded word with specials in it, which can only be part of a name.
    Encoded,
    Literal,
    At,
    /// What belongs to no production here.
    Stray,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    /// The content, without quotes or parentheses.
    range: Range<usize>,
    /// White space or a comment stands before it.
    spaced: bool,
}

/// What was read, and the group that is open.
#[derive(Default)]
struct Members<'a> {
    list: Vec<Address<'a>>,
    group: Option<Group<'a>>,
    count: usize,
}

impl<'a> Members<'a> {
    fn extend(&mut self, mailbox: Option<Mailbox<'a>>) {
        let Some(mailbox) = mailbox else { return };
        self.count += 1;
        match &mut self.group {
            Some(group) => group.mailboxes.push(mailbox),
            None => self.list.push(Address::Mailbox(mailbox)),
        }
    }

    /// A semicolon ends at `end`.
    fn close_group(&mut self, end: usize, sink: &mut Sink<'_>) {
        match self.group.take() {
            Some(group) => self.list.push(Address::Group(group)),
            None => sink(DefectCode::StrayText, end.saturating_sub(1)..end),
        }
    }
}

struct List<'a> {
    value: &'a [u8],
    cursor: Cursor<'a>,
    /// Of one member at a time; the allocation serves all of them.
    tokens: Vec<Token>,
}

impl<'a> List<'a> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Vec<Address<'a>> {
        let mut members = Members::default();
        loop {
            let start = self.cursor.at();
            let mut stop = self.member(b"<,;:", sink);
            if members.count >= MAX_ADDRESSES && (stop.is_some() || !self.tokens.is_empty()) {
                sink(DefectCode::TooManyAddresses, start..self.value.len());
                break;
            }
            match stop {
                Some(b'<') => stop = self.angles(start, &mut members, sink),
                Some(b':') => {
                    if members.group.is_some() {
                        // Groups do not nest: the one before was not closed.
                        sink(DefectCode::UnclosedGroup, start..start);
                        members.close_group(start, sink);
                    }
                    let name = self.phrase(sink).unwrap_or_default();
                    members.group = Some(Group {
                        name,
                        mailboxes: Vec::new(),
                    });
                    members.count += 1;
                    continue;
                }
                _ => {
                    let mailbox = self.bare(start, stop, members.group.is_some(), sink);
                    members.extend(mailbox);
                }
            }
            match stop {
                Some(b';') => {
                    members.close_group(self.cursor.at(), sink);
                    self.separator();
                }
                Some(_) => {}
                None => break,
            }
        }
        if members.group.is_some() {
            let end = self.value.len();
            sink(DefectCode::UnclosedGroup, end..end);
            members.close_group(end, sink);
        }
        members.list
    }

    /// Passes the comma that separates a group from the next member: no member is missing before it.
    fn separator(&mut self) {
        let before = self.cursor.clone();
        self.cursor.cfws(&mut |_, _| {});
        if !self.cursor.eat(b',') {
            self.cursor = before;
        }
    }

    /// Reads mailboxes with angle brackets, up to the separator behind them. Usually it is one; without the
    /// comma that should stand between them they are more, and what is between them names the next one.
    fn angles(
        &mut self,
        start: usize,
        members: &mut Members<'a>,
        sink: &mut Sink<'_>,
    ) -> Option<u8> {
        let mut start = start;
        loop {
            if members.count >= MAX_ADDRESSES {
                sink(DefectCode::TooManyAddresses, start..self.value.len());
                self.cursor.take_while(|_| true);
                return None;
            }
            let mut mailbox = self.angle(start, sink);
            start = self.cursor.at();
            let stop = self.member(b",;<", sink);
            let end = self.cursor.at() - usize::from(stop.is_some());
            if stop == Some(b'<') || self.tokens.iter().any(|t| t.kind != Kind::Comment) {
                sink(DefectCode::StrayText, start..end);
            }
            if stop != Some(b'<') && mailbox.name.is_none() {
                mailbox.name = self.phrase(sink);
            }
            members.extend(Some(mailbox));
            if stop != Some(b'<') {
                return stop;
            }
        }
    }

    /// Reads tokens up to one of `stops`, which it passes and answers; `None` at the end.
    fn member(&mut self, stops: &[u8], sink: &mut Sink<'_>) -> Option<u8> {
        self.tokens.clear();
        let phrase = !stops.contains(&b'>');
        let mut spaced = false;
        while let Some(octet) = self.cursor.peek() {
            let start = self.cursor.at();
            if stops.contains(&octet) {
                self.cursor.bump();
                return Some(octet);
            }
            let (kind, range) = match octet {
                _ if lex::is_space(octet) => {
                    self.cursor.take_while(lex::is_space);
                    spaced = true;
                    continue;
                }
                b'=' if phrase && self.word(sink) => (Kind::Encoded, start..self.cursor.at()),
                b'\\' => {
                    self.cursor.bump();
                    self.cursor.bump();
                    sink(DefectCode::StrayText, start..self.cursor.at());
                    (Kind::Stray, start + 1..self.cursor.at())
                }
                b'(' => (Kind::Comment, self.cursor.comment(sink)),
                b'"' => (Kind::Quoted, self.cursor.quoted(sink)),
                b'[' => (Kind::Literal, self.literal()),
                _ => {
                    let atom = self.cursor.take_while(is_atom);
                    if atom.is_empty() {
                        self.cursor.bump();
                    }
                    let kind = if octet == b'@' { Kind::At } else { Kind::Stray };
                    (
                        if atom.is_empty() { kind } else { Kind::Atom },
                        start..self.cursor.at(),
                    )
                }
            };
            spaced |= kind == Kind::Comment;
            self.tokens.push(Token {
                kind,
                range,
                spaced,
            });
            spaced = kind == Kind::Comment;
        }
        None
    }

    /// Passes an encoded word that is no atom; answers whether there was one.
    fn word(&mut self, sink: &mut Sink<'_>) -> bool {
        let start = self.cursor.at();
        let Some(len) = loose_word(self.cursor.rest()) else {
            return false;
        };
        self.cursor.skip(len);
        sink(DefectCode::LooseEncodedWord, start..start + len);
        true
    }

    /// A domain literal, brackets included. Without its end it is the rest of the word.
    fn literal(&mut self) -> Range<usize> {
        let start = self.cursor.at();
        self.cursor.bump();
        self.cursor
            .take_while(|o| !lex::is_space(o) && !matches!(o, b']' | b'[' | b'>' | b',' | b';'));
        self.cursor.eat(b']');
        start..self.cursor.at()
    }

    /// A member without angle brackets.
    fn bare(
        &mut self,
        start: usize,
        stop: Option<u8>,
        in_group: bool,
        sink: &mut Sink<'_>,
    ) -> Option<Mailbox<'a>> {
        let end = self.cursor.at() - usize::from(stop.is_some());
        let range = start..end;
        if self.tokens.iter().all(|t| t.kind == Kind::Comment) {
            // An empty member; a comment alone is nobody.
            if stop == Some(b',') || !self.tokens.is_empty() && !in_group {
                sink(DefectCode::ObsoleteAddress, range);
            }
            return None;
        }
        let address = self.addr_spec(false, range.clone(), sink);
        let name = if address.is_some() {
            self.comment(sink)
        } else {
            self.phrase(sink)
        };
        Some(Mailbox {
            name,
            address,
            range,
        })
    }

    /// A member whose tokens so far are a name, behind the opening bracket.
    fn angle(&mut self, start: usize, sink: &mut Sink<'_>) -> Mailbox<'a> {
        let mut name = self.phrase(sink);
        let inside = self.cursor.at();
        self.route(inside, sink);
        let at = self.cursor.at();
        let closed = self.member(b">,;<", sink);
        if closed != Some(b'>') {
            let end = self.cursor.at() - usize::from(closed.is_some());
            sink(DefectCode::UnclosedAngle, inside - 1..end);
            // The separator belongs to the list.
            self.cursor = Cursor::starting_at(self.value, end);
        }
        let range = start..self.cursor.at();
        let empty = self.tokens.iter().all(|t| t.kind == Kind::Comment);
        let address = if empty {
            None
        } else {
            self.addr_spec(true, at..range.end, sink)
        };
        // What is no address is not lost, if nothing else names it.
        if name.is_none() && address.is_none() {
            name = self.phrase(sink);
        } else if name.is_none() {
            name = self.comment(sink);
        }
        Mailbox {
            name,
            address,
            range,
        }
    }

    /// Skips `@one,@two:` (RFC 5322, section 4.4): the route must be ignored.
    fn route(&mut self, start: usize, sink: &mut Sink<'_>) {
        self.cursor.cfws(sink);
        if self.cursor.peek() != Some(b'@') {
            return;
        }
        let route =
            |o: u8| is_atom(o) || lex::is_space(o) || matches!(o, b'@' | b',' | b'[' | b']');
        self.cursor.take_while(route);
        if self.cursor.eat(b':') {
            sink(DefectCode::ObsoleteAddress, start..self.cursor.at());
        } else {
            self.cursor = Cursor::starting_at(self.value, start);
        }
    }

    /// The tokens as an address; `None` and a defect if they are none.
    fn addr_spec(
        &self,
        angle: bool,
        range: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Option<AddrSpec<'a>> {
        let solid = || self.tokens.iter().filter(|t| t.kind != Kind::Comment);
        let mut halves = [Half::default(), Half::default()];
        let mut at = 0;
        let mut valid = true;
        for token in solid() {
            match (token.kind, halves.get_mut(at)) {
                (Kind::At, _) => at += 1,
                (_, Some(half)) => valid &= half.push(token, self.value, at == 1),
                (_, None) => valid = false,
            }
            if !valid {
                break;
            }
        }
        let [local, domain] = halves;
        let name_alone = angle && at == 0 && domain.is_empty();
        valid &= !local.is_empty() && (name_alone || at == 1 && !domain.is_empty());
        if !valid {
            sink(DefectCode::InvalidAddress, range);
            return None;
        }
        if name_alone || local.dotted || domain.dotted {
            sink(DefectCode::InvalidAddress, range.clone());
        }
        if solid().skip(1).any(|t| t.spaced) {
            sink(DefectCode::ObsoleteAddress, range.clone());
        }
        let mut text = |half: Half<'a>| match half.octets {
            Cow::Borrowed(octets) => {
                let (text, clean) = charset::text(octets, None);
                if !clean {
                    sink(DefectCode::RawEightBit, range.clone());
                }
                text
            }
            Cow::Owned(octets) => Cow::Owned(charset::text(&octets, None).0.into_owned()),
        };
        Some(AddrSpec {
            local: text(local),
            domain: text(domain),
        })
    }

    fn comment(&self, sink: &mut Sink<'_>) -> Option<Cow<'a, str>> {
        let comment = self.tokens.iter().rfind(|t| t.kind == Kind::Comment)?;
        let content = self.cursor.slice(comment.range.clone());
        if let Some(text) = plain_phrase(content) {
            let text = text.trim();
            return (!text.is_empty()).then_some(Cow::Borrowed(text));
        }
        let mut words = Words::new(content.len());
        words.push(
            &lex::unescape(content),
            comment.range.start,
            Place::Phrase,
            sink,
        );
        let text = words.finish_to(sink);
        let text = text.trim();
        if text.is_empty() {
            None
        } else {
            Some(Cow::Owned(String::from(text)))
        }
    }

    /// The tokens as a name that stands in the value as it is: atoms with single spaces between them.
    fn atoms(&self) -> Option<&'a str> {
        let [first, .., last] = self.tokens.as_slice() else {
            return None;
        };
        let atoms = self.tokens.iter().all(|t| t.kind == Kind::Atom);
        let range = first.range.start..last.range.end;
        if atoms {
            plain_phrase(self.cursor.slice(range))
        } else {
            None
        }
    }

    /// The tokens as a name. Comments are left out, unless there is nothing else.
    fn phrase(&self, sink: &mut Sink<'_>) -> Option<Cow<'a, str>> {
        let mut solid = self.tokens.iter().filter(|t| t.kind != Kind::Comment);
        let Some(first) = solid.next() else {
            return self.comment(sink);
        };
        let more = solid.next().is_some();
        let content = self.cursor.slice(first.range.clone());
        let plain = !more
            && memchr::memchr3(b'\\', b'\r', b'\n', content).is_none()
            && memchr::memmem::find(content, b"=?").is_none();
        if plain && let Ok(text) = core::str::from_utf8(content) {
            return Some(Cow::Borrowed(text));
        }
        if let Some(text) = self.atoms() {
            return Some(Cow::Borrowed(text));
        }
        let mut words = Words::new(self.value.len().min(64));
        let mut commented = false;
        for token in &self.tokens {
            if token.kind == Kind::Comment {
                commented = true;
                continue;
            }
            let content = self.cursor.slice(token.range.clone());
            if core::mem::take(&mut commented) {
                words.part(sink);
            } else if token.spaced {
                words.space();
            }
            let at = token.range.start;
            match token.kind {
                Kind::Quoted => words.push(&lex::unescape(content), at, Place::Quoted, sink),
                Kind::Atom
                | Kind::Encoded
                | Kind::Literal
                | Kind::At
                | Kind::Stray
                | Kind::Comment => {
                    words.push(content, at, Place::Phrase, sink);
                }
            }
        }
        let text = words.finish_to(sink);
        if text.is_empty() {
            None
        } else {
            Some(Cow::Owned(text))
        }
    }
}

/// One side of an at sign in the making.
#[derive(Debug, Default)]
struct Half<'a> {
    octets: Cow<'a, [u8]>,
    words: usize,
    ends_in_dot: bool,
    /// Dots where no atom stands between them.
    dotted: bool,
}

impl<'a> Half<'a> {
    fn is_empty(&self) -> bool {
        self.words == 0
    }

    /// Appends a word; answers whether one may stand here.
    fn push(&mut self, token: &Token, value: &'a [u8], domain: bool) -> bool {
        let content = value.get(token.range.clone()).unwrap_or_default();
        let octets = match token.kind {
            Kind::Atom => Cow::Borrowed(content),
            Kind::Quoted if !domain => lex::unescape(content),
            Kind::Literal if domain && content.ends_with(b"]") => Cow::Borrowed(content),
            Kind::Quoted
            | Kind::Literal
            | Kind::Comment
            | Kind::Encoded
            | Kind::At
            | Kind::Stray => return false,
        };
        let atom = token.kind == Kind::Atom;
        let starts_with_dot = atom && content.starts_with(b".");
        // Two words meet at a dot.
        let joined = self.words == 0 || self.ends_in_dot != starts_with_dot;
        self.dotted |= atom && memchr::memmem::find(content, b"..").is_some();
        self.dotted |= self.words == 0 && starts_with_dot;
        self.ends_in_dot = atom && content.ends_with(b".");
        self.words += 1;
        if self.words == 1 {
            self.octets = octets;
        } else {
            self.octets.to_mut().extend_from_slice(&octets);
        }
        joined
    }
}
