//! The evaluation (RFC 7208 sections 4.4 to 6.2), in steps between answers.
//!
//! ```text
//!  Start ─▶ [TXT] ─▶ Next ─▶ Attempt(term) ─▶ [A, MX, PTR, TXT] ─▶ Judge ─▶ Next …
//!                     │                                              │ matched
//!                     └ no more terms ─▶ Redirect ─▶ [TXT]           ▼
//!                                          no redirect= ─────▶ Leave(result) ─▶ the including record, or the end
//! ```

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

use super::{
    Spf, SpfEvent, SpfReason, SpfResult,
    macros::{self, MacroString, Place, Values},
    record::{self, Mechanism, Prefixes, Record, Term},
};
use crate::lookup::{Found, RecordKind, is_name};

/// Where a check stands.
#[derive(Debug)]
pub(super) enum State {
    Ready(Step),
    Waiting(Purpose, Vec<Slot>),
    Closed,
}

/// A question that is open, or its answer.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: Box<str>,
    pub(super) kind: RecordKind,
    pub(super) found: Option<Found>,
}

/// A record on its way.
#[derive(Debug)]
pub(super) struct Frame {
    domain: Box<str>,
    record: Record,
    next: usize,
    /// The `include` that led here.
    include: Option<Arc<Term>>,
}

/// What is done next.
#[derive(Debug)]
pub(super) enum Step {
    Start,
    /// The next term of the record.
    Next,
    Attempt(Arc<Term>),
    Judge(Arc<Term>, bool),
    Redirect,
    /// The record came to a result.
    Leave(SpfResult, SpfReason),
    Explain(Refusal),
    Resume(Purpose, Vec<Slot>),
}

/// What answers are for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The record of a domain.
    Policy(Box<str>, Entry),
    /// The addresses of the target of `a` or `exists`.
    Target(Arc<Term>),
    /// The exchanges of the target of `mx`.
    Exchanges(Arc<Term>, Box<str>),
    /// The addresses of these exchanges.
    Hosts(Arc<Term>, Vec<Box<str>>),
    /// The names of the client's address.
    Pointers(Box<Step>),
    /// The addresses of these names.
    Validation(Vec<Box<str>>, Box<Step>),
    Explanation(Refusal),
}

/// How a record is come by.
#[derive(Debug)]
pub(super) enum Entry {
    First,
    Include(Arc<Term>),
    /// With the `include` of the record that it replaces.
    Redirect(Option<Arc<Term>>),
}

/// A failure that may be explained.
#[derive(Debug)]
pub(super) struct Refusal {
    reason: SpfReason,
    domain: Box<str>,
    source: Source,
}

/// Where the explanation comes from.
#[derive(Debug)]
enum Source {
    /// The value of `exp=`.
    Name(MacroString),
    /// The text that stands there.
    Text(MacroString),
}

/// Where a step leads.
enum Flow {
    Go(Step),
    Ask(Purpose, Vec<(Box<str>, RecordKind)>),
    End(SpfResult, SpfReason),
    /// A failure, with the words of the domain if it has any.
    Refuse(SpfReason, Option<Box<str>>),
}

impl Spf {
    /// Goes on until an answer is needed, or the verdict is there.
    pub(super) fn run(&mut self, mut step: Step) {
        loop {
            let flow = match step {
                Step::Start => self.start(),
                Step::Next => self.next_term(),
                Step::Attempt(term) => self.attempt(term),
                Step::Judge(term, matched) => self.judge(&term, matched),
                Step::Redirect => self.redirect(),
                Step::Leave(result, reason) => self.leave(result, reason),
                Step::Explain(refusal) => self.explain(refusal),
                Step::Resume(purpose, slots) => self.resume(purpose, slots),
            };
            match flow {
                Flow::Go(next) => step = next,
                Flow::Ask(purpose, names) => {
                    let slots = self.ask(names);
                    if !slots.is_empty() {
                        self.state = State::Waiting(purpose, slots);
                        return;
                    }
                    step = Step::Resume(purpose, slots);
                }
                Flow::End(result, reason) => return self.close(result, reason, None),
                Flow::Refuse(reason, words) => return self.close(SpfResult::Fail, reason, words),
            }
        }
    }

    /// Asks for each of `names` once.
    fn ask(&mut self, names: Vec<(Box<str>, RecordKind)>) -> Vec<Slot> {
        let most = self.config.limits.max_spf_record;
        let mut slots = Vec::new();
        for (name, kind) in names {
            if let Some(question) = self.lookups.ask(String::from(&*name), kind, most) {
                self.events.push_back(SpfEvent::Lookup(question));
                slots.push(Slot {
                    name,
                    kind,
                    found: None,
                });
            }
        }
        slots
    }

    fn start(&self) -> Flow {
        let Some(domain) = &self.client.domain else {
            return Flow::End(SpfResult::None, SpfReason::NoDomain);
        };
        self.policy(domain.clone(), Entry::First)
    }

    fn policy(&self, domain: Box<str>, entry: Entry) -> Flow {
        let name = domain.clone();
        Flow::Ask(
            Purpose::Policy(domain, entry),
            alloc::vec![(name, RecordKind::Txt)],
        )
    }

    fn next_term(&mut self) -> Flow {
        let Some(frame) = self.frames.last_mut() else {
            return Flow::End(SpfResult::Neutral, SpfReason::NoRecord);
        };
        let Some(term) = frame.record.terms.get(frame.next) else {
            if frame.record.redirect.is_some() {
                return self.count().unwrap_or(Flow::Go(Step::Redirect));
            }
            let reason = SpfReason::NoMatch(frame.domain.clone());
            return Flow::Go(Step::Leave(SpfResult::Neutral, reason));
        };
        let term = Arc::clone(term);
        frame.next += 1;
        if term.mechanism.asks()
            && let Some(end) = self.count()
        {
            return end;
        }
        Flow::Go(Step::Attempt(term))
    }

    /// Counts a term that asks the DNS (section 4.6.4).
    fn count(&mut self) -> Option<Flow> {
        self.terms += 1;
        let over = self.terms > self.config.limits.max_spf_terms;
        over.then_some(Flow::End(SpfResult::PermError, SpfReason::TooManyTerms))
    }

    fn attempt(&mut self, term: Arc<Term>) -> Flow {
        let target = term.mechanism.target();
        let by_name = matches!(term.mechanism, Mechanism::Ptr(_));
        if (by_name && self.validated.is_none()) || target.is_some_and(|text| self.lacks_name(text))
        {
            return self.pointers(Step::Attempt(term));
        }
        let name = match target {
            Some(target) => self.name(target),
            None => self.frames.last().map(|frame| frame.domain.clone()),
        };
        let no_match = Flow::Go(Step::Judge(Arc::clone(&term), false));
        match &term.mechanism {
            Mechanism::All => Flow::Go(Step::Judge(term, true)),
            Mechanism::Ip(network, prefix) => {
                let prefixes = Prefixes {
                    v4: *prefix,
                    v6: *prefix,
                };
                let matched = record::agree(self.client.ip, *network, prefixes);
                Flow::Go(Step::Judge(term, matched))
            }
            Mechanism::Include(_) => match name {
                Some(name) => self.policy(name, Entry::Include(term)),
                None => self.no_target(&term.text),
            },
            Mechanism::A(..) => name.map_or(no_match, |name| {
                let kind = self.address_kind();
                Flow::Ask(Purpose::Target(term), alloc::vec![(name, kind)])
            }),
            // Whatever the client's version (section 5.7).
            Mechanism::Exists(_) => name.map_or(no_match, |name| {
                Flow::Ask(Purpose::Target(term), alloc::vec![(name, RecordKind::A)])
            }),
            Mechanism::Mx(..) => name.map_or(no_match, |name| {
                let asked = alloc::vec![(name.clone(), RecordKind::Mx)];
                Flow::Ask(Purpose::Exchanges(term, name), asked)
            }),
            Mechanism::Ptr(_) => {
                let names = self.validated.as_deref().unwrap_or_default();
                let within = |target: &str| names.iter().any(|name| is_within(name, target));
                let matched = name.is_some_and(|target| within(&target));
                Flow::Go(Step::Judge(term, matched))
            }
        }
    }

    fn judge(&self, term: &Arc<Term>, matched: bool) -> Flow {
        let Some(frame) = self.frames.last().filter(|_| matched) else {
            return Flow::Go(Step::Next);
        };
        let reason = SpfReason::Matched {
            term: term.text.clone(),
            domain: frame.domain.clone(),
        };
        Flow::Go(Step::Leave(term.result, reason))
    }

    fn redirect(&mut self) -> Flow {
        let target = self
            .frames
            .last()
            .and_then(|frame| frame.record.redirect.clone());
        let Some(target) = target else {
            return Flow::Go(Step::Next);
        };
        if self.lacks_name(&target) {
            return self.pointers(Step::Redirect);
        }
        let Some(name) = self.name(&target) else {
            return self.no_target("redirect=");
        };
        // The record that redirects is done with, its explanation too (section 6.2).
        let include = self.frames.pop().and_then(|frame| frame.include);
        self.policy(name, Entry::Redirect(include))
    }

    fn no_target(&self, text: &str) -> Flow {
        Flow::End(SpfResult::PermError, SpfReason::NoTarget(text.into()))
    }

    fn leave(&mut self, result: SpfResult, reason: SpfReason) -> Flow {
        let Some(frame) = self.frames.pop() else {
            return Flow::End(result, reason);
        };
        if let Some(include) = frame.include {
            return Flow::Go(Step::Judge(include, result == SpfResult::Pass));
        }
        match frame.record.explanation {
            Some(target) if result == SpfResult::Fail && self.config.explanations => {
                Flow::Go(Step::Explain(Refusal {
                    reason,
                    domain: frame.domain,
                    source: Source::Name(target),
                }))
            }
            Some(_) | None => Flow::End(result, reason),
        }
    }

    /// Section 6.2: whatever goes wrong here, there is no explanation, and nothing else changes.
    fn explain(&mut self, refusal: Refusal) -> Flow {
        let (Source::Name(text) | Source::Text(text)) = &refusal.source;
        if self.lacks_name(text) {
            return self.pointers(Step::Explain(refusal));
        }
        let most = self.config.limits.max_spf_expansion;
        let values = self.values(&refusal.domain);
        match &refusal.source {
            Source::Name(target) => match target.name(&values, most) {
                Some(name) => {
                    let asked = alloc::vec![(name.into_boxed_str(), RecordKind::Txt)];
                    Flow::Ask(Purpose::Explanation(refusal), asked)
                }
                None => Flow::Refuse(refusal.reason, None),
            },
            Source::Text(text) => {
                let words = text.expand(&values, most);
                let printable = |words: &String| words.bytes().all(|o| matches!(o, b' '..=b'~'));
                let words = words.filter(printable).map(String::into_boxed_str);
                Flow::Refuse(refusal.reason, words)
            }
        }
    }

    fn resume(&mut self, purpose: Purpose, slots: Vec<Slot>) -> Flow {
        match purpose {
            Purpose::Policy(domain, entry) => self.enter(domain, entry, first(slots)),
            Purpose::Target(term) => self.target(term, first(slots)),
            Purpose::Exchanges(term, domain) => self.exchanges(term, domain, first(slots)),
            Purpose::Hosts(term, hosts) => self.hosts(term, &hosts, &slots),
            Purpose::Pointers(after) => self.validate(first(slots), after),
            Purpose::Validation(names, after) => {
                self.validated = Some(self.validated_names(names, &slots));
                Flow::Go(*after)
            }
            Purpose::Explanation(refusal) => explanation(refusal, first(slots)),
        }
    }

    /// Begins with the record of a domain.
    fn enter(&mut self, domain: Box<str>, entry: Entry, found: Found) -> Flow {
        let permanent = |reason| Flow::End(SpfResult::PermError, reason);
        let records = match found {
            Found::Records(records) => records,
            Found::Unavailable => {
                return Flow::End(SpfResult::TempError, SpfReason::Unavailable(domain));
            }
            Found::Key(_)
            | Found::Addresses(_)
            | Found::Exchanges(_)
            | Found::Names(_)
            | Found::NoData
            | Found::NoDomain => Vec::new(),
        };
        let mut own = records.into_iter().filter(|record| record::is_spf(record));
        let Some(octets) = own.next() else {
            return match entry {
                Entry::First => Flow::End(SpfResult::None, SpfReason::NoRecord),
                Entry::Include(_) | Entry::Redirect(_) => permanent(SpfReason::NoTarget(domain)),
            };
        };
        if own.next().is_some() {
            return permanent(SpfReason::SeveralRecords(domain));
        }
        if octets.len() > self.config.limits.max_spf_record {
            return permanent(SpfReason::RecordTooLong(domain));
        }
        match Record::parse(&octets) {
            Ok(record) => {
                let include = match entry {
                    Entry::First => None,
                    Entry::Include(term) => Some(term),
                    Entry::Redirect(include) => include,
                };
                self.frames.push(Frame {
                    domain,
                    record,
                    next: 0,
                    include,
                });
                Flow::Go(Step::Next)
            }
            Err((error, term)) => permanent(SpfReason::Syntax {
                error,
                term,
                domain,
            }),
        }
    }

    fn target(&mut self, term: Arc<Term>, found: Found) -> Flow {
        let addresses = match self.some(&term.text, found) {
            Ok(Found::Addresses(addresses)) => addresses,
            Ok(_) => Vec::new(),
            Err(end) => return end,
        };
        let matched = match &term.mechanism {
            Mechanism::A(_, prefixes) => addresses
                .iter()
                .any(|address| record::agree(self.client.ip, *address, *prefixes)),
            Mechanism::All
            | Mechanism::Include(_)
            | Mechanism::Mx(..)
            | Mechanism::Ptr(_)
            | Mechanism::Ip(..)
            | Mechanism::Exists(_) => !addresses.is_empty(),
        };
        Flow::Go(Step::Judge(term, matched))
    }

    fn exchanges(&mut self, term: Arc<Term>, domain: Box<str>, found: Found) -> Flow {
        let mut exchanges = match self.some(&term.text, found) {
            Ok(Found::Exchanges(exchanges)) => exchanges,
            Ok(_) => Vec::new(),
            Err(end) => return end,
        };
        if exchanges.len() > self.config.limits.max_exchanges {
            return Flow::End(SpfResult::PermError, SpfReason::TooManyExchanges(domain));
        }
        // One order, whatever the server's.
        exchanges.sort();
        let hosts = host_names(exchanges.into_iter().map(|(_, name)| name));
        let kind = self.address_kind();
        let asked = hosts.iter().map(|host| (host.clone(), kind)).collect();
        Flow::Ask(Purpose::Hosts(term, hosts), asked)
    }

    fn hosts(&self, term: Arc<Term>, hosts: &[Box<str>], slots: &[Slot]) -> Flow {
        let prefixes = match &term.mechanism {
            Mechanism::Mx(_, prefixes) => *prefixes,
            Mechanism::All
            | Mechanism::Include(_)
            | Mechanism::A(..)
            | Mechanism::Ptr(_)
            | Mechanism::Ip(..)
            | Mechanism::Exists(_) => return Flow::Go(Step::Judge(term, false)),
        };
        for host in hosts {
            match found(slots, host) {
                Some(Found::Unavailable) => {
                    let reason = SpfReason::Unavailable(host.clone());
                    return Flow::End(SpfResult::TempError, reason);
                }
                Some(Found::Addresses(addresses)) => {
                    let agrees = |address| record::agree(self.client.ip, address, prefixes);
                    if addresses.iter().copied().any(agrees) {
                        return Flow::Go(Step::Judge(term, true));
                    }
                }
                Some(_) | None => {}
            }
        }
        Flow::Go(Step::Judge(term, false))
    }

    /// An answer to the question of a term: counts those that led nowhere, and ends where there is none.
    fn some(&mut self, term: &str, found: Found) -> Result<Found, Flow> {
        let nothing = match &found {
            Found::Unavailable => {
                let reason = SpfReason::Unavailable(term.into());
                return Err(Flow::End(SpfResult::TempError, reason));
            }
            Found::NoData | Found::NoDomain => true,
            Found::Addresses(addresses) => addresses.is_empty(),
            Found::Exchanges(exchanges) => exchanges.is_empty(),
            Found::Records(_) | Found::Key(_) | Found::Names(_) => false,
        };
        if nothing {
            self.void += 1;
            if self.void > self.config.limits.max_void_lookups {
                return Err(Flow::End(SpfResult::PermError, SpfReason::TooManyVoid));
            }
        }
        Ok(found)
    }

    /// Asks for the names of the client's address, and comes back to a step.
    fn pointers(&self, after: Step) -> Flow {
        let name = macros::pointer(self.client.ip).into_boxed_str();
        Flow::Ask(
            Purpose::Pointers(Box::new(after)),
            alloc::vec![(name, RecordKind::Ptr)],
        )
    }

    /// Asks for the addresses of the first names (section 5.5). Errors leave a name out, and no more.
    fn validate(&self, found: Found, after: Box<Step>) -> Flow {
        let names = match found {
            Found::Names(names) => names,
            Found::Records(_)
            | Found::Key(_)
            | Found::Addresses(_)
            | Found::Exchanges(_)
            | Found::NoData
            | Found::NoDomain
            | Found::Unavailable => Vec::new(),
        };
        let most = self.config.limits.max_pointers;
        let names = host_names(names.into_iter().take(most));
        let kind = self.address_kind();
        let asked = names.iter().map(|name| (name.clone(), kind)).collect();
        Flow::Ask(Purpose::Validation(names, after), asked)
    }

    fn validated_names(&self, mut names: Vec<Box<str>>, slots: &[Slot]) -> Vec<Box<str>> {
        names.retain(|name| match found(slots, name) {
            Some(Found::Addresses(addresses)) => addresses.contains(&self.client.ip),
            Some(_) | None => false,
        });
        names
    }

    /// Whether the validated name must be known first.
    fn lacks_name(&self, text: &MacroString) -> bool {
        self.config.validated_names && self.validated.is_none() && text.has(b'p')
    }

    fn name(&self, target: &MacroString) -> Option<Box<str>> {
        let frame = self.frames.last()?;
        let most = self.config.limits.max_spf_expansion;
        let name = target.name(&self.values(&frame.domain), most);
        name.map(String::into_boxed_str)
    }

    fn values<'v>(&'v self, domain: &'v str) -> Values<'v> {
        let client = &self.client;
        let most = self.config.limits.max_spf_identity;
        let names = self.validated.as_deref().unwrap_or_default();
        let names = if self.config.validated_names {
            names
        } else {
            &[]
        };
        let mut by_choice = names.iter().filter(|name| ***name == *domain);
        let mut below = names.iter().filter(|name| is_within(name, domain));
        let validated = by_choice.next().or_else(|| below.next()).or(names.first());
        Values {
            local: cut(&client.local, most),
            sender_domain: client.domain.as_deref().unwrap_or_default(),
            domain,
            helo: cut(&client.helo, most),
            ip: client.ip,
            receiver: &self.config.receiver,
            now: client.now,
            validated: validated.map_or("unknown", |name| &**name),
        }
    }

    const fn address_kind(&self) -> RecordKind {
        if self.client.ip.is_ipv4() {
            RecordKind::A
        } else {
            RecordKind::Aaaa
        }
    }
}

/// The text that `exp=` leads to: one record, and no more.
fn explanation(refusal: Refusal, found: Found) -> Flow {
    let none = |refusal: Refusal| Flow::Refuse(refusal.reason, None);
    let Found::Records(records) = found else {
        return none(refusal);
    };
    let [record] = records.as_slice() else {
        return none(refusal);
    };
    let text = core::str::from_utf8(record).ok();
    match text.and_then(|text| MacroString::parse(text, Place::Explanation).ok()) {
        Some(text) => Flow::Go(Step::Explain(Refusal {
            source: Source::Text(text),
            ..refusal
        })),
        None => none(refusal),
    }
}

/// The answer to the only question.
fn first(slots: Vec<Slot>) -> Found {
    let found = slots.into_iter().next().and_then(|slot| slot.found);
    found.unwrap_or(Found::NoData)
}

fn found<'s>(slots: &'s [Slot], name: &str) -> Option<&'s Found> {
    let slot = slots.iter().find(|slot| *slot.name == *name)?;
    slot.found.as_ref()
}

/// Names of hosts that can be asked for, each once.
fn host_names(names: impl Iterator<Item = String>) -> Vec<Box<str>> {
    let mut hosts: Vec<Box<str>> = Vec::new();
    for name in names {
        let name = name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase();
        if is_name(&name) && !hosts.iter().any(|host| **host == *name) {
            hosts.push(name.into_boxed_str());
        }
    }
    hosts
}

/// Whether a name is a domain, or lies below it.
fn is_within(name: &str, domain: &str) -> bool {
    let rest = name.strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// At most so many octets.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
