//! The key schedule (RFC 8446 section 7.1). Each stage is a type that only the stage before can make.
//!
//! ```text
//! PSK ─▶ EarlySecret ─ (EC)DHE ─▶ HandshakeSecret ─▶ MasterSecret ─▶ resumption, exporter
//!          │ binder                 │ c hs, s hs        │ c ap, s ap
//! ```

use alloc::sync::Arc;

use crypto_core::{CryptoError, Digest, Secret};

use crate::suite::Suite;

/// Early Secret from a resumption PSK.
pub(crate) struct EarlySecret {
    suite: Arc<Suite>,
    secret: Secret,
}

impl EarlySecret {
    pub(crate) fn new(suite: &Arc<Suite>, psk: &Secret) -> Self {
        Self {
            suite: Arc::clone(suite),
            secret: suite.hkdf.extract(&[], psk.as_ref()),
        }
    }

    /// The secret under the binders of resumption PSKs.
    pub(crate) fn binder_key(&self) -> Result<Secret, CryptoError> {
        self.suite
            .derive(&self.secret, b"res binder", self.suite.empty_hash.as_ref())
    }

    /// Goes on with the shared secret of the key agreement.
    pub(crate) fn handshake(self, shared: &Secret) -> Result<HandshakeSecret, CryptoError> {
        let derived =
            self.suite
                .derive(&self.secret, b"derived", self.suite.empty_hash.as_ref())?;
        let secret = self.suite.hkdf.extract(derived.as_ref(), shared.as_ref());
        Ok(HandshakeSecret {
            suite: self.suite,
            secret,
        })
    }
}

/// Handshake Secret.
pub(crate) struct HandshakeSecret {
    suite: Arc<Suite>,
    secret: Secret,
}

/// The two directions of one epoch.
#[derive(Debug)]
pub(crate) struct TrafficSecrets {
    pub(crate) client: Secret,
    pub(crate) server: Secret,
}

impl HandshakeSecret {
    /// Starts from the shared secret of the key agreement alone.
    pub(crate) fn without_psk(suite: &Arc<Suite>, shared: &Secret) -> Self {
        let secret = suite
            .hkdf
            .extract(suite.derived_without_psk.as_ref(), shared.as_ref());
        Self {
            suite: Arc::clone(suite),
            secret,
        }
    }

    /// The traffic secrets of the handshake, with the transcript up to ServerHello, and the next stage.
    pub(crate) fn traffic(
        self,
        transcript: &Digest,
    ) -> Result<(TrafficSecrets, MasterSecret), CryptoError> {
        let suite = self.suite;
        let len = suite.secret_len();
        let (mut client, mut server, mut derived) = (
            Secret::zeroed(len),
            Secret::zeroed(len),
            Secret::zeroed(len),
        );
        suite.expand(
            &self.secret,
            [
                (b"c hs traffic", transcript.as_ref(), client.as_mut()),
                (b"s hs traffic", transcript.as_ref(), server.as_mut()),
                (b"derived", suite.empty_hash.as_ref(), derived.as_mut()),
            ],
        )?;
        let zeros = Secret::zeroed(len);
        let secret = suite.hkdf.extract(derived.as_ref(), zeros.as_ref());
        Ok((
            TrafficSecrets { client, server },
            MasterSecret { suite, secret },
        ))
    }
}

/// Master Secret.
pub(crate) struct MasterSecret {
    suite: Arc<Suite>,
    secret: Secret,
}

impl core::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

impl MasterSecret {
    /// The traffic secrets of application data and the exporter's, with the transcript up to the server's Finished.
    pub(crate) fn traffic(
        &self,
        transcript: &Digest,
    ) -> Result<(TrafficSecrets, Secret), CryptoError> {
        let len = self.suite.secret_len();
        let (mut client, mut server, mut exporter) = (
            Secret::zeroed(len),
            Secret::zeroed(len),
            Secret::zeroed(len),
        );
        self.suite.expand(
            &self.secret,
            [
                (b"c ap traffic", transcript.as_ref(), client.as_mut()),
                (b"s ap traffic", transcript.as_ref(), server.as_mut()),
                (b"exp master", transcript.as_ref(), exporter.as_mut()),
            ],
        )?;
        Ok((TrafficSecrets { client, server }, exporter))
    }

    /// The secret of resumption, with the transcript up to the client's Finished.
    pub(crate) fn resumption(self, transcript: &Digest) -> Result<Secret, CryptoError> {
        self.suite
            .derive(&self.secret, b"res master", transcript.as_ref())
    }
}

/// The PSK of one ticket (RFC 8446 section 4.6.1).
pub(crate) fn ticket_psk(
    suite: &Suite,
    resumption: &Secret,
    nonce: &[u8],
) -> Result<Secret, CryptoError> {
    suite.derive(resumption, b"resumption", nonce)
}

/// The traffic secret that follows `secret` (RFC 8446 section 7.2).
pub(crate) fn next_traffic_secret(suite: &Suite, secret: &Secret) -> Result<Secret, CryptoError> {
    suite.derive(secret, b"traffic upd", &[])
}

/// Exported keying material (RFC 8446 section 7.5).
pub(crate) fn export(
    suite: &Suite,
    exporter: &Secret,
    label: &[u8],
    context: &[u8],
    okm: &mut [u8],
) -> Result<(), CryptoError> {
    if label.len() > 249 || okm.len() > usize::from(u16::MAX) {
        return Err(CryptoError::BadLength);
    }
    let secret = suite.derive(exporter, label, suite.empty_hash.as_ref())?;
    let hash = suite.hash.digest(context);
    suite.expand(&secret, [(b"exporter", hash.as_ref(), okm)])
}
