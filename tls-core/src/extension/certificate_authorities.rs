//! certificate_authorities (RFC 8446 section 4.2.4).

use alloc::vec::Vec;

use super::{put, read};
use crate::{
    error::Error,
    wire::{ExtensionType, Prefix, Reader, nested},
};

const KIND: ExtensionType = ExtensionType::CERTIFICATE_AUTHORITIES;

/// Names the authorities whose certificates are welcome, each a DER Name; nothing when there are none.
pub(crate) fn offer(names: &[Vec<u8>], out: &mut Vec<u8>) {
    if names.is_empty() {
        return;
    }
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            for name in names {
                nested(out, Prefix::U16, |out| out.extend_from_slice(name));
            }
        });
    });
}

/// The peer's authorities; none stands for any.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<Vec<Vec<u8>>, Error> {
    let Some(body) = body else {
        return Ok(Vec::new());
    };
    read(KIND, body, |reader| {
        let mut names = Reader::new(reader.vector16(3)?);
        let mut list = Vec::new();
        while !names.is_empty() {
            list.push(names.vector16(1)?.to_vec());
        }
        Ok(list)
    })
}
