//! What this end shows of itself: a certificate chain and the key behind it.

use alloc::{sync::Arc, vec::Vec};

use crypto_core::SigningKey;
use pki_types::CertificateDer;

use crate::{error::Misuse, extension::signature_algorithms, wire::SignatureScheme};

/// A certificate chain with its private key, or with the promise of signatures from elsewhere.
///
/// Parsed and checked once, shared by any number of connections.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) chain: Arc<[CertificateDer<'static>]>,
    pub(crate) key: IdentityKey,
}

/// Where signatures come from.
#[derive(Clone, Debug)]
pub(crate) enum IdentityKey {
    Local(Arc<dyn SigningKey>),
    /// Through [`Event::Sign`](crate::Event::Sign), with these schemes.
    External(Arc<[SignatureScheme]>),
}

/// Most octets of a whole chain: what a Certificate message can carry.
const MAX_CHAIN: usize = (1 << 24) - 1024;

impl Identity {
    /// Pairs a chain, the end entity's certificate first, with its key.
    ///
    /// # Errors
    /// [`Misuse::BadLength`] for an empty or too long chain, [`Misuse::KeyMismatch`] when the key is not
    /// the certificate's.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: Arc<dyn SigningKey>,
    ) -> Result<Self, Misuse> {
        let leaf = check_chain(&chain)?;
        if let Ok(certificate) = webpki::EndEntityCert::try_from(leaf)
            && certificate.subject_public_key_info().as_ref() != key.public_key().as_ref()
        {
            return Err(Misuse::KeyMismatch);
        }
        Ok(Self {
            chain: chain.into(),
            key: IdentityKey::Local(key),
        })
    }

    /// Takes a chain whose key lives elsewhere (an HSM, another process) and signs with `schemes`, best
    /// first. Each signature is asked for through [`Event::Sign`](crate::Event::Sign). Schemes that TLS 1.3
    /// keeps for certificates, such as PKCS#1, are never used.
    ///
    /// # Errors
    /// [`Misuse::BadLength`] for an empty or too long chain, or no scheme.
    pub fn external(
        chain: Vec<CertificateDer<'static>>,
        schemes: &[SignatureScheme],
    ) -> Result<Self, Misuse> {
        check_chain(&chain)?;
        if schemes.is_empty() {
            return Err(Misuse::BadLength);
        }
        Ok(Self {
            chain: chain.into(),
            key: IdentityKey::External(schemes.into()),
        })
    }

    /// The chain, the end entity's certificate first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The best scheme of this key that the peer accepts.
    pub(crate) fn scheme_for(
        &self,
        accepted: impl Fn(SignatureScheme) -> bool,
    ) -> Option<SignatureScheme> {
        let fits = |scheme: &SignatureScheme| accepted(*scheme);
        match &self.key {
            IdentityKey::Local(key) => key
                .algorithms()
                .iter()
                .filter_map(|algorithm| signature_algorithms::scheme_of(*algorithm))
                .find(fits),
            IdentityKey::External(schemes) => schemes
                .iter()
                .copied()
                .filter(|scheme| signature_algorithms::may_sign_handshake(*scheme))
                .find(fits),
        }
    }
}

fn check_chain<'c>(
    chain: &'c [CertificateDer<'static>],
) -> Result<&'c CertificateDer<'static>, Misuse> {
    let total: usize = chain.iter().map(|certificate| certificate.len() + 5).sum();
    match chain.first() {
        Some(leaf) if total <= MAX_CHAIN && chain.iter().all(|entry| !entry.is_empty()) => Ok(leaf),
        _ => Err(Misuse::BadLength),
    }
}
