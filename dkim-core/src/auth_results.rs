//! Authentication-Results (RFC 8601): written so that no value can make another, and removed where they are forged.
//! `mime_core::field::authentication_results` reads them.

use alloc::{format, string::String, vec::Vec};

use mime_core::field;

use crate::{
    error::Misuse,
    verdict::{Class, Verdict},
    wire::base64,
};

/// Where a line is folded (RFC 5322 section 2.1.1).
const LINE: usize = 76;

/// Characters of `b=` that tell signatures of one domain apart (RFC 6008).
const B_PREFIX: usize = 8;

/// What one method found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodResult {
    text: Vec<String>,
}

impl MethodResult {
    /// Begins a result, such as `spf` and `pass`.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for what is no keyword: letters, digits and hyphens.
    pub fn new(method: &str, result: &str) -> Result<Self, Misuse> {
        if !is_keyword(method) || !is_keyword(result) {
            return Err(Misuse::BadName);
        }
        Ok(Self {
            text: alloc::vec![format!("{method}={result}")],
        })
    }

    /// Says why.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.text.push(format!("reason={}", quoted(reason)));
        self
    }

    /// Adds what was examined, such as `smtp`, `mailfrom` and an address. Any value will do: it is quoted where it
    /// has to be, and a control character becomes a question mark.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for a type or name that is no keyword.
    pub fn with_property(mut self, kind: &str, name: &str, value: &str) -> Result<Self, Misuse> {
        if !is_keyword(kind) || !is_keyword(name) {
            return Err(Misuse::BadName);
        }
        self.text.push(format!("{kind}.{name}={}", pvalue(value)));
        Ok(self)
    }

    /// As [`new`](Self::new), of words that are keywords.
    #[cfg(any(feature = "spf", feature = "dmarc"))]
    pub(crate) fn plain(method: &str, result: &str) -> Self {
        Self {
            text: alloc::vec![format!("{method}={result}")],
        }
    }

    /// As [`with_property`](Self::with_property), of words that are keywords.
    #[cfg(any(feature = "spf", feature = "dmarc"))]
    pub(crate) fn plain_property(mut self, kind: &str, name: &str, value: &str) -> Self {
        self.text.push(format!("{kind}.{name}={}", pvalue(value)));
        self
    }

    /// The result of a signature, with `header.d`, `header.s`, `header.a`, `header.b`, and `header.i` where there is
    /// one.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        let mut this = Self {
            text: alloc::vec![format!("dkim={}", verdict.class())],
        };
        if let Err(reason) = &verdict.result {
            this = this.with_reason(&format!("{reason}"));
        }
        let Some(signature) = &verdict.signature else {
            return this;
        };
        let mut property = |name: &str, value: &str| {
            this.text.push(format!("header.{name}={}", pvalue(value)));
        };
        property("d", signature.domain.as_str());
        property("s", signature.selector.as_str());
        property("a", signature.algorithm.as_str());
        let b = base64::encode(&signature.signature);
        property("b", b.get(..B_PREFIX).unwrap_or(&b));
        if let Some(identity) = &signature.identity {
            property("i", identity);
        }
        this
    }
}

#[cfg(feature = "arc")]
impl MethodResult {
    /// The result of a chain (RFC 8617 section 6), with `header.oldest-pass` where it passes. A DNS that did not answer
    /// makes it `fail`, as there is no other word for it (section 10.1); the reason tells.
    #[must_use]
    pub fn of_chain(chain: &crate::arc::ChainVerdict) -> Self {
        let mut this = Self {
            text: alloc::vec![format!("arc={}", chain.status())],
        };
        if let Err(failure) = &chain.result {
            this = this.with_reason(&format!("{failure}"));
        }
        if let Some(oldest) = chain.oldest_pass {
            this.text.push(format!("header.oldest-pass={oldest}"));
        }
        this
    }
}

/// An Authentication-Results field in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthResults {
    server: String,
    results: Vec<MethodResult>,
}

impl AuthResults {
    /// Begins a field in the name of `authserv_id`, which is usually the name of the server's domain.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for an empty name, or one with control characters.
    pub fn new(authserv_id: &str) -> Result<Self, Misuse> {
        if authserv_id.is_empty() || authserv_id.chars().any(char::is_control) {
            return Err(Misuse::BadName);
        }
        Ok(Self {
            server: pvalue(authserv_id),
            results: Vec::new(),
        })
    }

    /// Adds a result.
    pub fn push(&mut self, result: MethodResult) {
        self.results.push(result);
    }

    /// Adds the results of all signatures of a message; `dkim=none` without any.
    pub fn push_dkim<'v>(&mut self, verdicts: impl IntoIterator<Item = &'v Verdict>) {
        let before = self.results.len();
        self.results
            .extend(verdicts.into_iter().map(MethodResult::of));
        if self.results.len() == before {
            self.results.push(MethodResult {
                text: alloc::vec![format!("dkim={}", Class::None)],
            });
        }
    }

    /// Writes the field, folded, with its line end.
    #[must_use]
    pub fn to_field(&self) -> String {
        self.write(String::from("Authentication-Results: "))
    }

    /// Writes the ARC-Authentication-Results of a set (RFC 8617 section 4.1.1), folded, with its line end.
    #[cfg(feature = "arc")]
    pub(crate) fn to_arc_field(&self, instance: u8) -> String {
        self.write(format!("ARC-Authentication-Results: i={instance}; "))
    }

    fn write(&self, start: String) -> String {
        let mut out = start;
        out.push_str(&self.server);
        if self.results.is_empty() {
            out.push_str("; none");
        }
        for result in &self.results {
            out.push_str(";\r\n\t");
            let mut column = 1;
            for (index, piece) in result.text.iter().enumerate() {
                if index > 0 && column + 1 + piece.len() > LINE {
                    out.push_str("\r\n\t ");
                    column = 2;
                } else if index > 0 {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(piece);
                column += piece.len();
            }
        }
        out.push_str("\r\n");
        out
    }
}

/// Finds the Authentication-Results fields of a message that claim to come from `authserv_id`, or from nobody who can
/// be told: they were not added here, and must go before any is (RFC 8601 section 5).
///
/// `fields` are whole fields from top to bottom. The indices come in descending order, so that they stay right while
/// the host deletes one after the other.
pub fn strip<'f>(fields: impl IntoIterator<Item = &'f [u8]>, authserv_id: &str) -> Vec<usize> {
    let own = authserv_id.trim_end_matches('.');
    let forged = |raw: &[u8]| {
        let Some(colon) = raw.iter().position(|octet| *octet == b':') else {
            return false;
        };
        let (name, value) = raw.split_at_checked(colon).unwrap_or_default();
        if !name
            .trim_ascii_end()
            .eq_ignore_ascii_case(b"authentication-results")
        {
            return false;
        }
        let value = value.get(1..).unwrap_or_default();
        let parsed = field::authentication_results(value, &mut |_, _| {});
        let server = parsed.server.trim_end_matches('.');
        server.is_empty() || server.eq_ignore_ascii_case(own)
    };
    let mut found: Vec<usize> = fields
        .into_iter()
        .enumerate()
        .filter(|(_, raw)| forged(raw))
        .map(|(index, _)| index)
        .collect();
    found.reverse();
    found
}

/// `Keyword` of RFC 5321: letters, digits and hyphens, neither first nor last a hyphen.
fn is_keyword(word: &str) -> bool {
    let inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    !word.is_empty() && word.bytes().all(inside) && !word.starts_with('-') && !word.ends_with('-')
}

/// A value as it may stand bare: a token, or an address whose halves are. Anything else is quoted.
fn pvalue(value: &str) -> String {
    // The octets that a token and an atom have in common, and the dot.
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-^_`{|}~.".contains(&octet);
    let bare = match value.split_once('@') {
        Some((local, domain)) => {
            local.bytes().all(plain) && !domain.is_empty() && domain.bytes().all(plain)
        }
        None => !value.is_empty() && value.bytes().all(plain),
    };
    if bare {
        String::from(value)
    } else {
        quoted(value)
    }
}

pub(crate) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(field: &str) -> field::AuthResults<'_> {
        let value = field.strip_prefix("Authentication-Results:").unwrap();
        let value = value.strip_suffix("\r\n").unwrap();
        field::authentication_results(value.as_bytes(), &mut |code, at| {
            panic!("{code:?} at {at:?}")
        })
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut field = AuthResults::new("mx.example.org").unwrap();
        assert_eq!(
            field.to_field(),
            "Authentication-Results: mx.example.org; none\r\n"
        );
        let spf = MethodResult::new("spf", "softfail").unwrap();
        let spf = spf
            .with_property("smtp", "mailfrom", "joe@example.net")
            .unwrap();
        field.push(spf.with_reason("a \"quoted\" reason; with all kinds"));
        field.push_dkim([]);
        let text = field.to_field();
        let back = read_back(&text);
        assert_eq!(back.server, "mx.example.org");
        assert_eq!(back.results.len(), 2);
        assert_eq!(
            back.results[0].property("smtp", "mailfrom"),
            Some("joe@example.net")
        );
        assert_eq!(
            back.results[0].reason.as_deref(),
            Some("a \"quoted\" reason; with all kinds")
        );
        assert_eq!(
            (&*back.results[1].method, &*back.results[1].result),
            ("dkim", "none")
        );
    }

    #[test]
    fn no_value_makes_a_result_or_a_field() {
        let evil = [
            "x; dkim=pass header.d=bank.example",
            "x\r\nAuthentication-Results: mx; dkim=pass",
            "\"; dkim=pass",
            "\\",
            "(comment",
            "a@b;c",
            "@",
            "",
            "\u{2028}\u{85}\0",
        ];
        for value in evil {
            let mut field = AuthResults::new("mx").unwrap();
            let result = MethodResult::new("auth", "fail").unwrap();
            let result = result.with_property("smtp", "auth", value).unwrap();
            field.push(result.with_reason(value));
            let text = field.to_field();
            let folded = text.trim_end().replace("\r\n\t", "");
            assert!(!folded.contains(['\r', '\n']), "{text:?}");
            let back = read_back(&text);
            assert_eq!(back.results.len(), 1, "{text:?}");
            assert_eq!(back.results[0].result, "fail");
        }
        assert_eq!(MethodResult::new("dkim=pass x", "y"), Err(Misuse::BadName));
        assert_eq!(AuthResults::new("mx\r\nX: y"), Err(Misuse::BadName));
        assert_eq!(
            read_back(&AuthResults::new("a;b").unwrap().to_field()).server,
            "a;b"
        );
    }

    #[test]
    fn forged_fields_are_found_from_the_bottom_up() {
        let fields = [
            "Authentication-Results: mx.example.org; dkim=pass\r\n",
            "From: a@b.c\r\n",
            "authentication-results : (x) \"MX.Example.ORG\" 1; spf=pass\r\n",
            "Authentication-Results: mx.example.net; dkim=pass\r\n",
            "Authentication-Results:\r\n mx.example.org.; none\r\n",
            "Authentication-Results: ; dkim=pass\r\n",
            "X-Authentication-Results: mx.example.org; dkim=pass\r\n",
        ];
        let raw = fields.iter().map(|field| field.as_bytes());
        assert_eq!(strip(raw, "mx.example.org"), [5, 4, 2, 0]);
    }
}
