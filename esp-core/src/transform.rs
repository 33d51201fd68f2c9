//! What turns a packet of cleartext into an ESP packet and back: one file for each kind of algorithm.
//!
//! ```text
//! 0     4          8    8 + IV              len - ICV     len
//! | SPI | sequence | IV | text: payload, padding, trailer | ICV |
//! ```

use alloc::boxed::Box;

use crypto_core::{
    AeadAlgorithm, AeadKey, CipherAlgorithm, CryptoError, HashAlgorithm, HmacKey, Provider, Secret,
};

use crate::{BadSa, Encryption, Integrity, Protocol, SaParams, ah::Ah};

mod aead;
mod ccm;
mod composed;
mod gmac;

pub(crate) use aead::{IV_LEN, nonce};
pub(crate) use composed::IvSource;

// What each packet runs through is inlined by force, here and in the files of the two ends: a result that comes back through
// memory is moved in larger pieces than it was written in, and such a load waits until the writes are done, which costs more than
// the code that made it.

/// Octets of SPI and sequence number.
pub(crate) const HEADER_LEN: usize = 8;

/// A sequence number as the algorithms see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// All of it; the low half is in the header.
    pub(crate) value: u64,
    /// True when the high half is authenticated too (RFC 4303 section 2.2.1).
    pub(crate) extended: bool,
}

impl Number {
    /// The high half, when it is authenticated.
    pub(crate) fn high(self) -> Option<[u8; 4]> {
        let [a, b, c, d, ..] = self.value.to_be_bytes();
        self.extended.then_some([a, b, c, d])
    }
}

/// What protects the packets of an SA.
#[derive(Debug)]
pub(crate) enum Protection {
    Esp(Transform),
    Ah(Box<Ah>),
}

impl Protection {
    /// Makes the keys ready. `ivs` makes IVs for the sealing end of CBC.
    pub(crate) fn new(
        params: &SaParams,
        provider: &Provider,
        ivs: Option<IvSource>,
    ) -> Result<Self, BadSa> {
        let keying = Keying { params, provider };
        Ok(match params.suite.protocol() {
            Protocol::Esp => Self::Esp(Transform::new(&keying, ivs)?),
            Protocol::Ah => Self::Ah(Box::new(keying.ah()?)),
        })
    }
}

impl Protection {
    /// Loads memory of the key, and uses nothing of it.
    #[inline]
    pub(crate) fn touch(&self) {
        if let Self::Esp(Transform::Aead(aead)) = self {
            aead.touch();
        }
    }
}

/// The keyed algorithms of an SA of ESP.
///
/// Those that are an AEAD of the provider are compiled into the path of each packet; the others, which take longer themselves,
/// are called.
#[derive(Debug)]
pub(crate) enum Transform {
    /// GCM and ChaCha20-Poly1305.
    Aead(aead::Aead),
    /// CCM.
    Ccm(ccm::Ccm),
    /// GMAC, which authenticates what is not encrypted.
    Gmac(gmac::Gmac),
    /// A cipher, and an HMAC over its output.
    Composed(Box<composed::Composed>),
}

impl Transform {
    fn new(key: &Keying<'_>, ivs: Option<IvSource>) -> Result<Self, BadSa> {
        Ok(match key.params.suite.encryption() {
            Encryption::Aes128Gcm16 | Encryption::Aes128Gcm16ImplicitIv => {
                key.aead(AeadAlgorithm::Aes128Gcm)?
            }
            Encryption::Aes256Gcm16 | Encryption::Aes256Gcm16ImplicitIv => {
                key.aead(AeadAlgorithm::Aes256Gcm)?
            }
            Encryption::ChaCha20Poly1305 | Encryption::ChaCha20Poly1305ImplicitIv => {
                key.aead(AeadAlgorithm::ChaCha20Poly1305)?
            }
            Encryption::Aes128Gmac => key.gmac(AeadAlgorithm::Aes128Gcm)?,
            Encryption::Aes256Gmac => key.gmac(AeadAlgorithm::Aes256Gcm)?,
            Encryption::Aes128Ccm8
            | Encryption::Aes128Ccm12
            | Encryption::Aes128Ccm16
            | Encryption::Aes256Ccm8
            | Encryption::Aes256Ccm12
            | Encryption::Aes256Ccm16 => key.ccm()?,
            Encryption::Aes128Cbc => key.cbc(CipherAlgorithm::Aes128Cbc, ivs)?,
            Encryption::Aes192Cbc => key.cbc(CipherAlgorithm::Aes192Cbc, ivs)?,
            Encryption::Aes256Cbc => key.cbc(CipherAlgorithm::Aes256Cbc, ivs)?,
            Encryption::Aes128Ctr => key.ctr(CipherAlgorithm::Aes128Ctr)?,
            Encryption::Aes192Ctr => key.ctr(CipherAlgorithm::Aes192Ctr)?,
            Encryption::Aes256Ctr => key.ctr(CipherAlgorithm::Aes256Ctr)?,
            Encryption::Null => key.composed(composed::Cipher::Null)?,
        })
    }

    /// Encrypts the text and writes IV and ICV. The header and the text are in place.
    ///
    /// Fails only for a packet that is shorter than its parts, or longer than the primitive can take.
    #[inline(always)]
    pub(crate) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        match self {
            Self::Aead(aead) => aead.seal(packet, number),
            Self::Ccm(ccm) => ccm.seal(packet, number),
            Self::Gmac(gmac) => gmac.seal(packet, number),
            Self::Composed(composed) => composed.seal(packet, number),
        }
    }

    /// Checks the ICV and decrypts the text in place. On failure no cleartext is left behind.
    #[inline(always)]
    pub(crate) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        match self {
            Self::Aead(aead) => aead.open(packet, number),
            Self::Ccm(ccm) => ccm.open(packet, number),
            Self::Gmac(gmac) => gmac.open(packet, number),
            Self::Composed(composed) => composed.open(packet, number),
        }
    }
}

/// Makes the keys of an SA ready.
struct Keying<'a> {
    params: &'a SaParams,
    provider: &'a Provider,
}

impl Keying<'_> {
    /// Key and salt: the salt is the end of the key material.
    fn material<const SALT: usize>(&self) -> Result<(&[u8], [u8; SALT]), BadSa> {
        split_salt(&self.params.encryption_key)
    }

    fn aead_key(
        &self,
        algorithm: AeadAlgorithm,
        material: &Secret,
    ) -> Result<(Box<dyn AeadKey>, [u8; 4]), BadSa> {
        let (key, salt) = split_salt(material)?;
        let aead = self.provider.aead(algorithm).ok_or(BadSa::Unsupported)?;
        Ok((aead.key(key).map_err(bad_key)?, salt))
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Result<Transform, BadSa> {
        let (key, salt) = self.aead_key(algorithm, &self.params.encryption_key)?;
        let implicit_iv = self.params.suite.encryption().iv_len() == 0;
        Ok(Transform::Aead(aead::Aead::new(key, salt, implicit_iv)))
    }

    fn gmac(&self, algorithm: AeadAlgorithm) -> Result<Transform, BadSa> {
        let (key, salt) = self.aead_key(algorithm, &self.params.encryption_key)?;
        Ok(Transform::Gmac(gmac::Gmac::new(key, salt)))
    }

    fn ccm(&self) -> Result<Transform, BadSa> {
        let (key, salt) = self.material()?;
        let icv_len = self.params.suite.icv_len();
        let ccm = self.provider.ccm.ok_or(BadSa::Unsupported)?;
        let key = ccm.key(key, icv_len).map_err(bad_key)?;
        Ok(Transform::Ccm(ccm::Ccm::new(key, salt, icv_len)))
    }

    fn cbc(&self, algorithm: CipherAlgorithm, ivs: Option<IvSource>) -> Result<Transform, BadSa> {
        let cipher = self.provider.cipher(algorithm).ok_or(BadSa::Unsupported)?;
        let key = self.params.encryption_key.as_ref();
        let key = cipher.key(key).map_err(bad_key)?;
        self.composed(composed::Cipher::Cbc(key, ivs))
    }

    fn ctr(&self, algorithm: CipherAlgorithm) -> Result<Transform, BadSa> {
        let cipher = self.provider.cipher(algorithm).ok_or(BadSa::Unsupported)?;
        let (key, nonce) = self.material()?;
        let key = cipher.key(key).map_err(bad_key)?;
        self.composed(composed::Cipher::Ctr(key, nonce))
    }

    fn composed(&self, cipher: composed::Cipher) -> Result<Transform, BadSa> {
        let integrity = self.params.suite.integrity().ok_or(BadSa::BadSuite)?;
        let mac = self.mac(integrity)?;
        let composed = composed::Composed::new(cipher, mac, integrity.icv_len());
        Ok(Transform::Composed(Box::new(composed)))
    }

    fn ah(&self) -> Result<Ah, BadSa> {
        let integrity = self.params.suite.integrity().ok_or(BadSa::BadSuite)?;
        let gmac = |algorithm| {
            let (key, salt) = self.aead_key(algorithm, &self.params.integrity_key)?;
            Ok(Ah::with_gmac(key, salt))
        };
        match integrity {
            Integrity::Aes128Gmac => gmac(AeadAlgorithm::Aes128Gcm),
            Integrity::Aes256Gmac => gmac(AeadAlgorithm::Aes256Gcm),
            Integrity::HmacSha1
            | Integrity::HmacSha256
            | Integrity::HmacSha384
            | Integrity::HmacSha512 => Ok(Ah::with_hmac(self.mac(integrity)?, integrity)),
        }
    }

    fn mac(&self, integrity: Integrity) -> Result<Box<dyn HmacKey>, BadSa> {
        let hash = match integrity {
            Integrity::HmacSha1 => HashAlgorithm::Sha1,
            Integrity::HmacSha256 => HashAlgorithm::Sha256,
            Integrity::HmacSha384 => HashAlgorithm::Sha384,
            Integrity::HmacSha512 => HashAlgorithm::Sha512,
            Integrity::Aes128Gmac | Integrity::Aes256Gmac => return Err(BadSa::BadSuite),
        };
        let mac = self.provider.hmac(hash).ok_or(BadSa::Unsupported)?;
        Ok(mac.key(self.params.integrity_key.as_ref()))
    }
}

fn split_salt<const SALT: usize>(material: &Secret) -> Result<(&[u8], [u8; SALT]), BadSa> {
    let (key, salt) = material.as_ref().split_last_chunk().ok_or(BadSa::BadKey)?;
    Ok((key, *salt))
}

/// What the host did wrong when the provider refuses a key.
fn bad_key(error: CryptoError) -> BadSa {
    match error {
        CryptoError::Unsupported => BadSa::Unsupported,
        CryptoError::Failed => BadSa::NoRandomness,
        CryptoError::BadKey | _ => BadSa::BadKey,
    }
}
