//! The fields of a message, written one after the other.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::Misuse;
use super::fold::Fold;
use super::part::Domain;
use super::raw::RawField;
use super::structured::{self, Address};
use super::text::{self, Wording};
use crate::name::Known;

/// The header of a message, without what describes its body.
///
/// Fields come in the order of the calls. Each is written at once, so that a mistake is told where it is made; a call
/// that fails gives nothing back, since nobody should send what is left.
#[derive(Clone, Default)]
pub struct Header {
    octets: Vec<u8>,
    wording: Wording,
    fields: u32,
    /// The fields that may occur once and did.
    known: u32,
}

impl Header {
    /// Begins a header; `wording` says how text beyond US-ASCII is written.
    #[must_use]
    pub fn new(wording: Wording) -> Self {
        Self {
            octets: Vec::with_capacity(512),
            wording,
            ..Self::default()
        }
    }

    /// Adds From.
    ///
    /// # Errors
    ///
    /// Those of [`with_addresses`](Self::with_addresses).
    pub fn with_from(self, list: &[Address<'_>]) -> Result<Self, Misuse> {
        self.with_known(Known::From, |field, wording| {
            structured::addresses(field, list, wording)
        })
    }

    /// Adds To.
    ///
    /// # Errors
    ///
    /// Those of [`with_addresses`](Self::with_addresses).
    pub fn with_to(self, list: &[Address<'_>]) -> Result<Self, Misuse> {
        self.with_known(Known::To, |field, wording| {
            structured::addresses(field, list, wording)
        })
    }

    /// Adds Subject.
    ///
    /// # Errors
    ///
    /// Those of [`with_text`](Self::with_text).
    pub fn with_subject(self, text: &str) -> Result<Self, Misuse> {
        self.with_known(Known::Subject, |field, wording| {
            text::unstructured(field, text, wording)
        })
    }

    /// Adds Date: seconds since 1970-01-01T00:00:00Z, and the minutes that the sender's zone is ahead of UTC. Without
    /// a zone it is `-0000`: not known (RFC 5322, section 3.3).
    ///
    /// # Errors
    ///
    /// Those of [`with_date_field`](Self::with_date_field).
    pub fn with_date(self, unix: i64, zone: Option<i16>) -> Result<Self, Misuse> {
        self.with_known(Known::Date, |field, _| structured::date(field, unix, zone))
    }

    /// Adds Message-ID: `left@right`, without its brackets.
    ///
    /// # Errors
    ///
    /// Those of [`with_message_ids`](Self::with_message_ids).
    pub fn with_message_id(self, id: &str) -> Result<Self, Misuse> {
        self.with_known(Known::MessageId, |field, wording| {
            structured::message_ids(field, &[id], wording)
        })
    }

    /// Adds a field of addresses: Cc, Bcc, Reply-To, Sender, Resent-To and their like.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for what is no name, no address, or no text; for an empty list; for a field again that occurs once.
    pub fn with_addresses(self, name: &str, list: &[Address<'_>]) -> Result<Self, Misuse> {
        self.with(name, |field, wording| {
            structured::addresses(field, list, wording)
        })
    }

    /// Adds a field of text: Comments, List-ID's description and whatever has no structure (RFC 5322, section 2.2.1).
    /// Words beyond US-ASCII, and what would be misread, become encoded words.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for what is no name, for a line break or a control character, for a field again that occurs once.
    pub fn with_text(self, name: &str, text: &str) -> Result<Self, Misuse> {
        self.with(name, |field, wording| {
            text::unstructured(field, text, wording)
        })
    }

    /// Adds a field of message identifiers: In-Reply-To, References, Resent-Message-ID.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for what is no name or no identifier, for an empty list, for a field again that occurs once.
    pub fn with_message_ids(self, name: &str, ids: &[&str]) -> Result<Self, Misuse> {
        self.with(name, |field, wording| {
            structured::message_ids(field, ids, wording)
        })
    }

    /// Adds a field that holds a date, as [`with_date`](Self::with_date) does: Resent-Date, Expires.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for what is no name, for a date that mail cannot express, for a field again that occurs once.
    pub fn with_date_field(self, name: &str, unix: i64, zone: Option<i16>) -> Result<Self, Misuse> {
        self.with(name, |field, _| structured::date(field, unix, zone))
    }

    /// Adds a field as it is.
    ///
    /// # Errors
    ///
    /// [`Misuse::Reserved`], and [`Misuse::Duplicate`] for a field again that occurs once.
    pub fn with_field(mut self, field: &RawField) -> Result<Self, Misuse> {
        self.note(field.name())?;
        self.octets.extend_from_slice(field.as_bytes());
        Ok(self)
    }

    /// The fields, one after the other.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// Its lines are in order by construction.
    pub(super) fn domain(&self) -> Domain {
        if self.octets.is_ascii() {
            Domain::SevenBit
        } else {
            Domain::EightBit
        }
    }

    pub(super) fn fields(&self) -> u32 {
        self.fields
    }

    /// Whether the two hold the same field that may occur once.
    pub(super) fn collides(&self, other: &Self) -> bool {
        self.known & other.known != 0
    }

    pub(super) fn with(
        mut self,
        name: &str,
        write: impl FnOnce(&mut Fold<'_>, Wording) -> Result<(), Misuse>,
    ) -> Result<Self, Misuse> {
        self.note(name.as_bytes())?;
        let mut field = Fold::new(&mut self.octets, name)?;
        write(&mut field, self.wording)?;
        field.finish()?;
        Ok(self)
    }

    /// Adds a field whose name needs no look.
    fn with_known(
        mut self,
        known: Known,
        write: impl FnOnce(&mut Fold<'_>, Wording) -> Result<(), Misuse>,
    ) -> Result<Self, Misuse> {
        self.note_known(known)?;
        let mut field = Fold::named(&mut self.octets, known.as_str());
        write(&mut field, self.wording)?;
        field.finish()?;
        Ok(self)
    }

    /// Counts a field, if it may come now.
    fn note(&mut self, name: &[u8]) -> Result<(), Misuse> {
        if let Some(known) = Known::of(name) {
            if known.is_mime() || known == Known::MimeVersion {
                return Err(Misuse::Reserved);
            }
            return self.note_known(known);
        }
        self.fields = self.fields.saturating_add(1);
        Ok(())
    }

    fn note_known(&mut self, known: Known) -> Result<(), Misuse> {
        if self.known & known.bit() != 0 {
            return Err(Misuse::Duplicate);
        }
        self.known |= known.bit();
        self.fields = self.fields.saturating_add(1);
        Ok(())
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({:?})", String::from_utf8_lossy(&self.octets))
    }
}
