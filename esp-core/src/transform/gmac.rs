//! ENCR_NULL_AUTH_AES_GMAC (RFC 4543): the whole packet is associated data of an empty AES-GCM text.

use alloc::boxed::Box;
use core::fmt;

use crypto_core::{AeadKey, TAG_LEN};
use zeroize::Zeroize;

use super::{HEADER_LEN, Number, aead::nonce};

/// A keyed GMAC, and the salt of its nonces.
pub(crate) struct Gmac {
    key: Box<dyn AeadKey>,
    salt: [u8; 4],
}

impl Gmac {
    pub(super) const fn new(key: Box<dyn AeadKey>, salt: [u8; 4]) -> Self {
        Self { key, salt }
    }

    #[inline(never)]
    pub(super) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let iv = number.value.to_be_bytes();
        *packet.get_mut(HEADER_LEN..)?.first_chunk_mut()? = iv;
        let nonce = nonce(self.salt, iv);
        let tag = with_high_half(packet, number, |covered| {
            self.key.seal_in_place(&nonce, covered, &mut []).ok()
        })??;
        *packet.last_chunk_mut()? = tag;
        Some(())
    }

    #[inline(never)]
    pub(super) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let nonce = nonce(self.salt, *packet.get(HEADER_LEN..)?.first_chunk()?);
        let mut tag = *packet.last_chunk::<TAG_LEN>()?;
        with_high_half(packet, number, |covered| {
            self.key.open_in_place(&nonce, covered, &mut tag).is_ok()
        })?
        .then_some(())
    }
}

/// Lets `use_it` see what the ICV covers: all before the ICV, and the high half of an extended number between SPI and low half
/// (RFC 4543 section 3.3).
///
/// An AEAD takes associated data in one piece. The high half gets its place by moving what follows it into the room of the
/// ICV, and back afterwards: this suite with extended numbers is the only one that moves a payload.
fn with_high_half<R>(
    packet: &mut [u8],
    number: Number,
    use_it: impl FnOnce(&[u8]) -> R,
) -> Option<R> {
    let end = packet.len().checked_sub(TAG_LEN)?;
    let Some(high) = number.high() else {
        return packet.get(..end).map(use_it);
    };
    if end < HEADER_LEN {
        return None;
    }
    packet.copy_within(4..end, 8);
    *packet.get_mut(4..)?.first_chunk_mut()? = high;
    let result = packet.get(..end + 4).map(use_it);
    packet.copy_within(8..end + 4, 4);
    result
}

impl Drop for Gmac {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl fmt::Debug for Gmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gmac(..)")
    }
}
