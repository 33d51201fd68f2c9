//! Parameters of structured fields: RFC 2045 with the continuations and charsets of RFC 2231.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::lex::{self, Cursor};
use super::word;
use crate::charset::{self, Charset};
use crate::defect::{DefectCode, Sink};

/// Parameters read in one field, sections counted one by one; what follows is ignored.
pub const MAX_PARAMETERS: usize = 128;

/// As many as most fields have.
const FEW_PARAMETERS: usize = 8;

/// One parameter as written: a whole value, or one section of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    name: &'a [u8],
    section: Option<u32>,
    extended: bool,
    quoted: bool,
    value: &'a [u8],
    range: Range<usize>,
}

impl<'a> Parameter<'a> {
    /// Its name, without the stars of RFC 2231.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The number of its section, if the value is in several.
    #[must_use]
    pub fn section(&self) -> Option<u32> {
        self.section
    }

    /// Whether percent signs encode octets (`name*`).
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.extended
    }

    /// Its octets: without quotes, backslashes and line breaks, with percent signs.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        if self.quoted {
            lex::unescape(self.value)
        } else {
            lex::unfold(self.value)
        }
    }

    /// Where it stands in the value of the field.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

/// The parameters of a field, read anew by each look-up: nothing is allocated for them.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Parameters<'a> {
    /// Parameters from `at` on.
    pub(crate) fn starting_at(value: &'a [u8], at: usize) -> Self {
        Self {
            cursor: Cursor::starting_at(value, at),
        }
    }

    /// As [`starting_at`](Self::starting_at). Reports once what is wrong with any of them.
    pub(crate) fn read(value: &'a [u8], at: usize, sink: &mut Sink<'_>) -> Self {
        let parameters = Self::starting_at(value, at);
        parameters.check(sink);
        parameters
    }

    /// Every parameter and section in the order written.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        let mut cursor = self.cursor.clone();
        let mut count = 0;
        core::iter::from_fn(move || {
            count += 1;
            if count > MAX_PARAMETERS {
                None
            } else {
                next(&mut cursor, &mut |_, _| {})
            }
        })
    }

    /// The octets of the parameter `name`: sections joined, percent signs decoded, charset left alone.
    ///
    /// The first of several counts; `name*` beats `name*0`, which beats `name`.
    #[must_use]
    pub fn octets(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let found = self.find(name);
        if let Some(whole) = found.extended {
            let (_, _, octets) = split_charset(whole.value());
            return Some(percent_decode(octets).0);
        }
        if found.sections.is_empty() {
            return found.plain.map(|p| p.value());
        }
        let mut joined = Vec::new();
        for (index, part) in found.sections.iter().enumerate() {
            let value = part.value();
            if part.extended {
                let octets = if index == 0 {
                    split_charset(value).2
                } else {
                    value
                };
                joined.extend_from_slice(&percent_decode(octets).0);
            } else {
                joined.extend_from_slice(&value);
            }
        }
        Some(Cow::Owned(joined))
    }

    /// The parameter `name` as text: charset of RFC 2231, or the encoded words that RFC 2047 forbids here
    /// and much software writes.
    ///
    /// Where `name*` does not decode, `name` counts if it is there.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let found = self.find(name);
        let plain = found.plain.as_ref().map(plain_text);
        let (text, clean) = match found.extended {
            Some(whole) => sections_text(core::slice::from_ref(&whole)),
            None if found.sections.is_empty() => return plain,
            None => sections_text(&found.sections),
        };
        if clean {
            Some(Cow::Owned(text))
        } else {
            plain.or(Some(Cow::Owned(text)))
        }
    }

    /// The language that the parameter `name` declares (RFC 2231, section 4).
    #[must_use]
    pub fn language(&self, name: &str) -> Option<String> {
        let found = self.find(name);
        let first = found
            .extended
            .or_else(|| found.sections.into_iter().next())?;
        if !first.extended {
            return None;
        }
        let (_, language, _) = split_charset(first.value());
        language.filter(|l| !l.is_empty())
    }

    fn find(&self, name: &str) -> Found<'a> {
        let mut found = Found {
            plain: None,
            extended: None,
            sections: Vec::new(),
        };
        for p in self
            .iter()
            .filter(|p| p.name.eq_ignore_ascii_case(name.as_bytes()))
        {
            match (p.section, p.extended) {
                (Some(_), _) => found.sections.push(p),
                (None, true) => found.extended = found.extended.or(Some(p)),
                (None, false) => found.plain = found.plain.or(Some(p)),
            }
        }
        // Stable, so that of two equal sections the first one stays.
        found.sections.sort_by_key(|p| p.section);
        found.sections.dedup_by_key(|p| p.section);
        let whole = found
            .sections
            .iter()
            .zip(0u32..)
            .take_while(|(p, n)| p.section == Some(*n));
        let whole = whole.count();
        found.sections.truncate(whole);
        found
    }

    pub(crate) fn check(&self, sink: &mut Sink<'_>) {
        // Every parameter has an equals sign. Room for all that are read takes longer to clear than most fields to read.
        let most = memchr::memchr_iter(b'=', self.cursor.rest()).count();
        if most <= FEW_PARAMETERS {
            self.check_in(&mut [Seen::default(); FEW_PARAMETERS], sink);
        } else {
            self.check_in(&mut [Seen::default(); MAX_PARAMETERS], sink);
        }
    }

    fn check_in(&self, seen: &mut [Seen], sink: &mut Sink<'_>) {
        let mut cursor = self.cursor.clone();
        let mut count = 0;
        let mut sectioned = false;
        loop {
            let before = cursor.at();
            let Some(p) = next(&mut cursor, sink) else {
                break;
            };
            let (earlier, free) = seen.split_at_mut(count);
            let Some(slot) = free.first_mut() else {
                sink(
                    DefectCode::TooManyParameters,
                    before..before + cursor.rest().len(),
                );
                break;
            };
            *slot = Seen::new(&p);
            if let Some(code) = slot.against(earlier) {
                sink(code, p.range());
            }
            if p.extended {
                check_extended(&p, sink);
            }
            sectioned |= p.section.is_some();
            count += 1;
        }
        if sectioned {
            let seen = seen.get(..count).unwrap_or_default();
            for (p, this) in self.iter().zip(seen) {
                if this.lacks_predecessor(seen) {
                    sink(DefectCode::MissingSection, p.range());
                }
            }
        }
    }
}

struct Found<'a> {
    plain: Option<Parameter<'a>>,
    extended: Option<Parameter<'a>>,
    sections: Vec<Parameter<'a>>,
}

/// What a look for duplicates must know of a parameter: a hash stands for its name, so that each
/// comparison costs the same whatever the names are.
#[derive(Clone, Copy, Default)]
struct Seen {
    name: u32,
    form: u32,
}

impl Seen {
    const PLAIN: u32 = u32::MAX;
    const EXTENDED: u32 = u32::MAX - 1;

    fn new(p: &Parameter<'_>) -> Self {
        let name = p.name.iter().fold(0x811c_9dc5, |hash: u32, octet| {
            (hash ^ u32::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
        });
        let whole = if p.extended {
            Self::EXTENDED
        } else {
            Self::PLAIN
        };
        Self {
            name,
            form: p.section.unwrap_or(whole),
        }
    }

    fn is_section(self) -> bool {
        self.form < Self::EXTENDED
    }

    fn against(self, earlier: &[Self]) -> Option<DefectCode> {
        let mut verdict = None;
        for other in earlier.iter().filter(|other| other.name == self.name) {
            if self.form == other.form {
                return Some(DefectCode::DuplicateParameter);
            }
            if !(self.is_section() && other.is_section()) {
                verdict = Some(DefectCode::ConflictingParameter);
            }
        }
        verdict
    }

    fn lacks_predecessor(self, all: &[Self]) -> bool {
        if !self.is_section() {
            return false;
        }
        let Some(before) = self.form.checked_sub(1) else {
            return false;
        };
        !all.iter()
            .any(|other| other.name == self.name && other.form == before)
    }
}

fn check_extended(p: &Parameter<'_>, sink: &mut Sink<'_>) {
    let value = p.value();
    let first = matches!(p.section, None | Some(0));
    let (charset, _, octets) = if first {
        split_charset(value)
    } else {
        (None, None, value)
    };
    if first {
        match &charset {
            None => sink(DefectCode::InvalidExtendedValue, p.range()),
            Some(label) if label.is_empty() || Charset::for_label(label).is_some() => {}
            Some(_) => sink(DefectCode::UnknownCharset, p.range()),
        }
    }
    if !percent_decode(octets).1 {
        sink(DefectCode::InvalidExtendedValue, p.range());
    }
}

/// `charset'language'octets`; without two quotes, all are octets.
fn split_charset(value: Cow<'_, [u8]>) -> (Option<Vec<u8>>, Option<String>, Cow<'_, [u8]>) {
    let mut quotes = memchr::memchr_iter(b'\'', &value);
    let (Some(first), Some(second)) = (quotes.next(), quotes.next()) else {
        return (None, None, value);
    };
    let charset = value.get(..first).unwrap_or_default().to_vec();
    let language = value.get(first + 1..second).unwrap_or_default();
    let language = String::from_utf8_lossy(language).into_owned();
    let octets = match value {
        Cow::Borrowed(all) => Cow::Borrowed(all.get(second + 1..).unwrap_or_default()),
        Cow::Owned(mut all) => {
            all.drain(..=second);
            Cow::Owned(all)
        }
    };
    (Some(charset), Some(language), octets)
}

/// Octets with `%XX` decoded, other percent signs kept; whether all of them were in order.
fn percent_decode(value: Cow<'_, [u8]>) -> (Cow<'_, [u8]>, bool) {
    if memchr::memchr(b'%', &value).is_none() {
        return (value, true);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut clean = true;
    let mut rest = &*value;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        if octet == b'%' {
            if let [high, low, tail @ ..] = tail
                && let (Some(high), Some(low)) = (word::hex(*high), word::hex(*low))
            {
                out.push(high << 4 | low);
                rest = tail;
                continue;
            }
            clean = false;
        }
        out.push(octet);
    }
    (Cow::Owned(out), clean)
}

fn plain_text<'a>(p: &Parameter<'a>) -> Cow<'a, str> {
    match p.value() {
        Cow::Borrowed(raw) => word::text(raw, word::Place::Parameter, &mut |_, _| {}),
        Cow::Owned(raw) => {
            let text = word::text(&raw, word::Place::Parameter, &mut |_, _| {});
            Cow::Owned(text.into_owned())
        }
    }
}

/// Text of sections in order: neighbours that are extended are joined before they are decoded, since
/// a character may be cut between them.
fn sections_text(sections: &[Parameter<'_>]) -> (String, bool) {
    let mut text = String::new();
    let mut clean = true;
    let mut charset = None;
    let mut pending = Vec::new();
    for (index, part) in sections.iter().enumerate() {
        let mut octets = part.value();
        if !part.extended {
            clean &= flush(&mut text, &mut pending, charset);
            text.push_str(&charset::text(&octets, None).0);
            continue;
        }
        if index == 0 {
            let (label, _, rest) = split_charset(octets);
            clean &= label.is_some();
            octets = rest;
            if let Some(label) = label.filter(|l| !l.is_empty()) {
                charset = Charset::for_label(&label);
                clean &= charset.is_some();
            }
        }
        let (octets, whole) = percent_decode(octets);
        clean &= whole;
        pending.extend_from_slice(&octets);
    }
    clean &= flush(&mut text, &mut pending, charset);
    (text, clean)
}

fn flush(text: &mut String, pending: &mut Vec<u8>, charset: Option<Charset>) -> bool {
    let (decoded, clean) = charset::text(pending, charset);
    text.push_str(&decoded);
    pending.clear();
    clean
}

/// The next parameter; skips whatever is none.
fn next<'a>(cursor: &mut Cursor<'a>, sink: &mut Sink<'_>) -> Option<Parameter<'a>> {
    loop {
        let separated = separator(cursor, sink)?;
        let start = cursor.at();
        let name = cursor.take_while(|o| lex::is_token(o) && o != b'\'');
        cursor.cfws(sink);
        if !cursor.eat(b'=') {
            skip_item(cursor, sink);
            sink(DefectCode::ParameterWithoutValue, start..cursor.at());
            continue;
        }
        cursor.cfws(sink);
        let (value, quoted) = value(cursor, sink);
        let range = start..cursor.at();
        if !separated {
            sink(DefectCode::MissingSemicolon, start..start);
        }
        if name.is_empty() || value.is_empty() && !quoted {
            sink(DefectCode::ParameterWithoutValue, range.clone());
        }
        if name.is_empty() {
            continue;
        }
        let (name, section, extended) = sections_of(name).unwrap_or_else(|| {
            sink(DefectCode::InvalidParameterName, range.clone());
            (name, None, false)
        });
        return Some(Parameter {
            name,
            section,
            extended,
            quoted,
            value,
            range,
        });
    }
}

/// Skips what may stand between parameters; answers whether a semicolon was there, `None` at the end.
fn separator(cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) -> Option<bool> {
    let mut separated = false;
    loop {
        cursor.cfws(sink);
        if !cursor.eat(b';') {
            break;
        }
        separated = true;
    }
    if cursor.is_end() {
        None
    } else {
        Some(separated)
    }
}

fn skip_item(cursor: &mut Cursor<'_>, sink: &mut Sink<'_>) {
    loop {
        match cursor.peek() {
            None | Some(b';') => return,
            Some(b'"') => {
                cursor.quoted(sink);
            }
            Some(b'(') => {
                cursor.comment(sink);
            }
            Some(octet) => {
                cursor.bump();
                // What stands after white space may be a parameter again.
                if octet == b',' || lex::is_space(octet) && begins_parameter(cursor) {
                    return;
                }
            }
        }
    }
}

fn value<'a>(cursor: &mut Cursor<'a>, sink: &mut Sink<'_>) -> (&'a [u8], bool) {
    if cursor.peek() == Some(b'"') {
        let content = cursor.quoted(sink);
        return (cursor.slice(content), true);
    }
    let start = cursor.at();
    let mut end = start;
    let mut loose = false;
    loop {
        let word = cursor.take_while(|o| !lex::is_space(o) && !matches!(o, b';' | b'('));
        if word.is_empty() {
            break;
        }
        loose |= start != end || !word.iter().all(|&o| lex::is_token(o));
        end = cursor.at();
        cursor.take_while(lex::is_space);
        // A name with spaces and no quotes (`name=my file.pdf`) goes on, a parameter does not.
        if matches!(cursor.peek(), None | Some(b';' | b'(' | b'"')) || begins_parameter(cursor) {
            break;
        }
    }
    if loose {
        sink(DefectCode::UnquotedParameter, start..end);
    }
    (cursor.slice(start..end), false)
}

/// Whether `name=` stands here: looks no further than one word.
fn begins_parameter(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    let name = ahead.take_while(lex::is_token);
    !name.is_empty() && ahead.peek() == Some(b'=')
}

/// `name`, `name*`, `name*0`, `name*0*` (RFC 2231, section 7).
fn sections_of(whole: &[u8]) -> Option<(&[u8], Option<u32>, bool)> {
    let Some(star) = memchr::memchr(b'*', whole) else {
        return Some((whole, None, false));
    };
    let (name, rest) = (whole.get(..star)?, whole.get(star + 1..)?);
    if name.is_empty() {
        return None;
    }
    if rest.is_empty() {
        return Some((name, None, true));
    }
    let (digits, extended) = match rest {
        [digits @ .., b'*'] => (digits, true),
        digits => (digits, false),
    };
    // No leading zeros, so that each section has one name.
    let valid = digits == b"0"
        || digits.first().is_some_and(|d| (b'1'..=b'9').contains(d))
            && digits.len() <= 9
            && digits.iter().all(u8::is_ascii_digit);
    let number = digits.iter().fold(0u32, |n, d| {
        n.wrapping_mul(10).wrapping_add(u32::from(d & 15))
    });
    valid.then_some((name, Some(number), extended))
}
