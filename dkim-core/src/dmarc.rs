//! DMARC (RFC 9989): is the domain in From the one that was authenticated, and what does its owner ask for if not?
//!
//! ```text
//!                  ┌──────────────────────────────────────────────┐
//!  From ──────────▶│ Dmarc::poll                                  │──▶ Lookup(question) ──▶ the host's DNS
//!  spf_passed() ──▶│  author ▸ policy record ▸ tree walk          │◀── answer
//!  dkim_passed() ─▶│  authenticated domains ▸ alignment ▸ policy  │──▶ Verdict, Closed
//!                  └──────────────────────────────────────────────┘
//! ```
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use std::sync::Arc;
//!
//! use dkim_core::dmarc::{Dmarc, DmarcConfig, DmarcEvent};
//!
//! let config = Arc::new(DmarcConfig::new(Arc::new(crypto_core::ring::provider())));
//! let mut dmarc = Dmarc::new(config, [&b"Joe <joe@example.org>"[..]]).unwrap();
//! dmarc.dkim_passed("example.org").unwrap();
//! dmarc.end_of_results().unwrap();
//! let mut passed = false;
//! while let Some(event) = dmarc.poll() {
//!     match event {
//!         DmarcEvent::Lookup(question) => {
//!             assert_eq!(question.name(), "_dmarc.example.org");
//!             dmarc.answer(question.records([["v=DMARC1; p=reject"]])).unwrap();
//!         }
//!         DmarcEvent::Verdict(verdict) => passed = verdict.is_pass(),
//!         _ => {}
//!     }
//! }
//! assert!(passed);
//! # }
//! ```
//!
//! The first question goes out at once, before SPF and DKIM are done; a walk is made only where the domains differ and
//! alignment is relaxed. At most eight questions are asked for a domain, and each name once. What is decided does not
//! depend on the order of answers.

mod author;
mod config;
mod evaluate;
mod record;
mod verdict;
mod walk;

use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};

pub use config::{Discovery, DmarcConfig};
pub use record::{Alignment, DmarcRecord, Policy, PublicSuffix};
pub use verdict::{DmarcReason, DmarcResult, DmarcVerdict, Method};

use self::evaluate::{Known, Progress};
use crate::{
    error::Misuse,
    lookup::{Answer, Found, LookupQuestion, Lookups, RecordKind, domain_name},
    verdict::Verdict,
};

/// What DMARC tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum DmarcEvent {
    /// Records are needed.
    Lookup(LookupQuestion),
    /// The organizational domain of a domain is needed: only with [`Discovery::PublicSuffixes`].
    Organization(OrganizationQuestion),
    /// The verdict, exactly once.
    Verdict(DmarcVerdict),
    /// It is over: exactly once, always last.
    Closed,
}

/// Which domain below a public suffix does this domain belong to?
#[derive(Debug)]
#[must_use = "the verdict waits for the answer"]
pub struct OrganizationQuestion {
    id: u64,
    domain: Box<str>,
}

/// An answer, for [`Dmarc::organization`].
#[derive(Debug)]
#[must_use = "an answer does nothing until the machine has it"]
pub struct OrganizationAnswer {
    question: u64,
    organization: Box<str>,
}

impl OrganizationQuestion {
    /// The domain, A-labels in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// It belongs to this domain: itself, or one above it.
    pub fn belongs_to(self, organization: &str) -> OrganizationAnswer {
        OrganizationAnswer {
            question: self.id,
            organization: organization.to_ascii_lowercase().into_boxed_str(),
        }
    }

    /// It belongs to no other: it is a public suffix itself, or not known.
    pub fn itself(self) -> OrganizationAnswer {
        OrganizationAnswer {
            question: self.id,
            organization: self.domain,
        }
    }
}

/// The evaluation of one message.
#[derive(Debug)]
pub struct Dmarc {
    config: Arc<DmarcConfig>,
    author: Result<Box<str>, DmarcReason>,
    /// The domains that were authenticated, each once for a method.
    authenticated: Vec<(Method, Box<str>)>,
    phase: Phase,
    lookups: Lookups,
    /// Numbers of the open questions about organizational domains.
    organizations: Vec<(u64, Box<str>)>,
    next: u64,
    known: Vec<Known>,
    events: VecDeque<DmarcEvent>,
}

/// What is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Results of SPF and DKIM.
    Results,
    /// Answers.
    Answers,
    Over,
}

impl Dmarc {
    /// Begins with the values of all From fields of a message, what stands behind the colon.
    ///
    /// # Errors
    /// [`Misuse::Crypto`] when randomness fails.
    pub fn new<'f>(
        config: Arc<DmarcConfig>,
        from: impl IntoIterator<Item = &'f [u8]>,
    ) -> Result<Self, Misuse> {
        let mut first = [0; 16];
        let random = &config.provider.random;
        random.fill(&mut first).map_err(|_| Misuse::Crypto)?;
        let [a, b, c, d, e, f, g, h, rest @ ..] = first;
        Ok(Self {
            config,
            author: author::author(from),
            authenticated: Vec::new(),
            phase: Phase::Results,
            lookups: Lookups::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])),
            organizations: Vec::new(),
            next: u64::from_be_bytes(rest),
            known: Vec::new(),
            events: VecDeque::new(),
        })
    }

    /// SPF passed for the domain of MAIL FROM. That of HELO does not count (RFC 9989 section 4.4.2), unless MAIL FROM
    /// was empty, and HELO stands for it (RFC 7208 section 2.4).
    ///
    /// # Errors
    /// [`Misuse::Phase`] after the end of the results, [`Misuse::BadName`] for what is no domain.
    pub fn spf_passed(&mut self, domain: &str) -> Result<(), Misuse> {
        self.passed(Method::Spf, domain)
    }

    /// A DKIM signature of a domain (`d=`) passed.
    ///
    /// # Errors
    /// [`Misuse::Phase`] after the end of the results, [`Misuse::BadName`] for what is no domain.
    pub fn dkim_passed(&mut self, domain: &str) -> Result<(), Misuse> {
        self.passed(Method::Dkim, domain)
    }

    /// What SPF came to. Only a pass for MAIL FROM counts.
    ///
    /// # Errors
    /// [`Misuse::Phase`] after the end of the results.
    #[cfg(feature = "spf")]
    pub fn spf(&mut self, verdict: &crate::spf::SpfVerdict) -> Result<(), Misuse> {
        let by_mail_from = verdict.identity == crate::spf::SpfIdentity::MailFrom;
        match &verdict.domain {
            Some(domain) if verdict.is_pass() && by_mail_from => self.spf_passed(domain),
            Some(_) | None => self.in_results(),
        }
    }

    /// What a signature came to. Only a pass counts.
    ///
    /// # Errors
    /// [`Misuse::Phase`] after the end of the results.
    pub fn dkim(&mut self, verdict: &Verdict) -> Result<(), Misuse> {
        match &verdict.signature {
            Some(signature) if verdict.is_pass() => self.dkim_passed(signature.domain.as_str()),
            Some(_) | None => self.in_results(),
        }
    }

    fn in_results(&self) -> Result<(), Misuse> {
        match self.phase {
            Phase::Results => Ok(()),
            Phase::Answers | Phase::Over => Err(Misuse::Phase),
        }
    }

    fn passed(&mut self, method: Method, domain: &str) -> Result<(), Misuse> {
        self.in_results()?;
        let domain = domain_name(domain).ok_or(Misuse::BadName)?;
        let entry = (method, domain);
        let room = self.authenticated.len() < self.config.limits.max_authenticated;
        // What is the author's own must not be lost to a crowd.
        let own = self.author.as_ref().is_ok_and(|author| *author == entry.1);
        if !self.authenticated.contains(&entry) && (room || own) {
            self.authenticated.push(entry);
        }
        Ok(())
    }

    /// SPF and DKIM are done: no domain will be added.
    ///
    /// # Errors
    /// [`Misuse::Phase`] when that was said before.
    pub fn end_of_results(&mut self) -> Result<(), Misuse> {
        self.in_results()?;
        self.phase = Phase::Answers;
        Ok(())
    }

    /// Tells what happened. `None`: answer a question, or say what passed and [`end_of_results`](Self::end_of_results);
    /// after [`DmarcEvent::Closed`], for ever.
    pub fn poll(&mut self) -> Option<DmarcEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let waits = self.lookups.is_waiting() || !self.organizations.is_empty();
            if self.phase == Phase::Over || waits {
                return None;
            }
            match self.evaluate() {
                Progress::Ask(wanted) => self.ask(wanted),
                Progress::Wait => return None,
                Progress::End(verdict) => {
                    self.phase = Phase::Over;
                    self.known = Vec::new();
                    self.events.push_back(DmarcEvent::Verdict(*verdict));
                    self.events.push_back(DmarcEvent::Closed);
                }
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
        self.learn(&name, kind, answer.found);
        Ok(())
    }

    /// Answers a question about an organizational domain.
    ///
    /// # Errors
    /// [`Misuse::StaleAnswer`] when the question is another machine's, or no longer open; [`Misuse::BadName`] for a
    /// domain that is not that of the question, nor above it, and the question stays open.
    pub fn organization(&mut self, answer: OrganizationAnswer) -> Result<(), Misuse> {
        let mut open = self.organizations.iter();
        let place = open.position(|(id, _)| *id == answer.question);
        let place = place.ok_or(Misuse::StaleAnswer)?;
        let asked = self.organizations.get(place);
        if !asked.is_some_and(|(_, domain)| evaluate::is_within(domain, &answer.organization)) {
            return Err(Misuse::BadName);
        }
        let (_, domain) = self.organizations.swap_remove(place);
        self.known
            .push(Known::Organization(domain, answer.organization));
        Ok(())
    }

    /// Answers all open questions with "unavailable", and those about organizational domains with the domain itself:
    /// the host waits no longer.
    pub fn give_up(&mut self) {
        let open: Vec<_> = self.lookups.drain().collect();
        for (name, kind) in open {
            self.learn(&name, kind, Found::Unavailable);
        }
        for (_, domain) in core::mem::take(&mut self.organizations) {
            self.known.push(Known::Organization(domain.clone(), domain));
        }
    }

    fn ask(&mut self, wanted: Vec<Wanted>) {
        let most = self.config.limits.max_policy_record;
        for wanted in wanted {
            let (name, kind) = match wanted {
                Wanted::Policy(domain) => (evaluate::policy_name(&domain), RecordKind::Txt),
                Wanted::Existence(domain) => (domain, RecordKind::A),
                Wanted::Organization(domain) => {
                    let mut open = self.organizations.iter();
                    if open.any(|(_, asked)| *asked == domain) {
                        continue;
                    }
                    let id = self.next;
                    self.next = id.wrapping_add(1);
                    self.organizations.push((id, domain.clone()));
                    let question = OrganizationQuestion { id, domain };
                    self.events.push_back(DmarcEvent::Organization(question));
                    continue;
                }
            };
            if let Some(question) = self.lookups.ask(name.into(), kind, most) {
                self.events.push_back(DmarcEvent::Lookup(question));
            }
        }
    }
}

/// What must be known before it goes on.
#[derive(Debug)]
enum Wanted {
    /// The policy record of a domain.
    Policy(Box<str>),
    /// Whether a domain exists.
    Existence(Box<str>),
    /// The organizational domain of a domain.
    Organization(Box<str>),
}
