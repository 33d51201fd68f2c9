//! What a reader tells.

use crate::defect::Defect;
use crate::entity::{Entity, Extent, Role, Totals};
use crate::name::Known;
use crate::scanner::{FieldShape, Token};

/// What happened, with the octets it covers.
///
/// The octets of all events, joined in order, are the input. `B` is [`bytes::Bytes`] from a
/// [`Parser`](crate::Parser) and `&[u8]` from a [`Reader`](crate::Reader).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B> {
    /// An entity begins.
    Begin {
        /// How it came to be.
        role: Role,
        /// Entities around it.
        depth: u32,
    },
    /// The line that an mbox puts before a message.
    MboxLine(B),
    /// A field, with its folding and its line end.
    Field(Field<B>),
    /// The header is over.
    HeadersEnd {
        /// The empty line; nothing if there is none, or if it belongs to the delimiter that follows.
        raw: B,
        /// What the fields say.
        entity: Entity<B>,
    },
    /// A piece of what stands before the first delimiter.
    Preamble(B),
    /// A delimiter, with the line break before it. A close delimiter comes without its line end.
    Delimiter {
        /// The octets.
        raw: B,
        /// Whether it closes the multipart.
        close: bool,
        /// The depth of the multipart.
        depth: u32,
    },
    /// A piece of the body of a leaf, in its transfer encoding.
    Body(B),
    /// A piece of what stands after the close delimiter.
    Epilogue(B),
    /// A piece of something that is not read: a [limit](crate::Limits) was passed, or the host skipped it.
    Opaque(B),
    /// An entity ends. The line break before the next delimiter is not in it.
    End(Extent),
    /// Something is wrong, or read differently elsewhere.
    Defect(Defect),
    /// The input is over: exactly once, always last.
    Closed(Totals),
}

impl<B: AsRef<[u8]>> Event<B> {
    /// The octets of the input that this event covers: none for the most of them.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        match self {
            Self::MboxLine(raw)
            | Self::HeadersEnd { raw, .. }
            | Self::Preamble(raw)
            | Self::Delimiter { raw, .. }
            | Self::Body(raw)
            | Self::Epilogue(raw)
            | Self::Opaque(raw) => raw.as_ref(),
            Self::Field(field) => field.raw(),
            Self::Begin { .. } | Self::End(_) | Self::Defect(_) | Self::Closed(_) => &[],
        }
    }
}

/// A header field as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<B> {
    raw: B,
    shape: FieldShape,
}

impl<B: AsRef<[u8]>> Field<B> {
    pub(crate) fn new(raw: B, shape: FieldShape) -> Self {
        Self { raw, shape }
    }

    fn lend(&self) -> Field<&[u8]> {
        Field::new(self.raw(), self.shape)
    }

    /// The whole field, with its folding and its line end.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.raw.as_ref()
    }

    /// The octets that hold the field, for keeping.
    #[must_use]
    pub fn into_raw(self) -> B {
        self.raw
    }

    /// The name, without white space before the colon.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.raw().get(..self.shape.name_len()).unwrap_or_default()
    }

    /// What follows the colon, with its folding, without the line end.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        self.raw().get(self.shape.value()).unwrap_or_default()
    }

    /// Whether this is its name, in any case of letters.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Which of the fields it is that may occur once.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        self.shape.known
    }

    /// Whether the same header had a field of this name before: that one counts.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.shape.repeated
    }
}

/// Makes events of tokens: keeps the fields that an [`Entity`] needs.
#[derive(Clone, Debug)]
pub(crate) struct Assembly<B> {
    content_type: Option<Field<B>>,
    disposition: Option<Field<B>>,
}

impl<B> Default for Assembly<B> {
    fn default() -> Self {
        Self {
            content_type: None,
            disposition: None,
        }
    }
}

impl<B: AsRef<[u8]> + Clone> Assembly<B> {
    /// Inlined, as the scanner's way to fields is, so that the shape stays in registers.
    #[inline(always)]
    pub(crate) fn field(&mut self, shape: FieldShape, raw: B) -> Event<B> {
        let field = Field::new(raw, shape);
        if Self::needs(shape) {
            self.keep(field.clone());
        }
        Event::Field(field)
    }

    /// Whether [`Entity`] answers from such a field.
    #[inline(always)]
    pub(crate) fn needs(shape: FieldShape) -> bool {
        let known = matches!(
            shape.known,
            Some(Known::ContentType | Known::ContentDisposition)
        );
        known && !shape.repeated
    }

    /// Keeps what [`Entity`] answers from.
    #[inline(never)]
    pub(crate) fn keep(&mut self, field: Field<B>) -> Field<&[u8]> {
        let place = match field.known() {
            Some(Known::ContentType) => &mut self.content_type,
            Some(_) | None => &mut self.disposition,
        };
        place.insert(field).lend()
    }

    /// The event of a token that is no field, with the kept fields lent.
    #[inline]
    pub(crate) fn lend<'a>(&'a mut self, token: Token, raw: &'a [u8]) -> Event<&'a [u8]> {
        if let Token::HeadersEnd(heading) = token {
            return Event::HeadersEnd {
                raw,
                entity: Entity {
                    heading,
                    content_type: self.content_type.as_ref().map(Field::lend),
                    disposition: self.disposition.as_ref().map(Field::lend),
                },
            };
        }
        // They hold the host's buffer, which it wants to use again. Defects come between fields.
        if !matches!(token, Token::Defect(_)) {
            *self = Self::default();
        }
        Assembly::default().event(token, raw)
    }

    #[inline(always)]
    pub(crate) fn event(&mut self, token: Token, raw: B) -> Event<B> {
        match token {
            Token::Begin { role, depth } => {
                *self = Self::default();
                Event::Begin { role, depth }
            }
            Token::MboxLine => Event::MboxLine(raw),
            Token::Field(shape) => self.field(shape, raw),
            Token::HeadersEnd(heading) => {
                let Self {
                    content_type,
                    disposition,
                } = core::mem::take(self);
                Event::HeadersEnd {
                    raw,
                    entity: Entity {
                        heading,
                        content_type,
                        disposition,
                    },
                }
            }
            Token::Preamble => Event::Preamble(raw),
            Token::Delimiter { close, depth } => Event::Delimiter { raw, close, depth },
            Token::Body => Event::Body(raw),
            Token::Epilogue => Event::Epilogue(raw),
            Token::Opaque => Event::Opaque(raw),
            Token::End(extent) => Event::End(extent),
            Token::Defect(defect) => Event::Defect(defect),
            Token::Closed(totals) => Event::Closed(totals),
        }
    }
}
