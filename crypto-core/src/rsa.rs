//! RSA public keys as protocols carry them, read far enough to judge their size.

use pki_types::alg_id;

use crate::{CryptoError, spki};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// An RSA public key, with the size that a caller's policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsaPublicKey<'a> {
    der: &'a [u8],
    modulus: &'a [u8],
}

impl<'a> RsaPublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), or the RSAPublicKey (RFC 8017 appendix A.1.1) that
    /// stands inside one: protocols that carry keys bare have both in use (RFC 6376 section 3.6.1).
    ///
    /// # Errors
    /// [`CryptoError::BadKey`] for what is neither, in DER, with nothing behind it and positive integers.
    pub fn from_der(der: &'a [u8]) -> Result<Self, CryptoError> {
        if let Ok(info) = spki::parse(der) {
            if info.algorithm != alg_id::RSA_ENCRYPTION.as_ref() {
                return Err(CryptoError::BadKey);
            }
            return Self::bare(info.subject_public_key);
        }
        Self::bare(der)
    }

    fn bare(der: &'a [u8]) -> Result<Self, CryptoError> {
        let (body, rest) = spki::value(SEQUENCE, der)?;
        let (modulus, after) = positive(body)?;
        let (_exponent, end) = positive(after)?;
        if !rest.is_empty() || !end.is_empty() {
            return Err(CryptoError::BadKey);
        }
        Ok(Self { der, modulus })
    }

    /// The RSAPublicKey in DER: what [`Provider::verification`](crate::Provider::verification) takes.
    #[must_use]
    pub fn as_der(&self) -> &'a [u8] {
        self.der
    }

    /// Bits of the modulus.
    #[must_use]
    pub fn bits(&self) -> usize {
        let top = self.modulus.first().map_or(0, |top| top.leading_zeros());
        (self.modulus.len() * 8).saturating_sub(top as usize)
    }
}

/// Splits a positive INTEGER off `der`: its magnitude without leading zeros, and what follows.
fn positive(der: &[u8]) -> Result<(&[u8], &[u8]), CryptoError> {
    let (value, rest) = spki::value(INTEGER, der)?;
    let magnitude = match value {
        [0, magnitude @ ..] if matches!(magnitude, [0x80..=0xff, ..]) => magnitude,
        [0x01..0x80, ..] => value,
        _ => return Err(CryptoError::BadKey),
    };
    Ok((magnitude, rest))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::RsaPublicKey;

    /// An RSAPublicKey with a modulus of 16 bits and the exponent 3.
    const BARE: &[u8] = &[0x30, 0x08, 0x02, 0x03, 0x00, 0x80, 0x01, 0x02, 0x01, 0x03];

    fn info(bare: &[u8]) -> Vec<u8> {
        let algorithm = [
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
            0x00,
        ];
        let bits = [&[0x03, 11, 0], bare].concat();
        let body = [&algorithm, &bits[..]].concat();
        [&[0x30, 28], &body[..]].concat()
    }

    #[test]
    fn both_encodings_are_the_same_key() {
        let bare = RsaPublicKey::from_der(BARE).unwrap();
        let der = info(BARE);
        assert_eq!(RsaPublicKey::from_der(&der), Ok(bare));
        assert_eq!((bare.bits(), bare.as_der()), (16, BARE));
    }

    #[test]
    fn bits_are_those_of_the_number() {
        let odd = [0x30, 0x07, 0x02, 0x02, 0x01, 0xff, 0x02, 0x01, 0x03];
        assert_eq!(RsaPublicKey::from_der(&odd).unwrap().bits(), 9);
    }

    #[test]
    fn every_prefix_any_trailer_and_negative_numbers_are_refused() {
        for len in 0..BARE.len() {
            assert!(RsaPublicKey::from_der(&BARE[..len]).is_err());
        }
        assert!(RsaPublicKey::from_der(&[BARE, &[0]].concat()).is_err());
        let negative = [0x30, 0x07, 0x02, 0x02, 0x80, 0x01, 0x02, 0x01, 0x03];
        assert!(RsaPublicKey::from_der(&negative).is_err());
        let padded = [0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x03];
        assert!(RsaPublicKey::from_der(&padded).is_err());
    }
}
