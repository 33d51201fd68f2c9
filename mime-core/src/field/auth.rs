//! Authentication-Results (RFC 8601).
//!
//! A result is only worth what its server is: a field that claims to be of the reader's own domain and was not
//! added there is a forgery, which the field itself cannot show.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use super::lex::{self, Cursor};
use crate::charset;
use crate::defect::{DefectCode, Sink};

/// The value of an Authentication-Results field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthResults<'a> {
    /// Who says so (`authserv-id`).
    pub server: Cow<'a, str>,
    /// The version of the syntax, where one is given.
    pub version: Option<Cow<'a, str>>,
    /// The results; none where the server did nothing.
    pub results: Vec<AuthResult<'a>>,
}

/// What one method found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthResult<'a> {
    /// The method: `dkim`, `spf`, `dmarc`, `arc`, `auth`, `iprev` or another.
    pub method: Cow<'a, str>,
    /// Its version, where one is given.
    pub version: Option<Cow<'a, str>>,
    /// The result: `pass`, `fail`, `none`, `neutral`, `policy`, `softfail`, `temperror`, `permerror` or another.
    pub result: Cow<'a, str>,
    /// Why, in words.
    pub reason: Option<Cow<'a, str>>,
    /// The first comment of the result.
    pub comment: Option<Cow<'a, str>>,
    /// What was examined.
    pub properties: Vec<AuthProperty<'a>>,
    /// Where the result stands in the value.
    pub range: Range<usize>,
}

impl AuthResult<'_> {
    /// Whether the result is `pass`.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        self.result.eq_ignore_ascii_case("pass")
    }

    /// The value of a property, as `("header", "d")`; the first if there are several.
    #[must_use]
    pub fn property(&self, kind: &str, name: &str) -> Option<&str> {
        let is = |p: &&AuthProperty<'_>| {
            p.kind.eq_ignore_ascii_case(kind) && p.name.eq_ignore_ascii_case(name)
        };
        self.properties.iter().find(is).map(|p| &*p.value)
    }
}

/// One property, `kind.name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthProperty<'a> {
    /// `smtp`, `header`, `body` or `policy`.
    pub kind: Cow<'a, str>,
    /// What of it.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: Cow<'a, str>,
}

/// Reads the value of an Authentication-Results or ARC-Authentication-Results field, the latter without its
/// leading `i=`.
pub fn authentication_results<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> AuthResults<'a> {
    let mut reader = Reader {
        cursor: Cursor::new(value),
        comment: None,
    };
    let mut all = AuthResults {
        server: reader.value(sink),
        ..AuthResults::default()
    };
    reader.space(sink);
    let version = reader.word();
    if !version.is_empty() {
        all.version = Some(text(version));
    }
    while reader.next_result(sink) {
        let start = reader.cursor.at();
        let result = reader.result(sink);
        let range = start..reader.cursor.at();
        match result {
            Some(result) => all.results.push(AuthResult { range, ..result }),
            None if lex::trim(reader.cursor.slice(range.clone())).eq_ignore_ascii_case(b"none") => {
            }
            None => {
                reader.skip(sink);
                sink(DefectCode::InvalidAuthResult, start..reader.cursor.at());
            }
        }
    }
    all
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// The first comment of the result that is being read.
    comment: Option<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn space(&mut self, sink: &mut Sink<'_>) {
        let comment = self.cursor.cfws(sink);
        if self.comment.is_none() {
            self.comment = comment;
        }
    }

    /// `Keyword` of SMTP, or part of a property's name.
    fn word(&mut self) -> &'a [u8] {
        self.cursor.take_while(|o| lex::is_token(o) && o != b'.')
    }

    /// A token, a quoted string, or an address, in which at sign, slash and colon may stand.
    fn value(&mut self, sink: &mut Sink<'_>) -> Cow<'a, str> {
        self.space(sink);
        if self.cursor.peek() == Some(b'"') {
            let content = self.cursor.quoted(sink);
            let end = self.cursor.at();
            // A quoted local part goes on after it.
            if self.cursor.peek() != Some(b'@') {
                return owned_text(lex::unescape(self.cursor.slice(content)));
            }
            self.cursor
                .take_while(|o| !lex::is_space(o) && !matches!(o, b';' | b'('));
            let whole = content.start.saturating_sub(1).min(end)..self.cursor.at();
            return text(self.cursor.slice(whole));
        }
        text(
            self.cursor
                .take_while(|o| !lex::is_space(o) && !matches!(o, b';' | b'(')),
        )
    }

    /// Goes to what follows the next semicolon.
    fn next_result(&mut self, sink: &mut Sink<'_>) -> bool {
        loop {
            let start = self.cursor.at();
            self.skip(sink);
            if !lex::trim(self.cursor.slice(start..self.cursor.at())).is_empty() {
                sink(DefectCode::InvalidAuthResult, start..self.cursor.at());
            }
            if !self.cursor.eat(b';') {
                return false;
            }
            self.comment = None;
            self.space(sink);
            // Semicolons in a row, and one at the end, are common.
            match self.cursor.peek() {
                None => return false,
                Some(b';') => {}
                Some(_) => return true,
            }
        }
    }

    fn skip(&mut self, sink: &mut Sink<'_>) {
        loop {
            match self.cursor.peek() {
                None | Some(b';') => return,
                Some(b'"') => {
                    self.cursor.quoted(sink);
                }
                Some(b'(') => {
                    self.cursor.comment(sink);
                }
                Some(_) => {
                    self.cursor.bump();
                }
            }
        }
    }

    fn result(&mut self, sink: &mut Sink<'_>) -> Option<AuthResult<'a>> {
        let method = self.word();
        self.space(sink);
        let mut version = None;
        if self.cursor.eat(b'/') {
            self.space(sink);
            version = Some(text(self.word()));
            self.space(sink);
        }
        if method.is_empty() || !self.cursor.eat(b'=') {
            return None;
        }
        let result = self.value(sink);
        let mut this = AuthResult {
            method: text(method),
            version,
            result,
            reason: None,
            comment: None,
            properties: Vec::new(),
            range: 0..0,
        };
        loop {
            self.space(sink);
            let start = self.cursor.at();
            if matches!(self.cursor.peek(), None | Some(b';')) {
                break;
            }
            if !self.property(&mut this, sink) {
                self.cursor
                    .take_while(|o| !lex::is_space(o) && !matches!(o, b';' | b'(' | b'"'));
                if self.cursor.peek() == Some(b'"') {
                    self.cursor.quoted(sink);
                }
                sink(DefectCode::InvalidAuthResult, start..self.cursor.at());
            }
        }
        this.comment = self
            .comment
            .take()
            .map(|range| owned_text(lex::unescape(self.cursor.slice(range))));
        Some(this)
    }

    fn property(&mut self, result: &mut AuthResult<'a>, sink: &mut Sink<'_>) -> bool {
        let kind = self.word();
        self.space(sink);
        let name = if self.cursor.eat(b'.') {
            self.space(sink);
            Some(self.cursor.take_while(lex::is_token))
        } else {
            None
        };
        self.space(sink);
        if kind.is_empty() || !self.cursor.eat(b'=') {
            return false;
        }
        let value = self.value(sink);
        match name {
            Some(name) => {
                result.properties.push(AuthProperty {
                    kind: text(kind),
                    name: text(name),
                    value,
                });
                true
            }
            None if kind.eq_ignore_ascii_case(b"reason") => {
                result.reason.get_or_insert(value);
                true
            }
            None => false,
        }
    }
}

fn text(octets: &[u8]) -> Cow<'_, str> {
    charset::text(octets, None).0
}

fn owned_text(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
    match octets {
        Cow::Borrowed(octets) => text(octets),
        Cow::Owned(octets) => Cow::Owned(text(&octets).into_owned()),
    }
}
