//! A cipher and an HMAC over its output (RFC 4303 section 3.3.2.1): AES-CBC (RFC 3602), AES-CTR (RFC 3686), NULL (RFC 2410).

use alloc::boxed::Box;
use core::fmt;

use crypto_core::{BLOCK_LEN, CipherAlgorithm, CipherKey, HmacKey, Provider};
use zeroize::Zeroize;

use super::{HEADER_LEN, Number, aead::IV_LEN, bad_key};
use crate::BadSa;

/// What hides the text.
pub(super) enum Cipher {
    Null,
    /// CBC, and what makes its IVs when it seals.
    Cbc(Box<dyn CipherKey>, Option<IvSource>),
    /// CTR, and the nonce in front of the IV.
    Ctr(Box<dyn CipherKey>, [u8; 4]),
}

/// Makes the IVs of CBC, which nobody may foretell (RFC 3602 section 3): the sequence number, encrypted under a key that is
/// drawn for this alone. A call of the system for each packet would cost more than its encryption.
pub(crate) struct IvSource(Box<dyn CipherKey>);

impl IvSource {
    /// Draws the key.
    pub(crate) fn new(provider: &Provider) -> Result<Self, BadSa> {
        let mut key = [0; 16];
        provider
            .random
            .fill(&mut key)
            .map_err(|_| BadSa::NoRandomness)?;
        let cipher = provider
            .cipher(CipherAlgorithm::Aes128Cbc)
            .ok_or(BadSa::Unsupported)?;
        let expanded = cipher.key(&key).map_err(bad_key);
        key.zeroize();
        expanded.map(Self)
    }

    /// One block of CBC with an IV of zeros is the block cipher itself.
    fn iv(&self, number: u64) -> Option<[u8; BLOCK_LEN]> {
        let mut block = [0; BLOCK_LEN];
        *block.last_chunk_mut()? = number.to_be_bytes();
        self.0.encrypt(&[0; BLOCK_LEN], &mut block).ok()?;
        Some(block)
    }
}

impl Cipher {
    /// Encrypts what follows the header, IV and text, in place.
    fn encrypt(&self, rest: &mut [u8], number: Number) -> Option<()> {
        match self {
            Self::Null => Some(()),
            Self::Cbc(key, ivs) => {
                let (iv, text) = rest.split_first_chunk_mut()?;
                *iv = ivs.as_ref()?.iv(number.value)?;
                key.encrypt(iv, text).ok()
            }
            Self::Ctr(key, nonce) => {
                let (iv, text) = rest.split_first_chunk_mut()?;
                *iv = number.value.to_be_bytes();
                key.encrypt(&counter_block(*nonce, *iv), text).ok()
            }
        }
    }

    fn decrypt(&self, rest: &mut [u8]) -> Option<()> {
        match self {
            Self::Null => Some(()),
            Self::Cbc(key, _) => {
                let (iv, text) = rest.split_first_chunk_mut()?;
                key.decrypt(iv, text).ok()
            }
            Self::Ctr(key, nonce) => {
                let (iv, text) = rest.split_first_chunk_mut()?;
                key.decrypt(&counter_block(*nonce, *iv), text).ok()
            }
        }
    }
}

impl Drop for Cipher {
    fn drop(&mut self) {
        if let Self::Ctr(_, nonce) = self {
            nonce.zeroize();
        }
    }
}

/// Nonce, IV, and a counter that begins with one (RFC 3686 section 4).
const fn counter_block(nonce: [u8; 4], iv: [u8; IV_LEN]) -> [u8; BLOCK_LEN] {
    let ([a, b, c, d], [e, f, g, h, i, j, k, l]) = (nonce, iv);
    [a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, 0, 1]
}

/// A keyed cipher, and a keyed HMAC with the length of its ICV.
pub(crate) struct Composed {
    cipher: Cipher,
    mac: Box<dyn HmacKey>,
    icv_len: usize,
}

impl Composed {
    pub(super) const fn new(cipher: Cipher, mac: Box<dyn HmacKey>, icv_len: usize) -> Self {
        Self {
            cipher,
            mac,
            icv_len,
        }
    }

    /// The high half of an extended number follows what is sent (RFC 4303 section 2.2.1).
    #[inline(never)]
    pub(super) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let end = packet.len().checked_sub(self.icv_len)?;
        let (covered, icv) = packet.split_at_mut_checked(end)?;
        self.cipher
            .encrypt(covered.get_mut(HEADER_LEN..)?, number)?;
        let mac = match number.high() {
            Some(high) => self.mac.sign(&[covered, &high]),
            None => self.mac.sign(&[covered]),
        };
        icv.copy_from_slice(mac.as_ref().get(..self.icv_len)?);
        Some(())
    }

    /// Nothing is decrypted before the ICV is known to be right.
    #[inline(never)]
    pub(super) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let end = packet.len().checked_sub(self.icv_len)?;
        let (covered, icv) = packet.split_at_mut_checked(end)?;
        match number.high() {
            Some(high) => self.mac.verify(&[covered, &high], icv),
            None => self.mac.verify(&[covered], icv),
        }
        .ok()?;
        self.cipher.decrypt(covered.get_mut(HEADER_LEN..)?)
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Composed(..)")
    }
}

impl fmt::Debug for IvSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IvSource(..)")
    }
}
