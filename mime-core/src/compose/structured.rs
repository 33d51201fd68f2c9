//! Addresses, identifiers and dates (RFC 5322, sections 3.3, 3.4 and 3.6.4).

use alloc::string::ToString;

use super::error::Misuse;
use super::fold::Fold;
use super::look::{kind, kinds_of};
use super::text::{self, Wording, admit};
use crate::field;

/// An address, and perhaps the name of whom it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailbox<'a> {
    /// The display name; empty for none.
    pub name: &'a str,
    /// `local@domain` as mail writes it: in quotes if the local part is no atom.
    pub address: &'a str,
}

/// A member of an address list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address<'a> {
    /// One mailbox.
    Mailbox(Mailbox<'a>),
    /// A named list of mailboxes, which may be empty.
    Group {
        /// Its name.
        name: &'a str,
        /// Its members.
        members: &'a [Mailbox<'a>],
    },
}

impl<'a> Address<'a> {
    /// A mailbox with a display name.
    #[must_use]
    pub fn new(name: &'a str, address: &'a str) -> Self {
        Self::Mailbox(Mailbox { name, address })
    }

    /// A group.
    #[must_use]
    pub fn group(name: &'a str, members: &'a [Mailbox<'a>]) -> Self {
        Self::Group { name, members }
    }
}

impl<'a> From<&'a str> for Address<'a> {
    /// A mailbox without a name.
    fn from(address: &'a str) -> Self {
        Self::new("", address)
    }
}

/// Writes an address list.
pub(super) fn addresses(
    field: &mut Fold<'_>,
    list: &[Address<'_>],
    wording: Wording,
) -> Result<(), Misuse> {
    if list.is_empty() {
        return Err(Misuse::EmptyList);
    }
    for (at, address) in list.iter().enumerate() {
        if at > 0 {
            field.push(b",");
        }
        match address {
            Address::Mailbox(member) => mailbox(field, member, wording)?,
            Address::Group { name, members } => {
                if name.is_empty() {
                    return Err(Misuse::InvalidAddress);
                }
                text::phrase(field, name, wording)?;
                field.push(b":");
                for (at, member) in members.iter().enumerate() {
                    if at > 0 {
                        field.push(b",");
                    }
                    mailbox(field, member, wording)?;
                }
                field.push(b";");
            }
        }
    }
    Ok(())
}

fn mailbox(field: &mut Fold<'_>, member: &Mailbox<'_>, wording: Wording) -> Result<(), Misuse> {
    let Mailbox { name, address } = *member;
    if !(address.is_ascii() && is_dotted_address(address)) {
        admit(address, false)?;
        if wording == Wording::EncodedWords && !address.is_ascii() {
            return Err(Misuse::NotAscii);
        }
        if !is_address(address) {
            return Err(Misuse::InvalidAddress);
        }
    }
    // Some readers take a quoted string that stands without brackets for a name.
    if name.is_empty() && !address.starts_with('"') {
        field.piece(b" ", [address.as_bytes()]);
        return Ok(());
    }
    text::phrase(field, name, wording)?;
    field.piece(b" ", [b"<", address.as_bytes(), b">"]);
    Ok(())
}

/// `dot-atom`.
fn is_dotted(text: &str) -> bool {
    let mut before = kind::DOT;
    for octet in text.bytes() {
        let kinds = kinds_of(octet);
        let stands = kinds & (kind::ATEXT | kind::DOT) != 0 && kinds & before & kind::DOT == 0;
        if !stands {
            return false;
        }
        before = kinds;
    }
    before & kind::DOT == 0
}

/// What most addresses are: two of these.
fn is_dotted_address(address: &str) -> bool {
    halves(address).is_some_and(|(local, domain)| is_dotted(local) && is_dotted(domain))
}

/// What is on both sides of the last `@`.
fn halves(address: &str) -> Option<(&str, &str)> {
    let at = address.bytes().rposition(|octet| octet == b'@')?;
    Some((address.get(..at)?, address.get(at + 1..)?))
}

/// `addr-spec` (RFC 5322, section 3.4.1) without white space and comments.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = halves(address) else {
        return false;
    };
    let literal = domain.starts_with('[') && domain.ends_with(']');
    match (is_dotted(local), is_dotted(domain)) {
        (true, true) => true,
        (_, dotted) => (dotted || literal) && reads_back(address),
    }
}

/// Any other is one that readers take without a word, and write the same way.
fn reads_back(address: &str) -> bool {
    let mut faults = 0;
    let list = field::addresses(address.as_bytes(), &mut |_, _| faults += 1);
    let [field::Address::Mailbox(mailbox)] = list.as_slice() else {
        return false;
    };
    let whole = |spec: &field::AddrSpec<'_>| !spec.domain.is_empty() && spec.to_string() == address;
    faults == 0 && mailbox.name.is_none() && mailbox.address.as_ref().is_some_and(whole)
}

/// Writes message identifiers in angle brackets.
pub(super) fn message_ids(
    field: &mut Fold<'_>,
    ids: &[&str],
    wording: Wording,
) -> Result<(), Misuse> {
    if ids.is_empty() {
        return Err(Misuse::EmptyList);
    }
    for id in ids {
        let look = admit(id, false)?;
        let halves = id.split_once('@');
        let whole = halves.is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
        if !whole || look.has(kind::DELIMITER) {
            return Err(Misuse::InvalidMessageId);
        }
        if wording == Wording::EncodedWords && look.has(kind::HIGH) {
            return Err(Misuse::NotAscii);
        }
        field.piece(b" ", [b"<", id.as_bytes(), b">"]);
    }
    Ok(())
}

const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// 1 January 1970 was a Thursday.
const DAYS: &[u8; 21] = b"ThuFriSatSunMonTueWed";

/// Writes a date. `zone` is in minutes ahead of UTC; without it `-0000` says that it is not known.
pub(super) fn date(field: &mut Fold<'_>, unix: i64, zone: Option<i16>) -> Result<(), Misuse> {
    let ahead = i64::from(zone.unwrap_or(0));
    if ahead.abs() >= 100 * 60 {
        return Err(Misuse::InvalidDate);
    }
    let local = unix.checked_add(ahead * 60).ok_or(Misuse::InvalidDate)?;
    let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    // 1 January 1900 and 1 January 10000.
    if !(-25_567..2_932_897).contains(&days) {
        return Err(Misuse::InvalidDate);
    }
    let (year, month, day) = civil(days);
    let sign = if zone.is_none() || ahead < 0 {
        b'-'
    } else {
        b'+'
    };
    let [a, b, c] = name(DAYS, days.rem_euclid(7));
    let [d, e] = digits(day);
    let [f, g, h] = name(MONTHS, month - 1);
    let ([i, j], [k, l]) = (digits(year / 100), digits(year % 100));
    let ([m, n], [o, p]) = (digits(second / 3600), digits(second / 60 % 60));
    let ([q, r], [s, t]) = (digits(second % 60), digits(ahead.abs() / 60));
    let [u, v] = digits(ahead.abs() % 60);
    let date = [
        a, b, c, b',', b' ', d, e, b' ', f, g, h, b' ', i, j, k, l, b' ', m, n, b':', o, p, b':',
        q, r, b' ', sign, s, t, u, v,
    ];
    let (week, rest) = date.split_at(5);
    field.piece(b" ", [week, rest.strip_prefix(b"0").unwrap_or(rest)]);
    Ok(())
}

/// The name with this number.
fn name(names: &[u8], at: i64) -> [u8; 3] {
    let names = names.as_chunks().0;
    let name = usize::try_from(at).ok().and_then(|at| names.get(at));
    name.copied().unwrap_or_default()
}

/// Two digits of a number below 100.
fn digits(value: i64) -> [u8; 2] {
    // Small numbers are divided faster.
    let value = u8::try_from(value).unwrap_or_default();
    [value / 10, value % 10].map(text::digit)
}

/// Year, month and day of the month of a day counted from 1970-01-01, in the calendar of Gregory throughout. Years
/// begin in March, so that the day that is not always there is the last one of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    fn write(write: impl FnOnce(&mut Fold<'_>) -> Result<(), Misuse>) -> Result<String, Misuse> {
        let mut out = Vec::new();
        let mut field = Fold::new(&mut out, "A").unwrap();
        write(&mut field)?;
        field.finish()?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn one(name: &str, address: &str) -> Result<String, Misuse> {
        write(|field| addresses(field, &[Address::new(name, address)], Wording::EncodedWords))
    }

    #[test]
    fn a_name_is_written_as_atoms_a_quoted_string_or_encoded_words() {
        for (name, expected) in [
            ("", "A: a@b\r\n"),
            ("Jane Doe", "A: Jane Doe <a@b>\r\n"),
            ("Doe, Jane", "A: \"Doe, Jane\" <a@b>\r\n"),
            ("J. \"X\" \\", "A: \"J. \\\"X\\\" \\\\\" <a@b>\r\n"),
            ("J\u{f6}rg", "A: =?utf-8?q?J=C3=B6rg?= <a@b>\r\n"),
            (
                "=?utf-8?q?x?=",
                "A: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= <a@b>\r\n",
            ),
        ] {
            assert_eq!(one(name, "a@b").unwrap(), expected);
        }
    }

    #[test]
    fn only_one_whole_address_is_taken() {
        for good in [
            "a@b",
            "a.b+c@d.example",
            "\"a b\"@c",
            "a@[192.0.2.1]",
            "\"\"@b",
            "\"a@b\"@c",
        ] {
            let quoted = good.starts_with('"');
            let bracketed = if quoted {
                format!("<{good}>")
            } else {
                good.into()
            };
            assert_eq!(one("", good).unwrap(), format!("A: {bracketed}\r\n"));
        }
        for bad in [
            "", "a", "@b", "a@", "a@b@c", "a@b, c@d", "<a@b>", "x <a@b>", "a b@c", "a@b(c)",
            "a..b@c", "g: a@b;", "\"a@b", "a@b;", " a@b", "a@b>", "\"a\"b@c", ".a@b", "a@b.",
            "a@[1",
        ] {
            assert_eq!(one("", bad), Err(Misuse::InvalidAddress), "{bad}");
        }
        assert_eq!(one("", "a@b\r\nBcc: c"), Err(Misuse::LineBreak));
        assert_eq!(one("x\nBcc: c", "a@b"), Err(Misuse::LineBreak));
        assert_eq!(one("", "\u{e9}@b"), Err(Misuse::NotAscii));
    }

    #[test]
    fn groups_hold_mailboxes_or_nobody() {
        let member = |name, address| Mailbox { name, address };
        let members = [member("J", "j@b"), member("", "k@b")];
        let list = [
            Address::group("A few", &members),
            Address::group("nobody", &[]),
        ];
        let written = write(|field| addresses(field, &list, Wording::EncodedWords)).unwrap();
        assert_eq!(written, "A: A few: J <j@b>, k@b;, nobody:;\r\n");
        assert_eq!(
            write(|field| addresses(field, &[], Wording::EncodedWords)),
            Err(Misuse::EmptyList)
        );
    }

    #[test]
    fn identifiers_are_bracketed_and_whole() {
        let ids = |ids: &[&str]| write(|field| message_ids(field, ids, Wording::EncodedWords));
        assert_eq!(ids(&["a@b", "c@d"]).unwrap(), "A: <a@b> <c@d>\r\n");
        for bad in ["", "a", "a@", "<a@b>", "a b@c", "a@b> <c@d"] {
            assert_eq!(ids(&[bad]), Err(Misuse::InvalidMessageId), "{bad}");
        }
        assert_eq!(ids(&["a@b\r\n c@d"]), Err(Misuse::LineBreak));
        assert_eq!(ids(&[]), Err(Misuse::EmptyList));
    }

    #[test]
    fn dates_are_those_that_readers_read() {
        let date = |unix, zone| write(|field| date(field, unix, zone));
        assert_eq!(
            date(0, Some(0)).unwrap(),
            "A: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        );
        assert_eq!(
            date(1_709_210_096, Some(-210)).unwrap(),
            "A: Thu, 29 Feb 2024 09:04:56 -0330\r\n"
        );
        assert_eq!(
            date(0, None).unwrap(),
            "A: Thu, 1 Jan 1970 00:00:00 -0000\r\n"
        );
        let (first, last) = (-25_567 * 86_400, 2_932_897 * 86_400 - 1);
        for unix in (first..=last).step_by(86_399 * 13).chain([first, last]) {
            let text = date(unix, Some(0)).unwrap();
            let value = text.strip_prefix("A:").unwrap();
            let mut faults = 0;
            let read = field::date(value.trim_end().as_bytes(), &mut |_, _| faults += 1);
            assert_eq!((read.unwrap().unix, faults), (unix, 0), "{text}");
        }
        assert_eq!(date(first - 1, Some(0)), Err(Misuse::InvalidDate));
        assert_eq!(date(last + 1, Some(0)), Err(Misuse::InvalidDate));
        assert_eq!(date(last, Some(1)), Err(Misuse::InvalidDate));
        assert_eq!(date(0, Some(6_000)), Err(Misuse::InvalidDate));
        assert!(date(0, Some(-5_999)).is_ok());
        assert_eq!(date(i64::MAX, Some(1)), Err(Misuse::InvalidDate));
    }
}
