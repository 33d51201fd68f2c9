//! The libraries of cryptography under both sides, called alone: what no protocol machine can save.

use std::{hint::black_box, sync::Arc};

use ::rustls::{
    crypto::{CryptoProvider, SupportedKxGroup},
    server::ProducesTickets,
};

use super::pki::KeyKind;

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl Cipher {
    pub(crate) const ALL: [Self; 3] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "aes-128-gcm",
            Self::Aes256Gcm => "aes-256-gcm",
            Self::ChaCha20Poly1305 => "chacha20-poly1305",
        }
    }

    pub(crate) const fn suite(self) -> tls_core::wire::CipherSuite {
        use tls_core::wire::CipherSuite;
        match self {
            Self::Aes128Gcm => CipherSuite::TLS_AES_128_GCM_SHA256,
            Self::Aes256Gcm => CipherSuite::TLS_AES_256_GCM_SHA384,
            Self::ChaCha20Poly1305 => CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        }
    }

    #[cfg(feature = "openssl")]
    pub(crate) const fn suite_name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "TLS_AES_128_GCM_SHA256",
            Self::Aes256Gcm => "TLS_AES_256_GCM_SHA384",
            Self::ChaCha20Poly1305 => "TLS_CHACHA20_POLY1305_SHA256",
        }
    }

    const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

/// One library: under our provider, under rustls, and alone.
pub(crate) trait Library: 'static {
    const NAME: &'static str;

    /// Our provider over it.
    fn provider() -> crypto_core::Provider;

    /// The provider of rustls over it, with one cipher suite, and X25519 alone.
    fn rustls(cipher: Cipher) -> CryptoProvider;

    /// The stateless tickets of rustls.
    fn rustls_tickets() -> Arc<dyn ProducesTickets>;

    type AeadKey;

    fn aead_key(cipher: Cipher) -> Self::AeadKey;

    /// Encrypts in place; the tag is the result.
    fn seal(key: &Self::AeadKey, header: [u8; 5], data: &mut [u8]) -> [u8; 16];

    /// Checks the tag at the end and decrypts in place.
    fn open(key: &Self::AeadKey, header: [u8; 5], data: &mut [u8]);

    /// An X25519 public key.
    fn share() -> Vec<u8>;

    /// Makes an X25519 key, and agrees with `share`.
    fn agree(share: &[u8]);

    type SigningKey;

    fn signing_key(kind: KeyKind, pkcs8: &[u8]) -> Self::SigningKey;

    fn public_key(key: &Self::SigningKey) -> Vec<u8>;

    fn sign(key: &Self::SigningKey, message: &[u8]) -> Vec<u8>;

    fn verify(kind: KeyKind, public_key: &[u8], message: &[u8], signature: &[u8]);

    /// Sets up a key of HMAC-SHA-256 and signs with it.
    fn hmac(key: &[u8], message: &[u8]);

    fn sha256(data: &[u8]);
}

/// A key pair of either kind.
pub(crate) enum Pair<E, R> {
    Ecdsa(E),
    Rsa(R),
}

macro_rules! library {
    ($library:ident, $name:literal, $type:ident, $rustls:ident, $ours:ident, $agree:expr, $ecdsa:expr, $modulus:ident) => {
        #[derive(Debug)]
        pub(crate) struct $type;

        impl Library for $type {
            const NAME: &'static str = $name;

            fn provider() -> crypto_core::Provider {
                crypto_core::$ours::provider()
            }

            fn rustls(cipher: Cipher) -> CryptoProvider {
                use ::rustls::crypto::$rustls::{cipher_suite as suite, kx_group};
                let group: &'static dyn SupportedKxGroup = kx_group::X25519;
                let suite = match cipher {
                    Cipher::Aes128Gcm => suite::TLS13_AES_128_GCM_SHA256,
                    Cipher::Aes256Gcm => suite::TLS13_AES_256_GCM_SHA384,
                    Cipher::ChaCha20Poly1305 => suite::TLS13_CHACHA20_POLY1305_SHA256,
                };
                CryptoProvider {
                    cipher_suites: vec![suite],
                    kx_groups: vec![group],
                    ..::rustls::crypto::$rustls::default_provider()
                }
            }

            fn rustls_tickets() -> Arc<dyn ProducesTickets> {
                ::rustls::crypto::$rustls::Ticketer::new().expect("randomness")
            }

            type AeadKey = $library::aead::LessSafeKey;

            fn aead_key(cipher: Cipher) -> Self::AeadKey {
                use $library::aead;
                let algorithm = match cipher {
                    Cipher::Aes128Gcm => &aead::AES_128_GCM,
                    Cipher::Aes256Gcm => &aead::AES_256_GCM,
                    Cipher::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
                };
                let key = vec![7; cipher.key_len()];
                aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key).expect("length"))
            }

            #[inline]
            fn seal(key: &Self::AeadKey, header: [u8; 5], data: &mut [u8]) -> [u8; 16] {
                use $library::aead::{Aad, Nonce};
                let nonce = Nonce::assume_unique_for_key([3; 12]);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(header), data);
                tag.expect("length")
                    .as_ref()
                    .try_into()
                    .expect("tags have 16 octets")
            }

            #[inline]
            fn open(key: &Self::AeadKey, header: [u8; 5], data: &mut [u8]) {
                use $library::aead::{Aad, Nonce};
                let nonce = Nonce::assume_unique_for_key([3; 12]);
                black_box(
                    key.open_in_place(nonce, Aad::from(header), data)
                        .expect("authentic"),
                );
            }

            fn share() -> Vec<u8> {
                use $library::{agreement, rand::SystemRandom};
                let random = SystemRandom::new();
                let key = agreement::EphemeralPrivateKey::generate(&agreement::X25519, &random);
                key.and_then(|key| key.compute_public_key())
                    .expect("randomness")
                    .as_ref()
                    .to_vec()
            }

            fn agree(share: &[u8]) {
                use $library::{agreement, rand::SystemRandom};
                let random = SystemRandom::new();
                let key = agreement::EphemeralPrivateKey::generate(&agreement::X25519, &random)
                    .expect("randomness");
                black_box(key.compute_public_key().expect("a key"));
                let share = agreement::UnparsedPublicKey::new(&agreement::X25519, share);
                $agree(key, share);
            }

            type SigningKey = Pair<$library::signature::EcdsaKeyPair, $library::rsa::KeyPair>;

            fn signing_key(kind: KeyKind, pkcs8: &[u8]) -> Self::SigningKey {
                match kind {
                    KeyKind::P256 => Pair::Ecdsa($ecdsa(pkcs8)),
                    KeyKind::Rsa2048 => {
                        Pair::Rsa($library::rsa::KeyPair::from_pkcs8(pkcs8).expect("a key"))
                    }
                }
            }

            fn public_key(key: &Self::SigningKey) -> Vec<u8> {
                use $library::signature::KeyPair as _;
                match key {
                    Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
                    Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
                }
            }

            fn sign(key: &Self::SigningKey, message: &[u8]) -> Vec<u8> {
                use $library::{rand::SystemRandom, signature};
                let random = SystemRandom::new();
                match key {
                    Pair::Ecdsa(pair) => pair
                        .sign(&random, message)
                        .expect("randomness")
                        .as_ref()
                        .to_vec(),
                    Pair::Rsa(pair) => {
                        let mut out = vec![0; $modulus(pair)];
                        let scheme = &signature::RSA_PSS_SHA256;
                        pair.sign(scheme, &random, message, &mut out)
                            .expect("randomness");
                        out
                    }
                }
            }

            fn verify(kind: KeyKind, public_key: &[u8], message: &[u8], signature: &[u8]) {
                use $library::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
                let algorithm: &dyn VerificationAlgorithm = match kind {
                    KeyKind::P256 => &signature::ECDSA_P256_SHA256_ASN1,
                    KeyKind::Rsa2048 => &signature::RSA_PSS_2048_8192_SHA256,
                };
                let key = UnparsedPublicKey::new(algorithm, public_key);
                key.verify(message, signature).expect("a good signature");
            }

            fn hmac(key: &[u8], message: &[u8]) {
                use $library::hmac;
                black_box(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message));
            }

            fn sha256(data: &[u8]) {
                use $library::digest;
                black_box(digest::digest(&digest::SHA256, data));
            }
        }
    };
}

fn ring_agree(
    key: ring::agreement::EphemeralPrivateKey,
    share: ring::agreement::UnparsedPublicKey<&[u8]>,
) {
    let keep = |secret: &[u8]| {
        black_box(secret.first().copied());
    };
    ring::agreement::agree_ephemeral(key, &share, keep).expect("a valid share");
}

fn aws_agree(
    key: aws_lc_rs::agreement::EphemeralPrivateKey,
    share: aws_lc_rs::agreement::UnparsedPublicKey<&[u8]>,
) {
    let keep = |secret: &[u8]| {
        black_box(secret.first().copied());
        Ok(())
    };
    aws_lc_rs::agreement::agree_ephemeral(key, share, (), keep).expect("a valid share");
}

fn ring_ecdsa(pkcs8: &[u8]) -> ring::signature::EcdsaKeyPair {
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let random = ring::rand::SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random).expect("a key")
}

fn aws_ecdsa(pkcs8: &[u8]) -> aws_lc_rs::signature::EcdsaKeyPair {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).expect("a key")
}

fn ring_modulus(pair: &ring::rsa::KeyPair) -> usize {
    pair.public().modulus_len()
}

fn aws_modulus(pair: &aws_lc_rs::rsa::KeyPair) -> usize {
    pair.public_modulus_len()
}

library!(
    ring,
    "ring",
    Ring,
    ring,
    ring,
    ring_agree,
    ring_ecdsa,
    ring_modulus
);
library!(
    aws_lc_rs,
    "aws-lc",
    AwsLc,
    aws_lc_rs,
    aws_lc,
    aws_agree,
    aws_ecdsa,
    aws_modulus
);
