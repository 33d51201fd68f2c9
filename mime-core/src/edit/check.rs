//! Whether new octets can stand where they are wanted.

use alloc::vec::Vec;

use crate::boundary::{Boundaries, Verdict, trim_end};
use crate::config::Config;
use crate::entity::{self, Kind};
use crate::message::Part;
use crate::name::Known;
use crate::scanner::{Scanner, Token};

use super::Misuse;

/// The boundaries of the multiparts around a place.
#[derive(Debug, Default)]
pub(super) struct Enclosing {
    texts: Vec<Vec<u8>>,
    boundaries: Boundaries,
}

impl Enclosing {
    /// Those around `part`, and its own if it is a multipart into which something goes.
    pub(super) fn around(part: Part<'_, '_>, own: bool) -> Self {
        let mut enclosing = Self::default();
        let mut next = if own { Some(part) } else { part.parent() };
        while let Some(part) = next {
            if part.kind() == Kind::Multipart {
                let text = boundary(&part);
                enclosing.boundaries.push(&text, enclosing.texts.len());
                enclosing.texts.push(text);
            }
            next = part.parent();
        }
        enclosing
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Refuses octets of which a line begins with one of the boundaries, whatever a reader takes for the end of a line.
    pub(super) fn check_lines(&self, octets: &[u8]) -> Result<(), Misuse> {
        if self.is_empty() {
            return Ok(());
        }
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(octets.get(at..).unwrap_or_default(), b"--") {
            at += found;
            let before = at.checked_sub(1).and_then(|before| octets.get(before));
            if before.is_none_or(|octet| matches!(octet, b'\r' | b'\n')) {
                let line = octets.get(at + 2..).unwrap_or_default();
                let end = memchr::memchr2(b'\r', b'\n', line).unwrap_or(line.len());
                let line = line.get(..end).unwrap_or_default();
                if self.boundaries.judge(line) != Verdict::Text {
                    return Err(Misuse::Boundary);
                }
                at += end;
            }
            at += 2;
        }
        Ok(())
    }

    /// Refuses an entity in which a multipart has a boundary that begins with one of these, or begins one: the
    /// delimiters around it could be taken for its own. The entity comes as a header, which may be empty, and the rest.
    pub(super) fn check_inside(
        &self,
        header: &[u8],
        rest: &[u8],
        config: Config,
    ) -> Result<(), Misuse> {
        if self.is_empty() {
            return Ok(());
        }
        let mut scanner = Scanner::new(config);
        let mut content_type: Option<&[u8]> = None;
        // The header ends with its empty line, so that nothing of it is left over.
        for (octets, last) in [(header, false), (rest, true)] {
            let mut at = 0;
            while let Some((token, len)) = scanner.scan(octets.get(at..).unwrap_or_default(), last)
            {
                let raw = octets.get(at..at + len).unwrap_or_default();
                at += len;
                match token {
                    Token::Begin { .. } => content_type = None,
                    Token::Field(shape)
                        if shape.known() == Some(Known::ContentType) && !shape.is_repeated() =>
                    {
                        content_type = raw.get(shape.value());
                    }
                    Token::HeadersEnd(heading) if heading.kind == Kind::Multipart => {
                        self.check_boundary(content_type)?;
                    }
                    Token::MboxLine
                    | Token::Field(_)
                    | Token::HeadersEnd(_)
                    | Token::Preamble
                    | Token::Delimiter { .. }
                    | Token::Body
                    | Token::Epilogue
                    | Token::Opaque
                    | Token::End(_)
                    | Token::Defect(_)
                    | Token::Closed(_) => {}
                }
            }
        }
        Ok(())
    }

    fn check_boundary(&self, content_type: Option<&[u8]>) -> Result<(), Misuse> {
        let media_type = entity::media_type(content_type, false);
        let boundary = media_type.parameter("boundary").unwrap_or_default();
        if self.is_near(&boundary) {
            return Err(Misuse::Boundary);
        }
        Ok(())
    }

    /// Whether a boundary begins with one of these, or begins one.
    pub(super) fn is_near(&self, boundary: &[u8]) -> bool {
        let inner = trim_end(boundary);
        let near = |outer: &Vec<u8>| outer.starts_with(inner) || inner.starts_with(outer);
        self.texts.iter().any(near)
    }
}

/// The boundary of a multipart, as it stands in its delimiters.
pub(super) fn boundary(part: &Part<'_, '_>) -> Vec<u8> {
    let boundary = part.media_type().parameter("boundary");
    trim_end(&boundary.unwrap_or_default()).to_vec()
}

/// Whether these octets, at the start of a message, are read as the separator of an mbox.
pub(super) fn begins_with_mbox_line(octets: &[u8], config: Config) -> bool {
    let mut scanner = Scanner::new(config);
    let mut at = 0;
    while let Some((token, len)) = scanner.scan(octets.get(at..).unwrap_or_default(), true) {
        if token == Token::MboxLine {
            return true;
        }
        at += len;
        if at > 0 {
            break;
        }
    }
    false
}

/// Whether an entity is all header, and its last line has no end.
pub(super) fn has_open_header(octets: &[u8], config: Config) -> bool {
    let mut scanner = Scanner::new(config);
    let mut at = 0;
    while let Some((token, len)) = scanner.scan(octets.get(at..).unwrap_or_default(), true) {
        at += len;
        if matches!(token, Token::HeadersEnd(_)) {
            return at > 0 && at == octets.len() && !octets.ends_with(b"\n");
        }
    }
    false
}
