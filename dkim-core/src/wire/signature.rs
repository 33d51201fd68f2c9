//! The DKIM-Signature field (RFC 6376 section 3.5).

use alloc::{boxed::Box, string::String};
use core::{fmt, ops::Range};

use super::{
    Domain, FieldNames, Malformed, Selector, TagList, base64,
    key_record::KeyType,
    tag_list::{colon_list, is_hyphenated_word},
};
use crate::{canon::Canonicalization, verdict::Reason};

/// A signature algorithm of DKIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 over SHA-256.
    RsaSha256,
    /// Ed25519 over SHA-256 (RFC 8463).
    Ed25519Sha256,
}

impl Algorithm {
    /// The name in `a=`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The type of its keys.
    #[must_use]
    pub const fn key_type(self) -> KeyType {
        match self {
            Self::RsaSha256 => KeyType::Rsa,
            Self::Ed25519Sha256 => KeyType::Ed25519,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A signature as its field says it: well-formed, and true to the rules that need no key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// `a=`.
    pub algorithm: Algorithm,
    /// `b=`, decoded.
    pub signature: Box<[u8]>,
    /// `bh=`, decoded: 32 octets.
    pub body_hash: Box<[u8]>,
    /// `c=`, its first half.
    pub header_canonicalization: Canonicalization,
    /// `c=`, its second half.
    pub body_canonicalization: Canonicalization,
    /// `d=`: who signs (SDID).
    pub domain: Domain,
    /// `h=`: names of the signed fields, in the order of signing.
    pub signed_fields: FieldNames,
    /// `i=` as it came (AUID).
    pub identity: Option<Box<str>>,
    /// The domain of `i=`, or `d=` without one.
    pub identity_domain: Domain,
    /// `l=`: canonical octets of the body that are signed; numbers beyond the range stand for its end.
    pub length: Option<u64>,
    /// `s=`.
    pub selector: Selector,
    /// `t=`, seconds since 1970.
    pub timestamp: Option<u64>,
    /// `x=`, seconds since 1970.
    pub expiration: Option<u64>,
    /// `z=` as it came, for people.
    pub copied_fields: Option<Box<str>>,
}

impl Signature {
    /// Reads the value of a DKIM-Signature field. At most `max_fields` names of `h=` are taken.
    ///
    /// # Errors
    /// Why it cannot be valid, by the first rule of sections 3.5 and 6.1.1 that it breaks.
    pub fn parse(value: &[u8], max_fields: usize) -> Result<Self, Reason> {
        Self::read(value, max_fields).map(|(signature, _)| signature)
    }

    /// Reads as [`Signature::parse`] does, and tells where the value of `b=` lies, with the white space around it.
    pub(crate) fn read(value: &[u8], max_fields: usize) -> Result<(Self, Range<usize>), Reason> {
        let value = value.strip_suffix(b"\r\n").unwrap_or(value);
        let list = TagList::parse(value)?;
        version(&list)?;
        Self::of(&list, Some("i"), max_fields)
    }

    /// Reads the tags that DKIM-Signature and ARC-Message-Signature have in common; `identity` is the tag of the AUID,
    /// if there is any.
    pub(crate) fn of(
        list: &TagList<'_>,
        identity: Option<&'static str>,
        max_fields: usize,
    ) -> Result<(Self, Range<usize>), Reason> {
        let algorithm = algorithm(list)?;
        let (header_canonicalization, body_canonicalization) = canonicalization(list)?;
        query(list)?;
        let domain = name(list, "d", Domain::parse)?;
        let selector = name(list, "s", Selector::parse)?;
        let signed_fields = FieldNames::parse(required(list, "h")?, max_fields)?;
        let body_hash = octets(list, "bh")?;
        if body_hash.len() != 32 {
            return Err(Malformed::Value("bh").into());
        }
        let signature = octets(list, "b")?;
        let identity = identity.map_or(Ok(None), |tag| text(list, tag))?;
        let identity_domain = match identity {
            Some(identity) => identity_domain(identity)?,
            None => domain.clone(),
        };
        if !identity_domain.is_within(&domain) {
            return Err(Reason::IdentityOutsideDomain);
        }
        let timestamp = number(list, "t", 12)?;
        let expiration = number(list, "x", 12)?;
        if let (Some(timestamp), Some(expiration)) = (timestamp, expiration)
            && expiration <= timestamp
        {
            return Err(Reason::ExpiresBeforeSigned);
        }
        let own = list.tag("b").map(|tag| tag.range.clone());
        let this = Self {
            algorithm,
            signature,
            body_hash,
            header_canonicalization,
            body_canonicalization,
            domain,
            signed_fields,
            identity: identity.map(Into::into),
            identity_domain,
            length: number(list, "l", 76)?,
            selector,
            timestamp,
            expiration,
            copied_fields: text(list, "z")?.map(Into::into),
        };
        Ok((this, own.unwrap_or_default()))
    }

    /// The name under which the key is published (section 3.6.2.1).
    #[must_use]
    pub fn key_name(&self) -> String {
        key_name(&self.selector, &self.domain)
    }
}

pub(super) fn key_name(selector: &Selector, domain: &Domain) -> String {
    [selector.as_str(), "._domainkey.", domain.as_str()].concat()
}

fn version(list: &TagList<'_>) -> Result<(), Reason> {
    match required(list, "v")? {
        b"1" => Ok(()),
        _ => Err(Reason::Version),
    }
}

pub(super) fn algorithm(list: &TagList<'_>) -> Result<Algorithm, Reason> {
    match required(list, "a")? {
        b"rsa-sha256" => Ok(Algorithm::RsaSha256),
        b"ed25519-sha256" => Ok(Algorithm::Ed25519Sha256),
        b"rsa-sha1" => Err(Reason::HistoricAlgorithm),
        other if is_algorithm(other) => Err(Reason::UnknownAlgorithm),
        _ => Err(Malformed::Value("a").into()),
    }
}

/// `sig-a-tag-alg`: two words of letters and digits, with a hyphen between them.
fn is_algorithm(name: &[u8]) -> bool {
    let word = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.iter().all(u8::is_ascii_alphanumeric)
    };
    let mut halves = name.splitn(2, |octet| *octet == b'-');
    halves.next().is_some_and(word) && halves.next().is_some_and(word)
}

fn canonicalization(list: &TagList<'_>) -> Result<(Canonicalization, Canonicalization), Reason> {
    let Some(value) = list.value("c") else {
        return Ok(Default::default());
    };
    let mut names =
        value
            .splitn(2, |octet| *octet == b'/')
            .map(|name| match Canonicalization::parse(name) {
                Some(known) => Ok(known),
                None if is_hyphenated_word(name) => Err(Reason::UnknownCanonicalization),
                None => Err(Malformed::Value("c").into()),
            });
    let header = names.next().unwrap_or(Ok(Canonicalization::Simple))?;
    let body = names.next().unwrap_or(Ok(Canonicalization::Simple))?;
    Ok((header, body))
}

/// One of the query methods must be the one that there is.
fn query(list: &TagList<'_>) -> Result<(), Reason> {
    let Some(value) = list.value("q") else {
        return Ok(());
    };
    let mut known = false;
    for method in colon_list(value) {
        let mut halves = method.splitn(2, |octet| *octet == b'/');
        if !halves.next().is_some_and(is_hyphenated_word) || halves.next() == Some(b"") {
            return Err(Malformed::Value("q").into());
        }
        known |= method == b"dns/txt";
    }
    if known {
        Ok(())
    } else {
        Err(Reason::UnknownQuery)
    }
}

/// The domain of `[ Local-part ] "@" domain-name`; a quoted local part may hold at signs of its own.
fn identity_domain(identity: &str) -> Result<Domain, Reason> {
    let (local, domain) = identity.rsplit_once('@').ok_or(Malformed::Value("i"))?;
    if local.bytes().any(|octet| octet.is_ascii_whitespace()) && !local.starts_with('"') {
        return Err(Malformed::Value("i").into());
    }
    Domain::parse(domain).ok_or(Malformed::Value("i").into())
}

pub(super) fn required<'a>(list: &TagList<'a>, tag: &'static str) -> Result<&'a [u8], Malformed> {
    list.value(tag).ok_or(Malformed::Missing(tag))
}

fn text<'a>(list: &TagList<'a>, tag: &'static str) -> Result<Option<&'a str>, Malformed> {
    let value = list.value(tag).map(core::str::from_utf8).transpose();
    value.map_err(|_| Malformed::Value(tag))
}

pub(super) fn name<N>(
    list: &TagList<'_>,
    tag: &'static str,
    parse: impl Fn(&str) -> Option<N>,
) -> Result<N, Malformed> {
    let value = text(list, tag)?.ok_or(Malformed::Missing(tag))?;
    parse(value).ok_or(Malformed::Value(tag))
}

pub(super) fn octets(list: &TagList<'_>, tag: &'static str) -> Result<Box<[u8]>, Malformed> {
    let octets = base64::decode(required(list, tag)?).ok_or(Malformed::Value(tag))?;
    if octets.is_empty() {
        return Err(Malformed::Value(tag));
    }
    Ok(octets.into())
}

pub(super) fn number(
    list: &TagList<'_>,
    tag: &'static str,
    digits: usize,
) -> Result<Option<u64>, Malformed> {
    let Some(value) = list.value(tag) else {
        return Ok(None);
    };
    if !(1..=digits).contains(&value.len()) || !value.iter().all(u8::is_ascii_digit) {
        return Err(Malformed::Value(tag));
    }
    let digits = value.iter().map(|digit| u64::from(digit - b'0'));
    Ok(Some(digits.fold(0u64, |number, digit| {
        number.saturating_mul(10).saturating_add(digit)
    })))
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    const BH: &str = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";

    fn parse(value: &str) -> Result<Signature, Reason> {
        Signature::parse(value.as_bytes(), 10)
    }

    /// A good signature, with one tag replaced or added.
    fn with(tag: &str, value: Option<&str>) -> Result<Signature, Reason> {
        let good = [
            ("v", "1"),
            ("a", "rsa-sha256"),
            ("d", "example.org"),
            ("s", "sel"),
            ("h", "From:To"),
            ("bh", BH),
            ("b", "Zm9v"),
        ];
        let mut list = String::new();
        for (name, usual) in good {
            let value = if name == tag { value } else { Some(usual) };
            if let Some(value) = value {
                list += &format!("{name}={value}; ");
            }
        }
        if let Some(value) = value.filter(|_| !good.iter().any(|(name, _)| *name == tag)) {
            list += &format!("{tag}={value}");
        }
        parse(&list)
    }

    #[test]
    fn defaults_are_those_of_the_rfc() {
        let signature = with("", None).unwrap();
        assert_eq!(signature.header_canonicalization, Canonicalization::Simple);
        assert_eq!(signature.body_canonicalization, Canonicalization::Simple);
        assert_eq!(signature.identity_domain.as_str(), "example.org");
        assert_eq!(signature.key_name(), "sel._domainkey.example.org");
        assert_eq!(signature.length, None);
    }

    #[test]
    fn each_required_tag_is_required() {
        for tag in ["v", "a", "d", "s", "h", "bh", "b"] {
            let missing = match tag {
                "v" => "v",
                "a" => "a",
                "d" => "d",
                "s" => "s",
                "h" => "h",
                "bh" => "bh",
                _ => "b",
            };
            assert_eq!(with(tag, None), Err(Malformed::Missing(missing).into()));
        }
    }

    #[test]
    fn only_version_1_is_known() {
        for version in ["0.5", "1.0", "2", "01", ""] {
            assert_eq!(with("v", Some(version)), Err(Reason::Version));
        }
    }

    #[test]
    fn algorithms_are_compared_as_they_are() {
        assert_eq!(with("a", Some("rsa-sha1")), Err(Reason::HistoricAlgorithm));
        assert_eq!(with("a", Some("RSA-SHA256")), Err(Reason::UnknownAlgorithm));
        assert_eq!(with("a", Some("rsa")), Err(Malformed::Value("a").into()));
        let ed25519 = with("a", Some("ed25519-sha256")).unwrap();
        assert_eq!(ed25519.algorithm.to_string(), "ed25519-sha256");
    }

    #[test]
    fn one_canonicalization_is_that_of_the_header() {
        let one = with("c", Some("relaxed")).unwrap();
        assert_eq!(one.header_canonicalization, Canonicalization::Relaxed);
        assert_eq!(one.body_canonicalization, Canonicalization::Simple);
        assert_eq!(
            with("c", Some("relaxed/nofws")),
            Err(Reason::UnknownCanonicalization)
        );
        assert_eq!(
            with("c", Some("relaxed/")),
            Err(Malformed::Value("c").into())
        );
    }

    #[test]
    fn unknown_queries_are_ignored_beside_the_known_one() {
        assert!(with("q", Some("x-new/a : dns/txt")).is_ok());
        assert_eq!(with("q", Some("dns/any")), Err(Reason::UnknownQuery));
        assert_eq!(with("q", Some("dns")), Err(Reason::UnknownQuery));
        assert_eq!(with("q", Some("")), Err(Malformed::Value("q").into()));
    }

    #[test]
    fn from_must_be_signed_and_names_must_be_names() {
        assert!(with("h", Some("to :\r\n fROM")).is_ok());
        assert_eq!(with("h", Some("to:subject")), Err(Reason::FromNotSigned));
        assert_eq!(with("h", Some("")), Err(Malformed::Value("h").into()));
        assert_eq!(with("h", Some("from:")), Err(Malformed::Value("h").into()));
        assert_eq!(
            with("h", Some("from to")),
            Err(Malformed::Value("h").into())
        );
    }

    #[test]
    fn signed_fields_are_counted() {
        let names = |count| ["from"].repeat(count).join(":");
        assert!(with("h", Some(&names(10))).is_ok());
        assert_eq!(
            with("h", Some(&names(11))),
            Err(Reason::TooManySignedFields)
        );
    }

    #[test]
    fn an_identity_lies_within_the_domain() {
        for good in [
            "@example.org",
            "a@sub.Example.org",
            "\"a@b\"@example.org",
            "=20@example.org",
        ] {
            assert!(with("i", Some(good)).is_ok(), "{good}");
        }
        assert_eq!(
            with("i", Some("a@example.com")),
            Err(Reason::IdentityOutsideDomain)
        );
        assert_eq!(
            with("i", Some("a@badexample.org")),
            Err(Reason::IdentityOutsideDomain)
        );
        assert_eq!(
            with("i", Some("example.org")),
            Err(Malformed::Value("i").into())
        );
    }

    #[test]
    fn numbers_are_digits_of_a_bounded_count() {
        assert_eq!(with("l", Some("0")).unwrap().length, Some(0));
        assert_eq!(
            with("l", Some(&"9".repeat(76))).unwrap().length,
            Some(u64::MAX)
        );
        for bad in ["", "-1", "+1", "1 0", "0x1", &"9".repeat(77)] {
            assert_eq!(with("l", Some(bad)), Err(Malformed::Value("l").into()));
        }
        assert_eq!(
            with("t", Some(&"9".repeat(13))),
            Err(Malformed::Value("t").into())
        );
    }

    #[test]
    fn a_signature_expires_after_it_is_made() {
        assert!(with("t", Some("5; x=6")).is_ok());
        assert_eq!(with("t", Some("5; x=5")), Err(Reason::ExpiresBeforeSigned));
    }

    #[test]
    fn hashes_and_signatures_are_strict_base64_of_their_length() {
        assert!(with("b", Some("Zm\r\n 9v")).is_ok());
        assert_eq!(with("b", Some("Zm9")), Err(Malformed::Value("b").into()));
        assert_eq!(with("b", Some("")), Err(Malformed::Value("b").into()));
        assert_eq!(with("bh", Some("Zm9v")), Err(Malformed::Value("bh").into()));
    }

    #[test]
    fn names_are_names_of_the_dns() {
        for bad in [
            "example",
            "a..b",
            "ex_ample.org",
            "example.org.",
            "[192.0.2.1]",
        ] {
            assert_eq!(with("d", Some(bad)), Err(Malformed::Value("d").into()));
        }
        assert_eq!(with("s", Some("a b")), Err(Malformed::Value("s").into()));
        assert_eq!(
            with("d", Some("bücher.example")).unwrap().domain.as_str(),
            "xn--bcher-kva.example"
        );
    }
}
