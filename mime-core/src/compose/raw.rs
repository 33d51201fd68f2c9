//! A field that is known to be one.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::Misuse;
use super::fold::{self, Fold, MAX_LINE};

/// A whole field: name, colon, value with its folding, CRLF.
///
/// That it exists means that it is one field and nothing else: every CR is followed by LF, every LF but the last by
/// white space and something visible; no line is above 998 octets; there is no control character but tabs; it is
/// UTF-8. Text from a stranger can therefore never become another field, or the end of a header.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawField {
    octets: Vec<u8>,
    name: usize,
}

impl RawField {
    /// Makes a field of a value as it is, structure included. Line breaks that fold it already stay; lines above 78
    /// octets are folded at white space.
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidName`], [`Misuse::LineBreak`], [`Misuse::ControlCharacter`], [`Misuse::LineTooLong`].
    pub fn new(name: &str, value: &str) -> Result<Self, Misuse> {
        let mut octets = Vec::with_capacity(name.len() + value.len() + 16);
        let mut field = Fold::new(&mut octets, name)?;
        for (number, line) in value.split("\r\n").enumerate() {
            let blank = line.bytes().all(|o| matches!(o, b' ' | b'\t'));
            if number > 0 && (blank || !line.starts_with([' ', '\t'])) {
                return Err(Misuse::LineBreak);
            }
            for (at, (white, word)) in fold::words(line).enumerate() {
                let space = if white.is_empty() { " " } else { white };
                if at == 0 && number > 0 {
                    field.fold(space.as_bytes());
                    field.push(word.as_bytes());
                } else if word.is_empty() {
                    field.push(space.as_bytes());
                } else {
                    field.piece(space.as_bytes(), [word.as_bytes()]);
                }
            }
        }
        field.finish()?;
        Self::from_vec(octets)
    }

    /// Takes a whole field, octet by octet as it is: one that was signed, or came from elsewhere.
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidName`], [`Misuse::LineBreak`], [`Misuse::ControlCharacter`], [`Misuse::LineTooLong`],
    /// [`Misuse::NotUtf8`].
    pub fn verbatim(octets: &[u8]) -> Result<Self, Misuse> {
        Self::from_vec(octets.to_vec())
    }

    pub(super) fn from_vec(octets: Vec<u8>) -> Result<Self, Misuse> {
        let name = check(&octets)?;
        Ok(Self { octets, name })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.octets.get(..self.name).unwrap_or_default()
    }

    /// What follows the colon, with its folding, without the last CRLF.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        let end = self.octets.len().saturating_sub(2);
        self.octets.get(self.name + 1..end).unwrap_or_default()
    }

    /// All of it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// Whether it is US-ASCII: a field that is not needs SMTPUTF8.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.octets.is_ascii()
    }
}

impl AsRef<[u8]> for RawField {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

impl From<RawField> for Vec<u8> {
    fn from(field: RawField) -> Self {
        field.octets
    }
}

impl fmt::Debug for RawField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawField({:?})", String::from_utf8_lossy(&self.octets))
    }
}

/// Whether the octets are one field; answers the length of its name.
fn check(octets: &[u8]) -> Result<usize, Misuse> {
    let inner = octets.strip_suffix(b"\r\n").ok_or(Misuse::LineBreak)?;
    let colon = memchr::memchr(b':', inner).ok_or(Misuse::InvalidName)?;
    if !fold::is_name(inner.get(..colon).unwrap_or_default()) {
        return Err(Misuse::InvalidName);
    }
    let space = |octet: &u8| matches!(octet, b' ' | b'\t');
    let mut lines = inner.split(|&octet| octet == b'\n').peekable();
    let mut first = true;
    while let Some(line) = lines.next() {
        let line = match (line, lines.peek()) {
            (line, None) => line,
            ([line @ .., b'\r'], Some(_)) => line,
            (_, Some(_)) => return Err(Misuse::LineBreak),
        };
        if !first && (!line.first().is_some_and(space) || line.iter().all(space)) {
            return Err(Misuse::LineBreak);
        }
        if line.len() > MAX_LINE {
            return Err(Misuse::LineTooLong);
        }
        if memchr::memchr(b'\r', line).is_some() {
            return Err(Misuse::LineBreak);
        }
        if line.iter().any(|o| o.is_ascii_control() && *o != b'\t') {
            return Err(Misuse::ControlCharacter);
        }
        first = false;
    }
    core::str::from_utf8(inner).map_err(|_| Misuse::NotUtf8)?;
    Ok(colon)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_value_is_folded_at_white_space_and_its_own_folding_stays() {
        let long = "word ".repeat(20);
        let field = RawField::new("X-Long", long.trim_end()).unwrap();
        let text = core::str::from_utf8(field.as_bytes()).unwrap();
        assert!(text.lines().all(|line| line.len() <= 78), "{text}");
        assert_eq!(
            text.replace("\r\n ", " "),
            format!("X-Long: {}\r\n", long.trim_end())
        );
        let field = RawField::new("A", "b;\r\n\tc").unwrap();
        assert_eq!(field.as_bytes(), b"A: b;\r\n\tc\r\n");
        assert_eq!(
            (field.name(), field.value()),
            (&b"A"[..], &b" b;\r\n\tc"[..])
        );
    }

    #[test]
    fn what_would_be_another_field_is_refused() {
        let values = [
            ("a\r\nBcc: x", Misuse::LineBreak),
            ("a\nBcc: x", Misuse::LineBreak),
            ("a\rb", Misuse::LineBreak),
            ("a\r\n", Misuse::LineBreak),
            ("a\r\n \r\n b", Misuse::LineBreak),
            ("a\r\n\r\nb", Misuse::LineBreak),
            ("a\0", Misuse::ControlCharacter),
            ("a\x7f", Misuse::ControlCharacter),
        ];
        for (value, misuse) in values {
            assert_eq!(RawField::new("A", value), Err(misuse), "{value:?}");
            let whole = format!("A: {value}\r\n");
            assert_eq!(
                RawField::verbatim(whole.as_bytes()),
                Err(misuse),
                "{whole:?}"
            );
        }
        for name in ["", "a b", "a:b", "a\r\nb", "\u{e4}"] {
            assert_eq!(RawField::new(name, "x"), Err(Misuse::InvalidName));
        }
        for whole in [&b"A: b"[..], b"A: b\n", b"A: b\r\n\r\n", b""] {
            assert_eq!(RawField::verbatim(whole), Err(Misuse::LineBreak));
        }
        assert_eq!(RawField::verbatim(b"A b\r\n"), Err(Misuse::InvalidName));
        assert_eq!(RawField::verbatim(b"A: \xff\r\n"), Err(Misuse::NotUtf8));
    }

    #[test]
    fn a_line_of_998_octets_is_the_longest() {
        let value = "x".repeat(998 - 3);
        assert!(RawField::new("A", &value).is_ok());
        assert!(RawField::verbatim(format!("A: {value}\r\n").as_bytes()).is_ok());
        let whole = format!("A: {value}x\r\n");
        assert_eq!(
            RawField::verbatim(whole.as_bytes()),
            Err(Misuse::LineTooLong)
        );
        // After a fold there is room for two octets more.
        assert!(RawField::new("A", &format!("{value}xx")).is_ok());
        assert_eq!(
            RawField::new("A", &format!("{value}xxx")),
            Err(Misuse::LineTooLong)
        );
    }
}
