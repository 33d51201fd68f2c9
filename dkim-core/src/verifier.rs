//! Verifying (RFC 6376 section 6).
//!
//! ```text
//!  Header ─▶ Body ─▶ Answers ─▶ Closed
//!    │         │        │
//!    │         │        └ the keys that are still missing
//!    │         └ one hash for each canonicalisation
//!    └ fields kept; signatures read and judged; keys asked for
//!
//!  each signature:  Key ─▶ Body ─▶ decided
//! ```

#[cfg(feature = "arc")]
mod chain;
mod config;
mod judge;

use alloc::{boxed::Box, collections::VecDeque, string::String, sync::Arc, vec::Vec};
use core::ops::Range;

use bytes::BytesMut;
use crypto_core::UnixTime;

pub use config::{BodyLength, VerifierConfig};

use crate::{
    body_hash::{BodyHash, BodyHashes},
    canon::{Bare, Canonicalization},
    error::{Error, Misuse},
    lookup::{Answer, Found, LookupQuestion, Lookups, RecordKind},
    reader::{Reader, Step},
    verdict::{Coverage, KeyFacts, Reason, Verdict},
    wire::Signature,
};

/// What a verifier tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifierEvent {
    /// A key is needed. All questions come at the end of the header, each name once; only the keys of older ARC sets
    /// are asked for later, when the newest set holds.
    Lookup(LookupQuestion),
    /// A signature is decided. Each gets one verdict, in no order.
    Verdict(Verdict),
    /// The Authenticated Received Chain is decided: once, for those who asked for it.
    #[cfg(feature = "arc")]
    Chain(crate::arc::ChainVerdict),
    /// The message has CRs or LFs that end no line here, and may elsewhere. Told at its end, once.
    Bare(Bare),
    /// It is over: exactly once, always last.
    Closed(Result<(), Error>),
}

/// Verifies the signatures of one message.
#[derive(Debug)]
pub struct Verifier {
    config: Arc<VerifierConfig>,
    now: u64,
    reader: Reader,
    closed: bool,
    candidates: Vec<Candidate>,
    /// The chain, until it is decided.
    #[cfg(feature = "arc")]
    chain: Option<Box<chain::Validation>>,
    lookups: Lookups,
    bodies: BodyHashes,
    events: VecDeque<VerifierEvent>,
}

/// A signature that may pass.
#[derive(Debug)]
struct Candidate {
    index: usize,
    /// Which of the fields it is.
    field: usize,
    /// Where the value of `b=` lies in the field.
    own: Range<usize>,
    signature: Arc<Signature>,
    state: State,
}

/// What a signature waits for.
#[derive(Debug)]
enum State {
    Key(Box<str>),
    Body(KeyFacts),
    Decided,
}

impl Verifier {
    /// Begins a message that arrived at `now`.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn new(config: Arc<VerifierConfig>, now: UnixTime) -> Result<Self, Misuse> {
        let mut first = [0; 8];
        let random = &config.provider.random;
        random.fill(&mut first).map_err(|_| Misuse::Crypto)?;
        Ok(Self {
            reader: Reader::new(&config.limits),
            config,
            now: now.as_secs(),
            closed: false,
            candidates: Vec::new(),
            #[cfg(feature = "arc")]
            chain: None,
            lookups: Lookups::new(u64::from_be_bytes(first)),
            bodies: BodyHashes::default(),
            events: VecDeque::new(),
        })
    }

    /// Takes octets of the message off `rx`, and tells what happened. `None`: feed more, answer a question, or say
    /// [`eof`](Self::eof); after [`VerifierEvent::Closed`], for ever.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<VerifierEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.closed {
                return None;
            }
            match self.reader.step(rx) {
                Step::HeaderEnd => self.header_end(),
                Step::Body => {
                    self.bodies.update(rx);
                    rx.clear();
                }
                Step::BodyEnd => self.body_end(),
                Step::Over if self.all_decided() => self.close(Ok(())),
                Step::Wait | Step::Over => return None,
                Step::Failed(error) => self.close(Err(error)),
            }
        }
    }

    /// Nothing follows what is in `rx`.
    pub fn eof(&mut self) {
        self.reader.eof();
    }

    /// Whether more of the message can change a verdict. If not, `eof` may be said early; what is left of the body
    /// is then not looked through for bare line ends.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.reader.in_header() || !(self.reader.is_over() || self.all_decided())
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
    /// [`Misuse::StaleAnswer`] when the question is another machine's, or no longer open; [`Misuse::WrongKind`] when
    /// the answer is no text.
    pub fn answer(&mut self, answer: Answer) -> Result<(), Misuse> {
        let (name, _) = self.lookups.close(&answer)?;
        self.learn(&name, answer.found, answer.authenticated);
        Ok(())
    }

    /// Answers all open questions with "unavailable": the host waits no longer.
    pub fn give_up(&mut self) {
        let open: Vec<_> = self.lookups.drain().collect();
        for (name, _) in open {
            self.learn(&name, Found::Unavailable, false);
        }
    }

    fn header_end(&mut self) {
        let signatures: Vec<_> = self.reader.fields.named(b"dkim-signature").collect();
        for (index, field) in signatures.into_iter().enumerate() {
            match self.candidate(index, field) {
                Ok(candidate) => self.admit(candidate),
                Err(verdict) => self.events.push_back(VerifierEvent::Verdict(*verdict)),
            }
        }
        #[cfg(feature = "arc")]
        self.begin_chain();
    }

    /// Asks for the key of a candidate, and for its hash of the body.
    fn admit(&mut self, candidate: Candidate) {
        self.hash_body(&candidate.signature);
        if let State::Key(name) = &candidate.state {
            self.ask(name.clone().into_string());
        }
        self.candidates.push(candidate);
    }

    fn hash_body(&mut self, signature: &Signature) {
        let canonicalization = signature.body_canonicalization;
        let hash = self.config.sha256;
        self.bodies.add(hash, canonicalization, signature.length);
    }

    fn ask(&mut self, name: String) {
        let max_record = self.config.limits.max_key_record;
        let question = self.lookups.ask(name, RecordKind::Txt, max_record);
        if let Some(question) = question {
            self.events.push_back(VerifierEvent::Lookup(question));
        }
    }

    /// What the DNS holds under a name is known: judges the signatures that wait for it.
    fn learn(&mut self, name: &str, found: Found, authenticated: bool) {
        let key = judge::key(found, self.config.limits.max_key_record);
        let mut candidates = core::mem::take(&mut self.candidates);
        for candidate in &mut candidates {
            if matches!(&candidate.state, State::Key(wanted) if **wanted == *name) {
                let facts = key.as_ref().ok().map(|key| KeyFacts {
                    bits: key.bits,
                    testing: key.testing,
                    authenticated,
                });
                let judged = key.as_ref().map_err(Clone::clone);
                let judged = judged.and_then(|key| self.check_header(candidate, key));
                match (judged, facts) {
                    (Ok(()), Some(facts)) => {
                        candidate.state = State::Body(facts);
                        if self.reader.is_over() {
                            self.judge_body(candidate);
                        }
                    }
                    (Ok(()), None) => {}
                    (Err(reason), facts) => self.decide(candidate, Err(reason), facts, None),
                }
            }
        }
        self.candidates = candidates;
        #[cfg(feature = "arc")]
        self.learn_for_chain(name, key);
        self.forget();
    }

    fn body_end(&mut self) {
        self.bodies.finish();
        let bare = self.reader.bare();
        if bare.first.is_some() {
            self.events.push_back(VerifierEvent::Bare(bare));
        }
        let mut candidates = core::mem::take(&mut self.candidates);
        for candidate in &mut candidates {
            self.judge_body(candidate);
        }
        self.candidates = candidates;
        #[cfg(feature = "arc")]
        self.advance_chain();
    }

    /// Decides a signature whose header holds, once the body is over.
    fn judge_body(&mut self, candidate: &mut Candidate) {
        let State::Body(facts) = candidate.state else {
            return;
        };
        let signature = &candidate.signature;
        let Some((hash, result)) = self.body_result(signature) else {
            return;
        };
        let coverage = Coverage {
            signed: signature
                .length
                .map_or(hash.total, |length| length.min(hash.total)),
            total: hash.total,
        };
        self.decide(candidate, result, Some(facts), Some(coverage));
    }

    /// Whether the body, which is over, is the one that was signed.
    fn body_result(&self, signature: &Signature) -> Option<(BodyHash, Result<(), Reason>)> {
        let canonicalization = signature.body_canonicalization;
        let hash = self.bodies.hash(canonicalization, signature.length)?;
        let result = judge::body(signature, &hash, self.config.body_length);
        Some((hash, result))
    }

    fn decide(
        &mut self,
        candidate: &mut Candidate,
        result: Result<(), Reason>,
        key: Option<KeyFacts>,
        coverage: Option<Coverage>,
    ) {
        candidate.state = State::Decided;
        self.events.push_back(VerifierEvent::Verdict(Verdict {
            index: candidate.index,
            result,
            signature: Some(Arc::clone(&candidate.signature)),
            key,
            coverage,
        }));
    }

    /// Stops hashing what no signature waits for.
    fn forget(&mut self) {
        let open = |candidate: &&Candidate| !matches!(candidate.state, State::Decided);
        let open = self.candidates.iter().filter(open);
        let open = open.map(|candidate| candidate.signature.body_canonicalization);
        #[cfg(feature = "arc")]
        let open = open.chain(self.chain.iter().flat_map(|chain| chain.bodies()));
        let open: Vec<Canonicalization> = open.collect();
        self.bodies
            .retain(|canonicalization| open.contains(&canonicalization));
    }

    fn all_decided(&self) -> bool {
        let decided = |candidate: &Candidate| matches!(candidate.state, State::Decided);
        let all = self.candidates.iter().all(decided);
        #[cfg(feature = "arc")]
        let all = all && self.chain.is_none();
        all
    }

    fn close(&mut self, end: Result<(), Error>) {
        self.closed = true;
        self.lookups.drain().for_each(drop);
        self.events.push_back(VerifierEvent::Closed(end));
    }
}
