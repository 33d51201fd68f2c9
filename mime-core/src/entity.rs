//! What the fields of an entity say about its body.

use alloc::borrow::Cow;
use core::ops::Range;

use crate::decode::TransferEncoding;
use crate::event::Field;
use crate::field::{self, Disposition, MediaType};

/// How an entity came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The message that was given.
    Root,
    /// A part of a multipart.
    Part {
        /// Its number among the parts of that multipart, from 0.
        index: u32,
    },
    /// The message inside a `message/rfc822` or `message/global` entity.
    Embedded,
}

/// How the body of an entity is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// As octets, to be decoded as the [`TransferEncoding`] says.
    Leaf,
    /// As parts between delimiters.
    Multipart,
    /// As a message.
    Message,
    /// Not at all: a limit was passed, or the host skipped it.
    Opaque,
}

/// What the header of an entity says about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heading {
    /// How the body is read.
    pub kind: Kind,
    /// How it is encoded.
    pub encoding: TransferEncoding,
    /// Whether it is a part of a `multipart/digest`: then `message/rfc822` is what a part is unless it says
    /// otherwise (RFC 2046, section 5.1.5).
    pub in_digest: bool,
}

/// The header of an entity, as read: [`Heading`] and the fields that name things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity<B> {
    pub(crate) heading: Heading,
    pub(crate) content_type: Option<Field<B>>,
    pub(crate) disposition: Option<Field<B>>,
}

impl<B: AsRef<[u8]>> Entity<B> {
    /// How the body is read.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.heading.kind
    }

    /// How the body is encoded.
    #[must_use]
    pub fn encoding(&self) -> TransferEncoding {
        self.heading.encoding
    }

    /// The media type, of the first Content-Type field or by default.
    #[must_use]
    pub fn media_type(&self) -> MediaType<'_> {
        media_type(
            self.content_type.as_ref().map(Field::value),
            self.heading.in_digest,
        )
    }

    /// The `charset` parameter of the media type.
    #[must_use]
    pub fn charset(&self) -> Option<Cow<'_, [u8]>> {
        self.media_type().parameter("charset")
    }

    /// The `boundary` parameter of the media type.
    #[must_use]
    pub fn boundary(&self) -> Option<Cow<'_, [u8]>> {
        self.media_type().parameter("boundary")
    }

    /// The disposition, of the first Content-Disposition field.
    #[must_use]
    pub fn disposition(&self) -> Option<Disposition<'_>> {
        let field = self.disposition.as_ref()?;
        Some(field::disposition(field.value(), &mut |_, _| {}))
    }
}

/// The media type that the value of a Content-Type field names; the default if it names none.
pub(crate) fn media_type(value: Option<&[u8]>, in_digest: bool) -> MediaType<'_> {
    if let Some(value) = value {
        let read = field::media_type_alone(value);
        if read.is_valid() {
            return read;
        }
    }
    let default: &[u8] = match (value, in_digest) {
        (None, true) => b"message/rfc822",
        (None, false) | (Some(_), _) => b"text/plain; charset=us-ascii",
    };
    field::media_type_alone(default)
}

/// Where an entity lay. Offsets count from the start of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extent {
    /// How the entity came to be.
    pub role: Role,
    /// Entities around it.
    pub depth: u32,
    /// The header with the empty line that ends it.
    pub header: Range<u64>,
    /// The body, without the line break that belongs to the next delimiter.
    pub body: Range<u64>,
    /// Line ends in the body.
    pub lines: u64,
}

impl Extent {
    /// Octets of the body.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.body.end - self.body.start
    }
}

/// The whole input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Octets.
    pub octets: u64,
    /// Line ends.
    pub lines: u64,
    /// Entities.
    pub entities: u32,
    /// Defects reported.
    pub defects: u64,
}
