//! The tree of entities that becomes a message.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use super::error::Misuse;
use super::fold::Fold;
use super::header::Header;
use super::parameter::{Disposition, MediaType, Shape};
use super::raw::RawField;
use super::structured;
use super::text::{self, Wording};

/// A message to be written: its fields, and its body.
#[derive(Debug)]
pub struct Draft {
    pub(super) header: Header,
    pub(super) body: Part,
}

impl Draft {
    /// Puts the two together.
    #[must_use]
    pub fn new(header: Header, body: Part) -> Self {
        Self { header, body }
    }
}

/// A name, chosen by the host, for a body that it hands over piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}", self.0)
    }
}

/// What a body holds before it is encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// This, which suits small bodies: the best encoding is chosen for it.
    Known(Bytes),
    /// What the host hands over when it is asked. Its length does not matter.
    Pulled(Slot),
}

impl From<Slot> for Content {
    fn from(slot: Slot) -> Self {
        Self::Pulled(slot)
    }
}

macro_rules! known {
    ($($from:ty),*) => {
        $(impl From<$from> for Content {
            fn from(octets: $from) -> Self {
                Self::Known(octets.into())
            }
        })*
    };
}
known!(
    Bytes,
    Vec<u8>,
    &'static [u8],
    &'static str,
    alloc::string::String
);

/// Which octets there are (RFC 2045, sections 2.7 to 2.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// Lines of at most 998 octets up to 127 that end with CRLF, without NUL.
    #[default]
    SevenBit,
    /// The same with octets up to 255.
    EightBit,
    /// Any.
    Binary,
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Binary => "binary",
        })
    }
}

/// An entity and all inside it.
///
/// What a composer makes of its body depends on how it was declared:
///
/// | | known | pulled |
/// |---|---|---|
/// | [`text`](Self::text) | 7bit, 8bit, quoted-printable, base64: what is right and smallest | quoted-printable |
/// | [`octets`](Self::octets) | base64; binary under BINARYMIME | base64; binary under BINARYMIME |
/// | [`verbatim`](Self::verbatim), [`message_verbatim`](Self::message_verbatim) | as it is | as it is |
///
/// Line ends of text become CRLF, and a CR alone stays what it is; all other octets are untouched.
pub struct Part {
    pub(super) media_type: Option<MediaType>,
    /// Without Content-Type and Content-Transfer-Encoding.
    pub(super) fields: Header,
    pub(super) body: Body,
    pub(super) children: Vec<Self>,
}

/// What the body of an entity is made of.
#[derive(Debug)]
pub(super) enum Body {
    /// Lines of text; flowed if the space before a line end says that the line goes on.
    Text {
        content: Content,
        flowed: bool,
    },
    Octets(Content),
    /// Octets that must not change; with their header, unless there is a media type.
    Verbatim {
        content: Content,
        domain: Domain,
    },
    /// The children.
    Multipart,
    /// The only child, under these fields.
    Message(Header),
}

impl Part {
    fn new(media_type: Option<MediaType>, body: Body, children: Vec<Self>) -> Self {
        Self {
            media_type,
            fields: Header::default(),
            body,
            children,
        }
    }

    /// Text for people, `text/plain`.
    #[must_use]
    pub fn plain(content: impl Into<Content>) -> Self {
        Self::text(
            MediaType::known("Content-Type: text/plain", Shape::Leaf),
            content,
        )
    }

    /// Text for people in paragraphs of any length, `text/plain; format=flowed` (RFC 3676). White space at the end of
    /// a line is dropped; lines that begin with `>` are quotations.
    #[must_use]
    pub fn flowed(content: impl Into<Content>) -> Self {
        let body = Body::Text {
            content: content.into(),
            flowed: true,
        };
        let media_type = MediaType::known("Content-Type: text/plain; format=flowed", Shape::Leaf);
        Self::new(Some(media_type), body, Vec::new())
    }

    /// A page, `text/html`.
    #[must_use]
    pub fn html(content: impl Into<Content>) -> Self {
        Self::text(
            MediaType::known("Content-Type: text/html", Shape::Leaf),
            content,
        )
    }

    /// Lines of text of any media type. It is UTF-8 (US-ASCII if it has nothing else) unless the media type has a
    /// charset; that must be one in which CR and LF are octets 13 and 10.
    #[must_use]
    pub fn text(media_type: MediaType, content: impl Into<Content>) -> Self {
        let body = Body::Text {
            content: content.into(),
            flowed: false,
        };
        Self::new(Some(media_type), body, Vec::new())
    }

    /// Octets of any media type.
    #[must_use]
    pub fn octets(media_type: MediaType, content: impl Into<Content>) -> Self {
        Self::new(Some(media_type), Body::Octets(content.into()), Vec::new())
    }

    /// An entity that is there already: header, empty line and body, which are copied octet by octet. What is signed
    /// must come like this.
    ///
    /// A pulled one is 7bit unless [`with_domain`](Self::with_domain) says otherwise.
    #[must_use]
    pub fn verbatim(content: impl Into<Content>) -> Self {
        let body = Body::Verbatim {
            content: content.into(),
            domain: Domain::SevenBit,
        };
        Self::new(None, body, Vec::new())
    }

    /// A multipart of any type. `multipart/related` wants the parameter `type` (RFC 2387), `multipart/signed` the
    /// parameters `protocol` and `micalg` (RFC 1847), `multipart/report` `report-type` (RFC 6522).
    #[must_use]
    pub fn multipart(media_type: MediaType, parts: Vec<Self>) -> Self {
        Self::new(Some(media_type), Body::Multipart, parts)
    }

    /// Parts in their order, `multipart/mixed`.
    #[must_use]
    pub fn mixed(parts: Vec<Self>) -> Self {
        Self::multipart(
            MediaType::known("Content-Type: multipart/mixed", Shape::Parts),
            parts,
        )
    }

    /// Forms of the same, the best one last, `multipart/alternative`.
    #[must_use]
    pub fn alternative(parts: Vec<Self>) -> Self {
        let media_type = MediaType::known("Content-Type: multipart/alternative", Shape::Parts);
        Self::multipart(media_type, parts)
    }

    /// Another message, `message/rfc822`; `message/global` if its header needs it (RFC 6532, section 3.7).
    #[must_use]
    pub fn message(draft: Draft) -> Self {
        let Draft { header, body } = draft;
        Self::new(None, Body::Message(header), Vec::from([body]))
    }

    /// Another message that is there already, and is copied octet by octet.
    #[must_use]
    pub fn message_verbatim(content: impl Into<Content>) -> Self {
        let mut part = Self::verbatim(content);
        part.media_type = Some(MediaType::known(
            "Content-Type: message/rfc822",
            Shape::Message,
        ));
        part
    }

    /// Says what a pulled verbatim body may hold. A known one is looked at; other bodies are encoded.
    #[must_use]
    pub fn with_domain(mut self, declared: Domain) -> Self {
        if let Body::Verbatim { domain, .. } = &mut self.body {
            *domain = declared;
        }
        self
    }
}

impl Part {
    /// Says how the part is to be shown.
    ///
    /// # Errors
    ///
    /// [`Misuse::Duplicate`], [`Misuse::VerbatimHeader`].
    pub fn with_disposition(self, disposition: &Disposition) -> Result<Self, Misuse> {
        self.with("Content-Disposition", Wording::EncodedWords, |field, _| {
            field.push(disposition.value());
            Ok(())
        })
    }

    /// Gives the part an identifier, `left@right` without brackets (RFC 2392 refers to it).
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidMessageId`] and its like, [`Misuse::Duplicate`], [`Misuse::VerbatimHeader`].
    pub fn with_content_id(self, id: &str) -> Result<Self, Misuse> {
        self.with("Content-ID", Wording::EncodedWords, |field, wording| {
            structured::message_ids(field, &[id], wording)
        })
    }

    /// Describes the part.
    ///
    /// # Errors
    ///
    /// [`Misuse::LineBreak`], [`Misuse::ControlCharacter`], [`Misuse::Duplicate`], [`Misuse::VerbatimHeader`].
    pub fn with_description(self, description: &str, wording: Wording) -> Result<Self, Misuse> {
        self.with("Content-Description", wording, |field, wording| {
            text::unstructured(field, description, wording)
        })
    }

    /// Adds a field as it is.
    ///
    /// # Errors
    ///
    /// [`Misuse::Reserved`], [`Misuse::Duplicate`], [`Misuse::VerbatimHeader`].
    pub fn with_field(mut self, field: &RawField) -> Result<Self, Misuse> {
        self.may_have_fields()?;
        self.fields = core::mem::take(&mut self.fields).with_field(field)?;
        Ok(self)
    }

    fn with(
        mut self,
        name: &str,
        wording: Wording,
        write: impl FnOnce(&mut Fold<'_>, Wording) -> Result<(), Misuse>,
    ) -> Result<Self, Misuse> {
        self.may_have_fields()?;
        let fields = core::mem::take(&mut self.fields);
        self.fields = fields.with(name, |field, _| write(field, wording))?;
        Ok(self)
    }

    fn may_have_fields(&self) -> Result<(), Misuse> {
        match (&self.body, &self.media_type) {
            (Body::Verbatim { .. }, None) => Err(Misuse::VerbatimHeader),
            _ => Ok(()),
        }
    }
}

impl Drop for Part {
    /// Frees the tree level by level: no depth of it can exhaust the stack.
    fn drop(&mut self) {
        let mut rest = core::mem::take(&mut self.children);
        while let Some(mut part) = rest.pop() {
            rest.append(&mut part.children);
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("media_type", &self.media_type)
            .field("fields", &self.fields)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}
