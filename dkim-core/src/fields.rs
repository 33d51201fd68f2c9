//! The header, kept as it came: which instance of a field a signature means (RFC 6376 section 5.4.2).

use alloc::vec::Vec;
use core::{cmp::Ordering, ops::Range};

use mime_core::FieldShape;

use crate::canon::{self, Canonicalization};

/// Octets that may be held without need.
const SPARE: usize = 2048;

/// Fields of an ordinary header.
const USUAL: usize = 16;

/// Octets of a name that decide most comparisons.
const KEY: usize = 8;

/// The fields of a header.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    octets: Vec<u8>,
    list: Vec<Place>,
    /// The fields by name, those of one name from top to bottom.
    order: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The beginning of the name, for comparisons.
    key: u64,
    index: usize,
}

impl Entry {
    const fn of((index, place): (usize, &Place)) -> Self {
        let key = place.key;
        Self { key, index }
    }
}

#[derive(Debug)]
struct Place {
    /// The beginning of the name, for comparisons.
    key: u64,
    start: usize,
    name: usize,
    value: Range<usize>,
    end: usize,
}

impl Fields {
    pub(crate) fn push(&mut self, raw: &[u8], shape: &FieldShape) {
        if self.list.is_empty() {
            self.octets.reserve(SPARE);
            self.list.reserve(USUAL);
        }
        let start = self.octets.len();
        self.octets.extend_from_slice(raw);
        let value = shape.value();
        self.list.push(Place {
            key: key(raw.get(..shape.name_len()).unwrap_or_default()),
            start,
            name: start + shape.name_len(),
            value: start + value.start..start + value.end,
            end: self.octets.len(),
        });
    }

    /// The header is over.
    pub(crate) fn complete(&mut self) {
        if self.octets.capacity() > self.octets.len() + SPARE {
            self.octets.shrink_to_fit();
        }
        let mut order: Vec<Entry> = self.list.iter().enumerate().map(Entry::of).collect();
        order.sort_unstable_by(|a, b| {
            let names = || compare(self.name(a.index), self.name(b.index));
            a.key
                .cmp(&b.key)
                .then_with(names)
                .then(a.index.cmp(&b.index))
        });
        self.order = order;
    }

    /// Whether there may be two fields of a name.
    pub(crate) fn has_repeated(&self) -> bool {
        let after = self.order.iter().skip(1);
        self.order.iter().zip(after).any(|(a, b)| a.key == b.key)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// All fields, as they came.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The whole field, with its line end if it has one.
    pub(crate) fn raw(&self, index: usize) -> &[u8] {
        let place = self.list.get(index);
        place
            .and_then(|place| self.octets.get(place.start..place.end))
            .unwrap_or_default()
    }

    pub(crate) fn name(&self, index: usize) -> &[u8] {
        let place = self.list.get(index);
        place
            .and_then(|place| self.octets.get(place.start..place.name))
            .unwrap_or_default()
    }

    /// What follows the colon, without the line end.
    pub(crate) fn value(&self, index: usize) -> &[u8] {
        let place = self.list.get(index);
        place
            .and_then(|place| self.octets.get(place.value.clone()))
            .unwrap_or_default()
    }

    /// Octets of the field before its value.
    pub(crate) fn value_start(&self, index: usize) -> usize {
        let place = self.list.get(index);
        place.map_or(0, |place| place.value.start - place.start)
    }

    /// The fields of a name, in any case of letters, from top to bottom.
    pub(crate) fn named(
        &self,
        name: &[u8],
    ) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        let group = self.order.get(self.group(name)).unwrap_or_default();
        group.iter().map(|entry| entry.index)
    }

    fn group(&self, name: &[u8]) -> Range<usize> {
        let key = key(name);
        let before = |entry: &Entry| entry.key < key;
        // To count is less work than to search, in ordinary headers: no step depends on the one before.
        let begin = if self.order.len() <= 2 * USUAL {
            self.order
                .iter()
                .map(|entry| usize::from(before(entry)))
                .sum()
        } else {
            self.order.partition_point(before)
        };
        let alike = self.order.get(begin..).unwrap_or_default();
        let alike = alike.iter().take_while(|entry| entry.key == key);
        // The key is all of a short name.
        let tail = name.get(KEY..).unwrap_or_default();
        let same = |entry: &Entry| {
            let other = self.name(entry.index);
            let rest = other.get(KEY..).unwrap_or_default();
            other.len() == name.len() && rest.eq_ignore_ascii_case(tail)
        };
        let mut alike = alike.map(same);
        match alike.by_ref().position(|same| same) {
            Some(before) => {
                let start = begin + before;
                start..start + 1 + alike.take_while(|same| *same).count()
            }
            None => begin..begin,
        }
    }

    /// Hands out the canonical form of the fields that `names` mean: of one name the lowest first, and nothing for a
    /// name that is mentioned more often than there are fields. `own` is the field of the signature itself.
    pub(crate) fn canonical<'n>(
        &self,
        canonicalization: Canonicalization,
        names: impl Iterator<Item = &'n [u8]>,
        own: Option<usize>,
        out: &mut impl FnMut(&[u8]),
    ) {
        let mut taken = alloc::vec![0usize; self.order.len()];
        for name in names {
            let group = self.group(name);
            let Some(taken) = taken.get_mut(group.start).filter(|_| !group.is_empty()) else {
                continue;
            };
            let left = self.order.get(group).unwrap_or_default();
            let mut left = left.iter().rev().map(|entry| entry.index);
            let mut next = left.nth(*taken);
            *taken += usize::from(next.is_some());
            if own.is_some() && next == own {
                next = left.next();
                *taken += usize::from(next.is_some());
            }
            if let Some(index) = next {
                canon::header(canonicalization, self.raw(index), &mut *out);
            }
        }
    }
}

/// The first octets of a name in small letters, as a number in the order of names: it decides most comparisons.
fn key(name: &[u8]) -> u64 {
    let mut first = [0; KEY];
    match name.first_chunk() {
        Some(chunk) => first = *chunk,
        None => first
            .iter_mut()
            .zip(name)
            .for_each(|(to, from)| *to = *from),
    }
    first.make_ascii_lowercase();
    u64::from_be_bytes(first)
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    a.iter()
        .map(u8::to_ascii_lowercase)
        .cmp(b.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use bytes::BytesMut;

    use super::*;
    use crate::{
        limits::Limits,
        reader::{Reader, Step},
    };

    fn chosen(header: &str, names: &[&str], own: Option<usize>) -> String {
        let mut reader = Reader::new(&Limits::default());
        let mut rx = BytesMut::from(header.as_bytes());
        assert_eq!(reader.step(&mut rx), Step::HeaderEnd);
        let mut all = Vec::new();
        let names = names.iter().map(|name| name.as_bytes());
        reader
            .fields
            .canonical(Canonicalization::Relaxed, names, own, &mut |piece| {
                all.extend_from_slice(piece);
            });
        String::from_utf8(all).unwrap()
    }

    const HEADER: &str = "A: 1\r\nB: 2\r\na : 3\r\nC: 4\r\nA: 5\r\n\r\n";

    #[test]
    fn instances_are_taken_from_the_bottom_up() {
        assert_eq!(
            chosen(HEADER, &["A", "b", "a"], None),
            "a:5\r\nb:2\r\na:3\r\n"
        );
        assert_eq!(
            chosen(HEADER, &["a", "a", "a"], None),
            "a:5\r\na:3\r\na:1\r\n"
        );
    }

    #[test]
    fn names_without_a_field_left_are_nothing() {
        assert_eq!(
            chosen(HEADER, &["b", "b", "x", "c"], None),
            "b:2\r\nc:4\r\n"
        );
        assert_eq!(chosen("\r\n", &["a"], None), "");
    }

    #[test]
    fn the_own_field_is_passed_over() {
        assert_eq!(chosen(HEADER, &["a", "a", "a"], Some(4)), "a:3\r\na:1\r\n");
        assert_eq!(chosen(HEADER, &["a", "a", "a"], Some(0)), "a:5\r\na:3\r\n");
        assert_eq!(chosen(HEADER, &["a", "b"], Some(2)), "a:5\r\nb:2\r\n");
    }
}
