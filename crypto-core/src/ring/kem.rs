//! ML-KEM-768 from `libcrux-ml-kem`, whose portable and AVX2 code is formally verified.

use alloc::{boxed::Box, vec::Vec};

use libcrux_ml_kem::mlkem768::{self, MlKem768Ciphertext, MlKem768PrivateKey, MlKem768PublicKey};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    CryptoError, Random,
    hybrid::{self, CIPHERTEXT_LEN, ENCAPSULATION_KEY_LEN, Kem, PART_LEN},
};

pub(super) struct MlKem768;

/// On the heap, so that moving it leaves no copies, and wiped on drop, which the library does not do.
pub(super) struct Key(Box<MlKem768PrivateKey>);

impl Drop for Key {
    fn drop(&mut self) {
        self.0[0..].zeroize();
    }
}

impl Kem for MlKem768 {
    type Key = Key;

    fn generate(random: &dyn Random, share: &mut Vec<u8>) -> Result<Key, CryptoError> {
        let mut seed = Zeroizing::new([0; 2 * PART_LEN]);
        random.fill(seed.as_mut())?;
        let (private, public) = mlkem768::generate_key_pair(*seed).into_parts();
        share.extend_from_slice(public.as_ref());
        Ok(Key(Box::new(private)))
    }

    fn encapsulate(
        key: &[u8; ENCAPSULATION_KEY_LEN],
        random: &dyn Random,
        share: &mut Vec<u8>,
        secret: &mut [u8],
    ) -> Result<(), CryptoError> {
        let key = MlKem768PublicKey::from(key);
        // The modulus check of FIPS 203 section 7.2, which `encapsulate` leaves to the caller.
        if !mlkem768::validate_public_key(&key) {
            return Err(CryptoError::BadShare);
        }
        let mut message = Zeroizing::new([0; PART_LEN]);
        random.fill(message.as_mut())?;
        let (ciphertext, shared) = mlkem768::encapsulate(&key, *message);
        share.extend_from_slice(ciphertext.as_ref());
        hybrid::fill(secret, Zeroizing::new(shared).as_ref())
    }

    fn decapsulate(
        key: &Key,
        ciphertext: &[u8; CIPHERTEXT_LEN],
        secret: &mut [u8],
    ) -> Result<(), CryptoError> {
        let ciphertext = MlKem768Ciphertext::from(ciphertext);
        let shared = Zeroizing::new(mlkem768::decapsulate(&key.0, &ciphertext));
        hybrid::fill(secret, shared.as_ref())
    }
}
