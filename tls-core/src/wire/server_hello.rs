//! ServerHello and HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4).

use alloc::vec::Vec;

use super::{
    CipherSuite, Extensions, HandshakeType, Malformed, Prefix, ProtocolVersion, Reader, message,
    nested,
};

/// The value of `random` that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest".
pub const HELLO_RETRY_REQUEST_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The server's answer to a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// `legacy_version`.
    pub legacy_version: ProtocolVersion,
    /// `random`.
    pub random: &'a [u8; 32],
    /// `legacy_session_id_echo`, at most 32 octets.
    pub session_id: &'a [u8],
    /// `cipher_suite`.
    pub cipher_suite: CipherSuite,
    /// `legacy_compression_method`.
    pub compression_method: u8,
    /// `extensions`.
    pub extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let legacy_version = ProtocolVersion(reader.u16()?);
        let random = reader.array()?;
        let session_id = reader.vector8(0)?;
        if session_id.len() > 32 {
            return Err(Malformed::VectorLength);
        }
        let cipher_suite = CipherSuite(reader.u16()?);
        let compression_method = reader.u8()?;
        // A TLS 1.2 server may leave the field out; the missing version is judged later.
        let extensions = if reader.is_empty() {
            Extensions::default()
        } else {
            Extensions::parse(&mut reader)?
        };
        reader.finish()?;
        Ok(Self {
            legacy_version,
            random,
            session_id,
            cipher_suite,
            compression_method,
            extensions,
        })
    }

    /// True for a HelloRetryRequest.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        *self.random == HELLO_RETRY_REQUEST_RANDOM
    }

    /// Appends the message; `extensions` writes the extensions one after the other.
    pub(crate) fn encode(
        out: &mut Vec<u8>,
        random: &[u8; 32],
        session_id: &[u8],
        cipher_suite: CipherSuite,
        extensions: impl FnOnce(&mut Vec<u8>),
    ) {
        message(out, HandshakeType::SERVER_HELLO, |out| {
            out.extend_from_slice(&ProtocolVersion::TLS12.0.to_be_bytes());
            out.extend_from_slice(random);
            nested(out, Prefix::U8, |out| out.extend_from_slice(session_id));
            out.extend_from_slice(&cipher_suite.0.to_be_bytes());
            out.push(0);
            nested(out, Prefix::U16, extensions);
        });
    }
}
