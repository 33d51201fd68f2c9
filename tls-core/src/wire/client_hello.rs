//! ClientHello (RFC 8446 section 4.1.2).

use alloc::vec::Vec;

use super::{
    Extensions, HandshakeType, Malformed, Prefix, ProtocolVersion, Reader, U16List, message, nested,
};

/// The client's first message, and its second after a HelloRetryRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// `legacy_version`.
    pub legacy_version: ProtocolVersion,
    /// `random`.
    pub random: &'a [u8; 32],
    /// `legacy_session_id`, at most 32 octets.
    pub session_id: &'a [u8],
    /// `cipher_suites`, in the client's order.
    pub cipher_suites: U16List<'a>,
    /// `legacy_compression_methods`.
    pub compression_methods: &'a [u8],
    /// `extensions`; empty when the field is absent, as an old client may leave it.
    pub extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
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
        let cipher_suites = U16List::new(reader.vector16(2)?)?;
        let compression_methods = reader.vector8(1)?;
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
            cipher_suites,
            compression_methods,
            extensions,
        })
    }

    /// Appends the message; `extensions` writes the extensions one after the other.
    pub(crate) fn encode(
        out: &mut Vec<u8>,
        random: &[u8; 32],
        session_id: &[u8],
        cipher_suites: impl Iterator<Item = u16>,
        extensions: impl FnOnce(&mut Vec<u8>),
    ) {
        message(out, HandshakeType::CLIENT_HELLO, |out| {
            out.extend_from_slice(&ProtocolVersion::TLS12.0.to_be_bytes());
            out.extend_from_slice(random);
            nested(out, Prefix::U8, |out| out.extend_from_slice(session_id));
            nested(out, Prefix::U16, |out| {
                cipher_suites.for_each(|suite| out.extend_from_slice(&suite.to_be_bytes()));
            });
            nested(out, Prefix::U8, |out| out.push(0));
            nested(out, Prefix::U16, extensions);
        });
    }
}
