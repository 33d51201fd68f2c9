//! AEADs over the library's `LessSafeKey`.

use alloc::boxed::Box;

use super::library::{
    self,
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
};
use crate::{Aead, AeadAlgorithm, AeadKey, CryptoError, NONCE_LEN, TAG_LEN};

/// Every AEAD, AES-128 first: it is the fastest with AES instructions, and strong enough.
pub(super) static ALL: &[&dyn Aead] = &[
    &Cipher {
        algorithm: AeadAlgorithm::Aes128Gcm,
        library: &aead::AES_128_GCM,
    },
    &Cipher {
        algorithm: AeadAlgorithm::Aes256Gcm,
        library: &aead::AES_256_GCM,
    },
    &Cipher {
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        library: &aead::CHACHA20_POLY1305,
    },
];

#[derive(Debug)]
struct Cipher {
    algorithm: AeadAlgorithm,
    library: &'static aead::Algorithm,
}

impl Aead for Cipher {
    fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        let key = UnboundKey::new(self.library, key).map_err(|_| CryptoError::BadKey)?;
        Ok(Box::new(Key(LessSafeKey::new(key))))
    }
}

/// Nothing beside the library's key: a connection holds two, and `ring`'s are 544 octets each.
struct Key(LessSafeKey);

impl AeadKey for Key {
    #[inline]
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0
            .seal_in_place_separate_tag(nonce, Aad::from(aad), data)
            .ok()
            .and_then(|tag| tag.as_ref().try_into().ok())
            .ok_or(CryptoError::BadLength)
    }

    #[inline]
    fn seal_into(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plain: &[u8],
        tail: &[u8],
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let body = plain.len().saturating_add(tail.len());
        if out.len() != body.saturating_add(TAG_LEN) {
            return Err(CryptoError::BadLength);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        library::seal_scattered(&self.0, nonce, Aad::from(aad), plain, tail, out)
    }

    fn touch(&self) {
        core::hint::black_box(self.0.algorithm());
    }

    fn seals_out_of_place(&self) -> bool {
        library::SEALS_OUT_OF_PLACE
    }

    #[inline]
    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, CryptoError> {
        if data.len() < TAG_LEN {
            return Err(CryptoError::NotAuthentic);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        // Both libraries overwrite the text with zeros when the tag is wrong; the conformance suite
        // checks it.
        library::open(&self.0, nonce, Aad::from(aad), data).ok_or(CryptoError::NotAuthentic)
    }
}
