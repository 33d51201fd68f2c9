//! SPF (RFC 7208): may this client use this domain? A check asks the DNS, and comes to one verdict.
//!
//! ```text
//!                 ┌─────────────────────────────────────────────────┐
//!  ip, helo,  ───▶│ Spf::poll                                       │──▶ Lookup(question) ──▶ the host's DNS
//!  mail_from      │  record ▸ terms in order ▸ include, redirect=   │◀── answer
//!                 │                          ▸ exp= after a fail    │──▶ Verdict, Closed
//!                 └─────────────────────────────────────────────────┘
//! ```
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use std::sync::Arc;
//!
//! use crypto_core::UnixTime;
//! use dkim_core::spf::{Spf, SpfConfig, SpfEvent};
//!
//! let config = Arc::new(SpfConfig::new(Arc::new(crypto_core::ring::provider())));
//! let ip = "192.0.2.1".parse().unwrap();
//! let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));
//! let mut spf = Spf::new(config, ip, "mx.example.org", "joe@example.org", now).unwrap();
//! let mut passed = false;
//! while let Some(event) = spf.poll() {
//!     match event {
//!         SpfEvent::Lookup(question) => {
//!             assert_eq!(question.name(), "example.org");
//!             spf.answer(question.records([["v=spf1 ip4:192.0.2.0/24 -all"]])).unwrap();
//!         }
//!         SpfEvent::Verdict(verdict) => passed = verdict.is_pass(),
//!         _ => {}
//!     }
//! }
//! assert!(passed);
//! # }
//! ```
//!
//! Work is bounded by [`Limits`](crate::Limits): ten terms that ask the DNS, ten exchanges or names for each, two
//! questions that lead nowhere. Questions about the hosts of one term go out together; what is decided does not depend
//! on the order of their answers.

mod config;
mod evaluate;
mod macros;
mod received;
mod record;
mod verdict;

use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use core::net::IpAddr;

use crypto_core::UnixTime;

pub use config::SpfConfig;
pub use record::SyntaxError;
pub use verdict::{SpfIdentity, SpfReason, SpfResult, SpfVerdict};

use self::evaluate::{Frame, Slot, State, Step};
use crate::{
    error::Misuse,
    lookup::{Answer, Found, LookupQuestion, Lookups, RecordKind, domain_name},
};

/// What a check tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpfEvent {
    /// Records are needed.
    Lookup(LookupQuestion),
    /// The verdict, exactly once.
    Verdict(SpfVerdict),
    /// It is over: exactly once, always last.
    Closed,
}

/// A check of one identity of a client: `check_host()` of RFC 7208 section 4.
#[derive(Debug)]
pub struct Spf {
    config: Arc<SpfConfig>,
    client: Client,
    lookups: Lookups,
    events: VecDeque<SpfEvent>,
    state: State,
    /// The record that is evaluated, and those that include it, outermost first.
    frames: Vec<Frame>,
    /// Terms that asked the DNS.
    terms: usize,
    /// Terms whose question led nowhere.
    void: usize,
    /// The validated names of the address, once they are known.
    validated: Option<Vec<Box<str>>>,
    authenticated: Option<bool>,
}

/// Who sends.
#[derive(Debug)]
struct Client {
    ip: IpAddr,
    helo: Box<str>,
    mail_from: Box<str>,
    identity: SpfIdentity,
    /// The part before the at sign of the identity.
    local: Box<str>,
    /// The domain of the identity, checked.
    domain: Option<Box<str>>,
    now: u64,
}

impl Spf {
    /// Begins a check of MAIL FROM, without angle brackets. An empty one stands for the postmaster of HELO (section
    /// 2.4). An IPv4-mapped address counts as one of version 4.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn new(
        config: Arc<SpfConfig>,
        ip: IpAddr,
        helo: &str,
        mail_from: &str,
        now: UnixTime,
    ) -> Result<Self, Misuse> {
        Self::check(config, ip, helo, mail_from, SpfIdentity::MailFrom, now)
    }

    /// Begins a check of HELO or EHLO (section 2.3).
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn helo(
        config: Arc<SpfConfig>,
        ip: IpAddr,
        helo: &str,
        mail_from: &str,
        now: UnixTime,
    ) -> Result<Self, Misuse> {
        Self::check(config, ip, helo, mail_from, SpfIdentity::Helo, now)
    }

    fn check(
        config: Arc<SpfConfig>,
        ip: IpAddr,
        helo: &str,
        mail_from: &str,
        identity: SpfIdentity,
        now: UnixTime,
    ) -> Result<Self, Misuse> {
        let mut first = [0; 8];
        let random = &config.provider.random;
        random.fill(&mut first).map_err(|_| Misuse::Crypto)?;
        let (local, domain) = match identity {
            SpfIdentity::MailFrom if !mail_from.is_empty() => {
                mail_from.rsplit_once('@').unwrap_or(("", mail_from))
            }
            SpfIdentity::MailFrom | SpfIdentity::Helo => ("", helo),
        };
        let local = if local.is_empty() {
            "postmaster"
        } else {
            local
        };
        let client = Client {
            ip: ip.to_canonical(),
            helo: helo.into(),
            mail_from: mail_from.into(),
            identity,
            local: local.into(),
            domain: domain_name(domain),
            now: now.as_secs(),
        };
        Ok(Self {
            config,
            client,
            lookups: Lookups::new(u64::from_be_bytes(first)),
            events: VecDeque::new(),
            state: State::Ready(Step::Start),
            frames: Vec::new(),
            terms: 0,
            void: 0,
            validated: None,
            authenticated: None,
        })
    }

    /// Tells what happened. `None`: answer a question; after [`SpfEvent::Closed`], for ever.
    pub fn poll(&mut self) -> Option<SpfEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            match core::mem::replace(&mut self.state, State::Closed) {
                State::Ready(step) => self.run(step),
                State::Waiting(purpose, slots) => {
                    self.state = State::Waiting(purpose, slots);
                    return None;
                }
                State::Closed => return None,
            }
        }
    }

    /// Answers a question; `poll` goes on with it.
    ///
    /// # Errors
    /// [`Misuse::StaleAnswer`] when the question is another machine's, or no longer open; [`Misuse::WrongKind`] when
    /// the answer holds other records than were asked for.
    pub fn answer(&mut self, answer: Answer) -> Result<(), Misuse> {
        let (name, kind) = self.lookups.close(&answer)?;
        let authenticated = self.authenticated.unwrap_or(true) && answer.authenticated;
        self.authenticated = Some(authenticated);
        self.learn(&name, kind, answer.found);
        Ok(())
    }

    /// Answers all open questions with "unavailable": the host waits no longer. A question may follow still, that for
    /// an explanation.
    pub fn give_up(&mut self) {
        let open: Vec<_> = self.lookups.drain().collect();
        for (name, kind) in open {
            self.authenticated = Some(false);
            self.learn(&name, kind, Found::Unavailable);
        }
    }

    fn learn(&mut self, name: &str, kind: RecordKind, found: Found) {
        let State::Waiting(_, slots) = &mut self.state else {
            return;
        };
        let asked = |slot: &&mut Slot| *slot.name == *name && slot.kind == kind;
        if let Some(slot) = slots.iter_mut().find(asked) {
            slot.found = Some(found);
        }
        if slots.iter().all(|slot| slot.found.is_some())
            && let State::Waiting(purpose, slots) =
                core::mem::replace(&mut self.state, State::Closed)
        {
            self.state = State::Ready(Step::Resume(purpose, slots));
        }
    }

    fn close(&mut self, result: SpfResult, reason: SpfReason, explanation: Option<Box<str>>) {
        let Client {
            ip,
            helo,
            mail_from,
            identity,
            domain,
            ..
        } = &self.client;
        self.events.push_back(SpfEvent::Verdict(SpfVerdict {
            result,
            reason,
            identity: *identity,
            domain: domain.clone(),
            ip: *ip,
            helo: helo.clone(),
            mail_from: mail_from.clone(),
            explanation,
            authenticated: self.authenticated.unwrap_or(false),
        }));
        self.events.push_back(SpfEvent::Closed);
        self.state = State::Closed;
        self.frames.clear();
    }
}
