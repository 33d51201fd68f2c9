//! key_share (RFC 8446 section 4.2.8).

use alloc::{boxed::Box, vec::Vec};

use crypto_core::{Group, KeyExchange};

use super::{put, read};
use crate::{
    error::{Error, Misbehaved},
    wire::{ExtensionType, Prefix, Reader, U16List, nested},
};

const KIND: ExtensionType = ExtensionType::KEY_SHARE;

fn entry(group: Group, share: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&group.0.to_be_bytes());
    nested(out, Prefix::U16, |out| out.extend_from_slice(share));
}

/// Offers the share of each key, and the classical half of a hybrid as a share of its own when it is among `groups`.
pub(crate) fn offer(keys: &[Box<dyn KeyExchange>], groups: &[Group], out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            for key in keys {
                entry(key.group(), key.share(), out);
                if let Some((group, share)) = half(key.as_ref(), keys, groups) {
                    entry(group, share, out);
                }
            }
        });
    });
}

/// The classical half of `key` if it may be offered beside it.
pub(crate) fn half<'k>(
    key: &'k dyn KeyExchange,
    keys: &[Box<dyn KeyExchange>],
    groups: &[Group],
) -> Option<(Group, &'k [u8])> {
    key.classical().filter(|(group, _)| {
        groups.contains(group) && !keys.iter().any(|other| other.group() == *group)
    })
}

/// A client's shares, known to be well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares<'a>(&'a [u8]);

impl<'a> Shares<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = (Group, &'a [u8])> {
        let mut entries = Reader::new(self.0);
        core::iter::from_fn(move || Some((Group(entries.u16().ok()?), entries.vector16(1).ok()?)))
    }

    /// The share for `group`.
    pub(crate) fn get(self, group: Group) -> Option<&'a [u8]> {
        self.iter()
            .find(|(candidate, _)| *candidate == group)
            .map(|(_, share)| share)
    }
}

/// The client's shares, which stand in the order of `groups` and each once.
///
/// Walking both lists together makes the check linear.
pub(crate) fn read_offer<'a>(body: &'a [u8], groups: U16List<'_>) -> Result<Shares<'a>, Error> {
    let shares = read(KIND, body, |reader| {
        let octets = reader.vector16(0)?;
        let mut entries = Reader::new(octets);
        while !entries.is_empty() {
            entries.u16()?;
            entries.vector16(1)?;
        }
        Ok(Shares(octets))
    })?;
    let mut groups = groups.iter();
    for (share, _) in shares.iter() {
        if !groups.any(|group| group == share.0) {
            return Err(Misbehaved::KeyShareMismatch.into());
        }
    }
    Ok(shares)
}

/// Answers with the server's share.
pub(crate) fn answer(group: Group, share: &[u8], out: &mut Vec<u8>) {
    put(out, KIND, |out| entry(group, share, out));
}

/// Asks for a share of another group (HelloRetryRequest).
pub(crate) fn answer_retry(group: Group, out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        out.extend_from_slice(&group.0.to_be_bytes())
    });
}

/// The server's share.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<(Group, &[u8]), Error> {
    let body = body.ok_or(Misbehaved::MissingExtension(KIND))?;
    read(KIND, body, |reader| {
        Ok((Group(reader.u16()?), reader.vector16(1)?))
    })
}

/// The group that the server wants a share of.
pub(crate) fn read_answer_retry(body: Option<&[u8]>) -> Result<Option<Group>, Error> {
    body.map(|body| read(KIND, body, |reader| reader.u16().map(Group)))
        .transpose()
}
