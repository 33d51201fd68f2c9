//! Writing of length-prefixed structures: one helper patches every length.

use alloc::vec::Vec;

use super::HandshakeType;

/// The width of a length prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Prefix {
    U8,
    U16,
    U24,
}

impl Prefix {
    const fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U24 => 3,
        }
    }
}

/// Writes what `body` writes, behind its length.
///
/// Everything written here comes from a configuration whose sizes were checked at construction, or
/// echoes a vector that came with the same prefix, so the length fits.
pub(crate) fn nested(out: &mut Vec<u8>, prefix: Prefix, body: impl FnOnce(&mut Vec<u8>)) {
    let width = prefix.width();
    let start = out.len();
    out.resize(start + width, 0);
    body(out);
    let len = (out.len() - start - width) as u64;
    debug_assert!(len >> (8 * width) == 0, "length does not fit its prefix");
    let octets = len.to_be_bytes();
    if let (Some(slot), Some(value)) = (
        out.get_mut(start..start + width),
        octets.get(octets.len() - width..),
    ) {
        slot.copy_from_slice(value);
    }
}

/// Writes a handshake message: its type, a 24-bit length, its body (RFC 8446 section 4).
pub(crate) fn message(out: &mut Vec<u8>, kind: HandshakeType, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind.0);
    nested(out, Prefix::U24, body);
}
