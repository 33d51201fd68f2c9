//! Macro strings (RFC 7208 section 7): parsed once, written for each message.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::{fmt::Write, net::IpAddr};

use super::SyntaxError;
use crate::lookup::{MAX_NAME, is_name};

/// Where a macro string stands, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A target of a mechanism or modifier: `domain-spec`, which ends as names do.
    Target,
    /// The value of an unknown modifier.
    Modifier,
    /// An explanation: spaces, and the letters `c`, `r` and `t`.
    Explanation,
}

/// A macro string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MacroString {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    /// `%%`, `%_`, `%-`.
    Escape(&'static str),
    Macro(Macro),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Macro {
    letter: u8,
    /// The letter was a capital: the value is escaped as in URLs.
    escape: bool,
    /// How many parts at the right are kept.
    keep: Option<usize>,
    reverse: bool,
    /// Empty: the dot.
    delimiters: Box<[u8]>,
}

/// What the letters stand for.
#[derive(Clone, Debug)]
pub(super) struct Values<'v> {
    pub(super) local: &'v str,
    pub(super) sender_domain: &'v str,
    pub(super) domain: &'v str,
    pub(super) helo: &'v str,
    pub(super) ip: IpAddr,
    pub(super) receiver: &'v str,
    pub(super) now: u64,
    /// The validated name of the address.
    pub(super) validated: &'v str,
}

impl MacroString {
    pub(super) fn parse(text: &str, place: Place) -> Result<Self, SyntaxError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
            if !literal.is_empty() {
                let visible = |octet: u8| {
                    octet.is_ascii_graphic() || (octet == b' ' && place == Place::Explanation)
                };
                if !literal.bytes().all(visible) {
                    return Err(SyntaxError::Macro);
                }
                pieces.push(Piece::Literal(literal.into()));
            }
            rest = after;
            if let Some(after) = rest.strip_prefix('%') {
                let (piece, after) = expansion(after, place).ok_or(SyntaxError::Macro)?;
                pieces.push(piece);
                rest = after;
            }
        }
        if place == Place::Target && !ends_as_name(&pieces) {
            return Err(SyntaxError::Target);
        }
        Ok(Self { pieces })
    }

    /// Whether a letter stands in it, given in lower case.
    pub(super) fn has(&self, letter: u8) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Macro(found) if found.letter == letter))
    }

    /// Writes the string; `None` when it grows beyond `most` octets.
    pub(super) fn expand(&self, values: &Values<'_>, most: usize) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Escape(text) => out.push_str(text),
                Piece::Macro(found) => found.write(values, &mut out),
            }
            if out.len() > most {
                return None;
            }
        }
        Some(out)
    }

    /// Writes a name to ask for: too long ones lose labels at the left (section 7.3). `None` for what is no name of
    /// the DNS, as with an empty label, or with letters of other scripts (RFC 8616 section 4).
    pub(super) fn name(&self, values: &Values<'_>, most: usize) -> Option<String> {
        let expanded = self.expand(values, most)?;
        let mut name = expanded.strip_suffix('.').unwrap_or(&expanded);
        while name.len() > MAX_NAME {
            (_, name) = name.split_once('.')?;
        }
        is_name(name).then(|| name.to_ascii_lowercase())
    }
}

/// What follows a percent sign, and what follows that.
fn expansion(text: &str, place: Place) -> Option<(Piece, &str)> {
    for (sign, meaning) in [("%", "%"), ("_", " "), ("-", "%20")] {
        if let Some(rest) = text.strip_prefix(sign) {
            return Some((Piece::Escape(meaning), rest));
        }
    }
    let (inside, rest) = text.strip_prefix('{')?.split_once('}')?;
    let (letter, inside) = inside.as_bytes().split_first()?;
    let lower = letter.to_ascii_lowercase();
    match lower {
        b's' | b'l' | b'o' | b'd' | b'i' | b'p' | b'h' | b'v' => {}
        b'c' | b'r' | b't' if place == Place::Explanation => {}
        _ => return None,
    }
    let digits = inside.iter().take_while(|octet| octet.is_ascii_digit());
    let (digits, inside) = inside.split_at_checked(digits.count())?;
    let keep = digits.iter().fold(None, |keep: Option<usize>, digit| {
        let more = usize::from(digit - b'0');
        Some(keep.unwrap_or(0).saturating_mul(10).saturating_add(more))
    });
    if keep == Some(0) {
        return None;
    }
    let (reverse, delimiters) = match inside.split_first() {
        Some((b'r' | b'R', delimiters)) => (true, delimiters),
        Some(_) | None => (false, inside),
    };
    let known = |octet: &u8| b".-+,/_=".contains(octet);
    delimiters.iter().all(known).then(|| {
        let found = Macro {
            letter: lower,
            escape: letter.is_ascii_uppercase(),
            keep,
            reverse,
            delimiters: delimiters.into(),
        };
        (Piece::Macro(found), rest)
    })
}

/// `domain-end`: a macro, or a dot and a top label, and perhaps a dot.
fn ends_as_name(pieces: &[Piece]) -> bool {
    let Some(Piece::Literal(last)) = pieces.last() else {
        return !pieces.is_empty();
    };
    let last = last.strip_suffix('.').unwrap_or(last);
    let Some((_, label)) = last.rsplit_once('.') else {
        return false;
    };
    let inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    let edges = !label.starts_with('-') && !label.ends_with('-');
    let digits = label.bytes().all(|octet| octet.is_ascii_digit());
    !label.is_empty() && label.bytes().all(inside) && edges && !digits
}

impl Macro {
    fn write(&self, values: &Values<'_>, out: &mut String) {
        let value = self.value(values);
        let value = self.transform(&value);
        if !self.escape {
            out.push_str(&value);
            return;
        }
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
                out.push(char::from(octet));
            } else {
                // A String takes whatever is written.
                let _ = write!(out, "%{octet:02X}");
            }
        }
    }

    fn value<'v>(&self, values: &Values<'v>) -> Cow<'v, str> {
        match self.letter {
            b's' => Cow::Owned([values.local, "@", values.sender_domain].concat()),
            b'l' => values.local.into(),
            b'o' => values.sender_domain.into(),
            b'd' => values.domain.into(),
            b'h' => values.helo.into(),
            b'p' => values.validated.into(),
            b'r' => values.receiver.into(),
            b't' => Cow::Owned(alloc::format!("{}", values.now)),
            b'c' => Cow::Owned(alloc::format!("{}", values.ip)),
            b'v' if values.ip.is_ipv4() => "in-addr".into(),
            b'v' => "ip6".into(),
            // `i`: `expansion` knows no others.
            _ => Cow::Owned(dotted(values.ip)),
        }
    }

    /// Splits, reverses, keeps what stands at the right, and joins with dots.
    fn transform<'v>(&self, value: &'v str) -> Cow<'v, str> {
        if self.keep.is_none() && !self.reverse && self.delimiters.is_empty() {
            return value.into();
        }
        let delimiter = |c: char| {
            let own = self.delimiters.iter().any(|octet| c == char::from(*octet));
            own || (self.delimiters.is_empty() && c == '.')
        };
        let mut parts: Vec<&str> = value.split(delimiter).collect();
        if self.reverse {
            parts.reverse();
        }
        let first = self.keep.map_or(0, |keep| parts.len().saturating_sub(keep));
        Cow::Owned(parts.get(first..).unwrap_or_default().join("."))
    }
}

/// The address as `%{i}` has it: four numbers, or thirty-two digits.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => alloc::format!("{ip}"),
        IpAddr::V6(ip) => {
            let digits = alloc::format!("{:032X}", u128::from(ip));
            let mut out = String::with_capacity(63);
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 {
                    out.push('.');
                }
                out.push(digit);
            }
            out
        }
    }
}

/// The name under which the names of an address stand.
pub(super) fn pointer(ip: IpAddr) -> String {
    let dotted = dotted(ip);
    let mut name: Vec<&str> = dotted.rsplit('.').collect();
    name.push(if ip.is_ipv4() { "in-addr" } else { "ip6" });
    name.push("arpa");
    name.join(".").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn values(ip: &str) -> Values<'static> {
        Values {
            local: "strong-bad",
            sender_domain: "email.example.com",
            domain: "email.example.com",
            helo: "mx.example.org",
            ip: ip.parse().unwrap(),
            receiver: "unknown",
            now: 1_700_000_000,
            validated: "mx.example.org",
        }
    }

    fn expand(text: &str, ip: &str) -> String {
        let parsed = MacroString::parse(text, Place::Explanation).unwrap();
        parsed.expand(&values(ip), 1000).unwrap()
    }

    #[test]
    fn the_examples_of_section_7_4_expand_as_they_should() {
        for (text, expected) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                "3.2.0.192.in-addr._spf.example.com",
            ),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            (
                "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
                "3.2.0.192.in-addr.strong.lp._spf.example.com",
            ),
            (
                "%{d2}.trusted-domains.example.net",
                "example.com.trusted-domains.example.net",
            ),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), expected, "{text}");
        }
        assert_eq!(
            expand("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01").to_ascii_lowercase(),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        );
    }

    #[test]
    fn escapes_and_the_letters_of_explanations() {
        assert_eq!(expand("a%%b%_c%-d", "192.0.2.3"), "a%b c%20d");
        assert_eq!(
            expand("%{c} %{t} %{r} %{p} %{h}", "2001:db8::1"),
            "2001:db8::1 1700000000 unknown mx.example.org mx.example.org"
        );
        assert_eq!(
            expand("%{S}", "192.0.2.3"),
            "strong-bad%40email.example.com"
        );
    }

    #[test]
    fn what_breaks_the_syntax_is_refused() {
        for bad in [
            "%", "%x", "%{", "%{}", "%{x}", "%{d", "%{d0}", "%{d2rr}", "%{d:}", "%(d)", "é",
        ] {
            assert!(
                MacroString::parse(bad, Place::Explanation).is_err(),
                "{bad}"
            );
        }
        for bad in ["%{c}", "%{r}", "%{t}", "a b"] {
            assert!(MacroString::parse(bad, Place::Modifier).is_err(), "{bad}");
            assert!(MacroString::parse(bad, Place::Explanation).is_ok(), "{bad}");
        }
    }

    #[test]
    fn a_target_ends_as_a_name_or_in_a_macro() {
        for good in ["a.b", "a.b.", "%{d}", "x.%%", "a.x-y", "a.1a", "...com"] {
            assert!(MacroString::parse(good, Place::Target).is_ok(), "{good}");
        }
        for bad in [
            "", "a", "a.", "%{d}com", "a.1", "a.-b", "a.b-", "a.b_c", "%{d}.",
        ] {
            assert!(MacroString::parse(bad, Place::Target).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_loses_labels_at_the_left() {
        let text = format!("%{{d}}.{}.example.org", ["a"; 119].join("."));
        let name = MacroString::parse(&text, Place::Target).unwrap();
        let name = name.name(&values("192.0.2.3"), 1000).unwrap();
        assert!(
            name.len() <= MAX_NAME && name.starts_with("com.a.a"),
            "{name}"
        );
        let label = format!("{}.example.org", "a".repeat(64));
        let name = MacroString::parse(&label, Place::Target).unwrap();
        assert_eq!(name.name(&values("192.0.2.3"), 1000), None);
    }

    #[test]
    fn an_expansion_has_its_limit() {
        let text = MacroString::parse("%{d}%{d}", Place::Modifier).unwrap();
        let most = 2 * "email.example.com".len();
        assert!(text.expand(&values("192.0.2.3"), most).is_some());
        assert!(text.expand(&values("192.0.2.3"), most - 1).is_none());
    }

    #[test]
    fn the_names_of_an_address_stand_below_arpa() {
        assert_eq!(
            pointer("192.0.2.3".parse().unwrap()),
            "3.2.0.192.in-addr.arpa"
        );
        let name = pointer("2001:db8::cb01".parse().unwrap());
        assert!(name.starts_with("1.0.b.c.0.") && name.ends_with(".1.0.0.2.ip6.arpa"));
    }
}
