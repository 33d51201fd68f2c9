//! Tag lists (RFC 6376 section 3.2), in signatures and in key records.

use alloc::vec::Vec;
use core::ops::Range;

use thiserror::Error;

use crate::canon::scan;

/// Tags of an ordinary list, and some more.
const USUAL: usize = 16;

/// Why a list, or a value in it, was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is no tag list: a name, an equals sign or an allowed octet is missing.
    #[error("not a tag list")]
    List,
    /// A tag occurs twice, which voids the list.
    #[error("a tag occurs twice")]
    Duplicate,
    /// The value of a tag does not follow its syntax.
    #[error("the value of {0}= breaks its syntax")]
    Value(&'static str),
    /// A required tag is absent.
    #[error("{0}= is missing")]
    Missing(&'static str),
}

/// One `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name, case as it came.
    pub name: &'a [u8],
    /// The value, without the white space around it; folding inside is still there.
    pub value: &'a [u8],
    /// Where the value lies in the list, with the white space around it.
    pub range: Range<usize>,
}

/// A list of tags, in order. No name occurs twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagList<'a> {
    tags: Vec<Tag<'a>>,
}

impl<'a> TagList<'a> {
    /// Reads a whole list. White space behind the last semicolon is taken too, as key records often have it.
    ///
    /// # Errors
    /// [`Malformed::List`] and [`Malformed::Duplicate`]: either voids the list (section 3.2).
    pub fn parse(list: &'a [u8]) -> Result<Self, Malformed> {
        check(list)?;
        let mut tags: Vec<Tag<'a>> = Vec::with_capacity(USUAL);
        let mut start = 0;
        while let Some(rest) = list.get(start..) {
            let end = memchr::memchr(b';', rest);
            let spec = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
            if end.is_none() && start > 0 && spec.trim_ascii().is_empty() {
                break;
            }
            tags.push(tag(spec, start)?);
            start += spec.len() + 1;
        }
        if has_twins(&tags) {
            return Err(Malformed::Duplicate);
        }
        Ok(Self { tags })
    }

    /// Finds a tag by its name, case included.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&Tag<'a>> {
        self.tags
            .iter()
            .find(|tag| is_same(tag.name, name.as_bytes()))
    }

    /// The value of a tag.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.tag(name).map(|tag| tag.value)
    }

    /// The tags in order.
    #[must_use]
    pub fn tags(&self) -> &[Tag<'a>] {
        &self.tags
    }
}

fn tag(spec: &[u8], start: usize) -> Result<Tag<'_>, Malformed> {
    let equals = memchr::memchr(b'=', spec).ok_or(Malformed::List)?;
    let (name, value) = spec.split_at_checked(equals).ok_or(Malformed::List)?;
    let value = value.get(1..).unwrap_or_default();
    let name = name.trim_ascii();
    let tail = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
    match name.split_first() {
        Some((first, rest)) if first.is_ascii_alphabetic() && rest.iter().all(tail) => {}
        Some(_) | None => return Err(Malformed::List),
    }
    let range = start + equals + 1..start + spec.len();
    Ok(Tag {
        name,
        value: value.trim_ascii(),
        range,
    })
}

/// Whether two names are the same. They are a letter or two, for which a call costs more than it saves.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

/// Whether a name occurs twice: pair by pair where that is less work than sorting.
fn has_twins(tags: &[Tag<'_>]) -> bool {
    if tags.len() <= USUAL {
        // Letters that names begin with; most lists repeat one, of `b` and `bh`.
        let mut firsts = 0u64;
        return tags.iter().enumerate().any(|(index, tag)| {
            let first = 1 << (tag.name.first().unwrap_or(&0) & 63);
            let known = firsts & first != 0;
            firsts |= first;
            let mut before = tags.iter().take(index);
            known && before.any(|other| is_same(other.name, tag.name))
        });
    }
    let mut names: Vec<&[u8]> = tags.iter().map(|tag| tag.name).collect();
    names.sort_unstable();
    names.iter().zip(names.iter().skip(1)).any(|(a, b)| a == b)
}

/// Checks the octets of a list: of controls there are TABs, and CRLF before white space.
///
/// RFC 6532 and RFC 8616 let UTF-8 in beside the printable US-ASCII of RFC 6376.
fn check(list: &[u8]) -> Result<(), Malformed> {
    let mut from = 0;
    while let Some(control) = scan::next_control(list, from) {
        match list.get(control..) {
            Some([b'\r', b'\n', b' ' | b'\t', ..]) => from = control + 2,
            Some(_) | None => return Err(Malformed::List),
        }
    }
    if !list.is_ascii() && core::str::from_utf8(list).is_err() {
        return Err(Malformed::List);
    }
    Ok(())
}

/// Splits a list of names at its colons, white space around each removed.
pub(crate) fn colon_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|octet| *octet == b':').map(<[u8]>::trim_ascii)
}

/// Tells whether `word` is a `hyphenated-word`: a letter, then letters, digits and hyphens, the last no hyphen.
pub(crate) fn is_hyphenated_word(word: &[u8]) -> bool {
    let inside = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && word.last() != Some(&b'-')
        && word.iter().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(list: &str) -> Result<Vec<(&str, &str)>, Malformed> {
        let text = |octets| core::str::from_utf8(octets).unwrap();
        let list = TagList::parse(list.as_bytes())?;
        let pairs = list.tags.iter();
        Ok(pairs.map(|tag| (text(tag.name), text(tag.value))).collect())
    }

    #[test]
    fn white_space_may_fold_around_names_and_values() {
        let list = " v = 1 ;\r\n\ta=b c;d=\r\n e\r\n f;g=";
        let expected = [("v", "1"), ("a", "b c"), ("d", "e\r\n f"), ("g", "")];
        assert_eq!(values(list).unwrap(), expected);
        assert_eq!(values("v=1; ").unwrap(), [("v", "1")]);
        assert_eq!(values("v=1;").unwrap(), [("v", "1")]);
    }

    #[test]
    fn a_range_covers_the_white_space_around_a_value() {
        let list = TagList::parse(b"a=1; b= x\r\n y ;c=2").unwrap();
        assert_eq!(list.tag("b").unwrap().range, 7..14);
    }

    #[test]
    fn a_tag_that_occurs_twice_voids_the_list() {
        assert_eq!(values("a=1;b=2;a=3"), Err(Malformed::Duplicate));
        assert_eq!(values("a=1;A=2").unwrap(), [("a", "1"), ("A", "2")]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for list in [
            "", ";", "a", "=1", "a=1;;b=2", "1a=1", "a-b=1", "a b=1", "a=\x07", "a=\r\nb", "a=\rb",
            "a=\n b", "é=1",
        ] {
            assert_eq!(values(list), Err(Malformed::List), "{list:?}");
        }
        assert!(TagList::parse(b"a=\xff").is_err());
        assert_eq!(values("a=é").unwrap(), [("a", "é")]);
    }
}
