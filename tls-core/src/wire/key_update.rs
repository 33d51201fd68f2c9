//! KeyUpdate (RFC 8446 section 4.6.3).

use alloc::vec::Vec;

use super::{HandshakeType, Malformed, Reader, message};

/// The sender's next record comes under new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUpdate {
    /// `update_not_requested`: the receiver need not answer.
    NotRequested,
    /// `update_requested`: the receiver must update its own sending keys too.
    Requested,
}

impl KeyUpdate {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed::Value`] for a code that is neither of the two.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let request = reader.u8()?;
        reader.finish()?;
        match request {
            0 => Ok(Self::NotRequested),
            1 => Ok(Self::Requested),
            _ => Err(Malformed::Value),
        }
    }

    /// Appends the message.
    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        message(out, HandshakeType::KEY_UPDATE, |out| {
            out.push(match self {
                Self::NotRequested => 0,
                Self::Requested => 1,
            });
        });
    }
}
