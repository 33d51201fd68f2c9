//! Records (RFC 7208 sections 4.6 and 12): all of one is read before any of it counts.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

use super::{
    SpfResult,
    macros::{MacroString, Place},
};

/// Why a record is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// An octet that is not printable US-ASCII.
    #[error("an octet that is not printable US-ASCII")]
    Octet,
    /// A mechanism that is not known, or something that is neither mechanism nor modifier.
    #[error("unknown mechanism")]
    Unknown,
    /// A mechanism or modifier lacks what it needs, or has what it cannot have.
    #[error("a missing or superfluous argument")]
    Argument,
    /// A macro breaks its syntax, or has a letter that is not allowed here.
    #[error("a malformed macro")]
    Macro,
    /// A target does not end as the name of a domain.
    #[error("a malformed target")]
    Target,
    /// No address, or of the other version.
    #[error("a malformed address")]
    Address,
    /// The length of a prefix is none, or too long.
    #[error("a malformed prefix length")]
    Prefix,
    /// `redirect=` or `exp=` occurs twice.
    #[error("a modifier occurs twice")]
    Twice,
}

/// A record, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) terms: Vec<Arc<Term>>,
    pub(super) redirect: Option<MacroString>,
    pub(super) explanation: Option<MacroString>,
}

/// A directive: a mechanism, and the result when it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// As it stands in the record.
    pub(super) text: Box<str>,
    pub(super) result: SpfResult,
    pub(super) mechanism: Mechanism,
}

/// Whom a directive is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(MacroString),
    A(Option<MacroString>, Prefixes),
    Mx(Option<MacroString>, Prefixes),
    Ptr(Option<MacroString>),
    Ip(IpAddr, u8),
    Exists(MacroString),
}

/// How many bits of an address must agree, for each version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) v4: u8,
    pub(super) v6: u8,
}

impl Mechanism {
    /// Whether it counts against the limit of section 4.6.4.
    pub(super) const fn asks(&self) -> bool {
        match self {
            Self::All | Self::Ip(..) => false,
            Self::Include(_) | Self::A(..) | Self::Mx(..) | Self::Ptr(_) | Self::Exists(_) => true,
        }
    }

    /// The target, where it has one of its own.
    pub(super) const fn target(&self) -> Option<&MacroString> {
        match self {
            Self::All | Self::Ip(..) => None,
            Self::Include(target) | Self::Exists(target) => Some(target),
            Self::A(target, _) | Self::Mx(target, _) | Self::Ptr(target) => target.as_ref(),
        }
    }
}

/// Whether a TXT record is one of SPF (section 4.5).
pub(super) fn is_spf(record: &[u8]) -> bool {
    let version = b"v=spf1";
    let (head, rest) = record.split_at(version.len().min(record.len()));
    head.eq_ignore_ascii_case(version) && matches!(rest.first(), None | Some(b' '))
}

impl Record {
    /// Reads a record that [`is_spf`].
    ///
    /// # Errors
    /// What is wrong, and with which term.
    pub(super) fn parse(record: &[u8]) -> Result<Self, (SyntaxError, Box<str>)> {
        let mut this = Self {
            terms: Vec::new(),
            redirect: None,
            explanation: None,
        };
        for octets in record.split(|octet| *octet == b' ').skip(1) {
            if octets.is_empty() {
                continue;
            }
            let ascii = core::str::from_utf8(octets).ok();
            let ascii = ascii.filter(|text| text.bytes().all(|octet| octet.is_ascii_graphic()));
            let text = ascii.ok_or_else(|| {
                let shown = alloc::string::String::from_utf8_lossy(octets).into_owned();
                (SyntaxError::Octet, shown.into_boxed_str())
            })?;
            this.term(text).map_err(|error| (error, text.into()))?;
        }
        Ok(this)
    }

    fn term(&mut self, text: &str) -> Result<(), SyntaxError> {
        let in_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
        if let Some((name, value)) = text.split_once('=')
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(in_name)
        {
            return self.modifier(name, value);
        }
        let (result, rest) = qualifier(text);
        let mechanism = mechanism(rest)?;
        self.terms.push(Arc::new(Term {
            text: text.into(),
            result,
            mechanism,
        }));
        Ok(())
    }

    fn modifier(&mut self, name: &str, value: &str) -> Result<(), SyntaxError> {
        let slot = if name.eq_ignore_ascii_case("redirect") {
            &mut self.redirect
        } else if name.eq_ignore_ascii_case("exp") {
            &mut self.explanation
        } else {
            return MacroString::parse(value, Place::Modifier).map(|_| ());
        };
        if slot.is_some() {
            return Err(SyntaxError::Twice);
        }
        *slot = Some(MacroString::parse(value, Place::Target)?);
        Ok(())
    }
}

fn qualifier(text: &str) -> (SpfResult, &str) {
    let signs = [
        ('+', SpfResult::Pass),
        ('-', SpfResult::Fail),
        ('~', SpfResult::SoftFail),
        ('?', SpfResult::Neutral),
    ];
    for (sign, result) in signs {
        if let Some(rest) = text.strip_prefix(sign) {
            return (result, rest);
        }
    }
    (SpfResult::Pass, text)
}

fn mechanism(text: &str) -> Result<Mechanism, SyntaxError> {
    let name = text.find([':', '/']).unwrap_or(text.len());
    let (name, argument) = text.split_at(name);
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    if is("all") {
        return if argument.is_empty() {
            Ok(Mechanism::All)
        } else {
            Err(SyntaxError::Argument)
        };
    }
    let value = argument.strip_prefix(':');
    if is("a") || is("mx") {
        let (target, prefixes) = prefixes(argument)?;
        let target = optional(target)?;
        return Ok(if is("a") {
            Mechanism::A(target, prefixes)
        } else {
            Mechanism::Mx(target, prefixes)
        });
    }
    if is("ptr") {
        return Ok(Mechanism::Ptr(optional(argument)?));
    }
    if !(is("include") || is("exists") || is("ip4") || is("ip6")) {
        return Err(SyntaxError::Unknown);
    }
    let value = value.ok_or(SyntaxError::Argument)?;
    if is("include") {
        return Ok(Mechanism::Include(MacroString::parse(
            value,
            Place::Target,
        )?));
    }
    if is("exists") {
        return Ok(Mechanism::Exists(MacroString::parse(value, Place::Target)?));
    }
    let (address, prefix) = match value.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (value, None),
    };
    let (address, most) = if is("ip4") {
        let address: Option<Ipv4Addr> = address.parse().ok();
        (address.map(IpAddr::V4), 32)
    } else {
        let address: Option<Ipv6Addr> = address.parse().ok();
        (address.map(IpAddr::V6), 128)
    };
    let address = address.ok_or(SyntaxError::Address)?;
    let prefix = prefix.map_or(Ok(most), |digits| prefix_length(digits, most))?;
    Ok(Mechanism::Ip(address, prefix))
}

/// A target behind a colon, or none at all.
fn optional(argument: &str) -> Result<Option<MacroString>, SyntaxError> {
    if argument.is_empty() {
        return Ok(None);
    }
    let target = argument.strip_prefix(':').ok_or(SyntaxError::Argument)?;
    MacroString::parse(target, Place::Target).map(Some)
}

/// Takes `dual-cidr-length` off the end.
fn prefixes(argument: &str) -> Result<(&str, Prefixes), SyntaxError> {
    let (mut rest, mut v4, mut v6) = (argument, 32, 128);
    if let Some((before, digits)) = split_number(rest)
        && let Some(before) = before.strip_suffix('/')
    {
        v6 = prefix_length(digits, 128)?;
        rest = before;
    }
    if let Some((before, digits)) = split_number(rest) {
        v4 = prefix_length(digits, 32)?;
        rest = before;
    }
    Ok((rest, Prefixes { v4, v6 }))
}

/// Splits at a last slash that only digits follow.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let (before, digits) = text.rsplit_once('/')?;
    let number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    number.then_some((before, digits))
}

/// A number without zeros in front, at most `most`.
fn prefix_length(digits: &str, most: u8) -> Result<u8, SyntaxError> {
    let plain = digits.len() == 1 || !digits.starts_with('0');
    let number = digits.bytes().all(|octet| octet.is_ascii_digit());
    let length: Option<u8> = digits.parse().ok();
    length
        .filter(|length| plain && number && *length <= most)
        .ok_or(SyntaxError::Prefix)
}

/// Whether two addresses of one version agree in their first bits.
pub(super) fn agree(a: IpAddr, b: IpAddr, prefixes: Prefixes) -> bool {
    let differ = |a: u128, b: u128, width: u32, prefix: u8| {
        let rest = width.saturating_sub(u32::from(prefix));
        (a ^ b).checked_shr(rest).unwrap_or(0) != 0
    };
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            !differ(u32::from(a).into(), u32::from(b).into(), 32, prefixes.v4)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => !differ(a.into(), b.into(), 128, prefixes.v6),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(terms: &str) -> Result<Record, SyntaxError> {
        let record = alloc::format!("v=spf1 {terms}");
        assert!(is_spf(record.as_bytes()));
        Record::parse(record.as_bytes()).map_err(|(error, _)| error)
    }

    #[test]
    fn a_record_begins_with_its_version_and_a_space() {
        for good in ["v=spf1", "V=SPF1 a", "v=spf1 "] {
            assert!(is_spf(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "v=spf",
            "v=spf10",
            "v=spf1\ta",
            " v=spf1",
            "v=spf2.0/pra",
        ] {
            assert!(!is_spf(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn terms_and_modifiers_are_told_apart_by_the_equals_sign() {
        let record = parse("a  mx:b.c/24//64 -all x.y-z_=%{d} exp=e.f redirect=%{d}").unwrap();
        assert_eq!(record.terms.len(), 3);
        assert_eq!(
            record.terms[1].mechanism,
            Mechanism::Mx(
                Some(MacroString::parse("b.c", Place::Target).unwrap()),
                Prefixes { v4: 24, v6: 64 }
            )
        );
        assert_eq!(record.terms[2].result, SpfResult::Fail);
        assert!(record.explanation.is_some() && record.redirect.is_some());
    }

    #[test]
    fn what_breaks_the_syntax_anywhere_voids_the_record() {
        for (terms, error) in [
            ("-all moo", SyntaxError::Unknown),
            ("all:x.y", SyntaxError::Argument),
            ("all/8", SyntaxError::Argument),
            ("include", SyntaxError::Argument),
            ("ip4", SyntaxError::Argument),
            ("ptr/24", SyntaxError::Argument),
            ("a:", SyntaxError::Target),
            ("a:b", SyntaxError::Target),
            ("a:b.c/", SyntaxError::Target),
            ("a/33", SyntaxError::Prefix),
            ("a/032", SyntaxError::Prefix),
            ("a//129", SyntaxError::Prefix),
            ("ip4:1.2.3", SyntaxError::Address),
            ("ip4:::1", SyntaxError::Address),
            ("ip6:1.2.3.4", SyntaxError::Address),
            ("ip4:1.2.3.4/33", SyntaxError::Prefix),
            ("ip4:1.2.3.4//32", SyntaxError::Prefix),
            ("ip4:1.2.3.4/+8", SyntaxError::Prefix),
            ("exp=a.b exp=a.b", SyntaxError::Twice),
            ("redirect=a", SyntaxError::Target),
            ("x=%", SyntaxError::Macro),
            ("=x", SyntaxError::Unknown),
            ("1up=x", SyntaxError::Unknown),
            ("a\u{e9}", SyntaxError::Octet),
            ("a\tmx", SyntaxError::Octet),
            ("redirect:a.b", SyntaxError::Unknown),
        ] {
            assert_eq!(parse(terms), Err(error), "{terms}");
        }
    }

    #[test]
    fn prefixes_decide_how_many_bits_agree() {
        let agree = |a: &str, b: &str, v4, v6| {
            agree(a.parse().unwrap(), b.parse().unwrap(), Prefixes { v4, v6 })
        };
        assert!(agree("1.2.3.4", "1.2.3.4", 32, 128));
        assert!(!agree("1.2.3.4", "1.2.3.5", 32, 128));
        assert!(agree("1.2.3.4", "1.2.3.5", 31, 128));
        assert!(agree("1.2.3.4", "200.2.3.5", 0, 128));
        assert!(agree("2001:db8::1", "2001:db8::2", 32, 64));
        assert!(!agree("2001:db8::1", "2001:db9::1", 32, 32));
        assert!(agree("::", "ffff::", 32, 0));
        assert!(!agree("::1.2.3.4", "1.2.3.4", 0, 0));
    }
}
