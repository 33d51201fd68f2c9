//! EncryptedExtensions (RFC 8446 section 4.3.1).

use alloc::vec::Vec;

use super::{Extensions, HandshakeType, Malformed, Prefix, Reader, message, nested};

/// The server's extensions that need no key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedExtensions<'a> {
    /// `extensions`.
    pub extensions: Extensions<'a>,
}

impl<'a> EncryptedExtensions<'a> {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let extensions = Extensions::parse(&mut reader)?;
        reader.finish()?;
        Ok(Self { extensions })
    }

    /// Appends the message; `extensions` writes the extensions one after the other.
    pub(crate) fn encode(out: &mut Vec<u8>, extensions: impl FnOnce(&mut Vec<u8>)) {
        message(out, HandshakeType::ENCRYPTED_EXTENSIONS, |out| {
            nested(out, Prefix::U16, extensions);
        });
    }
}
