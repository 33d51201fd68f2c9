//! The frame of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): just enough to hand the parts to a primitive.

use crate::CryptoError;

/// The two parts of a SubjectPublicKeyInfo.
pub(crate) struct Spki<'a> {
    /// Contents of the `AlgorithmIdentifier` sequence.
    pub(crate) algorithm: &'a [u8],
    /// Contents of the bit string, which has no unused bits.
    pub(crate) subject_public_key: &'a [u8],
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// Parses DER and nothing looser; trailing octets are refused.
pub(crate) fn parse(der: &[u8]) -> Result<Spki<'_>, CryptoError> {
    let (spki, rest) = value(SEQUENCE, der)?;
    let (algorithm, key) = value(SEQUENCE, spki)?;
    let (bits, after) = value(BIT_STRING, key)?;
    match (bits.split_first(), rest.is_empty() && after.is_empty()) {
        (Some((0, subject_public_key)), true) => Ok(Spki {
            algorithm,
            subject_public_key,
        }),
        _ => Err(CryptoError::BadKey),
    }
}

/// Splits one value with `tag` off `der`: its contents and what follows it.
pub(crate) fn value(tag: u8, der: &[u8]) -> Result<(&[u8], &[u8]), CryptoError> {
    let (len, body) = match der {
        [t, len @ 0..=0x7f, body @ ..] if *t == tag => (usize::from(*len), body),
        [t, 0x81, len @ 0x80..=0xff, body @ ..] if *t == tag => (usize::from(*len), body),
        [t, 0x82, hi @ 1..=0xff, lo, body @ ..] if *t == tag => {
            (usize::from(u16::from_be_bytes([*hi, *lo])), body)
        }
        _ => return Err(CryptoError::BadKey),
    };
    body.split_at_checked(len).ok_or(CryptoError::BadKey)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::parse;

    /// RFC 8410 section 10.1.
    const ED25519: &[u8] = &[
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0x19, 0xbf, 0x44,
        0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8, 0x50,
        0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
    ];

    #[test]
    fn splits_algorithm_and_key() {
        let spki = parse(ED25519).unwrap();
        assert_eq!(spki.algorithm, [0x06, 0x03, 0x2b, 0x65, 0x70]);
        assert_eq!(spki.subject_public_key.len(), 32);
    }

    #[test]
    fn every_prefix_and_any_trailer_is_refused() {
        for len in 0..ED25519.len() {
            assert!(parse(&ED25519[..len]).is_err());
        }
        let longer: Vec<u8> = ED25519.iter().copied().chain([0]).collect();
        assert!(parse(&longer).is_err());
    }
}
