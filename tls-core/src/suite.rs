//! Cipher suites bound to a provider's primitives.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;

use crypto_core::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, Expand, Hash, HashAlgorithm, Hkdf, Hmac,
    Provider, Secret,
};

use crate::wire::CipherSuite;

/// A cipher suite with what the provider has for it, and the constants of its key schedule.
pub(crate) struct Suite {
    /// The code point.
    pub(crate) id: CipherSuite,
    pub(crate) aead: &'static dyn Aead,
    pub(crate) hash: &'static dyn Hash,
    pub(crate) hmac: &'static dyn Hmac,
    pub(crate) hkdf: &'static dyn Hkdf,
    /// Hash of nothing, the context of "derived".
    pub(crate) empty_hash: Digest,
    /// `Derive-Secret(Early Secret, "derived", "")` without a PSK: a public constant of the hash.
    pub(crate) derived_without_psk: Digest,
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)
    }
}

/// Order of preference when nothing is configured.
const ALL: [(CipherSuite, AeadAlgorithm, HashAlgorithm); 3] = [
    (
        CipherSuite::TLS_AES_128_GCM_SHA256,
        AeadAlgorithm::Aes128Gcm,
        HashAlgorithm::Sha256,
    ),
    (
        CipherSuite::TLS_AES_256_GCM_SHA384,
        AeadAlgorithm::Aes256Gcm,
        HashAlgorithm::Sha384,
    ),
    (
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        AeadAlgorithm::ChaCha20Poly1305,
        HashAlgorithm::Sha256,
    ),
];

impl Suite {
    /// The suites that `provider` can do, in order of preference.
    pub(crate) fn all(provider: &Provider) -> impl Iterator<Item = Arc<Self>> {
        ALL.iter()
            .filter_map(|&(id, aead, hash)| Self::new(provider, id, aead, hash).map(Arc::new))
    }

    fn new(
        provider: &Provider,
        id: CipherSuite,
        aead: AeadAlgorithm,
        hash: HashAlgorithm,
    ) -> Option<Self> {
        let aead = provider.aead(aead)?;
        let hkdf = provider.hkdf(hash)?;
        let hmac = provider.hmac(hash)?;
        let hash = provider.hash(hash)?;
        let empty_hash = hash.digest(&[]);
        let zeros = [0; Digest::MAX];
        let zeros = zeros.get(..hash.algorithm().output_len())?;
        let early = hkdf.extract(&[], zeros);
        let mut derived = Secret::zeroed(zeros.len());
        expand_label(
            hkdf,
            early.as_ref(),
            [(b"derived", empty_hash.as_ref(), derived.as_mut())],
        )
        .ok()?;
        let derived_without_psk = Digest::new(derived.as_ref())?;
        Some(Self {
            id,
            aead,
            hash,
            hmac,
            hkdf,
            empty_hash,
            derived_without_psk,
        })
    }

    /// Octets of a hash output and of every secret of the key schedule.
    pub(crate) fn secret_len(&self) -> usize {
        self.hash.algorithm().output_len()
    }

    /// HKDF-Expand-Label of several outputs from one secret.
    pub(crate) fn expand<const N: usize>(
        &self,
        secret: &Secret,
        outputs: [(&[u8], &[u8], &mut [u8]); N],
    ) -> Result<(), CryptoError> {
        expand_label(self.hkdf, secret.as_ref(), outputs)
    }

    /// One secret from another.
    pub(crate) fn derive(
        &self,
        secret: &Secret,
        label: &[u8],
        context: &[u8],
    ) -> Result<Secret, CryptoError> {
        let mut derived = Secret::zeroed(self.secret_len());
        self.expand(secret, [(label, context, derived.as_mut())])?;
        Ok(derived)
    }

    /// The record keys of a traffic secret.
    pub(crate) fn record_keys(
        &self,
        secret: &Secret,
    ) -> Result<(Box<dyn AeadKey>, [u8; 12]), CryptoError> {
        let mut key = Secret::zeroed(self.aead.algorithm().key_len());
        let mut iv = [0; 12];
        self.expand(secret, [(b"key", &[], key.as_mut()), (b"iv", &[], &mut iv)])?;
        Ok((self.aead.key(key.as_ref())?, iv))
    }

    /// `verify_data` of a Finished, or a binder: the HMAC of `transcript` under the finished key of `secret`.
    pub(crate) fn verify_data(
        &self,
        secret: &Secret,
        transcript: &Digest,
    ) -> Result<Digest, CryptoError> {
        let key = self.derive(secret, b"finished", &[])?;
        Ok(self.hmac.sign(key.as_ref(), &[transcript.as_ref()]))
    }

    /// Compares a received `verify_data` in constant time; it must have its full length.
    pub(crate) fn check_verify_data(
        &self,
        secret: &Secret,
        transcript: &Digest,
        received: &[u8],
    ) -> Result<(), CryptoError> {
        if received.len() != self.secret_len() {
            return Err(CryptoError::NotAuthentic);
        }
        let key = self.derive(secret, b"finished", &[])?;
        self.hmac
            .verify(key.as_ref(), &[transcript.as_ref()], received)
    }
}

/// HKDF-Expand-Label (RFC 8446 section 7.1). Labels are constants of the protocol, contexts are hashes or exporter
/// contexts hashed before, so both fit their length octet.
fn expand_label<const N: usize>(
    hkdf: &dyn Hkdf,
    secret: &[u8],
    outputs: [(&[u8], &[u8], &mut [u8]); N],
) -> Result<(), CryptoError> {
    let mut heads = [const { LabelHead::new() }; N];
    for (head, (label, context, okm)) in heads.iter_mut().zip(&outputs) {
        head.write(okm.len(), label, context.len());
    }
    let mut heads = heads.iter().map(LabelHead::as_slice);
    let infos = outputs
        .each_ref()
        .map(|(_, context, _)| [heads.next().unwrap_or_default(), *context]);
    let mut infos = infos.iter();
    let mut requests = outputs.map(|(_, _, okm)| Expand {
        info: infos.next().map_or(&[], |info| &info[..]),
        okm,
    });
    hkdf.expand(secret, &mut requests)
}

/// `HkdfLabel` up to the octets of its context, in one piece: a hash is fed faster with few than with many.
struct LabelHead {
    octets: [u8; Self::MAX],
    len: usize,
}

impl LabelHead {
    /// Length, the longest label, length of the context.
    const MAX: usize = 2 + 1 + 255 + 1;

    const fn new() -> Self {
        Self {
            octets: [0; Self::MAX],
            len: 0,
        }
    }

    fn write(&mut self, okm: usize, label: &[u8], context: usize) {
        const PREFIX: &[u8] = b"tls13 ";
        let [.., hi, lo] = okm.to_be_bytes();
        let [.., label_len] = (PREFIX.len() + label.len()).to_be_bytes();
        let [.., context_len] = context.to_be_bytes();
        for part in [&[hi, lo, label_len], PREFIX, label, &[context_len]] {
            let end = self.len + part.len();
            if let Some(slot) = self.octets.get_mut(self.len..end) {
                slot.copy_from_slice(part);
                self.len = end;
            }
        }
    }

    fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}
