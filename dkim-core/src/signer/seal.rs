//! Sealing (RFC 8617 section 5.1).
//!
//! ```text
//!  Header ─▶ Body ─▶ Signature ─▶ Seal ─▶ Closed
//!    │         │        │           └ over all sets, the new one included
//!    │         │        └ the new ARC-Message-Signature
//!    │         └ one hash
//!    └ fields kept; the chain must be what it is said to be
//! ```

use alloc::{boxed::Box, collections::VecDeque, format, string::String, sync::Arc, vec::Vec};

use bytes::{Bytes, BytesMut};
use crypto_core::{Provider, UnixTime};

use super::{
    OVERSIGNED_FIELDS, RECOMMENDED_FIELDS, SignAnswer, SignQuestion, SignerConfig, SigningIdentity,
    config::own,
    field::{self, Folded},
    sign, signed_data,
};
use crate::{
    arc::{self, ChainStatus, Part, Set},
    auth_results::AuthResults,
    body_hash::{BodyHash, BodyHashes},
    canon::{Bare, Canonicalization},
    error::{Error, Misuse},
    limits::Limits,
    reader::{Reader, Step},
};

/// Fields that an ARC-Message-Signature covers beside [`RECOMMENDED_FIELDS`], where the message has them (RFC 8617
/// section 4.1.2).
pub const SEALED_FIELDS: &[&str] = &["DKIM-Signature"];

/// Fields that it must not cover.
const UNSEALED_FIELDS: &[&str] = &[
    "authentication-results",
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
];

/// Who seals, and what, for any number of messages. Immutable; share it by `Arc`.
#[derive(Clone, Debug)]
pub struct SealerConfig {
    signer: SignerConfig,
    identity: SigningIdentity,
}

impl SealerConfig {
    /// Seals for one domain: relaxed/relaxed, with [`RECOMMENDED_FIELDS`], [`SEALED_FIELDS`] and
    /// [`OVERSIGNED_FIELDS`].
    ///
    /// # Errors
    /// [`Misuse::BadName`] for an identity with an `i=`, which ARC needs for itself; [`Misuse::NoHash`] for a provider
    /// without SHA-256.
    pub fn new(provider: Arc<Provider>, identity: SigningIdentity) -> Result<Self, Misuse> {
        if identity.identity.is_some() {
            return Err(Misuse::BadName);
        }
        let this = Self {
            signer: SignerConfig::new(provider, alloc::vec![identity.clone()])?,
            identity,
        };
        let signed: Vec<&str> = [RECOMMENDED_FIELDS, SEALED_FIELDS].concat();
        this.with_fields(&signed, OVERSIGNED_FIELDS)
    }

    /// Sets the bounds on the header.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.signer = self.signer.with_limits(limits);
        self
    }

    /// Sets how the ARC-Message-Signature canonicalises header and body. Seals are always relaxed.
    #[must_use]
    pub fn with_canonicalization(
        mut self,
        header: Canonicalization,
        body: Canonicalization,
    ) -> Self {
        self.signer = self.signer.with_canonicalization(header, body);
        self
    }

    /// Sets the fields that the ARC-Message-Signature covers where the message has them, and those that it covers once
    /// more than the message has them.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for a malformed name, for Authentication-Results and for fields of ARC;
    /// [`Misuse::FromNotSigned`] when From is in neither list.
    pub fn with_fields(mut self, signed: &[&str], oversigned: &[&str]) -> Result<Self, Misuse> {
        let is_from = |name: &&str| name.eq_ignore_ascii_case("from");
        if !signed.iter().chain(oversigned).any(is_from) {
            return Err(Misuse::FromNotSigned);
        }
        self.signer.signed = own(signed, UNSEALED_FIELDS)?;
        self.signer.oversigned = own(oversigned, UNSEALED_FIELDS)?;
        Ok(self)
    }
}

/// What a sealer tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum SealerEvent {
    /// A signature is needed of a key that is elsewhere: twice, first for the ARC-Message-Signature, then for the
    /// ARC-Seal, which covers it.
    Sign(SignQuestion),
    /// A whole field, folded, with its line end; to be put before the message. Three come, when all are there:
    /// ARC-Authentication-Results, ARC-Message-Signature, ARC-Seal.
    Header(Bytes),
    /// The message has CRs or LFs that end no line. Told at its end, once, before anything is signed: on the way
    /// they may be altered, or refused.
    Bare(Bare),
    /// It is over: exactly once, always last.
    Closed(Result<(), Error>),
}

/// Adds a set to the chain of one message.
#[derive(Debug)]
pub struct Sealer {
    config: Arc<SealerConfig>,
    now: u64,
    results: AuthResults,
    status: ChainStatus,
    reader: Reader,
    body: BodyHashes,
    /// Number of the next question.
    next: u64,
    progress: Progress,
    events: VecDeque<SealerEvent>,
    closed: bool,
}

/// What is known of the new set.
#[derive(Debug)]
enum Progress {
    /// Not even its instance.
    Header,
    /// The end of the body is awaited.
    Body(Plan),
    /// The signature over the message is awaited.
    Signature(Plan, Draft),
    /// The signature over the chain is awaited.
    Seal(Box<[String; 2]>, Draft),
    Done,
}

/// Where the new set stands.
#[derive(Debug)]
struct Plan {
    instance: u8,
    /// The sets that the seal covers beside its own.
    earlier: Vec<Set>,
}

/// A field that lacks its signature.
#[derive(Debug)]
struct Draft {
    question: u64,
    field: String,
}

impl Sealer {
    /// Begins a message at the time of sealing.
    ///
    /// `results` are what was found when the message arrived, all of them. `status` is what its chain was then, from
    /// [`ChainVerdict::status`](crate::arc::ChainVerdict::status): a chain that failed is sealed once, as failed.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn new(
        config: Arc<SealerConfig>,
        now: UnixTime,
        results: AuthResults,
        status: ChainStatus,
    ) -> Result<Self, Misuse> {
        let mut first = [0; 8];
        let signer = &config.signer;
        let random = &signer.provider.random;
        random.fill(&mut first).map_err(|_| Misuse::Crypto)?;
        let mut body = BodyHashes::default();
        body.add(signer.sha256, signer.body, None);
        Ok(Self {
            reader: Reader::new(&signer.limits),
            config,
            now: now.as_secs(),
            results,
            status,
            body,
            next: u64::from_be_bytes(first),
            progress: Progress::Header,
            events: VecDeque::new(),
            closed: false,
        })
    }

    /// Takes octets of the message off `rx`, and tells what happened. `None`: feed more, answer a question, or say
    /// [`eof`](Self::eof); after [`SealerEvent::Closed`], for ever.
    pub fn poll(&mut self, rx: &mut BytesMut) -> Option<SealerEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.closed {
                return None;
            }
            match self.reader.step(rx) {
                Step::HeaderEnd => match self.plan() {
                    Ok(plan) => self.progress = Progress::Body(plan),
                    Err(error) => self.close(Err(error)),
                },
                Step::Body => {
                    self.body.update(rx);
                    rx.clear();
                }
                Step::BodyEnd => self.body_end(),
                Step::Over if matches!(self.progress, Progress::Done) => self.close(Ok(())),
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
        let open = match &self.progress {
            Progress::Signature(_, draft) | Progress::Seal(_, draft) => Some(draft.question),
            Progress::Header | Progress::Body(_) | Progress::Done => None,
        };
        if open != Some(answer.question) {
            return Err(Misuse::StaleAnswer);
        }
        match answer.signature {
            Some(octets) => self.complete(&octets),
            None => self.close(Err(Error::NotSigned)),
        }
        Ok(())
    }

    /// Judges whether, and as what, the message can be sealed.
    fn plan(&self) -> Result<Plan, Error> {
        let fields = &self.reader.fields;
        if fields.named(b"from").len() != 1 {
            return Err(Error::From);
        }
        let chain = arc::collect(fields, &self.config.signer.limits);
        if chain.is_sealed_as_failed() {
            return Err(Error::ChainFailed);
        }
        let is_none = self.status == ChainStatus::None;
        if chain.is_empty() != is_none {
            return Err(Error::ChainStatus);
        }
        let instance = chain.next().ok_or(Error::ChainFull)?;
        let earlier = match self.status {
            ChainStatus::Pass => chain.sets().map_err(|_| Error::ChainStatus)?,
            // The set stands for itself (RFC 8617 section 5.1.2).
            ChainStatus::None | ChainStatus::Fail => Vec::new(),
        };
        Ok(Plan { instance, earlier })
    }

    fn body_end(&mut self) {
        self.body.finish();
        let bare = self.reader.bare();
        if bare.first.is_some() {
            self.events.push_back(SealerEvent::Bare(bare));
        }
        let config = Arc::clone(&self.config);
        let Some(BodyHash {
            digest: Some(digest),
            total,
        }) = self.body.hash(config.signer.body, None)
        else {
            return;
        };
        let progress = core::mem::replace(&mut self.progress, Progress::Done);
        let Progress::Body(plan) = progress else {
            return;
        };
        let fields = &self.reader.fields;
        let names = field::names(&config.signer, fields);
        let draft = field::Draft {
            name: Part::MessageSignature.as_str(),
            first: &format!("i={};", plan.instance),
            config: &config.signer,
            identity: &config.identity,
            names: &names,
            now: self.now,
            body_hash: digest.as_ref(),
            length: total,
        };
        let field = draft.write(fields);
        let data = signed_data(&config.signer, fields, &names, &field);
        self.sign(data, |question| {
            Progress::Signature(plan, Draft { question, field })
        });
    }

    /// Asks for a signature, of a key at hand or of the host.
    fn sign(&mut self, data: Vec<u8>, progress: impl FnOnce(u64) -> Progress) {
        let config = Arc::clone(&self.config);
        let id = self.next;
        self.next = id.wrapping_add(1);
        self.progress = progress(id);
        let question = SignQuestion {
            id,
            identity: 0,
            algorithm: config.identity.algorithm,
            digest: config.signer.sha256.digest(&data),
            data,
        };
        match &config.identity.key {
            None => self.events.push_back(SealerEvent::Sign(question)),
            Some(key) => match sign(&**key, &question) {
                Ok(octets) => self.complete(&octets),
                Err(_) => self.close(Err(Error::NotSigned)),
            },
        }
    }

    /// A signature is there.
    fn complete(&mut self, signature: &[u8]) {
        match core::mem::replace(&mut self.progress, Progress::Done) {
            Progress::Signature(plan, draft) => {
                let signature = field::complete(draft.field, signature);
                self.seal(&plan, signature);
            }
            Progress::Seal(fields, draft) => {
                let seal = field::complete(draft.field, signature);
                let fields = (*fields).into_iter().chain([seal]);
                let events = fields.map(|field| SealerEvent::Header(field.into()));
                self.events.extend(events);
            }
            other @ (Progress::Header | Progress::Body(_) | Progress::Done) => {
                self.progress = other;
            }
        }
    }

    /// Writes the seal over the chain and its new set.
    fn seal(&mut self, plan: &Plan, signature: String) {
        let identity = &self.config.identity;
        let mut line = Folded::begin(Part::Seal.as_str());
        line.put(&format!("i={};", plan.instance), true);
        line.put(&format!("a={};", identity.algorithm), true);
        line.put(&format!("t={};", self.now), true);
        line.put(&format!("cv={};", self.status), true);
        line.put(&format!("d={};", identity.domain), true);
        line.put(&format!("s={};", identity.selector), true);
        line.put("b=", true);
        let field = line.text;
        let results = self.results.to_arc_field(plan.instance);
        let mut data = Vec::new();
        let mut out = |piece: &[u8]| data.extend_from_slice(piece);
        for set in &plan.earlier {
            arc::sealed_set(&self.reader.fields, *set, &mut out);
        }
        let own = field.len()..field.len();
        let (r, s) = (results.as_bytes(), signature.as_bytes());
        arc::sealed_last(r, s, field.as_bytes(), own, &mut out);
        self.sign(data, |question| {
            Progress::Seal(Box::new([results, signature]), Draft { question, field })
        });
    }

    fn close(&mut self, end: Result<(), Error>) {
        self.closed = true;
        self.progress = Progress::Done;
        // A question that the host has not seen yet would wait for an answer that nobody takes.
        let kept = |event: &SealerEvent| !matches!(event, SealerEvent::Sign(_));
        self.events.retain(kept);
        self.events.push_back(SealerEvent::Closed(end));
    }
}
