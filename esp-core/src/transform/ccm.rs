//! AES-CCM (RFC 4309).

use alloc::boxed::Box;
use core::fmt;

use crypto_core::{CCM_NONCE_LEN, CcmKey};
use zeroize::Zeroize;

use super::{
    HEADER_LEN, Number,
    aead::{Associated, IV_LEN},
};

/// A keyed CCM, and the salt of its nonces.
pub(crate) struct Ccm {
    key: Box<dyn CcmKey>,
    salt: [u8; 3],
    icv_len: u8,
}

impl Ccm {
    pub(super) fn new(key: Box<dyn CcmKey>, salt: [u8; 3], icv_len: usize) -> Self {
        Self {
            key,
            salt,
            icv_len: u8::try_from(icv_len).unwrap_or(u8::MAX),
        }
    }

    #[inline(never)]
    pub(super) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let (header, iv, text, icv) = self.parts(packet)?;
        *iv = number.value.to_be_bytes();
        let mut associated = Associated::default();
        self.key
            .seal_in_place(&self.nonce(*iv), associated.of(header, number), text, icv)
            .ok()
    }

    #[inline(never)]
    pub(super) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let (header, iv, text, icv) = self.parts(packet)?;
        let mut associated = Associated::default();
        self.key
            .open_in_place(&self.nonce(*iv), associated.of(header, number), text, icv)
            .ok()
    }

    /// Header, IV, text, ICV.
    #[allow(clippy::type_complexity, reason = "taken apart at once")]
    fn parts<'a>(
        &self,
        packet: &'a mut [u8],
    ) -> Option<(
        &'a mut [u8; HEADER_LEN],
        &'a mut [u8; IV_LEN],
        &'a mut [u8],
        &'a mut [u8],
    )> {
        let (header, rest) = packet.split_first_chunk_mut()?;
        let (iv, rest) = rest.split_first_chunk_mut()?;
        let text_len = rest.len().checked_sub(usize::from(self.icv_len))?;
        let (text, icv) = rest.split_at_mut_checked(text_len)?;
        Some((header, iv, text, icv))
    }

    /// Salt and IV (RFC 4309 section 4).
    fn nonce(&self, iv: [u8; IV_LEN]) -> [u8; CCM_NONCE_LEN] {
        let ([a, b, c], [d, e, f, g, h, i, j, k]) = (self.salt, iv);
        [a, b, c, d, e, f, g, h, i, j, k]
    }
}

impl Drop for Ccm {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl fmt::Debug for Ccm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ccm(..)")
    }
}
