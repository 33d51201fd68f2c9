//! Key records (RFC 6376 section 3.6.1, RFC 8463 section 4).

use alloc::{boxed::Box, format, string::String};
use core::fmt;

use crypto_core::{RsaPublicKey, SignatureAlgorithm, SigningKey};
use thiserror::Error;

use super::{
    Malformed, TagList, base64,
    tag_list::{colon_list, is_hyphenated_word},
};

/// Why a record is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is no key record, or a value in it breaks its syntax.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// `v=` is not the first tag, or not DKIM1.
    #[error("not a record of DKIM1")]
    Version,
    /// `p=` is empty: the key is revoked.
    #[error("the key is revoked")]
    Revoked,
    /// `k=` names an unknown type.
    #[error("unknown type of key")]
    UnknownType,
    /// `p=` is no key of its type.
    #[error("no public key of its type")]
    PublicKey,
}

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// RSA.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyType {
    /// The name in `k=`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A public key as the DNS has it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyRecord {
    /// `k=`.
    pub key_type: KeyType,
    /// `p=`: an RSAPublicKey, or the 32 octets of Ed25519. What stood in a SubjectPublicKeyInfo is taken out of it.
    pub public_key: Box<[u8]>,
    /// Bits of the key.
    pub bits: usize,
    /// `h=` allows SHA-256.
    pub allows_sha256: bool,
    /// `s=` allows mail.
    pub allows_email: bool,
    /// `t=y`: the domain tests DKIM.
    pub testing: bool,
    /// `t=s`: the domain of `i=` must be that of `d=`.
    pub strict_identity: bool,
}

impl KeyRecord {
    /// Reads a record, its strings joined.
    ///
    /// # Errors
    /// Why it is no key.
    pub fn parse(record: &[u8]) -> Result<Self, KeyError> {
        let list = TagList::parse(record)?;
        for (index, tag) in list.tags().iter().enumerate() {
            if tag.name == b"v" && (index > 0 || tag.value != b"DKIM1") {
                return Err(KeyError::Version);
            }
        }
        let allows = |tag: &'static str, wanted: &[&[u8]]| match list.value(tag) {
            None => Ok(true),
            Some(value) => {
                names(value, tag).map(|()| colon_list(value).any(|name| wanted.contains(&name)))
            }
        };
        let flag = |wanted: &[u8]| {
            list.value("t")
                .is_some_and(|value| colon_list(value).any(|name| name == wanted))
        };
        let allows_sha256 = allows("h", &[b"sha256"])?;
        let allows_email = allows("s", &[b"*", b"email"])?;
        allows("t", &[])?;
        let encoded = list.value("p").ok_or(Malformed::Missing("p"))?;
        let octets = base64::decode(encoded).ok_or(Malformed::Value("p"))?;
        if octets.is_empty() {
            return Err(KeyError::Revoked);
        }
        let key_type = match list.value("k") {
            None | Some(b"rsa") => KeyType::Rsa,
            Some(b"ed25519") => KeyType::Ed25519,
            Some(name) if is_hyphenated_word(name) => return Err(KeyError::UnknownType),
            Some(_) => return Err(Malformed::Value("k").into()),
        };
        let (public_key, bits) = match key_type {
            KeyType::Rsa => {
                let key = RsaPublicKey::from_der(&octets).map_err(|_| KeyError::PublicKey)?;
                (key.as_der().into(), key.bits())
            }
            KeyType::Ed25519 if octets.len() == 32 => (octets.into(), 256),
            KeyType::Ed25519 => return Err(KeyError::PublicKey),
        };
        Ok(Self {
            key_type,
            public_key,
            bits,
            allows_sha256,
            allows_email,
            testing: flag(b"y"),
            strict_identity: flag(b"s"),
        })
    }

    /// Writes the record to publish for a private key: `v=`, `k=` and `p=`, to which other tags can be appended.
    /// RSA keys go out as SubjectPublicKeyInfo, which every verifier takes.
    ///
    /// # Errors
    /// [`KeyError::UnknownType`] for keys that DKIM has no name for.
    pub fn text(key: &dyn SigningKey) -> Result<String, KeyError> {
        let info = key.public_key();
        let (key_type, octets) = match Self::type_of(key)? {
            KeyType::Rsa => (KeyType::Rsa, info.as_ref()),
            KeyType::Ed25519 => (KeyType::Ed25519, ed25519(&info)?),
        };
        let encoded = base64::encode(octets);
        Ok(format!("v=DKIM1; k={}; p={encoded}", key_type.as_str()))
    }

    /// Whether this is the public half of `key`: what to check before signing with it.
    #[must_use]
    pub fn matches(&self, key: &dyn SigningKey) -> bool {
        let info = key.public_key();
        let own = match Self::type_of(key) {
            Ok(KeyType::Rsa) => RsaPublicKey::from_der(&info)
                .map(|key| key.as_der().to_vec())
                .ok(),
            Ok(KeyType::Ed25519) => ed25519(&info).map(<[u8]>::to_vec).ok(),
            Err(_) => None,
        };
        own.is_some_and(|own| *own == *self.public_key)
    }

    fn type_of(key: &dyn SigningKey) -> Result<KeyType, KeyError> {
        let signs = |algorithm| key.algorithms().contains(&algorithm);
        match () {
            () if signs(SignatureAlgorithm::RsaPkcs1Sha256) => Ok(KeyType::Rsa),
            () if signs(SignatureAlgorithm::Ed25519) => Ok(KeyType::Ed25519),
            () => Err(KeyError::UnknownType),
        }
    }
}

/// The key inside a SubjectPublicKeyInfo of Ed25519, which is its end (RFC 8410 section 4).
fn ed25519(info: &[u8]) -> Result<&[u8], KeyError> {
    let key = info.last_chunk::<32>().ok_or(KeyError::PublicKey)?;
    Ok(key)
}

/// Checks a list of hyphenated words; `*` is one too.
fn names(value: &[u8], tag: &'static str) -> Result<(), Malformed> {
    let word = |name: &[u8]| name == b"*" || is_hyphenated_word(name);
    if colon_list(value).all(word) {
        Ok(())
    } else {
        Err(Malformed::Value(tag))
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("key_type", &self.key_type)
            .field("bits", &self.bits)
            .field("testing", &self.testing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8463 appendix A.2.
    const ED25519: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    /// RFC 6376 appendix C.2 (the key of appendix A.2 as well).
    const RSA: &str = "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtI\
        xN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBc\
        WToIMmPSPDdQPNUYckcQ2QIDAQAB";

    fn parse(record: &str) -> Result<KeyRecord, KeyError> {
        KeyRecord::parse(record.as_bytes())
    }

    fn with(tags: &str) -> Result<KeyRecord, KeyError> {
        parse(&format!("{tags}; {RSA}"))
    }

    #[test]
    fn records_of_the_rfcs() {
        let rsa = parse(RSA).unwrap();
        assert_eq!((rsa.key_type, rsa.bits), (KeyType::Rsa, 1024));
        let ed25519 = parse(ED25519).unwrap();
        assert_eq!((ed25519.key_type, ed25519.bits), (KeyType::Ed25519, 256));
        assert!(rsa.allows_sha256 && rsa.allows_email && !rsa.testing && !rsa.strict_identity);
    }

    #[test]
    fn an_rsa_key_may_be_bare() {
        let rsa = parse(RSA).unwrap();
        let bare = base64::encode(&rsa.public_key);
        assert_eq!(parse(&format!("p={bare}")), Ok(rsa));
    }

    #[test]
    fn a_version_is_first_and_dkim1() {
        assert!(with("v=DKIM1").is_ok());
        assert_eq!(with("v=DKIM1.0"), Err(KeyError::Version));
        assert_eq!(with("v=dkim1"), Err(KeyError::Version));
        assert_eq!(with("v=spf1"), Err(KeyError::Version));
        assert_eq!(with("k=rsa; v=DKIM1"), Err(KeyError::Version));
    }

    #[test]
    fn an_empty_key_is_revoked_whatever_its_type() {
        assert_eq!(parse("v=DKIM1; p="), Err(KeyError::Revoked));
        assert_eq!(parse("k=new; p= "), Err(KeyError::Revoked));
        assert_eq!(parse("v=DKIM1"), Err(Malformed::Missing("p").into()));
    }

    #[test]
    fn unknown_types_are_told_from_broken_ones() {
        assert_eq!(with("k=new"), Err(KeyError::UnknownType));
        assert_eq!(with("k=RSA"), Err(KeyError::UnknownType));
        assert_eq!(with("k=r sa"), Err(Malformed::Value("k").into()));
        assert_eq!(with("k=ed25519"), Err(KeyError::PublicKey));
        assert_eq!(parse("p=Zm9v"), Err(KeyError::PublicKey));
    }

    #[test]
    fn hashes_services_and_flags_are_lists_in_which_the_unknown_is_ignored() {
        assert!(with("h=sha1 : sha256").unwrap().allows_sha256);
        assert!(!with("h=sha1").unwrap().allows_sha256);
        assert!(with("s=other:email").unwrap().allows_email);
        assert!(with("s=*").unwrap().allows_email);
        assert!(!with("s=other").unwrap().allows_email);
        let flags = with("t=x : y:s").unwrap();
        assert!(flags.testing && flags.strict_identity);
        assert_eq!(with("h="), Err(Malformed::Value("h").into()));
        assert_eq!(with("t=y:"), Err(Malformed::Value("t").into()));
    }

    #[test]
    fn notes_and_unknown_tags_are_ignored() {
        assert!(
            with("g=*; n=Some note =20 here; x-new=1").is_err(),
            "a hyphen is not part of a name"
        );
        assert!(with("g=*; n=Some note =20 here; x_new=1").is_ok());
    }
}
