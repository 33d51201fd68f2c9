//! What DMARC comes to.

use alloc::{boxed::Box, format};
use core::fmt;

use thiserror::Error;

use super::{DmarcRecord, Policy};
use crate::auth_results::MethodResult;

/// A result of RFC 9989 section 5.3.5, as Authentication-Results fields have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DmarcResult {
    /// No policy applies to the domain of From.
    None,
    /// An authenticated domain aligns with that of From.
    Pass,
    /// None does.
    Fail,
    /// It could not be found out now; later it may be.
    TempError,
    /// From has no domain, or several.
    PermError,
}

impl DmarcResult {
    /// The word in Authentication-Results fields.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl fmt::Display for DmarcResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By which mechanism a domain was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// A DKIM signature of the domain passes.
    Dkim,
    /// SPF passes for the domain of MAIL FROM.
    Spf,
}

impl Method {
    /// The word in Authentication-Results fields.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dkim => "dkim",
            Self::Spf => "spf",
        }
    }
}

/// Why DMARC came to its result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DmarcReason {
    /// A domain that was authenticated aligns.
    #[error("{} of {domain} aligns", method.as_str())]
    Aligned {
        /// By what it was authenticated.
        method: Method,
        /// The domain.
        domain: Box<str>,
    },
    /// Domains were authenticated, and none aligns.
    #[error("no authenticated domain aligns")]
    NotAligned,
    /// No domain was authenticated.
    #[error("no domain is authenticated")]
    NothingAuthenticated,
    /// There is no policy record for the domain of From (RFC 9989 section 4.10.1).
    #[error("no policy record")]
    NoRecord,
    /// The policies of the record break their syntax, and nobody asks for reports (section 4.10.1).
    #[error("a policy record without a valid policy")]
    InvalidPolicy,
    /// There is no From field, or no address in it (section 5.3.1).
    #[error("From has no address")]
    NoAuthor,
    /// There are several From fields, or addresses of several domains in it (section 5.3.1).
    #[error("From has several domains")]
    SeveralAuthors,
    /// What stands in From is no address, or its domain no name of the DNS.
    #[error("From has no valid domain")]
    BadAuthor,
    /// The DNS gave no answer (section 5.3.6).
    #[error("no answer from the DNS for {0}")]
    Unavailable(Box<str>),
}

/// What DMARC comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DmarcVerdict {
    /// The result.
    pub result: DmarcResult,
    /// Why.
    pub reason: DmarcReason,
    /// The domain of From, as A-labels in lower case.
    pub author: Option<Box<str>>,
    /// Where the policy record stands: at the domain of From, its organizational domain, or a public suffix.
    pub policy_domain: Option<Box<str>>,
    /// The policy record.
    pub record: Option<DmarcRecord>,
    /// What the owner of the domain asks for mail that fails: `p=`, `sp=` or `np=`.
    pub policy: Policy,
    /// What the owner asks for this mail, `t=y` considered: only mail that fails gets anything but none. What a
    /// receiver does is its own choice, and should not rest on this alone (section 5.4).
    pub disposition: Policy,
}

impl DmarcVerdict {
    /// Whether the use of the domain in From is authenticated.
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self.result, DmarcResult::Pass)
    }

    /// The result for an Authentication-Results field, with `header.from`, and `policy.dmarc` where there is one.
    #[must_use]
    pub fn method_result(&self) -> MethodResult {
        let mut result = MethodResult::plain("dmarc", self.result.as_str());
        if !self.is_pass() {
            result = result.with_reason(&format!("{}", self.reason));
        }
        if let Some(author) = &self.author {
            result = result.plain_property("header", "from", author);
        }
        if self.record.is_some() {
            result = result.plain_property("policy", "dmarc", self.policy.as_str());
        }
        result
    }
}
