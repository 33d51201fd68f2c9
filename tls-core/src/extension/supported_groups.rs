//! supported_groups (RFC 8446 section 4.2.7).

use alloc::vec::Vec;

use crypto_core::Group;

use super::{put, read};
use crate::{
    error::{Error, Misbehaved},
    wire::{ExtensionType, Prefix, U16List, nested},
};

const KIND: ExtensionType = ExtensionType::SUPPORTED_GROUPS;

/// Offers `groups`, best first.
pub(crate) fn offer(groups: &[Group], out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            groups
                .iter()
                .for_each(|group| out.extend_from_slice(&group.0.to_be_bytes()));
        });
    });
}

/// The client's groups; every client of (EC)DHE sends them.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<U16List<'_>, Error> {
    let body = body.ok_or(Misbehaved::MissingExtension(KIND))?;
    read(KIND, body, |reader| U16List::new(reader.vector16(2)?))
}

/// The server's groups, a hint for later connections that is checked and not used.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<(), Error> {
    body.map_or(Ok(()), |body| read_offer(Some(body)).map(drop))
}
