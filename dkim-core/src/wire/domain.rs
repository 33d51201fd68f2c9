//! Names: domains and selectors, as A-labels in lower case (RFC 6376 section 3.5, RFC 8616 section 5).

use alloc::string::String;
use core::fmt;

/// Octets of a name in text (RFC 1035 section 3.1, without the root).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $labels:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads a name: labels of letters, digits and hyphens inside, or U-labels, which become A-labels.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                ascii(name, $labels).map(Self)
            }

            /// The name in lower case.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A domain of two labels or more.
    Domain, 2
}

name! {
    /// What tells the keys of a domain apart: one label or more.
    Selector, 1
}

impl Domain {
    /// Whether this is `other` or a subdomain of it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_suffix(other.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

fn ascii(name: &str, labels: usize) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    for (index, label) in name.split('.').enumerate() {
        if index > 0 {
            out.push('.');
        }
        let start = out.len();
        if label.is_ascii() {
            out.push_str(label);
        } else {
            out.push_str("xn--");
            punycode(label, &mut out)?;
        }
        let label = out.get_mut(start..)?;
        label.make_ascii_lowercase();
        let inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        let edges = !label.starts_with('-') && !label.ends_with('-');
        if !(1..=MAX_LABEL).contains(&label.len()) || !edges || !label.bytes().all(inside) {
            return None;
        }
    }
    let enough = out.split('.').count() >= labels && out.len() <= MAX_NAME;
    enough.then_some(out)
}

/// Encodes a label (RFC 3492 section 6.3). The label counts as normalised: a U-label is.
fn punycode(label: &str, out: &mut String) -> Option<()> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    // Letters before digits, as `from_digit` has it the other way round.
    let digit = |value: u32| match value {
        0..26 => char::from_u32(u32::from(b'a') + value),
        _ => char::from_digit(value - 26, 10),
    };
    // Longer labels fit in no name, and would make the work quadratic.
    if label.len() > MAX_NAME {
        return None;
    }
    let basic = label.chars().filter(char::is_ascii).count();
    out.extend(label.chars().filter(char::is_ascii));
    if basic > 0 {
        out.push('-');
    }
    let basic = u32::try_from(basic).ok()?;
    let (mut code, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    let total = u32::try_from(label.chars().count()).ok()?;
    while handled < total {
        let least = label.chars().map(u32::from).filter(|c| *c >= code).min()?;
        delta = delta.checked_add((least - code).checked_mul(handled + 1)?)?;
        code = least;
        for c in label.chars().map(u32::from) {
            if c < code {
                delta = delta.checked_add(1)?;
            }
            if c != code {
                continue;
            }
            let (mut rest, mut k) = (delta, BASE);
            loop {
                let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if rest < threshold {
                    break;
                }
                out.push(digit(threshold + (rest - threshold) % (BASE - threshold))?);
                rest = (rest - threshold) / (BASE - threshold);
                k += BASE;
            }
            out.push(digit(rest)?);
            let mut scaled = delta / if handled == basic { 700 } else { 2 };
            scaled += scaled / (handled + 1);
            let mut steps = 0;
            while scaled > (BASE - T_MIN) * T_MAX / 2 {
                scaled /= BASE - T_MIN;
                steps += BASE;
            }
            bias = steps + (BASE - T_MIN + 1) * scaled / (scaled + 38);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        code += 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn domain(name: &str) -> Option<String> {
        Domain::parse(name).map(|domain| String::from(domain.as_str()))
    }

    #[test]
    fn names_are_compared_as_a_labels_in_lower_case() {
        assert_eq!(domain("Example.ORG").unwrap(), "example.org");
        assert_eq!(domain("bücher.example").unwrap(), "xn--bcher-kva.example");
        assert_eq!(domain("почта.рф").unwrap(), "xn--80a1acny.xn--p1ai");
        assert_eq!(domain("点看.example").unwrap(), "xn--3pxu8k.example");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "", ".", "a", "a.", ".a", "a..b", "-a.b", "a-.b", "a_b.c", "a b.c", "a.b\r\n", "*.a",
            "a.b:c",
        ] {
            assert_eq!(domain(bad), None, "{bad:?}");
        }
        assert!(Selector::parse("a").is_some());
    }

    #[test]
    fn labels_and_names_have_their_limits() {
        let label = |len| "a".repeat(len);
        assert!(domain(&format!("{}.b", label(63))).is_some());
        assert!(domain(&format!("{}.b", label(64))).is_none());
        let long = format!("{0}.{0}.{0}.{1}", label(63), label(61));
        assert_eq!(long.len(), 253);
        assert!(domain(&long).is_some());
        assert!(domain(&format!("{long}a")).is_none());
    }

    #[test]
    fn within_means_the_same_or_below() {
        let is_within = |a, b| {
            let b = Domain::parse(b).unwrap();
            Domain::parse(a).unwrap().is_within(&b)
        };
        assert!(is_within("a.example.org", "example.org"));
        assert!(is_within("example.org", "example.org"));
        assert!(!is_within("badexample.org", "example.org"));
        assert!(!is_within("example.org", "a.example.org"));
    }
}
