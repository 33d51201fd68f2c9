//! Combined algorithms: AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634), with the IV sent or implied (RFC 8750).

use alloc::boxed::Box;
use core::fmt;

use crypto_core::{AeadKey, NONCE_LEN};
use zeroize::Zeroize;

use super::{HEADER_LEN, Number};

/// Octets of an IV.
pub(crate) const IV_LEN: usize = 8;

/// A keyed AEAD, and the salt of its nonces.
pub(crate) struct Aead {
    key: Box<dyn AeadKey>,
    salt: [u8; 4],
    implicit_iv: bool,
}

impl Aead {
    pub(super) const fn new(key: Box<dyn AeadKey>, salt: [u8; 4], implicit_iv: bool) -> Self {
        Self {
            key,
            salt,
            implicit_iv,
        }
    }

    /// Loads memory of the key, and uses nothing of it.
    #[inline]
    pub(super) fn touch(&self) {
        self.key.touch();
    }

    /// The IV is the sequence number, which is never used twice under a key (RFC 4106 section 3.1).
    #[inline(always)]
    pub(super) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let (header, rest) = packet.split_first_chunk_mut::<HEADER_LEN>()?;
        let iv = number.value.to_be_bytes();
        let rest = if self.implicit_iv {
            rest
        } else {
            let (sent, rest) = rest.split_first_chunk_mut::<IV_LEN>()?;
            *sent = iv;
            rest
        };
        let (text, icv) = rest.split_last_chunk_mut()?;
        let mut associated = Associated::default();
        *icv = self
            .key
            .seal_in_place(&nonce(self.salt, iv), associated.of(header, number), text)
            .ok()?;
        Some(())
    }

    #[inline(always)]
    pub(super) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let (header, rest) = packet.split_first_chunk_mut::<HEADER_LEN>()?;
        let (iv, data) = if self.implicit_iv {
            (number.value.to_be_bytes(), rest)
        } else {
            let (iv, data) = rest.split_first_chunk_mut::<IV_LEN>()?;
            (*iv, data)
        };
        let mut associated = Associated::default();
        self.key
            .open_in_place(&nonce(self.salt, iv), associated.of(header, number), data)
            .ok()
            .map(drop)
    }
}

impl Drop for Aead {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aead(..)")
    }
}

/// Salt and IV (RFC 4106 section 4).
#[inline]
pub(crate) fn nonce(salt: [u8; 4], iv: [u8; IV_LEN]) -> [u8; NONCE_LEN] {
    joined(salt, iv)
}

/// Four octets and eight, put together as they are read by those who copy twelve: eight and four. A load that spans two
/// stores waits until both are done.
#[inline]
fn joined(first: [u8; 4], rest: [u8; 8]) -> [u8; 12] {
    let (first, rest) = (u32::from_be_bytes(first), u64::from_be_bytes(rest));
    let [a, b, c, d, e, f, g, h] = (u64::from(first) << 32 | rest >> 32).to_be_bytes();
    let [.., i, j, k, l] = rest.to_be_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l]
}

/// Room for the associated data: SPI and the whole sequence number (RFC 4106 section 5).
#[derive(Default)]
pub(super) struct Associated([u8; 12]);

impl Associated {
    #[inline]
    pub(super) fn of<'a>(&'a mut self, header: &'a [u8; HEADER_LEN], number: Number) -> &'a [u8] {
        let Some([e, f, g, h]) = number.high() else {
            return header;
        };
        let [a, b, c, d, i, j, k, l] = *header;
        self.0 = joined([a, b, c, d], [e, f, g, h, i, j, k, l]);
        &self.0
    }
}
