//! What a check came to.

use alloc::boxed::Box;
use core::{fmt, net::IpAddr};

use thiserror::Error;

use super::SyntaxError;

/// A result of RFC 7208 section 2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpfResult {
    /// There is no domain to check, or it has no record.
    None,
    /// The domain says nothing about the client.
    Neutral,
    /// The client may use the domain.
    Pass,
    /// The client may not use the domain.
    Fail,
    /// The client probably may not use the domain.
    SoftFail,
    /// It could not be checked now; later it may be.
    TempError,
    /// The records of the domain cannot be read.
    PermError,
}

impl SpfResult {
    /// The word in Received-SPF and Authentication-Results fields.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a check came to its result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpfReason {
    /// The identity has no domain of two labels or more (RFC 7208 section 4.3).
    #[error("no domain to check")]
    NoDomain,
    /// The domain has no record (section 4.5).
    #[error("the domain has no record")]
    NoRecord,
    /// A directive matched.
    #[error("{term} of {domain}")]
    Matched {
        /// The directive, as it stands in the record.
        term: Box<str>,
        /// The domain of the record.
        domain: Box<str>,
    },
    /// No directive matched, and there is no `redirect=` (section 4.7).
    #[error("nothing in the record of {0} matches")]
    NoMatch(Box<str>),
    /// The DNS gave no answer (section 2.6.6).
    #[error("no answer from the DNS for {0}")]
    Unavailable(Box<str>),
    /// A domain has several records (section 4.5).
    #[error("{0} has several records")]
    SeveralRecords(Box<str>),
    /// A record is longer than [`Limits::max_spf_record`](crate::Limits::max_spf_record).
    #[error("the record of {0} is too long")]
    RecordTooLong(Box<str>),
    /// A record breaks the syntax (section 4.6).
    #[error("{term:?} of {domain}: {error}")]
    Syntax {
        /// What is wrong.
        error: SyntaxError,
        /// With which term.
        term: Box<str>,
        /// The domain of the record.
        domain: Box<str>,
    },
    /// The target of `include` or `redirect=` has no record, or is no domain (sections 5.2 and 6.1).
    #[error("{0} has no record to go on with")]
    NoTarget(Box<str>),
    /// More terms ask the DNS than [`Limits::max_spf_terms`](crate::Limits::max_spf_terms) (section 4.6.4).
    #[error("too many terms that ask the DNS")]
    TooManyTerms,
    /// More questions led nowhere than [`Limits::max_void_lookups`](crate::Limits::max_void_lookups) (section 4.6.4).
    #[error("too many questions without an answer")]
    TooManyVoid,
    /// More exchanges than [`Limits::max_exchanges`](crate::Limits::max_exchanges) (section 4.6.4).
    #[error("{0} has too many exchanges")]
    TooManyExchanges(Box<str>),
}

/// Which of a client's names was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpfIdentity {
    /// MAIL FROM; for the empty one, the postmaster of HELO (RFC 7208 section 2.4).
    MailFrom,
    /// HELO or EHLO (section 2.3).
    Helo,
}

impl SpfIdentity {
    /// The word in Received-SPF and Authentication-Results fields.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MailFrom => "mailfrom",
            Self::Helo => "helo",
        }
    }
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpfVerdict {
    /// The result.
    pub result: SpfResult,
    /// Why.
    pub reason: SpfReason,
    /// Which identity was checked.
    pub identity: SpfIdentity,
    /// The domain that was checked, A-labels in lower case; `None` if there is none. This is what DMARC aligns.
    pub domain: Option<Box<str>>,
    /// The address of the client.
    pub ip: IpAddr,
    /// What the client said in HELO or EHLO.
    pub helo: Box<str>,
    /// MAIL FROM, as it came.
    pub mail_from: Box<str>,
    /// Why the domain refuses the client, in its own words: text from a stranger, printable US-ASCII. Only with
    /// [`SpfResult::Fail`].
    pub explanation: Option<Box<str>>,
    /// Every answer was authenticated by DNSSEC, as the host said.
    pub authenticated: bool,
}

impl SpfVerdict {
    /// Whether the client may use the domain.
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self.result, SpfResult::Pass)
    }

    /// The directive that matched, as it stands in the record.
    #[must_use]
    pub fn mechanism(&self) -> Option<&str> {
        match &self.reason {
            SpfReason::Matched { term, .. } => Some(term),
            SpfReason::NoMatch(_) => Some("default"),
            SpfReason::NoDomain
            | SpfReason::NoRecord
            | SpfReason::Unavailable(_)
            | SpfReason::SeveralRecords(_)
            | SpfReason::RecordTooLong(_)
            | SpfReason::Syntax { .. }
            | SpfReason::NoTarget(_)
            | SpfReason::TooManyTerms
            | SpfReason::TooManyVoid
            | SpfReason::TooManyExchanges(_) => None,
        }
    }
}
