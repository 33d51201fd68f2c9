//! SHA-2, HMAC and HKDF for every source, from the `sha2`, `hmac` and `hkdf` crates; HMAC-SHA1 from `sha1` on request.
//!
//! A key schedule is made of short inputs. On these `ring` and `aws-lc-rs` pay more for the call than for the hash, an
//! HMAC of 64 octets takes 1.4 times as long; on long inputs all three are equal. The states are half as large as
//! `ring`'s, and wiped on drop. Nothing here uses the heap except what returns a `Box`.

use alloc::boxed::Box;

use ::hmac::{KeyInit as _, Mac as _};
use ::sha2::Digest as _;
use zeroize::Zeroize as _;

use crate::{
    CryptoError, Digest, Expand, Hash, HashAlgorithm, HashContext, Hkdf, Hmac, HmacKey, Secret,
};

pub(crate) static HASHES: &[&dyn Hash] = &[&Sha256, &Sha384, &Sha512];
pub(crate) static HMACS: &[&dyn Hmac] = &[
    &Sha256,
    &Sha384,
    &Sha512,
    #[cfg(feature = "legacy")]
    &Sha1,
];
pub(crate) static HKDFS: &[&dyn Hkdf] = &[&Sha256, &Sha384, &Sha512];

/// A hash in progress.
struct Running<D>(D);

/// A prepared HMAC key: the state after the padded key.
struct MacKey<D: ::hmac::EagerHash>(::hmac::Hmac<D>);

macro_rules! mac {
    ($name:ident, $hash:ty) => {
        /// A hash function, and what is built on it.
        #[derive(Debug)]
        struct $name;

        impl $name {
            /// The error is for other MACs than HMAC, whose key has any length.
            fn keyed(key: &[u8]) -> ::hmac::Hmac<$hash> {
                ::hmac::Hmac::new_from_slice(key).expect("a key of HMAC has any length")
            }
        }

        impl Hmac for $name {
            fn algorithm(&self) -> HashAlgorithm {
                HashAlgorithm::$name
            }

            fn key(&self, key: &[u8]) -> Box<dyn HmacKey> {
                Box::new(MacKey(Self::keyed(key)))
            }

            fn sign(&self, key: &[u8], parts: &[&[u8]]) -> Digest {
                let mut mac = Self::keyed(key);
                parts.iter().for_each(|part| mac.update(part));
                Digest::of(&mac.finalize().into_bytes())
            }
        }

        impl HmacKey for MacKey<$hash> {
            fn sign(&self, parts: &[&[u8]]) -> Digest {
                let mut mac = self.0.clone();
                parts.iter().for_each(|part| mac.update(part));
                Digest::of(&mac.finalize().into_bytes())
            }
        }
    };
}

// Only HMAC, which still stands; the hash itself is broken.
#[cfg(feature = "legacy")]
mac!(Sha1, ::sha1::Sha1);

macro_rules! sha {
    ($name:ident) => {
        mac!($name, ::sha2::$name);

        impl Hash for $name {
            fn algorithm(&self) -> HashAlgorithm {
                HashAlgorithm::$name
            }

            fn digest(&self, data: &[u8]) -> Digest {
                Digest::of(&::sha2::$name::digest(data))
            }

            fn start(&self) -> Box<dyn HashContext> {
                Box::new(Running(::sha2::$name::new()))
            }
        }

        impl HashContext for Running<::sha2::$name> {
            fn update(&mut self, data: &[u8]) {
                self.0.update(data);
            }

            fn peek(&self) -> Digest {
                Digest::of(&self.0.clone().finalize())
            }

            fn fork(&self) -> Box<dyn HashContext> {
                Box::new(Self(self.0.clone()))
            }
        }

        impl Hkdf for $name {
            fn algorithm(&self) -> HashAlgorithm {
                HashAlgorithm::$name
            }

            fn extract(&self, salt: &[u8], ikm: &[u8]) -> Secret {
                let mut mac = Self::keyed(salt);
                mac.update(ikm);
                let mut output = mac.finalize().into_bytes();
                let mut secret = Secret::zeroed(output.len());
                secret.as_mut().copy_from_slice(&output);
                output.zeroize();
                secret
            }

            fn expand(&self, prk: &[u8], outputs: &mut [Expand<'_>]) -> Result<(), CryptoError> {
                let prk = ::hkdf::Hkdf::<::sha2::$name>::from_prk(prk)
                    .map_err(|_| CryptoError::BadLength)?;
                outputs.iter_mut().try_for_each(|Expand { info, okm }| {
                    prk.expand_multi_info(info, okm)
                        .map_err(|_| CryptoError::BadLength)
                })
            }
        }
    };
}

sha!(Sha256);
sha!(Sha384);
sha!(Sha512);
