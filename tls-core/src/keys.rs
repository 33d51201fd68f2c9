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

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests {
    //! The secrets of every example of RFC 8448, from the shared secret of the key agreement on.

    use testkit::rfc8448::{Example, example};

    use super::{
        EarlySecret, HandshakeSecret, MasterSecret, TrafficSecrets, next_traffic_secret, ticket_psk,
    };
    use crate::{suite::Suite, transcript::Transcript, wire::CipherSuite};
    use alloc::sync::Arc;
    use crypto_core::{Digest, Secret};

    fn suite() -> Arc<Suite> {
        let provider = crypto_core::ring::provider();
        Suite::all(&provider)
            .find(|suite| suite.id == CipherSuite::TLS_AES_128_GCM_SHA256)
            .unwrap()
    }

    fn secret(octets: &[u8]) -> Secret {
        Secret::new(octets).unwrap()
    }

    fn derived<'e>(example: &'e Example, by: &str, label: &str) -> &'e [u8] {
        let what = alloc::format!("{by}: derive secret tls13 {label}");
        example.value(&what, "expanded")
    }

    fn hashed(example: &Example, by: &str, label: &str) -> Digest {
        let what = alloc::format!("{by}: derive secret tls13 {label}");
        Digest::new(example.value(&what, "hash")).unwrap()
    }

    /// Goes through the schedule of an example; the PSK of a resumed one is given.
    fn schedule(example: &Example, psk: Option<&[u8]>) -> MasterSecret {
        let suite = suite();
        let shared = secret(example.value("server: extract secret handshake", "IKM"));
        let handshake = match psk {
            None => HandshakeSecret::without_psk(&suite, &shared),
            Some(psk) => EarlySecret::new(&suite, &secret(psk))
                .handshake(&shared)
                .unwrap(),
        };
        let extracted = example.value("server: extract secret handshake", "secret");
        assert_eq!(handshake.secret.as_ref(), extracted);
        let (TrafficSecrets { client, server }, master) = handshake
            .traffic(&hashed(example, "server", "c hs traffic"))
            .unwrap();
        assert_eq!(client.as_ref(), derived(example, "server", "c hs traffic"));
        assert_eq!(server.as_ref(), derived(example, "server", "s hs traffic"));
        let extracted = example.value("server: extract secret master", "secret");
        assert_eq!(master.secret.as_ref(), extracted);

        let (
            TrafficSecrets {
                client: app_client,
                server: app_server,
            },
            exporter,
        ) = master
            .traffic(&hashed(example, "server", "c ap traffic"))
            .unwrap();
        assert_eq!(
            app_client.as_ref(),
            derived(example, "server", "c ap traffic")
        );
        assert_eq!(
            app_server.as_ref(),
            derived(example, "server", "s ap traffic")
        );
        assert_eq!(exporter.as_ref(), derived(example, "server", "exp master"));

        // Both Finished messages of the example are the HMACs that they must be.
        let hashes = finished_hashes(&suite, example);
        for (by, base, hash) in [
            ("server", &server, &hashes[0]),
            ("client", &client, &hashes[1]),
        ] {
            let what = alloc::format!("{by}: construct a Finished handshake message");
            let verify_data = suite.verify_data(base, hash).unwrap();
            let message = example.value(&what, "Finished");
            assert_eq!(&message[4..], verify_data.as_ref(), "{by}");
            suite.check_verify_data(base, hash, &message[4..]).unwrap();
            assert!(
                suite
                    .check_verify_data(base, hash, &message[4..35])
                    .is_err()
            );
        }
        master
    }

    /// The transcript up to, and without, each Finished; it also proves what a HelloRetryRequest does to it.
    fn finished_hashes(suite: &Suite, example: &Example) -> [Digest; 2] {
        let messages: alloc::vec::Vec<_> = example.messages().collect();
        let mut messages = &messages[..];
        let [(_, first), rest @ ..] = messages else {
            panic!()
        };
        let mut transcript = Transcript::new(suite, first);
        messages = rest;
        let retried = messages
            .iter()
            .filter(|(name, _)| *name == "ServerHello")
            .count()
            == 2;
        if retried {
            transcript = Transcript::after_retry(suite, &transcript.hash(), messages[0].1);
            messages = &messages[1..];
        }
        let mut hashes = alloc::vec::Vec::new();
        for (name, message) in messages {
            if *name == "Finished" {
                hashes.push(transcript.hash());
            }
            transcript.update(message);
        }
        // The tickets and what follows belong to no transcript.
        hashes[..2].try_into().unwrap()
    }

    #[test]
    fn the_secrets_of_rfc_8448_come_out() {
        for section in [3, 5, 6, 7] {
            let example = example(section);
            let master = schedule(&example, None);
            let resumption = master
                .resumption(&hashed(&example, "client", "res master"))
                .unwrap();
            assert_eq!(
                resumption.as_ref(),
                derived(&example, "client", "res master")
            );
        }
    }

    #[test]
    fn the_ticket_of_the_first_example_is_the_psk_of_the_second() {
        let (full, resumed) = (example(3), example(4));
        let suite = suite();
        let resumption = secret(derived(&full, "client", "res master"));
        let ticket = full.value(
            "server: construct a NewSessionTicket handshake message",
            "NewSessionTicket",
        );
        let ticket = crate::wire::NewSessionTicket::parse(&ticket[4..]).unwrap();
        let psk = ticket_psk(&suite, &resumption, ticket.nonce).unwrap();
        assert_eq!(
            psk.as_ref(),
            resumed.value("client: extract secret early", "IKM")
        );

        let early = EarlySecret::new(&suite, &psk);
        let extracted = resumed.value("client: extract secret early", "secret");
        assert_eq!(early.secret.as_ref(), extracted);
        let binder = "client: calculate PSK binder";
        let key = early.binder_key().unwrap();
        assert_eq!(key.as_ref(), resumed.value(binder, "PRK"));
        let hash = suite
            .hash
            .digest(resumed.value(binder, "ClientHello prefix"));
        assert_eq!(hash.as_ref(), resumed.value(binder, "binder hash"));
        let verify_data = suite.verify_data(&key, &hash).unwrap();
        assert_eq!(verify_data.as_ref(), resumed.value(binder, "finished"));
        let hello = resumed.value("client: send handshake record", "payload");
        assert!(hello.ends_with(verify_data.as_ref()));
    }

    #[test]
    fn the_secrets_of_the_resumed_example_come_out_too() {
        let example = example(4);
        let psk = example.value("client: extract secret early", "IKM");
        schedule_resumed(&example, psk);
    }

    /// As [`schedule`]; but EndOfEarlyData stands between the Finished messages.
    fn schedule_resumed(example: &Example, psk: &[u8]) {
        let suite = suite();
        let shared = secret(example.value("server: extract secret handshake", "IKM"));
        let handshake = EarlySecret::new(&suite, &secret(psk))
            .handshake(&shared)
            .unwrap();
        let (traffic, master) = handshake
            .traffic(&hashed(example, "server", "c hs traffic"))
            .unwrap();
        assert_eq!(
            traffic.client.as_ref(),
            derived(example, "server", "c hs traffic")
        );
        assert_eq!(
            traffic.server.as_ref(),
            derived(example, "server", "s hs traffic")
        );
        let (traffic, exporter) = master
            .traffic(&hashed(example, "server", "c ap traffic"))
            .unwrap();
        assert_eq!(
            traffic.client.as_ref(),
            derived(example, "server", "c ap traffic")
        );
        assert_eq!(
            traffic.server.as_ref(),
            derived(example, "server", "s ap traffic")
        );
        assert_eq!(exporter.as_ref(), derived(example, "server", "exp master"));
    }

    #[test]
    fn every_update_makes_another_secret() {
        let suite = suite();
        let first = secret(&[7; 32]);
        let second = next_traffic_secret(&suite, &first).unwrap();
        let third = next_traffic_secret(&suite, &second).unwrap();
        assert!(first.as_ref() != second.as_ref() && second.as_ref() != third.as_ref());
    }
}
