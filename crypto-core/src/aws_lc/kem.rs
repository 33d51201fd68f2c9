//! ML-KEM-768 from the library itself.

use alloc::vec::Vec;

use ::aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};

use crate::{
    CryptoError, Random,
    hybrid::{self, CIPHERTEXT_LEN, ENCAPSULATION_KEY_LEN, Kem},
};

pub(super) struct MlKem768;

impl Kem for MlKem768 {
    type Key = DecapsulationKey;

    fn generate(_random: &dyn Random, share: &mut Vec<u8>) -> Result<Self::Key, CryptoError> {
        let key = DecapsulationKey::generate(&ML_KEM_768).map_err(|_| CryptoError::Failed)?;
        let public = key
            .encapsulation_key()
            .and_then(|public| public.key_bytes());
        share.extend_from_slice(public.map_err(|_| CryptoError::Failed)?.as_ref());
        Ok(key)
    }

    fn encapsulate(
        key: &[u8; ENCAPSULATION_KEY_LEN],
        _random: &dyn Random,
        share: &mut Vec<u8>,
        secret: &mut [u8],
    ) -> Result<(), CryptoError> {
        // The library makes the modulus check of FIPS 203 section 7.2 when it encapsulates.
        let key = EncapsulationKey::new(&ML_KEM_768, key).map_err(|_| CryptoError::BadShare)?;
        let (ciphertext, shared) = key.encapsulate().map_err(|_| CryptoError::BadShare)?;
        share.extend_from_slice(ciphertext.as_ref());
        hybrid::fill(secret, shared.as_ref())
    }

    fn decapsulate(
        key: &Self::Key,
        ciphertext: &[u8; CIPHERTEXT_LEN],
        secret: &mut [u8],
    ) -> Result<(), CryptoError> {
        let shared = key
            .decapsulate(Ciphertext::from(ciphertext.as_slice()))
            .map_err(|_| CryptoError::BadShare)?;
        hybrid::fill(secret, shared.as_ref())
    }
}
