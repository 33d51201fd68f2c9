//! The evaluation (RFC 9989 section 5.3), made anew from what is known whenever no question is open: either it comes
//! to a verdict, or it says what must be known first.

use alloc::{boxed::Box, vec::Vec};

use super::{
    Alignment, Discovery, Dmarc, DmarcReason, DmarcRecord, DmarcResult, DmarcVerdict, Method,
    Phase, Policy, Wanted,
    walk::{self, Organization, Short, Stop},
};
use crate::lookup::{Found, MAX_NAME, RecordKind};

/// An answer.
#[derive(Debug)]
pub(super) enum Known {
    /// The policy record under a name.
    Policy(Box<str>, Record),
    /// Whether a domain exists; `None` without an answer.
    Existence(Option<bool>),
    /// A domain, and its organizational domain.
    Organization(Box<str>, Box<str>),
}

#[derive(Debug)]
pub(super) enum Record {
    One(DmarcRecord),
    /// None, or several, which are discarded.
    None,
    Unavailable,
}

/// How far it came.
pub(super) enum Progress {
    Ask(Vec<Wanted>),
    /// Results of SPF and DKIM are missing.
    Wait,
    End(Box<DmarcVerdict>),
}

/// Why something is not known.
enum Missing {
    Ask(Vec<Wanted>),
    Unavailable(Box<str>),
}

/// The record that applies, and where it stands.
struct Applied {
    domain: Box<str>,
    record: DmarcRecord,
}

impl Dmarc {
    /// Takes an answer of the DNS.
    pub(super) fn learn(&mut self, name: &str, kind: RecordKind, found: Found) {
        if kind == RecordKind::A {
            // A name that does not exist has nothing below it either (RFC 8020).
            let exists = match found {
                Found::NoDomain => Some(false),
                Found::Unavailable => None,
                Found::Addresses(_)
                | Found::NoData
                | Found::Records(_)
                | Found::Key(_)
                | Found::Exchanges(_)
                | Found::Names(_) => Some(true),
            };
            self.known.push(Known::Existence(exists));
            return;
        }
        let record = match found {
            Found::Unavailable => Record::Unavailable,
            Found::Records(records) => {
                let most = self.config.limits.max_policy_record;
                let short = records.iter().filter(|record| record.len() <= most);
                let mut policies = short.filter_map(|record| DmarcRecord::parse(record));
                match (policies.next(), policies.next()) {
                    (Some(record), None) => Record::One(record),
                    (Some(_), Some(_)) | (None, _) => Record::None,
                }
            }
            Found::Key(_)
            | Found::Addresses(_)
            | Found::Exchanges(_)
            | Found::Names(_)
            | Found::NoData
            | Found::NoDomain => Record::None,
        };
        self.known.push(Known::Policy(name.into(), record));
    }

    pub(super) fn evaluate(&self) -> Progress {
        let author = match &self.author {
            Ok(author) => author,
            Err(reason) => {
                let verdict = self.verdict(DmarcResult::PermError, reason.clone(), None);
                return Progress::End(Box::new(verdict));
            }
        };
        let applied = match self.policy_record(author) {
            Ok(Some(applied)) => applied,
            Ok(None) => return self.end(DmarcResult::None, DmarcReason::NoRecord, None),
            Err(missing) => return self.missing(missing, None),
        };
        if applied.record.invalid_policy && applied.record.aggregate_reports.is_empty() {
            return self.end(DmarcResult::None, DmarcReason::InvalidPolicy, Some(applied));
        }
        if self.phase == Phase::Results {
            return Progress::Wait;
        }
        match self.aligned(author, &applied.record) {
            Ok(Some((method, domain))) => {
                let reason = DmarcReason::Aligned {
                    method: *method,
                    domain: domain.clone(),
                };
                self.end(DmarcResult::Pass, reason, Some(applied))
            }
            Ok(None) => self.failed(author, applied),
            Err(missing) => self.missing(missing, Some(applied)),
        }
    }

    /// No domain aligns: it matters for the policy whether the domain exists, if `np=` says something of its own.
    fn failed(&self, author: &str, applied: Applied) -> Progress {
        let record = &applied.record;
        let existence =
            *applied.domain != *author && record.policy_below(true) != record.policy_below(false);
        if existence {
            match self.exists() {
                Some(Some(_)) => {}
                Some(None) => {
                    let missing = Missing::Unavailable(author.into());
                    return self.missing(missing, Some(applied));
                }
                None => return Progress::Ask(alloc::vec![Wanted::Existence(author.into())]),
            }
        }
        let reason = if self.authenticated.is_empty() {
            DmarcReason::NothingAuthenticated
        } else {
            DmarcReason::NotAligned
        };
        self.end(DmarcResult::Fail, reason, Some(applied))
    }

    fn missing(&self, missing: Missing, applied: Option<Applied>) -> Progress {
        match missing {
            Missing::Ask(wanted) => Progress::Ask(wanted),
            Missing::Unavailable(domain) => self.end(
                DmarcResult::TempError,
                DmarcReason::Unavailable(domain),
                applied,
            ),
        }
    }

    fn end(&self, result: DmarcResult, reason: DmarcReason, applied: Option<Applied>) -> Progress {
        Progress::End(Box::new(self.verdict(result, reason, applied)))
    }

    fn verdict(
        &self,
        result: DmarcResult,
        reason: DmarcReason,
        applied: Option<Applied>,
    ) -> DmarcVerdict {
        let author = self.author.as_ref().ok();
        let policy = applied.as_ref().map_or(Policy::None, |applied| {
            if author.is_some_and(|author| *author == applied.domain) {
                applied.record.policy
            } else {
                let exists = self.exists().flatten().unwrap_or(true);
                applied.record.policy_below(exists)
            }
        });
        let testing = applied
            .as_ref()
            .is_some_and(|applied| applied.record.testing);
        let disposition = match result {
            DmarcResult::Fail if testing => policy.relaxed(),
            DmarcResult::Fail => policy,
            DmarcResult::None
            | DmarcResult::Pass
            | DmarcResult::TempError
            | DmarcResult::PermError => Policy::None,
        };
        let (policy_domain, record) = match applied {
            Some(Applied { domain, record }) => (Some(domain), Some(record)),
            None => (None, None),
        };
        DmarcVerdict {
            result,
            reason,
            author: author.cloned(),
            policy_domain,
            record,
            policy,
            disposition,
        }
    }

    /// Policy discovery (section 4.10.1): the record of the author's domain, of its organizational domain, or of the
    /// public suffix above that.
    fn policy_record(&self, author: &str) -> Result<Option<Applied>, Missing> {
        if let Some(record) = self.record(author)? {
            return Ok(Some(applied(author, record)));
        }
        let organization = self.organization_of(author)?;
        if let Some(record) = self.record(&organization.domain)? {
            return Ok(Some(applied(&organization.domain, record)));
        }
        let Some(suffix) = &organization.suffix else {
            return Ok(None);
        };
        let record = self.record(suffix)?;
        Ok(record.map(|record| applied(suffix, record)))
    }

    /// The first domain that aligns (section 4.10.2).
    fn aligned(
        &self,
        author: &str,
        record: &DmarcRecord,
    ) -> Result<Option<&(Method, Box<str>)>, Missing> {
        let same = self
            .authenticated
            .iter()
            .find(|(_, domain)| **domain == *author);
        if same.is_some() {
            return Ok(same);
        }
        let relaxed = |entry: &&(Method, Box<str>)| {
            let mode = match entry.0 {
                Method::Dkim => record.dkim_alignment,
                Method::Spf => record.spf_alignment,
            };
            mode == Alignment::Relaxed
        };
        let mut candidates = self.authenticated.iter().filter(relaxed).peekable();
        if candidates.peek().is_none() {
            return Ok(None);
        }
        let own = self.organization_of(author)?.domain;
        let (mut wanted, mut unavailable) = (Vec::new(), None);
        // Others belong to other organizations.
        for entry in candidates.filter(|(_, domain)| is_within(domain, &own)) {
            match self.organization_of(&entry.1) {
                Ok(organization) if organization.domain == own => return Ok(Some(entry)),
                Ok(_) => {}
                Err(Missing::Ask(more)) => wanted.extend(more),
                Err(Missing::Unavailable(domain)) => unavailable = unavailable.or(Some(domain)),
            }
        }
        match unavailable {
            _ if !wanted.is_empty() => Err(Missing::Ask(wanted)),
            Some(domain) => Err(Missing::Unavailable(domain)),
            None => Ok(None),
        }
    }

    fn organization_of(&self, domain: &str) -> Result<Organization, Missing> {
        match self.config.discovery {
            Discovery::TreeWalk => self.walk(domain),
            Discovery::PublicSuffixes => self.listed(domain),
        }
    }

    fn listed(&self, domain: &str) -> Result<Organization, Missing> {
        for known in &self.known {
            if let Known::Organization(asked, organization) = known
                && **asked == *domain
            {
                return Ok(Organization {
                    domain: organization.clone(),
                    suffix: None,
                });
            }
        }
        Err(Missing::Ask(alloc::vec![Wanted::Organization(
            domain.into()
        )]))
    }

    /// The walk from a domain, with all of its questions at once.
    fn walk(&self, domain: &str) -> Result<Organization, Missing> {
        match walk::organization(domain, |domain| self.stop(domain)) {
            Ok(organization) => Ok(organization),
            Err(Short::Unavailable(domain)) => Err(Missing::Unavailable(domain.into())),
            Err(Short::Unknown) => {
                let mut domains = walk::domains(domain);
                domains.retain(|domain| matches!(self.stop(domain), Stop::Unknown));
                let wanted = |domain: &str| Wanted::Policy(domain.into());
                Err(Missing::Ask(domains.into_iter().map(wanted).collect()))
            }
        }
    }

    fn record(&self, domain: &str) -> Result<Option<&DmarcRecord>, Missing> {
        match self.stop(domain) {
            Stop::Unknown => Err(Missing::Ask(alloc::vec![Wanted::Policy(domain.into())])),
            Stop::Unavailable => Err(Missing::Unavailable(domain.into())),
            Stop::Nothing => Ok(None),
            Stop::Record(record) => Ok(Some(record)),
        }
    }

    /// What is known of the policy record of a domain.
    fn stop(&self, domain: &str) -> Stop<'_> {
        let name = policy_name(domain);
        if name.len() > MAX_NAME {
            return Stop::Nothing;
        }
        for known in &self.known {
            if let Known::Policy(asked, record) = known
                && *asked == name
            {
                return match record {
                    Record::One(record) => Stop::Record(record),
                    Record::None => Stop::Nothing,
                    Record::Unavailable => Stop::Unavailable,
                };
            }
        }
        Stop::Unknown
    }

    /// Whether the author's domain exists, once that was asked.
    fn exists(&self) -> Option<Option<bool>> {
        self.known.iter().find_map(|known| match known {
            Known::Existence(exists) => Some(*exists),
            Known::Policy(..) | Known::Organization(..) => None,
        })
    }
}

fn applied(domain: &str, record: &DmarcRecord) -> Applied {
    Applied {
        domain: domain.into(),
        record: record.clone(),
    }
}

/// The name that the policy record of a domain stands under.
pub(super) fn policy_name(domain: &str) -> Box<str> {
    ["_dmarc.", domain].concat().into_boxed_str()
}

/// Whether a domain is another, or lies below it.
pub(super) fn is_within(domain: &str, other: &str) -> bool {
    let rest = domain.strip_suffix(other);
    !other.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
