//! The AEAD of a library, called alone: what no IPsec can save.

use crypto_core::Provider;
use esp_core::Encryption;

/// One library, alone.
pub(crate) trait Raw: 'static {
    const NAME: &'static str;

    fn provider() -> Provider;
    fn new(encryption: Encryption) -> Self;
    /// Seals all but the last 16 octets, which get the tag.
    fn seal(&self, number: u64, packet: &mut [u8]);
    fn open(&self, number: u64, packet: &mut [u8]);
}

macro_rules! raw {
    ($name:ident, $library:ident, $label:literal, $provider:path) => {
        pub(crate) struct $name(::$library::aead::LessSafeKey);

        impl Raw for $name {
            const NAME: &'static str = $label;

            fn provider() -> Provider {
                $provider()
            }

            fn new(encryption: Encryption) -> Self {
                use ::$library::aead;
                let algorithm = match encryption {
                    Encryption::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
                    _ => &aead::AES_128_GCM,
                };
                let key = vec![7; algorithm.key_len()];
                let key = aead::UnboundKey::new(algorithm, &key).expect("a key");
                Self(aead::LessSafeKey::new(key))
            }

            #[inline]
            fn seal(&self, number: u64, packet: &mut [u8]) {
                use ::$library::aead::{Aad, Nonce};
                let (text, tag) = packet.split_at_mut(packet.len() - 16);
                let nonce = Nonce::assume_unique_for_key(nonce(number));
                let made = self
                    .0
                    .seal_in_place_separate_tag(nonce, Aad::from([0; 8]), text)
                    .expect("short");
                tag.copy_from_slice(made.as_ref());
            }

            #[inline]
            fn open(&self, number: u64, packet: &mut [u8]) {
                use ::$library::aead::{Aad, Nonce};
                let nonce = Nonce::assume_unique_for_key(nonce(number));
                let opened = self.0.open_in_place(nonce, Aad::from([0; 8]), packet);
                std::hint::black_box(opened.expect("authentic"));
            }
        }
    };
}

raw!(Ring, ring, "ring", crypto_core::ring::provider);
raw!(AwsLc, aws_lc_rs, "aws-lc-rs", crypto_core::aws_lc::provider);

fn nonce(number: u64) -> [u8; 12] {
    let mut nonce = [7; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}
