//! Messages signed by a program of its own, with what the RFCs say of each: `testkit/dkim`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a file of this crate that breaks its own syntax ends the test"
)]

use std::collections::BTreeMap;

/// The cases, which `testkit/dkim/generate.py` writes.
pub const CASES: &str = include_str!("../dkim/cases.txt");

/// What the DNS says of a name. A name that is not there does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// TXT records, each by its strings.
    Records(Vec<Vec<Vec<u8>>>),
    /// The name exists, without TXT records.
    NoData,
    /// The server fails.
    Unavailable,
}

/// One message, and what it must lead to.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// What it is about.
    pub id: &'static str,
    /// The clause that decides: the number of an RFC and of a section.
    pub clause: &'static str,
    /// When it arrives, in seconds since 1970.
    pub now: u64,
    /// A word for a policy other than the usual one.
    pub config: &'static str,
    /// Class of RFC 8601 and reason of each signature, from the top; `none` without a signature, `unreadable` for a
    /// message that has no header.
    pub expected: Vec<(&'static str, &'static str)>,
    /// The message.
    pub message: Vec<u8>,
}

/// All answers of the DNS, and all cases.
///
/// # Panics
/// When the file breaks its own syntax.
#[must_use]
pub fn cases() -> (BTreeMap<&'static str, Answer>, Vec<Case>) {
    let (zone, cases) = CASES.split_once("\n\n").unwrap();
    let mut answers = BTreeMap::new();
    for line in zone.lines().filter(|line| !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap();
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match (word, answers.entry(name).or_insert(Answer::NoData)) {
            ("txt", Answer::Records(records)) => records.push(strings(text)),
            ("txt", answer) => *answer = Answer::Records(vec![strings(text)]),
            ("nodata", _) => {}
            ("servfail", answer) => *answer = Answer::Unavailable,
            _ => panic!("{line}"),
        }
    }
    (answers, cases.split("\n\n").map(case).collect())
}

fn case(text: &'static str) -> Case {
    let mut case = Case {
        now: 1_700_000_000,
        ..Case::default()
    };
    for line in text.lines() {
        let (mark, rest) = line.split_at(1);
        match (mark, line.split_once(' ').unwrap_or((line, ""))) {
            ("|", _) => case.message.extend(unescape(rest).chain(*b"\r\n")),
            ("+", _) => case.message.extend(unescape(rest)),
            (_, ("case", id)) => case.id = id,
            (_, ("clause", clause)) => case.clause = clause,
            (_, ("now", now)) => case.now = now.parse().unwrap(),
            (_, ("config", config)) => case.config = config,
            (_, ("expect", what)) => {
                let pair = what.split_once(' ').unwrap_or((what, ""));
                case.expected.push(pair);
            }
            _ => panic!("{line}"),
        }
    }
    case
}

/// Strings between quotation marks, which do not occur inside.
fn strings(text: &str) -> Vec<Vec<u8>> {
    let inside = text.split('"').skip(1).step_by(2);
    inside.map(|string| unescape(string).collect()).collect()
}

/// `\r`, `\n`, `\t`, `\\` and `\xHH`.
fn unescape(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    core::iter::from_fn(move || {
        let (octet, len) = match rest {
            [] => return None,
            [b'\\', b'r', ..] => (b'\r', 2),
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b't', ..] => (b'\t', 2),
            [b'\\', b'\\', ..] => (b'\\', 2),
            [b'\\', b'x', a, b, ..] => {
                let digits = [*a, *b];
                let digits = core::str::from_utf8(&digits).unwrap();
                (u8::from_str_radix(digits, 16).unwrap(), 4)
            }
            [b'\\', ..] => panic!("{text}"),
            [octet, ..] => (*octet, 1),
        };
        rest = &rest[len..];
        Some(octet)
    })
}
