//! Composites under a transfer encoding: RFC 2045 (section 6.4) forbids them, and they are sent.

use alloc::vec::Vec;

use thiserror::Error;

use super::{Message, Part, TooLong};
use crate::config::Config;
use crate::defect::Defect;
use crate::entity::Kind;
use crate::name::Known;

/// Why the inside of an encoded composite is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unread {
    /// Not a leaf, not a composite by its media type, or not encoded in a way that is known.
    #[error("the entity is no encoded composite")]
    NotEncoded,
    /// Its inside would be deeper than the `max_depth` of the message around it.
    #[error("the entity is as deep as the limit allows")]
    TooDeep,
    /// More content than the caller wants to hold.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

/// A composite without its transfer encoding, to be read as a message of its own.
#[derive(Clone, Debug)]
pub struct EncodedEntity {
    octets: Vec<u8>,
    config: Config,
    defects: Vec<Defect>,
}

impl EncodedEntity {
    /// The octets of the new root. Of an embedded message they are the content; of a multipart the header of the
    /// entity without Content-Transfer-Encoding, an empty line, and the content.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How the new root is read: as the message around it, with what is left of the depth.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config
    }

    /// What the decoder forgave, by offsets in the message around it.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// Reads it. Offsets count in [`octets`](Self::octets).
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message::parse_with(&self.octets, self.config)
    }
}

impl Part<'_, '_> {
    /// Decodes a multipart or an embedded message that stands under base64, quoted-printable or uuencode.
    ///
    /// Such an entity is a [`Kind::Leaf`] of the message, with the defect
    /// [`EncodedComposite`](crate::DefectCode::EncodedComposite): its parts have no place among the octets of the
    /// message. (A multipart whose parts have one says that it is encoded, and is not.) Here its content is a new
    /// root, whose `max_depth` is what the message around it has left, so that encodings inside encodings come to an
    /// end.
    ///
    /// # Errors
    ///
    /// [`Unread`] says why there is nothing to read; its content may have `max` octets.
    pub fn encoded_message(&self, max: usize) -> Result<EncodedEntity, Unread> {
        let media_type = self.media_type();
        let message = media_type.is("message", "rfc822") || media_type.is("message", "global");
        let multipart = media_type.is("multipart", "*");
        if self.kind() != Kind::Leaf || self.encoding().is_identity() || !(message || multipart) {
            return Err(Unread::NotEncoded);
        }
        let config = self.message.config();
        // A multipart is itself the new root; a message is an entity inside this one.
        let used = self.depth() + u32::from(message);
        let left = config.limits().max_depth.checked_sub(used);
        let mut limits = *config.limits();
        limits.max_depth = left.ok_or(Unread::TooDeep)?;
        let content = self.decoded(max)?;
        let mut octets = Vec::new();
        if multipart {
            octets = self.header_without_encoding();
        }
        if octets.is_empty() {
            octets = content.octets.into_owned();
        } else {
            octets.extend_from_slice(&content.octets);
        }
        Ok(EncodedEntity {
            octets,
            config: config.with_limits(limits),
            defects: content.defects,
        })
    }

    fn header_without_encoding(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.header_range().len());
        let fields = self.fields();
        for field in fields.filter(|it| it.known() != Some(Known::ContentTransferEncoding)) {
            octets.extend_from_slice(field.raw());
        }
        if !octets.ends_with(b"\n") {
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        octets
    }
}
