//! The fields of an ARC set (RFC 8617 section 4.1).

use alloc::{boxed::Box, string::String};
use core::ops::Range;

use super::{
    Algorithm, Domain, Malformed, Selector, Signature, TagList,
    signature::{algorithm, key_name, name, number, octets, required},
};
use crate::{arc::ChainStatus, verdict::Reason};

/// An ARC-Seal as its field says it: well-formed, and true to the rules that need no key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seal {
    /// `i=`, 1 to 50.
    pub instance: u8,
    /// `cv=`: what the sealer found the chain to be, before it added its own set.
    pub status: ChainStatus,
    /// `a=`.
    pub algorithm: Algorithm,
    /// `b=`, decoded.
    pub signature: Box<[u8]>,
    /// `d=`: who seals.
    pub domain: Domain,
    /// `s=`.
    pub selector: Selector,
    /// `t=`, seconds since 1970.
    pub timestamp: Option<u64>,
}

impl Seal {
    /// Reads the value of an ARC-Seal field.
    ///
    /// # Errors
    /// Why it cannot be valid, by the first rule of RFC 8617 section 4.1.3 that it breaks.
    pub fn parse(value: &[u8]) -> Result<Self, Reason> {
        Self::read(value).map(|(seal, _)| seal)
    }

    /// Reads as [`Seal::parse`] does, and tells where the value of `b=` lies, with the white space around it.
    pub(crate) fn read(value: &[u8]) -> Result<(Self, Range<usize>), Reason> {
        let list = tags(value)?;
        if list.tag("h").is_some() {
            return Err(Reason::SealHeaderList);
        }
        let own = list.tag("b").map(|tag| tag.range.clone());
        let this = Self {
            instance: instance(&list)?,
            status: status(&list)?,
            algorithm: algorithm(&list)?,
            domain: name(&list, "d", Domain::parse)?,
            selector: name(&list, "s", Selector::parse)?,
            signature: octets(&list, "b")?,
            timestamp: number(&list, "t", 12)?,
        };
        Ok((this, own.unwrap_or_default()))
    }

    /// The name under which the key is published (RFC 6376 section 3.6.2.1).
    #[must_use]
    pub fn key_name(&self) -> String {
        key_name(&self.selector, &self.domain)
    }
}

/// Reads the value of an ARC-Message-Signature field (section 4.1.2), and tells where the value of its `b=` lies. `v=`
/// is no tag of it, and `i=` its instance.
pub(crate) fn read_message_signature(
    value: &[u8],
    max_fields: usize,
) -> Result<(Signature, Range<usize>), Reason> {
    let read = Signature::of(&tags(value)?, None, max_fields)?;
    if read.0.signed_fields.count("arc-seal") > 0 {
        return Err(Reason::SealSigned);
    }
    Ok(read)
}

/// The tags of an ARC-Message-Signature or ARC-Seal.
pub(crate) fn tags(value: &[u8]) -> Result<TagList<'_>, Malformed> {
    TagList::parse(value.strip_suffix(b"\r\n").unwrap_or(value))
}

/// `i=` of an ARC-Message-Signature or ARC-Seal.
pub(crate) fn instance(list: &TagList<'_>) -> Result<u8, Malformed> {
    position(required(list, "i")?)
}

/// `cv=` of an ARC-Seal.
pub(crate) fn status(list: &TagList<'_>) -> Result<ChainStatus, Malformed> {
    match required(list, "cv")? {
        b"none" => Ok(ChainStatus::None),
        b"pass" => Ok(ChainStatus::Pass),
        b"fail" => Ok(ChainStatus::Fail),
        _ => Err(Malformed::Value("cv")),
    }
}

/// One or two digits, of a number from 1 to 50.
fn position(digits: &[u8]) -> Result<u8, Malformed> {
    let number = match digits {
        [one @ b'0'..=b'9'] => one - b'0',
        [ten @ b'0'..=b'9', one @ b'0'..=b'9'] => (ten - b'0') * 10 + one - b'0',
        _ => 0,
    };
    if (1..=50).contains(&number) {
        Ok(number)
    } else {
        Err(Malformed::Value("i"))
    }
}

/// Divides the value of an ARC-Authentication-Results field into its instance and the results (section 4.1.1).
pub(crate) fn results(value: &[u8]) -> Result<(u8, &[u8]), Malformed> {
    let rest = skip(value).strip_prefix(b"i");
    let rest = rest.and_then(|rest| skip(rest).strip_prefix(b"="));
    let rest = skip(rest.ok_or(Malformed::Missing("i"))?);
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit());
    let (digits, rest) = rest
        .split_at_checked(digits.count())
        .ok_or(Malformed::List)?;
    let payload = skip(rest).strip_prefix(b";").ok_or(Malformed::List)?;
    Ok((position(digits)?, payload))
}

/// What follows white space, folding and comments; of a comment without an end nothing does.
fn skip(octets: &[u8]) -> &[u8] {
    let mut rest = octets;
    let mut depth = 0u32;
    loop {
        rest = match rest {
            [b'\\', _, after @ ..] if depth > 0 => after,
            [b'(', after @ ..] => {
                depth = depth.saturating_add(1);
                after
            }
            [b')', after @ ..] if depth > 0 => {
                depth -= 1;
                after
            }
            [b' ' | b'\t' | b'\r' | b'\n', after @ ..] => after,
            [_, after @ ..] if depth > 0 => after,
            _ => return rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const GOOD: &str = "i=2; a=rsa-sha256; t=12345; cv=pass; d=Example.org; s=sel; b= Zm\r\n 9v";

    fn without(tag: &str) -> Result<Seal, Reason> {
        Seal::parse(GOOD.replace(tag, "x=").as_bytes())
    }

    #[test]
    fn a_seal_has_its_tags_and_ignores_others() {
        let (seal, own) = Seal::read(format!("{GOOD}; bh=x\r\n").as_bytes()).unwrap();
        assert_eq!((seal.instance, seal.status), (2, ChainStatus::Pass));
        assert_eq!(&*seal.signature, b"foo");
        assert_eq!(seal.timestamp, Some(12345));
        assert_eq!(seal.key_name(), "sel._domainkey.example.org");
        assert_eq!(own, GOOD.len() - 8..GOOD.len());
        for (tag, name) in [
            ("i=", "i"),
            ("a=", "a"),
            ("cv=", "cv"),
            ("d=", "d"),
            ("s=", "s"),
            ("b=", "b"),
        ] {
            let missing = without(tag);
            assert_eq!(missing, Err(Malformed::Missing(name).into()), "{tag}");
        }
        assert_eq!(without("t=").unwrap().timestamp, None);
    }

    #[test]
    fn a_seal_names_no_fields() {
        let seal = format!("{GOOD}; h=from");
        assert_eq!(Seal::parse(seal.as_bytes()), Err(Reason::SealHeaderList));
    }

    #[test]
    fn values_of_a_seal_are_compared_as_they_are() {
        for (from, to, wrong) in [
            ("cv=pass", "cv=Pass", "cv"),
            ("cv=pass", "cv=", "cv"),
            ("i=2", "i=", "i"),
            ("i=2", "i=0", "i"),
            ("i=2", "i=51", "i"),
            ("i=2", "i=001", "i"),
            ("i=2", "i=1 2", "i"),
            ("t=12345", "t=", "t"),
            ("b= Zm", "b= m", "b"),
        ] {
            let seal = Seal::parse(GOOD.replace(from, to).as_bytes());
            assert_eq!(seal, Err(Malformed::Value(wrong).into()), "{to}");
        }
        let old = GOOD.replace("sha256", "sha1");
        assert_eq!(Seal::parse(old.as_bytes()), Err(Reason::HistoricAlgorithm));
    }

    #[test]
    fn a_message_signature_does_not_sign_seals_and_has_no_version() {
        let bh = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
        let read = |fields: &str| {
            let value = format!("i=1; v=9; a=rsa-sha256; d=a.b; s=s; h={fields}; bh={bh}; b=Zm9v");
            read_message_signature(value.as_bytes(), 10).map(|(signature, _)| signature)
        };
        let signature = read("From:ARC-Authentication-Results").unwrap();
        assert_eq!(signature.identity, None);
        assert_eq!(signature.identity_domain, signature.domain);
        assert_eq!(read("from:arc-SEAL"), Err(Reason::SealSigned));
        assert_eq!(read("to"), Err(Reason::FromNotSigned));
    }

    #[test]
    fn results_begin_with_their_instance() {
        let read = |value: &'static str| results(value.as_bytes());
        assert_eq!(read(" i=1; mx; none"), Ok((1, &b" mx; none"[..])));
        assert_eq!(
            read(" (a (b) \\) c) i (i=2)\r\n =\t50 (;) ;mx"),
            Ok((50, &b"mx"[..]))
        );
        assert_eq!(read("mx; i=1; none"), Err(Malformed::Missing("i")));
        assert_eq!(read("I=1; mx"), Err(Malformed::Missing("i")));
        assert_eq!(read("i=1 mx; none"), Err(Malformed::List));
        assert_eq!(read("i=1"), Err(Malformed::List));
        assert_eq!(read("i=(1; mx"), Err(Malformed::List));
        for wrong in ["i=0; mx", "i=51; mx", "i=; mx", "i=123; mx"] {
            assert_eq!(read(wrong), Err(Malformed::Value("i")), "{wrong}");
        }
    }
}
