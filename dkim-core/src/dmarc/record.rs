//! Policy records (RFC 9989 sections 4.7 and 4.8).

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

/// What a domain asks for mail that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Nothing in particular.
    None,
    /// Treat it as suspicious.
    Quarantine,
    /// Refuse it.
    Reject,
}

impl Policy {
    /// The word in records and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// One level below, as `t=y` asks for.
    #[must_use]
    pub const fn relaxed(self) -> Self {
        match self {
            Self::None | Self::Quarantine => Self::None,
            Self::Reject => Self::Quarantine,
        }
    }

    fn parse(value: &str) -> Option<Self> {
        let all = [Self::None, Self::Quarantine, Self::Reject];
        let is = |policy: &Self| value.eq_ignore_ascii_case(policy.as_str());
        all.into_iter().find(is)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How like an authenticated domain must be to that of From.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alignment {
    /// `r`: both belong to one organizational domain.
    #[default]
    Relaxed,
    /// `s`: they are the same.
    Strict,
}

/// `psd=`: whether domains below are those of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicSuffix {
    /// `y`.
    Yes,
    /// `n`: it is an organizational domain.
    No,
    /// `u`.
    #[default]
    Unknown,
}

/// A policy record. Tags that are not known are passed over, `pct`, `rf` and `ri` among them; so are values that break
/// their syntax, but for those of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DmarcRecord {
    /// `p=`; none where there is none.
    pub policy: Policy,
    /// `sp=`: for subdomains.
    pub subdomain_policy: Option<Policy>,
    /// `np=`: for subdomains that do not exist.
    pub missing_policy: Option<Policy>,
    /// A policy breaks its syntax: all of them are as if `p=none`, and without a good `rua=` the record counts for
    /// nothing (section 4.10.1).
    pub invalid_policy: bool,
    /// `adkim=`.
    pub dkim_alignment: Alignment,
    /// `aspf=`.
    pub spf_alignment: Alignment,
    /// `t=y`: the policy is tested, one level below it should be applied.
    pub testing: bool,
    /// `psd=`.
    pub public_suffix: PublicSuffix,
    /// `rua=`: where aggregate reports go. URIs, without the sizes that older records have behind them.
    pub aggregate_reports: Vec<Box<str>>,
    /// `ruf=`: where reports of failures go.
    pub failure_reports: Vec<Box<str>>,
    /// `fo=`: when failures are reported; without `ruf=` empty.
    pub failure_options: Box<str>,
}

impl DmarcRecord {
    /// Reads a record, its strings joined. `None` for what is no policy record: `v=DMARC1` does not stand first, or
    /// not exactly so.
    ///
    /// Of a tag that occurs twice the first counts.
    #[must_use]
    pub fn parse(record: &[u8]) -> Option<Self> {
        let mut specs = record.split(|octet| *octet == b';');
        let version = specs.next()?;
        let (name, value) = tag(version)?;
        if !name.eq_ignore_ascii_case("v") || value != "DMARC1" || version.starts_with(b" ") {
            return None;
        }
        let mut this = Self::empty();
        let (mut seen, mut options) = (Vec::new(), None);
        let mut policy = None;
        for spec in specs {
            let Some((name, value)) = tag(spec) else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            let known = [
                "p", "sp", "np", "adkim", "aspf", "t", "psd", "rua", "ruf", "fo",
            ];
            if !known.contains(&name.as_str()) || seen.contains(&name) {
                continue;
            }
            let is = |wanted: &str| value.eq_ignore_ascii_case(wanted);
            let mut read = || {
                let policy = Policy::parse(value);
                this.invalid_policy |= policy.is_none();
                policy
            };
            match name.as_str() {
                "p" => policy = read(),
                "sp" => this.subdomain_policy = read(),
                "np" => this.missing_policy = read(),
                "adkim" if is("s") => this.dkim_alignment = Alignment::Strict,
                "aspf" if is("s") => this.spf_alignment = Alignment::Strict,
                "t" => this.testing = is("y"),
                "psd" if is("y") => this.public_suffix = PublicSuffix::Yes,
                "psd" if is("n") => this.public_suffix = PublicSuffix::No,
                "rua" => this.aggregate_reports = uris(value),
                "ruf" => this.failure_reports = uris(value),
                "fo" => options = failure_options(value),
                _ => {}
            }
            seen.push(name);
        }
        this.policy = policy.unwrap_or(Policy::None);
        if this.invalid_policy {
            this.policy = Policy::None;
            this.subdomain_policy = None;
            this.missing_policy = None;
        }
        if !this.failure_reports.is_empty() {
            this.failure_options = options.unwrap_or_else(|| "0".into());
        }
        Some(this)
    }

    fn empty() -> Self {
        Self {
            policy: Policy::None,
            subdomain_policy: None,
            missing_policy: None,
            invalid_policy: false,
            dkim_alignment: Alignment::Relaxed,
            spf_alignment: Alignment::Relaxed,
            testing: false,
            public_suffix: PublicSuffix::Unknown,
            aggregate_reports: Vec::new(),
            failure_reports: Vec::new(),
            failure_options: "".into(),
        }
    }

    /// The policy for a subdomain, which exists or does not (section 4.10.1).
    #[must_use]
    pub fn policy_below(&self, exists: bool) -> Policy {
        let below = self.subdomain_policy.unwrap_or(self.policy);
        if exists {
            below
        } else {
            self.missing_policy.unwrap_or(below)
        }
    }
}

/// A name and a value, without the white space around them.
fn tag(spec: &[u8]) -> Option<(&str, &str)> {
    let spec = core::str::from_utf8(spec).ok()?;
    let (name, value) = spec.split_once('=')?;
    let blank = [' ', '\t'];
    let (name, value) = (name.trim_matches(blank), value.trim_matches(blank));
    let printable = value.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    let letters = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphabetic());
    (printable && letters).then_some((name, value))
}

/// The URIs of a list that follow their syntax: a scheme, a colon, and something without white space.
fn uris(value: &str) -> Vec<Box<str>> {
    let valid = |uri: &&str| {
        let Some((scheme, rest)) = uri.split_once(':') else {
            return false;
        };
        let inside = |octet: u8| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(inside)
            && !rest.is_empty()
            && rest.bytes().all(|octet| octet.is_ascii_graphic())
    };
    let list = value.split(',').map(str::trim_ascii);
    // A size may follow an exclamation mark (RFC 7489 section 6.4); it means nothing now.
    let bare = list.map(|uri| uri.split_once('!').map_or(uri, |(uri, _)| uri));
    bare.filter(valid).map(Box::from).collect()
}

/// `fo=`, if each of its words is known.
fn failure_options(value: &str) -> Option<Box<str>> {
    let known = |word: &str| matches!(word.trim_ascii(), "0" | "1" | "d" | "s" | "D" | "S");
    let lower = || value.to_ascii_lowercase().replace([' ', '\t'], "");
    value
        .split(':')
        .all(known)
        .then(lower)
        .map(String::into_boxed_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(record: &str) -> Option<DmarcRecord> {
        DmarcRecord::parse(record.as_bytes())
    }

    #[test]
    fn the_version_stands_first_and_is_exact() {
        for good in ["v=DMARC1", "v=DMARC1;", "v = DMARC1 ; p=none", "V=DMARC1"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "v=dmarc1",
            "v=DMARC1x",
            "v=DMARC2",
            "p=none; v=DMARC1",
            " v=DMARC1",
            "DMARC1",
            "v=spf1",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn tags_are_read_in_any_order_and_case() {
        let record = parse("v=DMARC1; aspf=S ;SP=Reject;p=QUARANTINE; np=none; adkim=s; t=y; psd=n; rua=mailto:a@b.c!10m , mailto:d@e.f; ruf=mailto:g@h.i; fo=d:s").unwrap();
        assert_eq!(record.policy, Policy::Quarantine);
        assert_eq!(record.policy_below(true), Policy::Reject);
        assert_eq!(record.policy_below(false), Policy::None);
        assert_eq!(record.dkim_alignment, Alignment::Strict);
        assert_eq!(record.spf_alignment, Alignment::Strict);
        assert!(record.testing && record.public_suffix == PublicSuffix::No);
        assert_eq!(
            record.aggregate_reports,
            ["mailto:a@b.c".into(), "mailto:d@e.f".into()]
        );
        assert_eq!(&*record.failure_options, "d:s");
    }

    #[test]
    fn what_is_unknown_or_broken_is_passed_over() {
        let record = parse(
            "v=DMARC1; p=reject; pct=50; rf=afrf; ri=1; x=1; adkim=q; psd=z; t=1; ; =; fo=9; ruf=x",
        )
        .unwrap();
        let plain = parse("v=DMARC1; p=reject").unwrap();
        assert_eq!(record, plain);
        assert_eq!(plain.dkim_alignment, Alignment::Relaxed);
    }

    #[test]
    fn without_p_the_policy_is_none() {
        let record = parse("v=DMARC1; sp=reject").unwrap();
        assert_eq!(
            (record.policy, record.invalid_policy),
            (Policy::None, false)
        );
        assert_eq!(record.policy_below(true), Policy::Reject);
    }

    #[test]
    fn a_policy_that_breaks_its_syntax_makes_all_of_them_none() {
        for bad in ["p=", "p=rejected", "p=reject; sp=x", "p=reject; np=no ne"] {
            let record = parse(&alloc::format!("v=DMARC1; {bad}")).unwrap();
            assert!(record.invalid_policy, "{bad}");
            assert_eq!(record.policy_below(true), Policy::None, "{bad}");
        }
    }

    #[test]
    fn np_falls_back_to_sp_and_sp_to_p() {
        let below = |record: &str, exists| parse(record).unwrap().policy_below(exists);
        assert_eq!(below("v=DMARC1; p=reject", false), Policy::Reject);
        assert_eq!(below("v=DMARC1; p=reject; sp=none", false), Policy::None);
        assert_eq!(below("v=DMARC1; p=none; np=reject", true), Policy::None);
    }

    #[test]
    fn of_a_tag_that_occurs_twice_the_first_counts() {
        assert_eq!(
            parse("v=DMARC1; p=none; p=reject").unwrap().policy,
            Policy::None
        );
    }
}
