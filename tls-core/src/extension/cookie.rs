//! cookie (RFC 8446 section 4.2.2).

use alloc::vec::Vec;

use super::{put, read};
use crate::{
    error::Error,
    wire::{ExtensionType, Prefix, nested},
};

const KIND: ExtensionType = ExtensionType::COOKIE;

/// Returns the cookie of a HelloRetryRequest in the second ClientHello.
pub(crate) fn offer(cookie: &[u8], out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| out.extend_from_slice(cookie))
    });
}

/// The cookie that the client returns, if it does.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<Option<&[u8]>, Error> {
    body.map(|body| read(KIND, body, |reader| reader.vector16(1)))
        .transpose()
}

/// Gives the client a cookie.
pub(crate) fn answer(cookie: &[u8], out: &mut Vec<u8>) {
    offer(cookie, out);
}

/// The cookie that the server wants back, if it does.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<Option<&[u8]>, Error> {
    read_offer(body)
}
