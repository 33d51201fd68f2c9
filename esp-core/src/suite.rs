//! Which protocol and algorithms protect the packets of an SA, and their lengths.

use crate::BadSa;

/// Which of the two headers protects packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// The encapsulating security payload (RFC 4303), which hides and authenticates what is behind it.
    Esp,
    /// The authentication header (RFC 4302), which hides nothing, and authenticates the IP header before it too.
    Ah,
}

/// How an SA encrypts. The key material is the key and, for some, a salt behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encryption {
    /// AES-128 in Galois/Counter Mode, ICV of 16 octets (RFC 4106).
    Aes128Gcm16,
    /// AES-256 in Galois/Counter Mode, ICV of 16 octets (RFC 4106).
    Aes256Gcm16,
    /// ChaCha20 and Poly1305 (RFC 7634).
    ChaCha20Poly1305,
    /// [`Encryption::Aes128Gcm16`] whose IV is the sequence number, not sent (RFC 8750).
    Aes128Gcm16ImplicitIv,
    /// [`Encryption::Aes256Gcm16`] whose IV is the sequence number, not sent (RFC 8750).
    Aes256Gcm16ImplicitIv,
    /// [`Encryption::ChaCha20Poly1305`] whose IV is the sequence number, not sent (RFC 8750).
    ChaCha20Poly1305ImplicitIv,
    /// No secrecy: the packet is authenticated by AES-128-GMAC (RFC 4543).
    Aes128Gmac,
    /// No secrecy: the packet is authenticated by AES-256-GMAC (RFC 4543).
    Aes256Gmac,
    /// AES-128-CCM, ICV of 8 octets (RFC 4309).
    Aes128Ccm8,
    /// AES-128-CCM, ICV of 12 octets (RFC 4309).
    Aes128Ccm12,
    /// AES-128-CCM, ICV of 16 octets (RFC 4309).
    Aes128Ccm16,
    /// AES-256-CCM, ICV of 8 octets (RFC 4309).
    Aes256Ccm8,
    /// AES-256-CCM, ICV of 12 octets (RFC 4309).
    Aes256Ccm12,
    /// AES-256-CCM, ICV of 16 octets (RFC 4309).
    Aes256Ccm16,
    /// AES-128-CBC (RFC 3602); needs an [`Integrity`].
    Aes128Cbc,
    /// AES-192-CBC (RFC 3602); needs an [`Integrity`].
    Aes192Cbc,
    /// AES-256-CBC (RFC 3602); needs an [`Integrity`].
    Aes256Cbc,
    /// AES-128-CTR (RFC 3686); needs an [`Integrity`].
    Aes128Ctr,
    /// AES-192-CTR (RFC 3686); needs an [`Integrity`].
    Aes192Ctr,
    /// AES-256-CTR (RFC 3686); needs an [`Integrity`].
    Aes256Ctr,
    /// No secrecy (RFC 2410); needs an [`Integrity`].
    Null,
}

/// The lengths of an algorithm, in octets.
struct Lengths {
    key: usize,
    salt: usize,
    iv: usize,
    alignment: usize,
    icv: Option<usize>,
}

/// How an SA authenticates when its encryption does not. The key material of GMAC is the key and a salt behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Integrity {
    /// HMAC-SHA-256-128 (RFC 4868).
    HmacSha256,
    /// HMAC-SHA-384-192 (RFC 4868).
    HmacSha384,
    /// HMAC-SHA-512-256 (RFC 4868).
    HmacSha512,
    /// HMAC-SHA1-96 (RFC 2404), with the feature `legacy`: for peers that have nothing better (RFC 8221 section 6).
    HmacSha1,
    /// AES-128-GMAC (RFC 4543): in AH only, for ESP it is an [`Encryption`].
    Aes128Gmac,
    /// AES-256-GMAC (RFC 4543): in AH only, for ESP it is an [`Encryption`].
    Aes256Gmac,
}

impl Encryption {
    const fn lengths(self) -> Lengths {
        let [key, salt, iv, alignment, icv] = match self {
            Self::Aes128Gcm16 | Self::Aes128Gmac => [16, 4, 8, 4, 16],
            Self::Aes256Gcm16 | Self::Aes256Gmac | Self::ChaCha20Poly1305 => [32, 4, 8, 4, 16],
            Self::Aes128Gcm16ImplicitIv => [16, 4, 0, 4, 16],
            Self::Aes256Gcm16ImplicitIv | Self::ChaCha20Poly1305ImplicitIv => [32, 4, 0, 4, 16],
            Self::Aes128Ccm8 => [16, 3, 8, 4, 8],
            Self::Aes128Ccm12 => [16, 3, 8, 4, 12],
            Self::Aes128Ccm16 => [16, 3, 8, 4, 16],
            Self::Aes256Ccm8 => [32, 3, 8, 4, 8],
            Self::Aes256Ccm12 => [32, 3, 8, 4, 12],
            Self::Aes256Ccm16 => [32, 3, 8, 4, 16],
            Self::Aes128Cbc => [16, 0, 16, 16, 0],
            Self::Aes192Cbc => [24, 0, 16, 16, 0],
            Self::Aes256Cbc => [32, 0, 16, 16, 0],
            Self::Aes128Ctr => [16, 4, 8, 4, 0],
            Self::Aes192Ctr => [24, 4, 8, 4, 0],
            Self::Aes256Ctr => [32, 4, 8, 4, 0],
            Self::Null => [0, 0, 0, 4, 0],
        };
        Lengths {
            key,
            salt,
            iv,
            alignment,
            icv: if icv == 0 { None } else { Some(icv) },
        }
    }

    /// Octets of the key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        self.lengths().key
    }

    /// Octets of the salt behind the key in the key material.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        self.lengths().salt
    }

    /// Octets of the IV in each packet.
    #[must_use]
    pub const fn iv_len(self) -> usize {
        self.lengths().iv
    }

    /// The text's length, padding and trailer included, is a multiple of it: the cipher's block, and never less than 4
    /// (RFC 4303 section 2.4).
    #[must_use]
    pub const fn alignment(self) -> usize {
        self.lengths().alignment
    }

    /// Octets of the ICV of a combined algorithm; `None` for one that needs an [`Integrity`].
    #[must_use]
    pub const fn icv_len(self) -> Option<usize> {
        self.lengths().icv
    }
}

impl Integrity {
    /// Octets of the key material: those of the hash's output (RFC 4868 section 2.1.1), or of GMAC's key and salt.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
            Self::Aes128Gmac => 16 + 4,
            Self::Aes256Gmac => 32 + 4,
        }
    }

    /// Octets of the ICV: half of the hash's output or, of SHA-1, 96 bits; or the tag of GMAC.
    #[must_use]
    pub const fn icv_len(self) -> usize {
        match self {
            Self::HmacSha1 => 12,
            Self::HmacSha256 | Self::Aes128Gmac | Self::Aes256Gmac => 16,
            Self::HmacSha384 => 24,
            Self::HmacSha512 => 32,
        }
    }

    /// Octets of the IV that stands before the ICV in AH: only GMAC has one (RFC 4543 section 4).
    pub(crate) const fn iv_len(self) -> usize {
        match self {
            Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha384 | Self::HmacSha512 => 0,
            Self::Aes128Gmac | Self::Aes256Gmac => 8,
        }
    }
}

/// The protocol of an SA and its algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Suite {
    protocol: Protocol,
    encryption: Encryption,
    integrity: Option<Integrity>,
}

impl Suite {
    /// Joins a cipher and an integrity algorithm, which an AEAD does without, for ESP.
    ///
    /// # Errors
    /// [`BadSa::BadSuite`] for an AEAD with, or another cipher without an integrity algorithm, and for GMAC as one.
    pub const fn new(encryption: Encryption, integrity: Option<Integrity>) -> Result<Self, BadSa> {
        let misplaced = match integrity {
            Some(integrity) => integrity.iv_len() > 0,
            None => false,
        };
        if misplaced || encryption.icv_len().is_some() == integrity.is_some() {
            return Err(BadSa::BadSuite);
        }
        Ok(Self {
            protocol: Protocol::Esp,
            encryption,
            integrity,
        })
    }

    /// Takes an integrity algorithm for AH (RFC 4302), which encrypts nothing.
    #[must_use]
    pub const fn ah(integrity: Integrity) -> Self {
        Self {
            protocol: Protocol::Ah,
            encryption: Encryption::Null,
            integrity: Some(integrity),
        }
    }

    /// Which header protects the packets.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        self.protocol
    }

    /// How packets are encrypted.
    #[must_use]
    pub const fn encryption(self) -> Encryption {
        self.encryption
    }

    /// How packets are authenticated, where the encryption does not.
    #[must_use]
    pub const fn integrity(self) -> Option<Integrity> {
        self.integrity
    }

    /// Octets of key material for encryption: key and salt.
    #[must_use]
    pub const fn encryption_key_len(self) -> usize {
        self.encryption.key_len() + self.encryption.salt_len()
    }

    /// Octets of key material for integrity.
    #[must_use]
    pub const fn integrity_key_len(self) -> usize {
        match self.integrity {
            Some(integrity) => integrity.key_len(),
            None => 0,
        }
    }

    /// Octets of the ICV.
    #[must_use]
    pub const fn icv_len(self) -> usize {
        match (self.encryption.icv_len(), self.integrity) {
            (Some(len), _) => len,
            (None, Some(integrity)) => integrity.icv_len(),
            (None, None) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Encryption, Integrity, Suite};
    use crate::BadSa;

    #[test]
    fn an_aead_stands_alone_and_another_cipher_does_not() {
        let mac = Some(Integrity::HmacSha256);
        assert!(Suite::new(Encryption::Aes128Gcm16, None).is_ok());
        assert!(Suite::new(Encryption::Null, mac).is_ok());
        assert_eq!(
            Suite::new(Encryption::Aes128Gmac, mac),
            Err(BadSa::BadSuite)
        );
        assert_eq!(Suite::new(Encryption::Null, None), Err(BadSa::BadSuite));
    }

    #[test]
    fn lengths_are_those_of_the_rfcs() {
        let gcm = Suite::new(Encryption::Aes256Gcm16, None).unwrap();
        assert_eq!((gcm.encryption_key_len(), gcm.icv_len()), (36, 16));
        let ccm = Suite::new(Encryption::Aes128Ccm8, None).unwrap();
        assert_eq!((ccm.encryption_key_len(), ccm.icv_len()), (19, 8));
        let cbc = Encryption::Aes256Cbc;
        assert_eq!((cbc.key_len(), cbc.iv_len(), cbc.alignment()), (32, 16, 16));
        for (integrity, key, icv) in [
            (Integrity::HmacSha256, 32, 16),
            (Integrity::HmacSha384, 48, 24),
            (Integrity::HmacSha512, 64, 32),
        ] {
            let suite = Suite::new(Encryption::Null, Some(integrity)).unwrap();
            assert_eq!((suite.integrity_key_len(), suite.icv_len()), (key, icv));
        }
    }
}
