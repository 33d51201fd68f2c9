//! Octets to text.
//!
//! Built in: UTF-8, US-ASCII, ISO-8859-1 and windows-1252, UTF-16, UTF-7. The feature `charsets` adds the
//! others of the WHATWG list. What is not text in its charset is decoded all the same, and said to be wrong:
//!
//! - declared as UTF-8 or UTF-16: U+FFFD stands for each malformed sequence;
//! - not declared, US-ASCII or unknown: UTF-8 where it is valid, windows-1252 octet by octet elsewhere.

mod unicode;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use self::unicode::{Utf7, Utf16};

/// A charset that can be decoded here.
///
/// Names follow the WHATWG list in one thing that practice has settled: ISO-8859-1 is read as windows-1252.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Utf8,
    Ascii,
    Windows1252,
    Utf16,
    Utf16Le,
    Utf16Be,
    Utf7,
    #[cfg(feature = "charsets")]
    Listed(&'static encoding_rs::Encoding),
}

/// Labels in lower case. WHATWG gives US-ASCII and ISO-8859-1 one meaning; here US-ASCII stays apart,
/// since octets above 127 in it are a defect.
const LABELS: &[(&str, Kind)] = &[
    ("utf-8", Kind::Utf8),
    ("us-ascii", Kind::Ascii),
    ("iso-8859-1", Kind::Windows1252),
    ("windows-1252", Kind::Windows1252),
    ("ascii", Kind::Ascii),
    ("utf8", Kind::Utf8),
    ("utf_8", Kind::Utf8),
    ("unicode-1-1-utf-8", Kind::Utf8),
    ("ansi_x3.4-1968", Kind::Ascii),
    ("ansi_x3.4-1986", Kind::Ascii),
    ("iso646-us", Kind::Ascii),
    ("iso_646.irv:1991", Kind::Ascii),
    ("iso-ir-6", Kind::Ascii),
    ("us", Kind::Ascii),
    ("ibm367", Kind::Ascii),
    ("cp367", Kind::Ascii),
    ("csascii", Kind::Ascii),
    ("7bit", Kind::Ascii),
    ("latin1", Kind::Windows1252),
    ("latin-1", Kind::Windows1252),
    ("l1", Kind::Windows1252),
    ("iso_8859-1", Kind::Windows1252),
    ("iso_8859-1:1987", Kind::Windows1252),
    ("iso8859-1", Kind::Windows1252),
    ("iso88591", Kind::Windows1252),
    ("iso-ir-100", Kind::Windows1252),
    ("ibm819", Kind::Windows1252),
    ("cp819", Kind::Windows1252),
    ("csisolatin1", Kind::Windows1252),
    ("cp1252", Kind::Windows1252),
    ("x-cp1252", Kind::Windows1252),
    ("ansi", Kind::Windows1252),
    ("utf-16", Kind::Utf16),
    ("utf16", Kind::Utf16),
    ("ucs-2", Kind::Utf16),
    ("iso-10646-ucs-2", Kind::Utf16),
    ("utf-16le", Kind::Utf16Le),
    ("utf-16be", Kind::Utf16Be),
    ("utf-7", Kind::Utf7),
    ("utf7", Kind::Utf7),
    ("unicode-1-1-utf-7", Kind::Utf7),
    ("csunicode11utf7", Kind::Utf7),
];

/// Labels found in mail that the WHATWG list lacks, with the label it has for the same charset.
#[cfg(feature = "charsets")]
const ALIASES: &[(&str, &str)] = &[
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("cp936", "gb18030"),
    ("ms936", "gb18030"),
    ("gb2312", "gb18030"),
    ("gbk", "gb18030"),
    ("euc-cn", "gb18030"),
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("ks_c_5601", "euc-kr"),
    ("cp950", "big5"),
    ("ms950", "big5"),
    ("eucjp", "euc-jp"),
    ("koi8r", "koi8-r"),
    ("koi8u", "koi8-u"),
    ("cp28592", "iso-8859-2"),
    ("tis620", "tis-620"),
];

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(Kind::Utf8);
    /// US-ASCII.
    pub const US_ASCII: Self = Self(Kind::Ascii);
    /// windows-1252, the superset of ISO-8859-1 that both names stand for.
    pub const WINDOWS_1252: Self = Self(Kind::Windows1252);

    /// The charset that a label names, in any case of letters; `None` if it is not known here.
    #[must_use]
    pub fn for_label(label: &[u8]) -> Option<Self> {
        let label = label.trim_ascii();
        let label = label.strip_suffix(b"'").unwrap_or(label);
        let label = label.strip_prefix(b"'").unwrap_or(label);
        let known = LABELS
            .iter()
            .find(|(name, _)| label.eq_ignore_ascii_case(name.as_bytes()));
        if let Some((_, kind)) = known {
            return Some(Self(*kind));
        }
        Self::listed(label)
    }

    #[cfg(feature = "charsets")]
    fn listed(label: &[u8]) -> Option<Self> {
        let alias = ALIASES
            .iter()
            .find(|(name, _)| label.eq_ignore_ascii_case(name.as_bytes()));
        let label = alias.map_or(label, |(_, listed)| listed.as_bytes());
        // `replacement` is how the list says that it will not decode a charset.
        let encoding = encoding_rs::Encoding::for_label_no_replacement(label)?;
        if encoding == encoding_rs::WINDOWS_1252 {
            return Some(Self::WINDOWS_1252);
        }
        Some(Self(Kind::Listed(encoding)))
    }

    #[cfg(not(feature = "charsets"))]
    fn listed(_label: &[u8]) -> Option<Self> {
        None
    }

    /// All of `octets` as text, and whether they were text in this charset.
    #[must_use]
    pub fn decode(self, octets: &[u8]) -> (Cow<'_, str>, bool) {
        text(octets, Some(self))
    }
}

/// Text of `octets`; without a charset, UTF-8 where it is valid and windows-1252 elsewhere.
pub(crate) fn text(octets: &[u8], charset: Option<Charset>) -> (Cow<'_, str>, bool) {
    if may_be_utf8(octets, charset)
        && let Ok(text) = simdutf8::basic::from_utf8(octets)
    {
        return (Cow::Borrowed(text), is_clean(text, charset));
    }
    let (text, clean) = decoded(octets, charset);
    (Cow::Owned(text), clean)
}

/// Octets of which a copy costs less than to see a second time that they are UTF-8.
const COPIED: usize = 1 << 20;

/// As [`text`], for octets that need not stay: where they are ASCII or many, their memory becomes that of the text.
pub(crate) fn owned_text(octets: Vec<u8>, charset: Option<Charset>) -> (String, bool) {
    if !may_be_utf8(&octets, charset) {
        return decoded(&octets, charset);
    }
    if octets.len() <= COPIED && !octets.is_ascii() {
        let (text, clean) = text(&octets, charset);
        return (text.into_owned(), clean);
    }
    match String::from_utf8(octets) {
        Ok(text) => {
            let clean = is_clean(&text, charset);
            (text, clean)
        }
        Err(error) => decoded(error.as_bytes(), charset),
    }
}

/// Whether the text is those octets, if they are UTF-8.
fn may_be_utf8(octets: &[u8], charset: Option<Charset>) -> bool {
    match charset.map(|c| c.0) {
        None | Some(Kind::Utf8 | Kind::Ascii) => true,
        Some(Kind::Windows1252) => octets.is_ascii(),
        Some(Kind::Utf16 | Kind::Utf16Le | Kind::Utf16Be | Kind::Utf7) => false,
        #[cfg(feature = "charsets")]
        Some(Kind::Listed(_)) => false,
    }
}

/// Whether a charset that may be UTF-8 has all of the text.
fn is_clean(text: &str, charset: Option<Charset>) -> bool {
    charset != Some(Charset::US_ASCII) || text.is_ascii()
}

fn decoded(octets: &[u8], charset: Option<Charset>) -> (String, bool) {
    let mut decoder = TextDecoder::new(charset);
    let mut text = String::with_capacity(octets.len());
    decoder.decode(octets, &mut text);
    decoder.finish(&mut text);
    (text, decoder.malformed() == 0)
}

/// Octets to text, piece by piece: the pieces may be cut anywhere.
#[derive(Debug)]
pub struct TextDecoder {
    state: State,
    malformed: u64,
}

#[derive(Debug)]
enum State {
    Utf8 {
        carry: Carry,
        fallback: bool,
        ascii: bool,
    },
    Windows1252,
    Utf16(Utf16),
    Utf7(Utf7),
    #[cfg(feature = "charsets")]
    Listed(alloc::boxed::Box<encoding_rs::Decoder>),
}

/// The beginning of a character that the last piece cut: three octets at most.
#[derive(Clone, Copy, Debug, Default)]
struct Carry {
    octets: [u8; 4],
    len: usize,
}

impl TextDecoder {
    /// Begins a text. `None` for a charset that is missing or not known: it is read as UTF-8 where that is
    /// valid, and as windows-1252 octet by octet elsewhere, as is US-ASCII. In UTF-8 and UTF-16, U+FFFD stands
    /// for what is malformed.
    #[must_use]
    pub fn new(charset: Option<Charset>) -> Self {
        let utf8 = |fallback, ascii| State::Utf8 {
            carry: Carry::default(),
            fallback,
            ascii,
        };
        let state = match charset.map(|c| c.0) {
            None => utf8(true, false),
            Some(Kind::Utf8) => utf8(false, false),
            Some(Kind::Ascii) => utf8(true, true),
            Some(Kind::Windows1252) => State::Windows1252,
            Some(Kind::Utf16) => State::Utf16(Utf16::by_mark()),
            Some(Kind::Utf16Le) => State::Utf16(Utf16::little()),
            Some(Kind::Utf16Be) => State::Utf16(Utf16::big()),
            Some(Kind::Utf7) => State::Utf7(Utf7::default()),
            #[cfg(feature = "charsets")]
            Some(Kind::Listed(encoding)) => State::Listed(alloc::boxed::Box::new(
                encoding.new_decoder_without_bom_handling(),
            )),
        };
        Self {
            state,
            malformed: 0,
        }
    }

    /// Appends the text of `src`.
    pub fn decode(&mut self, src: &[u8], text: &mut String) {
        match &mut self.state {
            State::Utf8 {
                carry,
                fallback,
                ascii,
            } => {
                if *ascii && !src.is_ascii() {
                    self.malformed += 1;
                }
                self.malformed += carry.decode(src, *fallback, text);
            }
            State::Windows1252 => windows_1252(src, text),
            State::Utf16(utf16) => self.malformed += utf16.decode(src, text),
            State::Utf7(utf7) => self.malformed += utf7.decode(src, text),
            #[cfg(feature = "charsets")]
            State::Listed(decoder) => self.malformed += listed(decoder, src, text, false),
        }
    }

    /// Ends the text: what is left of a cut character is malformed.
    pub fn finish(&mut self, text: &mut String) {
        match &mut self.state {
            State::Utf8 {
                carry, fallback, ..
            } => self.malformed += carry.finish(*fallback, text),
            State::Windows1252 => {}
            State::Utf16(utf16) => self.malformed += utf16.finish(text),
            State::Utf7(utf7) => self.malformed += utf7.finish(text),
            #[cfg(feature = "charsets")]
            State::Listed(decoder) => self.malformed += listed(decoder, &[], text, true),
        }
    }

    /// How many places were not text in the charset. Zero or not is what matters: the number depends on
    /// where the pieces were cut.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.malformed
    }
}

impl Carry {
    fn decode(&mut self, mut src: &[u8], fallback: bool, text: &mut String) -> u64 {
        let mut malformed = 0;
        // Completes the cut character octet by octet: at most three rounds.
        while self.len > 0
            && let Some((&octet, rest)) = src.split_first()
        {
            let mut joined = *self;
            if let Some(slot) = joined.octets.get_mut(joined.len) {
                *slot = octet;
                joined.len += 1;
            }
            match core::str::from_utf8(joined.octets()) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.len = 0;
                    src = rest;
                }
                Err(error) if error.error_len().is_none() => {
                    *self = joined;
                    src = rest;
                }
                // The new octet does not belong to it.
                Err(_) => malformed += self.finish(fallback, text),
            }
        }
        malformed + self.whole(src, fallback, text)
    }

    fn whole(&mut self, mut src: &[u8], fallback: bool, text: &mut String) -> u64 {
        let mut malformed = 0;
        for chunk in src.utf8_chunks() {
            text.push_str(chunk.valid());
            src = src.get(chunk.valid().len()..).unwrap_or_default();
            let bad = chunk.invalid();
            if bad.is_empty() {
                break;
            }
            if bad.len() == src.len()
                && core::str::from_utf8(bad).is_err_and(|error| error.error_len().is_none())
            {
                for (slot, octet) in self.octets.iter_mut().zip(bad) {
                    *slot = *octet;
                }
                self.len = bad.len();
                break;
            }
            malformed += substitute(bad, fallback, text);
            src = src.get(bad.len()..).unwrap_or_default();
        }
        malformed
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    fn finish(&mut self, fallback: bool, text: &mut String) -> u64 {
        let malformed = substitute(self.octets(), fallback, text);
        self.len = 0;
        malformed
    }
}

fn substitute(bad: &[u8], fallback: bool, text: &mut String) -> u64 {
    if bad.is_empty() {
        return 0;
    }
    if fallback {
        windows_1252(bad, text);
    } else {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    1
}

/// 0x80 to 0x9f; the five octets that mean nothing become the control characters of ISO-8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(mut src: &[u8], text: &mut String) {
    text.reserve(src.len());
    while !src.is_empty() {
        let plain = src.iter().position(|o| !o.is_ascii()).unwrap_or(src.len());
        let (ascii, rest) = src.split_at(plain);
        // Plain ASCII is valid; the default is never taken.
        text.push_str(core::str::from_utf8(ascii).unwrap_or_default());
        let high = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
        let (high, rest) = rest.split_at(high);
        text.extend(high.iter().map(|&octet| {
            WINDOWS_1252
                .get(usize::from(octet & 0x7f))
                .copied()
                .unwrap_or(char::from(octet))
        }));
        src = rest;
    }
}

#[cfg(feature = "charsets")]
fn listed(
    decoder: &mut encoding_rs::Decoder,
    mut src: &[u8],
    text: &mut String,
    last: bool,
) -> u64 {
    let mut malformed = 0;
    loop {
        // Without a bound on memory there is no bound to keep: four octets hold any character.
        text.reserve(
            decoder
                .max_utf8_buffer_length(src.len())
                .unwrap_or(src.len())
                .max(4),
        );
        let (result, read, bad) = decoder.decode_to_string(src, text, last);
        malformed += u64::from(bad);
        src = src.get(read..).unwrap_or_default();
        if result == encoding_rs::CoderResult::InputEmpty {
            return malformed;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn octets_that_need_not_stay_are_the_text_that_they_are_elsewhere() {
        let charsets = [
            None,
            Some(Charset::UTF_8),
            Some(Charset::US_ASCII),
            Some(Charset::WINDOWS_1252),
        ];
        let ends: [&[u8]; 5] = [b"", b"z", "\u{e9}\u{20ac}".as_bytes(), b"\xe9", b"\xe2\x82"];
        for charset in charsets {
            for len in [0, 20, COPIED - 1, COPIED + 1] {
                for end in ends {
                    let mut octets = vec![b'a'; len];
                    octets.extend_from_slice(end);
                    let (expected, clean) = text(&octets, charset);
                    let owned = owned_text(octets.clone(), charset);
                    assert_eq!(
                        owned,
                        (expected.into_owned(), clean),
                        "{charset:?} {len} {end:?}"
                    );
                }
            }
        }
    }
}
