//! pre_shared_key (RFC 8446 section 4.2.11).

use alloc::vec::Vec;

use crypto_core::Digest;

use super::{put, read};
use crate::{
    error::{Error, Misbehaved},
    wire::{ExtensionType, Extensions, Malformed, Prefix, Reader, nested},
};

const KIND: ExtensionType = ExtensionType::PRE_SHARED_KEY;

/// One identity of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PskIdentity<'a> {
    pub(crate) identity: &'a [u8],
    pub(crate) obfuscated_ticket_age: u32,
}

/// The client's offer: as many binders as identities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    identities: &'a [u8],
    binders: &'a [u8],
}

/// Offers one identity, with room for a binder of `binder_len` octets; it must be the last extension.
pub(crate) fn offer(psk: PskIdentity<'_>, binder_len: usize, out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            nested(out, Prefix::U16, |out| out.extend_from_slice(psk.identity));
            out.extend_from_slice(&psk.obfuscated_ticket_age.to_be_bytes());
        });
        nested(out, Prefix::U16, |out| {
            nested(out, Prefix::U8, |out| out.resize(out.len() + binder_len, 0));
        });
    });
}

/// Octets at the end of a ClientHello that its one binder is not computed over.
pub(crate) const fn binders_len(binder_len: usize) -> usize {
    2 + 1 + binder_len
}

/// Puts the binder into the room at the end of `hello`.
pub(crate) fn bind(hello: &mut [u8], binder: &Digest) {
    let binder = binder.as_ref();
    let start = hello.len().saturating_sub(binder.len());
    if let Some(room) = hello.get_mut(start..) {
        room.copy_from_slice(binder);
    }
}

impl<'a> Offer<'a> {
    /// The identities with their binders.
    pub(crate) fn iter(self) -> impl Iterator<Item = (PskIdentity<'a>, &'a [u8])> {
        let mut identities = Reader::new(self.identities);
        let mut binders = Reader::new(self.binders);
        core::iter::from_fn(move || {
            let identity = identities.vector16(1).ok()?;
            let obfuscated_ticket_age = identities.u32().ok()?;
            let binder = binders.vector8(32).ok()?;
            Some((
                PskIdentity {
                    identity,
                    obfuscated_ticket_age,
                },
                binder,
            ))
        })
    }

    /// Octets at the end of the ClientHello that binders are not computed over.
    pub(crate) const fn binders_len(self) -> usize {
        2 + self.binders.len()
    }
}

/// The client's offer, which must be its last extension.
pub(crate) fn read_offer(extensions: Extensions<'_>) -> Result<Option<Offer<'_>>, Error> {
    let Some(body) = extensions.get(KIND) else {
        return Ok(None);
    };
    if extensions.last().is_some_and(|last| last.kind != KIND) {
        return Err(Misbehaved::PskNotLast.into());
    }
    let (offer, counts) = read(KIND, body, |reader| {
        let identities = reader.vector16(7)?;
        let binders = reader.vector16(33)?;
        let counts = (count_identities(identities)?, count_binders(binders)?);
        Ok((
            Offer {
                identities,
                binders,
            },
            counts,
        ))
    })?;
    if counts.0 != counts.1 {
        return Err(Misbehaved::PskBinders.into());
    }
    Ok(Some(offer))
}

fn count_identities(octets: &[u8]) -> Result<usize, Malformed> {
    let mut reader = Reader::new(octets);
    let mut count = 0;
    while !reader.is_empty() {
        reader.vector16(1)?;
        reader.u32()?;
        count += 1;
    }
    Ok(count)
}

fn count_binders(octets: &[u8]) -> Result<usize, Malformed> {
    let mut reader = Reader::new(octets);
    let mut count = 0;
    while !reader.is_empty() {
        reader.vector8(32)?;
        count += 1;
    }
    Ok(count)
}

/// Tells the client which identity was selected.
pub(crate) fn answer(selected: u16, out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        out.extend_from_slice(&selected.to_be_bytes())
    });
}

/// The index that the server selected, if it selected one.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<Option<u16>, Error> {
    body.map(|body| read(KIND, body, Reader::u16)).transpose()
}
