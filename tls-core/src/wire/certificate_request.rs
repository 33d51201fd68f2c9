//! CertificateRequest (RFC 8446 section 4.3.2).

use alloc::vec::Vec;

use super::{Extensions, HandshakeType, Malformed, Prefix, Reader, message, nested};

/// The server's wish for a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// `certificate_request_context`; empty during the handshake.
    pub context: &'a [u8],
    /// `extensions`.
    pub extensions: Extensions<'a>,
}

impl<'a> CertificateRequest<'a> {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let context = reader.vector8(0)?;
        let extensions = Extensions::parse(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            context,
            extensions,
        })
    }

    /// Appends the message with an empty context; `extensions` writes the extensions one after the other.
    pub(crate) fn encode(out: &mut Vec<u8>, extensions: impl FnOnce(&mut Vec<u8>)) {
        message(out, HandshakeType::CERTIFICATE_REQUEST, |out| {
            nested(out, Prefix::U8, |_| ());
            nested(out, Prefix::U16, extensions);
        });
    }
}
