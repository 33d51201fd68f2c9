//! Signing (RFC 6376 section 5).
//!
//! ```text
//!  Header ─▶ Body ─▶ Signatures ─▶ Closed
//!    │         │         └ a local key signs; a key elsewhere is a question
//!    │         └ one hash
//!    └ fields kept
//! ```
//!
//! The signature stands before the body that it covers: the host spools the message, and puts what
//! [`SignerEvent::Header`] brings before it.

mod config;
mod field;
#[cfg(feature = "arc")]
pub(crate) mod seal;

use alloc::{collections::VecDeque, string::String, sync::Arc, vec::Vec};

use bytes::{Bytes, BytesMut};
use crypto_core::{CryptoError, Digest, SignatureAlgorithm, UnixTime};

pub use config::{OVERSIGNED_FIELDS, RECOMMENDED_FIELDS, SignerConfig, SigningIdentity};

use crate::{
    body_hash::{BodyHash, BodyHashes},
    canon::{self, Bare},
    error::{Error, Misuse},
    fields::Fields,
    reader::{Reader, Step},
    wire::Algorithm,
};

/// What a signer tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignerEvent {
    /// A signature is needed of a key that is elsewhere.
    Sign(SignQuestion),
    /// A whole DKIM-Signature field, folded, with its line end; to be put before the message.
    Header(Bytes),
    /// The message has CRs or LFs that end no line. Told at its end, once, before anything is signed: on the way
    /// they may be altered, or refused.
    Bare(Bare),
    /// It is over: exactly once, always last.
    Closed(Result<(), Error>),
}

/// What is the signature over this?
#[derive(Debug)]
#[must_use = "the message waits for the answer"]
pub struct SignQuestion {
    id: u64,
    identity: usize,
    algorithm: Algorithm,
    data: Vec<u8>,
    digest: Digest,
}

/// An answer, for `answer` of the signer that asked.
#[derive(Debug)]
#[must_use = "an answer does nothing until the machine has it"]
pub struct SignAnswer {
    question: u64,
    signature: Option<Vec<u8>>,
}

impl SignQuestion {
    /// Which of the configuration's identities signs.
    #[must_use]
    pub const fn identity(&self) -> usize {
        self.identity
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The octets to sign: for RSASSA-PKCS1-v1_5, which hashes them with SHA-256; for Ed25519 as they are, a hash
    /// already (RFC 8463 section 3).
    #[must_use]
    pub fn content(&self) -> &[u8] {
        match self.algorithm {
            Algorithm::RsaSha256 => &self.data,
            Algorithm::Ed25519Sha256 => self.digest.as_ref(),
        }
    }

    /// The SHA-256 of the header, for signers of RSA that take a hash.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Hands the signature over.
    pub fn signature(self, octets: Vec<u8>) -> SignAnswer {
        SignAnswer {
            question: self.id,
            signature: Some(octets),
        }
    }

    /// No signature could be made: ends the signing of this message.
    pub fn failed(self) -> SignAnswer {
        SignAnswer {
            question: self.id,
            signature: None,
        }
    }
}

/// Signs one message, for each identity of its configuration.
#[derive(Debug)]
pub struct Signer {
    config: Arc<SignerConfig>,
    now: u64,
    reader: Reader,
    body: BodyHashes,
    /// Number of the next question.
    next: u64,
    /// Fields that lack their signature, by question.
    open: Vec<(u64, String)>,
    events: VecDeque<SignerEvent>,
    closed: bool,
}

impl Signer {
    /// Begins a message; `now` is the time of signing.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn new(config: Arc<SignerConfig>, now: UnixTime) -> Result<Self, Misuse> {
        let mut first = [0; 8];
        let random = &config.provider.random;
        random.fill(&mut first).map_err(|_| Misuse::Crypto)?;
        let mut body = BodyHashes::default();
        body.add(config.sha256, config.body, None);
        Ok(Self {
            reader: Reader::new(&config.limits),
            config,
            now: now.as_secs(),
            body,
            next: u64::from_be_bytes(first),
            open: Vec::new(),
            events: VecDeque::new(),
            closed: false,
        })
    }

    /// Takes octets of the message off `rx`, and tells what happened. `None`: feed more, answer a question, or say
    /// [`eof`](Self::eof); after [`SignerEvent::Closed`], for ever.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<SignerEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.closed {
                return None;
            }
            match self.reader.step(rx) {
                Step::HeaderEnd => {
                    if self.reader.fields.named(b"from").len() != 1 {
                        self.close(Err(Error::From));
                    }
                }
                Step::Body => {
                    self.body.update(rx);
                    rx.clear();
                }
                Step::BodyEnd => self.body_end(),
                Step::Over if self.open.is_empty() => self.close(Ok(())),
                Step::Wait | Step::Over => return None,
                Step::Failed(error) => self.close(Err(error)),
            }
        }
    }

    /// Nothing follows what is in `rx`.
    pub fn eof(&mut self) {
        self.reader.eof();
    }

    /// Takes a whole field, with or without its line end: for hosts that get a message in parts, as milters do.
    /// [`end_of_fields`](Self::end_of_fields) follows, then the body through `poll`.
    ///
    /// # Errors
    /// [`Misuse::NotAField`] for what is not one field, [`Misuse::Phase`] when octets of the message came through
    /// `poll`, or after the end of the fields.
    pub fn field(&mut self, raw: &[u8]) -> Result<(), Misuse> {
        self.reader.field(raw)
    }

    /// No more fields: what `poll` takes now is the body.
    ///
    /// # Errors
    /// [`Misuse::Phase`] when octets of the message came through `poll`, or fields have ended already.
    pub fn end_of_fields(&mut self) -> Result<(), Misuse> {
        self.reader.end_of_fields()
    }

    /// Answers a question; `poll` goes on with it.
    ///
    /// # Errors
    /// [`Misuse::StaleAnswer`] when the question is another machine's, or no longer open.
    pub fn answer(&mut self, answer: SignAnswer) -> Result<(), Misuse> {
        let is = |(id, _): &(u64, String)| *id == answer.question;
        let place = self.open.iter().position(is).ok_or(Misuse::StaleAnswer)?;
        let (_, field) = self.open.remove(place);
        match answer.signature {
            Some(octets) => self.complete(field, &octets),
            None => self.close(Err(Error::NotSigned)),
        }
        Ok(())
    }

    fn body_end(&mut self) {
        self.body.finish();
        let bare = self.reader.bare();
        if bare.first.is_some() {
            self.events.push_back(SignerEvent::Bare(bare));
        }
        let Some(BodyHash {
            digest: Some(digest),
            total,
        }) = self.body.hash(self.config.body, None)
        else {
            return;
        };
        let config = Arc::clone(&self.config);
        let names = field::names(&config, &self.reader.fields);
        for (index, identity) in config.identities.iter().enumerate() {
            let draft = field::Draft {
                name: "DKIM-Signature",
                first: "v=1;",
                config: &config,
                identity,
                names: &names,
                now: self.now,
                body_hash: digest.as_ref(),
                length: total,
            };
            let field = draft.write(&self.reader.fields);
            let question = self.question(index, identity.algorithm, &names, &field);
            match &identity.key {
                None => {
                    self.open.push((question.id, field));
                    self.events.push_back(SignerEvent::Sign(question));
                }
                Some(key) => match sign(&**key, &question) {
                    Ok(octets) => self.complete(field, &octets),
                    Err(_) => return self.close(Err(Error::NotSigned)),
                },
            }
        }
    }

    fn question(
        &mut self,
        identity: usize,
        algorithm: Algorithm,
        names: &[&str],
        field: &str,
    ) -> SignQuestion {
        let data = signed_data(&self.config, &self.reader.fields, names, field);
        let id = self.next;
        self.next = id.wrapping_add(1);
        SignQuestion {
            id,
            identity,
            algorithm,
            digest: self.config.sha256.digest(&data),
            data,
        }
    }

    fn complete(&mut self, field: String, signature: &[u8]) {
        let field = field::complete(field, signature);
        self.events.push_back(SignerEvent::Header(field.into()));
    }

    fn close(&mut self, end: Result<(), Error>) {
        self.closed = true;
        self.open.clear();
        // A question that the host has not seen yet would wait for an answer that nobody takes.
        let kept = |event: &SignerEvent| !matches!(event, SignerEvent::Sign(_));
        self.events.retain(kept);
        self.events.push_back(SignerEvent::Closed(end));
    }
}

/// What a signature covers, of which `field` lacks its value only.
fn signed_data(config: &SignerConfig, fields: &Fields, names: &[&str], field: &str) -> Vec<u8> {
    let mut data = Vec::new();
    let mut out = |piece: &[u8]| data.extend_from_slice(piece);
    let octets = names.iter().map(|name| name.as_bytes());
    fields.canonical(config.header, octets, None, &mut out);
    let own = field.len()..field.len();
    canon::signature_header(config.header, field.as_bytes(), own, out);
    data
}

fn sign(
    key: &dyn crypto_core::SigningKey,
    question: &SignQuestion,
) -> Result<Vec<u8>, CryptoError> {
    let algorithm = match question.algorithm {
        Algorithm::RsaSha256 => SignatureAlgorithm::RsaPkcs1Sha256,
        Algorithm::Ed25519Sha256 => SignatureAlgorithm::Ed25519,
    };
    key.sign(algorithm, question.content())
}
