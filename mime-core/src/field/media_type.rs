//! Content-Type (RFC 2045, section 5.1) and Content-Disposition (RFC 2183).

use alloc::borrow::Cow;

use super::lex::{self, Cursor};
use super::parameter::Parameters;
use crate::defect::{DefectCode, Sink};

/// The value of a Content-Type field.
#[derive(Clone, Debug)]
pub struct MediaType<'a> {
    kind: &'a [u8],
    subtype: &'a [u8],
    parameters: Parameters<'a>,
}

impl<'a> MediaType<'a> {
    /// The type, as written; empty if there is none.
    #[must_use]
    pub fn kind(&self) -> &'a [u8] {
        self.kind
    }

    /// The subtype, as written; empty if there is none.
    #[must_use]
    pub fn subtype(&self) -> &'a [u8] {
        self.subtype
    }

    /// Whether both halves are tokens. Of a value that is not valid nothing should be believed: the
    /// entity is `text/plain` in US-ASCII (RFC 2045, section 5.2).
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let token = |half: &[u8]| !half.is_empty() && half.iter().all(|&o| lex::is_token(o));
        token(self.kind) && token(self.subtype)
    }

    /// Whether it is `kind/subtype`, in any case of letters; `*` stands for any subtype.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
            && (subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype.as_bytes()))
    }

    /// The octets of a parameter: [`Parameters::octets`].
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.parameters.octets(name)
    }

    /// A parameter as text: [`Parameters::text`].
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.parameters.text(name)
    }

    /// All parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters<'a> {
        &self.parameters
    }
}

/// Reads the value of a Content-Type field. What cannot be read leaves empty halves, never an error.
pub fn media_type<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> MediaType<'a> {
    let (media_type, at) = read(value, sink);
    media_type.parameters.check(sink);
    if !media_type.is_valid() {
        sink(DefectCode::InvalidMediaType, 0..at);
    }
    media_type
}

/// As [`media_type`], where nobody asks for defects.
pub(crate) fn media_type_alone(value: &[u8]) -> MediaType<'_> {
    read(value, &mut |_, _| {}).0
}

/// Reads what stands before the parameters; answers where it ends.
fn read<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> (MediaType<'a>, usize) {
    let mut cursor = Cursor::new(value);
    cursor.cfws(sink);
    let kind = cursor.take_while(|o| o != b'/' && in_item(o));
    cursor.cfws(sink);
    let mut subtype: &[u8] = &[];
    if cursor.eat(b'/') {
        cursor.cfws(sink);
        subtype = cursor.take_while(in_item);
    }
    let at = cursor.at();
    let media_type = MediaType {
        kind,
        subtype,
        parameters: Parameters::starting_at(value, at),
    };
    (media_type, at)
}

/// The value of a Content-Disposition field.
#[derive(Clone, Debug)]
pub struct Disposition<'a> {
    kind: &'a [u8],
    parameters: Parameters<'a>,
}

impl<'a> Disposition<'a> {
    /// `inline`, `attachment` or another token, as written; empty if there is none.
    #[must_use]
    pub fn kind(&self) -> &'a [u8] {
        self.kind
    }

    /// Whether it is `kind`, in any case of letters.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// Whether a reader should not show it with the text: `attachment`, and any kind that is not known
    /// (RFC 2183, section 2.8).
    #[must_use]
    pub fn is_attachment(&self) -> bool {
        !self.kind.is_empty() && !self.is("inline")
    }

    /// The name to propose for a file, as written by the sender: no path is safe to use as it is.
    #[must_use]
    pub fn filename(&self) -> Option<Cow<'a, str>> {
        self.parameters.text("filename")
    }

    /// The octets of a parameter: [`Parameters::octets`].
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.parameters.octets(name)
    }

    /// All parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters<'a> {
        &self.parameters
    }
}

/// Reads the value of a Content-Disposition field.
pub fn disposition<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Disposition<'a> {
    let mut cursor = Cursor::new(value);
    cursor.cfws(sink);
    let start = cursor.at();
    let mut kind = cursor.take_while(in_item);
    // `filename=x` alone: the kind is missing, not the parameter.
    if memchr::memchr(b'=', kind).is_some() {
        kind = &[];
        cursor = Cursor::starting_at(value, start);
    }
    if kind.is_empty() || !kind.iter().all(|&o| lex::is_token(o)) {
        sink(DefectCode::StrayText, start..cursor.at());
    }
    Disposition {
        kind,
        parameters: Parameters::read(value, cursor.at(), sink),
    }
}

fn in_item(octet: u8) -> bool {
    !lex::is_space(octet) && !matches!(octet, b';' | b'(' | b',')
}
