//! NewSessionTicket (RFC 8446 section 4.6.1).

use alloc::vec::Vec;

use super::{Extensions, HandshakeType, Malformed, Prefix, Reader, message, nested};

/// A ticket with which the client may resume the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSessionTicket<'a> {
    /// `ticket_lifetime` in seconds.
    pub lifetime: u32,
    /// `ticket_age_add`.
    pub age_add: u32,
    /// `ticket_nonce`.
    pub nonce: &'a [u8],
    /// `ticket`, not empty.
    pub ticket: &'a [u8],
    /// `extensions`; empty in what this crate sends.
    pub extensions: Extensions<'a>,
}

impl<'a> NewSessionTicket<'a> {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let lifetime = reader.u32()?;
        let age_add = reader.u32()?;
        let nonce = reader.vector8(0)?;
        let ticket = reader.vector16(1)?;
        let extensions = Extensions::parse(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            lifetime,
            age_add,
            nonce,
            ticket,
            extensions,
        })
    }

    /// Appends the message.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        message(out, HandshakeType::NEW_SESSION_TICKET, |out| {
            out.extend_from_slice(&self.lifetime.to_be_bytes());
            out.extend_from_slice(&self.age_add.to_be_bytes());
            nested(out, Prefix::U8, |out| out.extend_from_slice(self.nonce));
            nested(out, Prefix::U16, |out| out.extend_from_slice(self.ticket));
            nested(out, Prefix::U16, |out| {
                out.extend_from_slice(self.extensions.as_bytes())
            });
        });
    }
}
