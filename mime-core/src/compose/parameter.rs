//! Media types and dispositions with their parameters (RFC 2045, section 5.1; RFC 2183; RFC 2231).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::Misuse;
use super::fold::{Fold, WIDTH};
use super::text::{admit, digit, quote};
use crate::field::{self, MAX_PARAMETERS};

/// Octets of a value in one section (RFC 2231, section 3), so that it stands on a line with its name.
const MIN_SECTION: usize = 12;

/// A media type: `type/subtype` and parameters.
///
/// The composer adds `boundary`, and `charset` to text that has none.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaType {
    parameters: Parameters,
    shape: Shape,
    charset: bool,
}

/// What a body of a media type is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Leaf,
    /// Any multipart.
    Parts,
    /// A message with a header of its own.
    Message,
}

impl MediaType {
    const NAME: &'static [u8] = b"Content-Type: ";

    /// Makes a media type of `type/subtype`.
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidToken`].
    pub fn new(essence: &str) -> Result<Self, Misuse> {
        let slash = essence.find('/').ok_or(Misuse::InvalidToken)?;
        let (kind, subtype) = essence.split_at(slash);
        if !is_token(kind) || !is_token(subtype.get(1..).unwrap_or_default()) {
            return Err(Misuse::InvalidToken);
        }
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        let shape = if kind.eq_ignore_ascii_case("multipart") {
            Shape::Parts
        } else if is("message/rfc822") || is("message/global") {
            Shape::Message
        } else {
            Shape::Leaf
        };
        Ok(Self {
            parameters: Parameters::new(Self::NAME, essence),
            shape,
            charset: false,
        })
    }

    /// A whole field without its CRLF.
    pub(super) const fn known(field: &'static str, shape: Shape) -> Self {
        Self {
            parameters: Parameters {
                octets: Cow::Borrowed(field.as_bytes()),
                count: 1,
            },
            shape,
            charset: false,
        }
    }

    /// Adds a parameter. A value beyond US-ASCII, or too long for a line, is written as RFC 2231 says.
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidToken`] for the name, [`Misuse::LineBreak`] and [`Misuse::ControlCharacter`] for the value,
    /// [`Misuse::Duplicate`], [`Misuse::ParameterTooLong`], and [`Misuse::Reserved`] for `boundary`.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, Misuse> {
        if name.eq_ignore_ascii_case("boundary") {
            return Err(Misuse::Reserved);
        }
        let written = self.parameters.octets.get(Self::NAME.len()..);
        let read = field::media_type(written.unwrap_or_default(), &mut |_, _| {});
        if read
            .parameters()
            .iter()
            .any(|p| p.name().eq_ignore_ascii_case(name.as_bytes()))
        {
            return Err(Misuse::Duplicate);
        }
        self.charset |= name.eq_ignore_ascii_case("charset");
        self.parameters.push(name, value)?;
        Ok(self)
    }

    /// Whether a charset was given.
    pub(super) fn has_charset(&self) -> bool {
        self.charset
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Appends the field to `out` without its CRLF.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.parameters.octets);
    }

    /// The same with one short parameter more.
    pub(super) fn write_with<const N: usize>(
        &self,
        out: &mut Vec<u8>,
        parameter: [&[u8]; N],
    ) -> Result<(), Misuse> {
        let mut field = Fold::copy(out, &self.parameters.octets);
        field.push(b";");
        field.piece(b" ", parameter);
        field.keep()
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parameters.fmt(f)
    }
}

/// How a part is to be shown (RFC 2183).
#[derive(Clone, PartialEq, Eq)]
pub struct Disposition {
    parameters: Parameters,
}

impl Disposition {
    const NAME: &'static [u8] = b"Content-Disposition: ";

    /// Not to be shown until it is asked for.
    #[must_use]
    pub fn attachment() -> Self {
        Self {
            parameters: Parameters::new(Self::NAME, "attachment"),
        }
    }

    /// To be shown where it stands.
    #[must_use]
    pub fn inline() -> Self {
        Self {
            parameters: Parameters::new(Self::NAME, "inline"),
        }
    }

    /// Another one.
    ///
    /// # Errors
    ///
    /// [`Misuse::InvalidToken`].
    pub fn new(kind: &str) -> Result<Self, Misuse> {
        if !is_token(kind) {
            return Err(Misuse::InvalidToken);
        }
        Ok(Self {
            parameters: Parameters::new(Self::NAME, kind),
        })
    }

    /// Adds the parameter `filename`.
    ///
    /// # Errors
    ///
    /// As [`with`](Self::with).
    pub fn with_filename(self, filename: &str) -> Result<Self, Misuse> {
        self.with("filename", filename)
    }

    /// Adds a parameter, as [`MediaType::with`] does.
    ///
    /// # Errors
    ///
    /// As [`MediaType::with`], which reserves a name; here none is.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, Misuse> {
        let written = self.parameters.octets.get(Self::NAME.len()..);
        let read = field::disposition(written.unwrap_or_default(), &mut |_, _| {});
        if read
            .parameters()
            .iter()
            .any(|p| p.name().eq_ignore_ascii_case(name.as_bytes()))
        {
            return Err(Misuse::Duplicate);
        }
        self.parameters.push(name, value)?;
        Ok(self)
    }

    /// The value of the field.
    pub(super) fn value(&self) -> &[u8] {
        let value = self.parameters.octets.get(Self::NAME.len() - 1..);
        value.unwrap_or_default()
    }
}

impl fmt::Debug for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parameters.fmt(f)
    }
}

/// `token` (RFC 2045, section 5.1).
fn is_token(text: &str) -> bool {
    let plain = |o: u8| o.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&o);
    !text.is_empty() && text.len() < WIDTH && text.bytes().all(plain)
}

/// A field of a token and parameters, without its CRLF.
#[derive(Clone, PartialEq, Eq)]
struct Parameters {
    octets: Cow<'static, [u8]>,
    count: usize,
}

impl Parameters {
    fn new(name: &[u8], token: &str) -> Self {
        let mut octets = Vec::with_capacity(96);
        octets.extend_from_slice(name);
        octets.extend_from_slice(token.as_bytes());
        Self {
            octets: Cow::Owned(octets),
            count: 0,
        }
    }

    fn push(&mut self, name: &str, value: &str) -> Result<(), Misuse> {
        // The stars of RFC 2231, and what stands in its values.
        if !is_token(name) || name.contains(['*', '\'', '%']) || name.len() > WIDTH / 2 {
            return Err(Misuse::InvalidToken);
        }
        admit(value, false)?;
        let mut field = Fold::resume(self.octets.to_mut());
        let room = WIDTH - name.len() - 3;
        // Readers decode the encoded words that have no place here.
        let plain = value.is_ascii() && !value.contains("=?");
        // Some readers take these for RFC 2231 where nothing quotes them.
        let bare = is_token(value) && !value.contains(['*', '\'', '%']);
        let mut quoted = [0; WIDTH];
        let sections = if plain && bare && value.len() <= room {
            field.push(b";");
            field.piece(b" ", [name.as_bytes(), b"=", value.as_bytes()]);
            1
        } else if plain
            && let Some(quoted) = quote(value, quoted.get_mut(..room).unwrap_or_default())
        {
            field.push(b";");
            field.piece(b" ", [name.as_bytes(), b"=", quoted]);
            1
        } else {
            extended(&mut field, name, value)
        };
        self.count += sections;
        // One is left for a boundary, and one for a charset.
        if self.count + 2 > MAX_PARAMETERS {
            return Err(Misuse::ParameterTooLong);
        }
        field.keep()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.octets))
    }
}

/// Writes a value with percent signs, in sections if it does not fit on a line; answers how many.
fn extended(field: &mut Fold<'_>, name: &str, value: &str) -> usize {
    const CHARSET: &[u8] = b"utf-8''";
    // Space, name, `*000*=`, a semicolon.
    let room = (WIDTH - 1)
        .saturating_sub(name.len() + 8)
        .max(MIN_SECTION + CHARSET.len());
    let whole = value.bytes().map(width).sum::<usize>() + CHARSET.len() <= room;
    let mut rest = value;
    let mut section = 0;
    while section == 0 || !rest.is_empty() {
        let charset = if section == 0 { CHARSET } else { b"" };
        let mut encoded = [0; 2 * WIDTH];
        let (read, len) = percent(rest, room - charset.len(), &mut encoded);
        let encoded = encoded.get(..len).unwrap_or_default();
        let (hundreds, tens, ones) = (section / 100 % 10, section / 10 % 10, section % 10);
        let number = [hundreds, tens, ones].map(|value| u8::try_from(value).map_or(b'0', digit));
        let leading = usize::from(section < 10) + usize::from(section < 100);
        let number = number.get(leading..).unwrap_or_default();
        let (star, number): (&[u8], &[u8]) = if whole { (b"", b"") } else { (b"*", number) };
        field.push(b";");
        field.piece(
            b" ",
            [name.as_bytes(), star, number, b"*=", charset, encoded],
        );
        rest = rest.get(read..).unwrap_or_default();
        section += 1;
        if section > MAX_PARAMETERS {
            break;
        }
    }
    section
}

/// `attribute-char` (RFC 2231, section 7).
fn width(octet: u8) -> usize {
    let sign = matches!(
        octet,
        b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'{'..=b'~'
    );
    if octet.is_ascii_alphanumeric() || sign {
        1
    } else {
        3
    }
}

/// Puts whole characters into `out` up to `room`; answers what was read and written.
fn percent(text: &str, room: usize, out: &mut [u8; 2 * WIDTH]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    for c in text.chars() {
        let mut octets = [0; 4];
        let octets = c.encode_utf8(&mut octets).as_bytes();
        if written + octets.iter().map(|&o| width(o)).sum::<usize>() > room {
            break;
        }
        for &octet in octets {
            let three = [b'%', digit(octet >> 4), digit(octet & 15)];
            let one = [octet];
            let encoded: &[u8] = if width(octet) == 1 { &one } else { &three };
            if let Some(slot) = out.get_mut(written..written + encoded.len()) {
                slot.copy_from_slice(encoded);
            }
            written += encoded.len();
        }
        read += octets.len();
    }
    (read, written)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn written(name: &str, value: &str) -> Result<String, Misuse> {
        let media_type = MediaType::new("text/plain")?.with(name, value)?;
        let mut out = Vec::new();
        media_type.write(&mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_value_is_a_token_a_quoted_string_or_encoded() {
        for (value, expected) in [
            ("x.txt", "name=x.txt"),
            ("it's 5%*", "name=\"it's 5%*\""),
            ("it's", "name=\"it's\""),
            ("", "name=\"\""),
            ("a \"b\\.txt", "name=\"a \\\"b\\\\.txt\""),
            ("\u{e9}", "name*=utf-8''%C3%A9"),
            ("=?utf-8?q?x?=", "name*=utf-8''%3D%3Futf-8%3Fq%3Fx%3F%3D"),
        ] {
            let text = written("name", value).unwrap();
            assert_eq!(text, alloc::format!("Content-Type: text/plain; {expected}"));
        }
    }

    #[test]
    fn every_value_reads_back_as_itself_on_lines_of_78() {
        let long = "\u{e9}\u{65e5} x".repeat(80);
        let name = "n".repeat(39);
        for value in [
            "a",
            "a;b=c",
            "'%*",
            &"x".repeat(70),
            &"y".repeat(700),
            &long,
            "\"\"\\",
            "  ",
        ] {
            for name in ["name", &name] {
                let text = written(name, value).unwrap();
                assert!(text.lines().all(|line| line.len() <= 78), "{text}");
                let mut faults = Vec::new();
                let raw = text.strip_prefix("Content-Type:").unwrap();
                let read = field::media_type(raw.as_bytes(), &mut |code, _| faults.push(code));
                assert_eq!(read.text(name).unwrap().to_string(), value, "{text}");
                assert!(faults.is_empty(), "{faults:?}: {text}");
            }
        }
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        assert_eq!(written("name", "a\r\nBcc: b"), Err(Misuse::LineBreak));
        assert_eq!(written("name", "a\tb"), Err(Misuse::ControlCharacter));
        for name in [
            "",
            "a b",
            "a=b",
            "a*",
            "a\r\nb",
            "a;b",
            "\u{e9}",
            &"n".repeat(40),
        ] {
            assert_eq!(written(name, "x"), Err(Misuse::InvalidToken), "{name}");
        }
        assert_eq!(written("Boundary", "x"), Err(Misuse::Reserved));
        assert_eq!(
            written("name", &"x".repeat(10_000)),
            Err(Misuse::ParameterTooLong)
        );
        let twice = MediaType::new("a/b").unwrap().with("x", "1").unwrap();
        assert_eq!(twice.with("X", "2").unwrap_err(), Misuse::Duplicate);
        for essence in [
            "",
            "text",
            "/",
            "text/",
            "/plain",
            "a/b/c",
            "a/b;c=d",
            "a/b\r\nX: y",
            "a /b",
        ] {
            assert_eq!(
                MediaType::new(essence).unwrap_err(),
                Misuse::InvalidToken,
                "{essence}"
            );
        }
        assert_eq!(Disposition::new("a;b").unwrap_err(), Misuse::InvalidToken);
        assert!(Disposition::attachment().with_filename("a\nb").is_err());
    }
}
