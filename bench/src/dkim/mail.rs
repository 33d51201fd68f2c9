//! Messages with their signatures, and the machines run over them.

use std::sync::Arc;

use bytes::BytesMut;
use crypto_core::{PrivateKeyDer, Provider, SignatureAlgorithm, SigningKey, UnixTime};
use dkim_core::{
    Signer, SignerConfig, SignerEvent, SigningIdentity, Verifier, VerifierConfig, VerifierEvent,
    wire::KeyRecord,
};

use super::{
    CHUNK,
    bodies::{self, Kind},
};

/// The names that sign: one domain, a selector for each signature.
pub(super) const DOMAIN: &str = "example.org";
pub(super) const SELECTORS: [&str; 4] = ["s0", "s1", "s2", "s3"];

const HEADER: &str = "Received: from mail.example.org (mail.example.org [192.0.2.17])\r\n\
    \tby mx.example.net (Postfix) with ESMTPS id 4F1B22C\r\n\
    \tfor <user@example.net>; Thu, 22 Aug 2002 12:36:07 +0100 (IST)\r\n\
    Message-ID: <13258.1030015585@mail.example.org>\r\n\
    Date: Thu, 22 Aug 2002 18:26:25 +0700\r\n\
    From: \"Robert Elz\" <kre@example.org>\r\n\
    To: Chris Garrigues <cwg@example.net>, exmh-workers@lists.example.com\r\n\
    Subject: Re: New Sequences Window\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=us-ascii\r\n\r\n";

/// The fields of every message, with the empty line.
pub(super) const fn header() -> &'static [u8] {
    HEADER.as_bytes()
}

/// A message with a body of about `len` octets.
pub(super) fn message(kind: Kind, len: usize) -> Vec<u8> {
    [HEADER.as_bytes(), &bodies::body(kind, len)].concat()
}

/// mail-auth asks the clock itself: both sides live in the same time.
pub(super) fn now() -> UnixTime {
    UnixTime::now()
}

/// A key, and its record.
pub(super) struct Key {
    pub(super) provider: Arc<Provider>,
    pub(super) pkcs8: Vec<u8>,
    pub(super) key: Arc<dyn SigningKey>,
    pub(super) record: String,
}

impl Key {
    /// A key made by AWS-LC, for `provider`: `ring` makes no RSA keys.
    pub(super) fn new(provider: Provider, algorithm: SignatureAlgorithm) -> Self {
        let made = crypto_core::aws_lc::provider().keys.generate(algorithm);
        let pkcs8 = made.expect("AWS-LC makes keys").to_vec();
        let der = PrivateKeyDer::Pkcs8(pkcs8.clone().into());
        let key = provider.keys.load(&der).expect("a key just made");
        let record = KeyRecord::text(&*key).expect("a key of DKIM");
        Self {
            provider: Arc::new(provider),
            pkcs8,
            key,
            record,
        }
    }

    /// Signs with the first `count` selectors, relaxed/relaxed.
    pub(super) fn signer(&self, count: usize) -> Arc<SignerConfig> {
        let identity = |selector: &&str| {
            SigningIdentity::new(DOMAIN, selector, self.key.clone()).expect("names of DNS")
        };
        let identities = SELECTORS[..count].iter().map(identity).collect();
        Arc::new(SignerConfig::new(self.provider.clone(), identities).expect("keys"))
    }

    pub(super) fn verifier(&self) -> Arc<VerifierConfig> {
        Arc::new(VerifierConfig::new(self.provider.clone()).expect("SHA-256"))
    }

    pub(super) fn parsed(&self) -> KeyRecord {
        KeyRecord::parse(self.record.as_bytes()).expect("a record just written")
    }
}

/// `message` as it lies in memory, in pieces of [`CHUNK`]: nothing is copied.
pub(super) fn pieces(message: &[u8]) -> BytesMut {
    BytesMut::from(message)
}

/// Takes the next piece.
fn next(rest: &mut BytesMut) -> Option<BytesMut> {
    let len = rest.len().min(CHUNK);
    (len > 0).then(|| rest.split_to(len))
}

/// Signs, and answers the fields to put before the message.
pub(super) fn sign(config: &Arc<SignerConfig>, now: UnixTime, mut rest: BytesMut) -> Vec<u8> {
    let mut signer = Signer::new(config.clone(), now).expect("a signer");
    let mut fields = Vec::new();
    loop {
        let piece = next(&mut rest);
        if piece.is_none() {
            signer.eof();
        }
        let last = piece.is_none();
        let mut rx = piece.unwrap_or_default();
        while let Some(event) = signer.poll(&mut rx) {
            match event {
                SignerEvent::Header(field) => fields.extend_from_slice(&field),
                SignerEvent::Closed(end) => end.expect("a readable message"),
                SignerEvent::Sign(_) => unreachable!("keys are here"),
                _ => {}
            }
        }
        assert!(rx.is_empty(), "a piece is taken whole");
        if last {
            return fields;
        }
    }
}

/// Verifies with a key that was parsed before, and answers the signatures that passed.
pub(super) fn verify(
    config: &Arc<VerifierConfig>,
    now: UnixTime,
    key: &KeyRecord,
    mut rest: BytesMut,
) -> usize {
    let mut verifier = Verifier::new(config.clone(), now).expect("a verifier");
    let mut passed = 0;
    loop {
        let piece = next(&mut rest);
        if piece.is_none() {
            verifier.eof();
        }
        let last = piece.is_none();
        let mut rx = piece.unwrap_or_default();
        while let Some(event) = verifier.poll(&mut rx) {
            match event {
                VerifierEvent::Lookup(question) => {
                    let answer = question.key(key.clone());
                    verifier.answer(answer).expect("an open question");
                }
                VerifierEvent::Verdict(verdict) => passed += usize::from(verdict.is_pass()),
                VerifierEvent::Closed(end) => end.expect("a readable message"),
                _ => {}
            }
        }
        assert!(rx.is_empty(), "a piece is taken whole");
        if last {
            return passed;
        }
    }
}
