//! The Authenticated Received Chain, judged in the same pass (RFC 8617 section 5.2).

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ops::Range;

use super::{Candidate, State, Verifier, VerifierEvent, judge};
use crate::{
    arc::{self, ArcSet, ChainFailure, ChainVerdict, Part, Set},
    canon::Canonicalization,
    verdict::Reason,
    wire::{KeyRecord, Seal, seal},
};

/// A chain whose structure holds.
#[derive(Debug)]
pub(super) struct Validation {
    links: Vec<Link>,
    /// What the DNS said, by name.
    keys: Vec<(Box<str>, Result<KeyRecord, Reason>)>,
    awaits: Awaits,
}

/// A set whose seal was read.
#[derive(Debug)]
struct Link {
    set: Set,
    seal: Arc<Seal>,
    /// Where the value of `b=` lies in the field of the seal.
    own: Range<usize>,
    /// Its message signature, if that may pass.
    signature: Result<Candidate, Reason>,
}

/// What is tried next, in this order; the number is that of sets, or an instance.
#[derive(Clone, Copy, Debug)]
enum Awaits {
    /// The newest message signature over the header.
    Signature,
    /// A seal, from the newest on.
    Seal(u8),
    /// The newest message signature over the body.
    Body,
    /// An older message signature, from the newest on.
    Older(u8),
}

/// What came of a step.
enum Outcome {
    Next(Awaits),
    /// A key or the end of the body is missing.
    Wait,
    /// The chain passes, with this `oldest-pass`.
    Pass(u8),
}

impl Verifier {
    /// Reads the chain, and asks for the keys of its newest set.
    pub(super) fn begin_chain(&mut self) {
        if !self.config.arc {
            return;
        }
        let collection = arc::collect(&self.reader.fields, &self.config.limits);
        if collection.is_empty() {
            return self.tell_chain(Ok(()), Vec::new(), None);
        }
        match collection.sets().and_then(|sets| self.links(sets)) {
            Ok(links) => self.admit_chain(links),
            Err(failure) => self.tell_chain(Err(failure), Vec::new(), None),
        }
    }

    fn links(&self, sets: Vec<Set>) -> Result<Vec<Link>, ChainFailure> {
        let mut links = Vec::with_capacity(sets.len());
        let mut broken = None;
        for (instance, set) in (1..).zip(sets) {
            match self.seal(set.seal) {
                Ok((seal, own)) => links.push(Link {
                    set,
                    seal: Arc::new(seal),
                    own,
                    signature: self.message_signature(instance, set.signature),
                }),
                // The newest of those that are broken counts.
                Err(reason) => {
                    broken = Some(ChainFailure::Invalid {
                        instance,
                        part: Part::Seal,
                        reason,
                    });
                }
            }
        }
        match broken {
            Some(failure) => Err(failure),
            None => Ok(links),
        }
    }

    fn seal(&self, field: usize) -> Result<(Seal, Range<usize>), Reason> {
        let fields = &self.reader.fields;
        let (seal, own) = Seal::read(fields.value(field))?;
        judge::key_name(&seal.selector, &seal.domain)?;
        self.times(seal.timestamp, None)?;
        let value = fields.value_start(field);
        Ok((seal, value + own.start..value + own.end))
    }

    fn message_signature(&self, instance: u8, field: usize) -> Result<Candidate, Reason> {
        let max_fields = self.config.limits.max_signed_fields;
        let value = self.reader.fields.value(field);
        let (signature, own) = seal::read_message_signature(value, max_fields)?;
        self.acceptable(&signature)?;
        Ok(self.awaiting_key(instance.into(), field, Arc::new(signature), own))
    }

    fn admit_chain(&mut self, links: Vec<Link>) {
        let Some(newest) = links.last() else { return };
        let instance = newest.seal.instance;
        let names = match &newest.signature {
            Ok(candidate) => [candidate.signature.key_name(), newest.seal.key_name()],
            Err(reason) => {
                let failure = ChainFailure::Invalid {
                    instance,
                    part: Part::MessageSignature,
                    reason: reason.clone(),
                };
                return self.tell_chain(Err(failure), facts(&self.reader.fields, &links), None);
            }
        };
        for link in &links {
            if let Ok(candidate) = &link.signature {
                self.hash_body(&candidate.signature);
            }
        }
        names.into_iter().for_each(|name| self.ask(name));
        self.chain = Some(Box::new(Validation {
            links,
            keys: Vec::new(),
            awaits: Awaits::Signature,
        }));
    }

    /// What the DNS holds under a name is known.
    pub(super) fn learn_for_chain(&mut self, name: &str, key: Result<KeyRecord, Reason>) {
        if let Some(chain) = &mut self.chain {
            chain.keys.push((name.into(), key));
            self.advance_chain();
        }
    }

    /// Goes on until something is missing.
    pub(super) fn advance_chain(&mut self) {
        let Some(mut chain) = self.chain.take() else {
            return;
        };
        let (result, oldest_pass) = loop {
            match self.step(&chain) {
                Ok(Outcome::Next(awaits)) => {
                    let newest = chain.is_at_newest();
                    chain.awaits = awaits;
                    if newest {
                        self.ask_for_older(&chain);
                    }
                }
                Ok(Outcome::Wait) => {
                    self.chain = Some(chain);
                    return;
                }
                Ok(Outcome::Pass(oldest)) => break (Ok(()), Some(oldest)),
                Err(failure) => break (Err(failure), None),
            }
        };
        let sets = facts(&self.reader.fields, &chain.links);
        self.tell_chain(result, sets, oldest_pass);
    }

    /// Tries what comes next.
    fn step(&self, chain: &Validation) -> Result<Outcome, ChainFailure> {
        let over = self.reader.is_over();
        let newest = chain.newest();
        Ok(match chain.awaits {
            Awaits::Signature => {
                match chain.signature(newest, |c, key| self.check_header(c, key)) {
                    None => Outcome::Wait,
                    Some(Ok(())) => Outcome::Next(Awaits::Seal(newest)),
                    Some(Err(reason)) => {
                        return Err(failure(newest, Part::MessageSignature, reason));
                    }
                }
            }
            Awaits::Seal(0) => Outcome::Next(Awaits::Body),
            Awaits::Seal(instance) => match self.check_seal(chain, instance) {
                None => Outcome::Wait,
                Some(Ok(())) => Outcome::Next(Awaits::Seal(instance - 1)),
                Some(Err(reason)) => return Err(failure(instance, Part::Seal, reason)),
            },
            Awaits::Body if !over => Outcome::Wait,
            Awaits::Body => match chain.signature(newest, |c, _| self.check_body(c)) {
                None => Outcome::Wait,
                Some(Ok(())) => Outcome::Next(Awaits::Older(newest - 1)),
                Some(Err(reason)) => return Err(failure(newest, Part::MessageSignature, reason)),
            },
            Awaits::Older(0) => Outcome::Pass(0),
            Awaits::Older(instance) => {
                let check = |candidate: &Candidate, key: &KeyRecord| {
                    self.check_header(candidate, key)?;
                    self.check_body(candidate)
                };
                match chain.signature(instance, check) {
                    None => Outcome::Wait,
                    Some(Ok(())) => Outcome::Next(Awaits::Older(instance - 1)),
                    Some(Err(_)) => Outcome::Pass(instance + 1),
                }
            }
        })
    }

    /// Tries a seal, once its key is known. Its own set is the last that it covers.
    fn check_seal(&self, chain: &Validation, instance: u8) -> Option<Result<(), Reason>> {
        let links = chain.links.get(..usize::from(instance))?;
        let (link, earlier) = links.split_last()?;
        let seal = &link.seal;
        let key = match chain.key(&seal.key_name())? {
            Ok(key) => key,
            Err(reason) => return Some(Err(reason.clone())),
        };
        let fields = &self.reader.fields;
        let signed = |mut out: &mut dyn FnMut(&[u8])| {
            for link in earlier {
                arc::sealed_set(fields, link.set, &mut out);
            }
            let raw = [link.set.results, link.set.signature, link.set.seal];
            let [results, signature, seal] = raw.map(|field| fields.raw(field));
            arc::sealed_last(results, signature, seal, link.own.clone(), &mut out);
        };
        let suits = self.suits(key, seal.algorithm);
        Some(suits.and_then(|()| self.verify(key, seal.algorithm, &seal.signature, signed)))
    }

    fn check_body(&self, candidate: &Candidate) -> Result<(), Reason> {
        let result = self.body_result(&candidate.signature);
        result.map_or(Err(Reason::BodyMismatch), |(_, result)| result)
    }

    /// The newest set holds: asks for the keys of all others.
    fn ask_for_older(&mut self, chain: &Validation) {
        for link in chain.links.iter().rev().skip(1) {
            let signature = link.signature.as_ref().ok();
            let signature = signature.map(|candidate| candidate.signature.key_name());
            for name in signature.into_iter().chain([link.seal.key_name()]) {
                if chain.key(&name).is_none() {
                    self.ask(name);
                }
            }
        }
    }

    fn tell_chain(
        &mut self,
        result: Result<(), ChainFailure>,
        sets: Vec<ArcSet>,
        oldest_pass: Option<u8>,
    ) {
        if result.is_err() {
            self.cancel_unseen();
        }
        self.events.push_back(VerifierEvent::Chain(ChainVerdict {
            result,
            sets,
            oldest_pass,
        }));
    }

    /// Withdraws the questions that the host has not seen yet, and no signature waits for.
    fn cancel_unseen(&mut self) {
        let events = core::mem::take(&mut self.events).into_iter();
        let (unwanted, kept): (Vec<_>, _) = events.partition(|event| {
            matches!(event, VerifierEvent::Lookup(question) if !self.is_wanted(question.name()))
        });
        self.events = kept.into();
        for event in unwanted {
            if let VerifierEvent::Lookup(question) = event {
                let withdrawn = self.lookups.close(&question.unavailable());
                debug_assert!(withdrawn.is_ok(), "it was open");
            }
        }
    }

    fn is_wanted(&self, name: &str) -> bool {
        let mut candidates = self.candidates.iter();
        candidates
            .any(|candidate| matches!(&candidate.state, State::Key(wanted) if **wanted == *name))
    }
}

impl Validation {
    /// The canonicalisations of the body that message signatures ask for.
    pub(super) fn bodies(&self) -> impl Iterator<Item = Canonicalization> {
        let signatures = self.links.iter();
        let signatures = signatures.filter_map(|link| link.signature.as_ref().ok());
        signatures.map(|candidate| candidate.signature.body_canonicalization)
    }

    fn newest(&self) -> u8 {
        self.links.last().map_or(0, |link| link.seal.instance)
    }

    fn is_at_newest(&self) -> bool {
        matches!(self.awaits, Awaits::Seal(instance) if instance == self.newest())
    }

    fn key(&self, name: &str) -> Option<&Result<KeyRecord, Reason>> {
        let mut keys = self.keys.iter();
        keys.find(|(known, _)| **known == *name).map(|(_, key)| key)
    }

    /// Tries the message signature of a set, once its key is known.
    fn signature(
        &self,
        instance: u8,
        check: impl FnOnce(&Candidate, &KeyRecord) -> Result<(), Reason>,
    ) -> Option<Result<(), Reason>> {
        let link = self.links.get(usize::from(instance).checked_sub(1)?)?;
        let candidate = match &link.signature {
            Ok(candidate) => candidate,
            Err(reason) => return Some(Err(reason.clone())),
        };
        let State::Key(name) = &candidate.state else {
            return None;
        };
        Some(match self.key(name)? {
            Ok(key) => check(candidate, key),
            Err(reason) => Err(reason.clone()),
        })
    }
}

fn failure(instance: u8, part: Part, reason: Reason) -> ChainFailure {
    ChainFailure::Invalid {
        instance,
        part,
        reason,
    }
}

/// What the sets say.
fn facts(fields: &crate::fields::Fields, links: &[Link]) -> Vec<ArcSet> {
    let facts = links.iter().map(|link| {
        let results = seal::results(fields.value(link.set.results));
        let signature = link.signature.as_ref().ok();
        ArcSet {
            seal: Arc::clone(&link.seal),
            signature: signature.map(|candidate| Arc::clone(&candidate.signature)),
            results: results.map_or_else(|_| [].into(), |(_, payload)| payload.into()),
        }
    });
    facts.collect()
}
