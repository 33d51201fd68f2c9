//! AES-CBC, AES-CTR and AES-CCM for every source, from the crates `aes`, `cbc`, `ctr` and `ccm`.

use alloc::boxed::Box;

use ::aes::{
    Aes128, Aes192, Aes256, Block,
    cipher::{
        BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt as _, BlockModeEncrypt as _,
        InnerIvInit as _, KeyInit, StreamCipher as _,
    },
};
use ::ccm::{
    Ccm as Mode,
    aead::AeadInOut,
    consts::{U8, U11, U12, U16},
};

use crate::{
    BLOCK_LEN, CCM_NONCE_LEN, Ccm, CcmKey, Cipher, CipherAlgorithm, CipherKey, CryptoError,
};

pub(crate) static CIPHERS: &[&dyn Cipher] = &[
    &Aes(CipherAlgorithm::Aes128Cbc),
    &Aes(CipherAlgorithm::Aes192Cbc),
    &Aes(CipherAlgorithm::Aes256Cbc),
    &Aes(CipherAlgorithm::Aes128Ctr),
    &Aes(CipherAlgorithm::Aes192Ctr),
    &Aes(CipherAlgorithm::Aes256Ctr),
];

pub(crate) static CCM: &dyn Ccm = &AesCcm;

#[derive(Debug)]
struct Aes(CipherAlgorithm);

/// A key in cipher block chaining mode.
struct Cbc<C>(C);

/// A key in counter mode.
struct Ctr<C>(C);

impl Cipher for Aes {
    fn algorithm(&self) -> CipherAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn CipherKey>, CryptoError> {
        Ok(match self.0 {
            CipherAlgorithm::Aes128Cbc => Box::new(Cbc(expand::<Aes128>(key)?)),
            CipherAlgorithm::Aes192Cbc => Box::new(Cbc(expand::<Aes192>(key)?)),
            CipherAlgorithm::Aes256Cbc => Box::new(Cbc(expand::<Aes256>(key)?)),
            CipherAlgorithm::Aes128Ctr => Box::new(Ctr(expand::<Aes128>(key)?)),
            CipherAlgorithm::Aes192Ctr => Box::new(Ctr(expand::<Aes192>(key)?)),
            CipherAlgorithm::Aes256Ctr => Box::new(Ctr(expand::<Aes256>(key)?)),
        })
    }
}

fn expand<C: KeyInit>(key: &[u8]) -> Result<C, CryptoError> {
    C::new_from_slice(key).map_err(|_| CryptoError::BadKey)
}

impl<C> CipherKey for Cbc<C>
where
    C: BlockCipherEncrypt<BlockSize = U16> + BlockCipherDecrypt + Send + Sync,
{
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError> {
        let mut mode = ::cbc::Encryptor::inner_iv_init(&self.0, &(*iv).into());
        mode.encrypt_blocks(blocks(data)?);
        Ok(())
    }

    fn decrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError> {
        let mut mode = ::cbc::Decryptor::inner_iv_init(&self.0, &(*iv).into());
        mode.decrypt_blocks(blocks(data)?);
        Ok(())
    }
}

fn blocks(data: &mut [u8]) -> Result<&mut [Block], CryptoError> {
    match Block::slice_as_chunks_mut(data) {
        (blocks, []) => Ok(blocks),
        _ => Err(CryptoError::BadLength),
    }
}

impl<C> CipherKey for Ctr<C>
where
    C: BlockCipherEncrypt<BlockSize = U16> + Send + Sync,
{
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError> {
        // The library counts from its first block; the protocol's counter begins where `iv` says.
        let [.., a, b, c, d] = *iv;
        let used = u64::from(u32::from_be_bytes([a, b, c, d]));
        if (data.len().div_ceil(BLOCK_LEN) as u64) > (1 << 32) - used {
            return Err(CryptoError::BadLength);
        }
        let core =
            ::ctr::CtrCore::<_, ::ctr::flavors::Ctr32BE>::inner_iv_init(&self.0, &(*iv).into());
        ::aes::cipher::StreamCipherCoreWrapper::from_core(core)
            .try_apply_keystream(data)
            .map_err(|_| CryptoError::BadLength)
    }

    fn decrypt(&self, iv: &[u8; BLOCK_LEN], data: &mut [u8]) -> Result<(), CryptoError> {
        self.encrypt(iv, data)
    }
}

#[derive(Debug)]
struct AesCcm;

/// A key of CCM.
struct Combined<A>(A);

impl Ccm for AesCcm {
    fn key(&self, key: &[u8], tag_len: usize) -> Result<Box<dyn CcmKey>, CryptoError> {
        match key.len() {
            16 => combined::<Aes128>(key, tag_len),
            24 => combined::<Aes192>(key, tag_len),
            32 => combined::<Aes256>(key, tag_len),
            _ => Err(CryptoError::BadKey),
        }
    }
}

fn combined<C>(key: &[u8], tag_len: usize) -> Result<Box<dyn CcmKey>, CryptoError>
where
    C: KeyInit + BlockCipherEncrypt<BlockSize = U16> + Send + Sync + 'static,
{
    let cipher = expand::<C>(key)?;
    Ok(match tag_len {
        8 => Box::new(Combined(Mode::<C, U8, U11>::from(cipher))),
        12 => Box::new(Combined(Mode::<C, U12, U11>::from(cipher))),
        16 => Box::new(Combined(Mode::<C, U16, U11>::from(cipher))),
        _ => return Err(CryptoError::Unsupported),
    })
}

impl<A> CcmKey for Combined<A>
where
    A: AeadInOut<NonceSize = U11> + Send + Sync,
{
    fn seal_in_place(
        &self,
        nonce: &[u8; CCM_NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), CryptoError> {
        let place = tag.try_into().map_err(|_| CryptoError::BadLength)?;
        let tag: &mut ::ccm::aead::Tag<A> = place;
        *tag = self
            .0
            .encrypt_inout_detached(&(*nonce).into(), aad, data.into())
            .map_err(|_| CryptoError::BadLength)?;
        Ok(())
    }

    fn open_in_place(
        &self,
        nonce: &[u8; CCM_NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        let tag = tag.try_into().map_err(|_| CryptoError::NotAuthentic)?;
        self.0
            .decrypt_inout_detached(&(*nonce).into(), aad, data.into(), tag)
            .map_err(|_| CryptoError::NotAuthentic)
    }
}
