//! application_layer_protocol_negotiation (RFC 7301).

use alloc::vec::Vec;

use super::{put, read};
use crate::{
    error::{Error, Incompatible, Misbehaved},
    wire::{ExtensionType, Malformed, Prefix, Reader, nested},
};

const KIND: ExtensionType = ExtensionType::ALPN;

/// Protocol names as an offer carries them, known to be well-formed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProtocolList<'a>(&'a [u8]);

impl<'a> ProtocolList<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut names = Reader::new(self.0);
        core::iter::from_fn(move || names.vector8(1).ok())
    }
}

/// Offers `protocols`, best first; nothing when there are none.
pub(crate) fn offer(protocols: &[Vec<u8>], out: &mut Vec<u8>) {
    if protocols.is_empty() {
        return;
    }
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            for name in protocols {
                nested(out, Prefix::U8, |out| out.extend_from_slice(name));
            }
        });
    });
}

/// What the client offers, if it does.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<Option<ProtocolList<'_>>, Error> {
    body.map(|body| read(KIND, body, list)).transpose()
}

fn list<'a>(reader: &mut Reader<'a>) -> Result<ProtocolList<'a>, Malformed> {
    let octets = reader.vector16(2)?;
    let mut names = Reader::new(octets);
    while !names.is_empty() {
        names.vector8(1)?;
    }
    Ok(ProtocolList(octets))
}

/// Chooses by the server's preference. Only when both sides have protocols and none in common is it an error.
pub(crate) fn choose<'p>(
    ours: &'p [Vec<u8>],
    theirs: Option<ProtocolList<'_>>,
) -> Result<Option<&'p [u8]>, Error> {
    let (Some(theirs), false) = (theirs, ours.is_empty()) else {
        return Ok(None);
    };
    ours.iter()
        .map(Vec::as_slice)
        .find(|ours| theirs.iter().any(|theirs| theirs == *ours))
        .map(Some)
        .ok_or_else(|| Incompatible::ApplicationProtocol.into())
}

/// Tells the client which protocol was chosen.
pub(crate) fn answer(protocol: &[u8], out: &mut Vec<u8>) {
    offer(core::slice::from_ref(&protocol.to_vec()), out);
}

/// The protocol chosen by the server, which must be one that was offered.
pub(crate) fn read_answer<'p>(
    offered: &'p [Vec<u8>],
    body: Option<&[u8]>,
) -> Result<Option<&'p [u8]>, Error> {
    let Some(body) = body else { return Ok(None) };
    let names = read(KIND, body, list)?;
    let mut names = names.iter();
    let (Some(chosen), None) = (names.next(), names.next()) else {
        return Err(Error::MalformedExtension {
            extension: KIND,
            why: Malformed::VectorLength,
        });
    };
    offered
        .iter()
        .map(Vec::as_slice)
        .find(|offered| *offered == chosen)
        .map(Some)
        .ok_or_else(|| Misbehaved::ProtocolNotOffered.into())
}
