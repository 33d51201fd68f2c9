//! Dates (RFC 5322, sections 3.3 and 4.3).

use super::lex::{self, Cursor};
use crate::defect::{DefectCode, Sink};

/// A moment, and the zone it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix: i64,
    /// Minutes that the zone is ahead of UTC.
    pub offset: i16,
    /// Whether the zone says where the sender was: `-0000` and unknown names do not.
    pub zone_known: bool,
}

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

/// Zones with a meaning (RFC 5322, section 4.3), in minutes.
const ZONES: [(&[u8], i16); 11] = [
    (b"UT", 0),
    (b"GMT", 0),
    (b"UTC", 0),
    (b"EST", -300),
    (b"EDT", -240),
    (b"CST", -360),
    (b"CDT", -300),
    (b"MST", -420),
    (b"MDT", -360),
    (b"PST", -480),
    (b"PDT", -420),
];

/// Reads the value of a Date field, or what follows the last semicolon of Received.
///
/// The day of the week is not believed; names may be in any case; seconds and zone may be missing.
pub fn date(value: &[u8], sink: &mut Sink<'_>) -> Option<DateTime> {
    let mut reader = Reader {
        cursor: Cursor::new(value),
        obsolete: false,
    };
    let Some(date) = reader.read(sink) else {
        sink(DefectCode::InvalidDate, 0..value.len());
        return None;
    };
    reader.cursor.cfws(sink);
    if !reader.cursor.is_end() {
        sink(DefectCode::StrayText, reader.cursor.at()..value.len());
    }
    if reader.obsolete {
        sink(DefectCode::ObsoleteDate, 0..value.len());
    }
    Some(date)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    obsolete: bool,
}

impl Reader<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Option<DateTime> {
        self.cursor.cfws(sink);
        let word = self.cursor.take_while(|o| o.is_ascii_alphabetic());
        let day_of_week = word
            .get(..3)
            .is_some_and(|w| DAYS.iter().any(|d| w.eq_ignore_ascii_case(*d)));
        if !word.is_empty() {
            if !day_of_week {
                return None;
            }
            self.cursor.cfws(sink);
            // Without its comma nothing else is possible.
            self.obsolete |= !self.cursor.eat(b',') || word.len() > 3;
            self.cursor.cfws(sink);
        }
        if self.cursor.peek().is_some_and(|o| o.is_ascii_alphabetic()) {
            return self.asctime(sink);
        }
        let (day, digits) = self.number()?;
        self.obsolete |= digits > 2;
        self.separator(sink);
        let month = self.month()?;
        self.separator(sink);
        let year = self.year()?;
        self.cursor.cfws(sink);
        let seconds = self.time(sink)?;
        let zone = self.zone(sink);
        moment(year, month, day, seconds, zone)
    }

    /// `Nov 13 14:50:12 2005`, as the C library prints dates, also with a zone before the year.
    fn asctime(&mut self, sink: &mut Sink<'_>) -> Option<DateTime> {
        self.obsolete = true;
        let month = self.month()?;
        self.cursor.cfws(sink);
        let (day, _) = self.number()?;
        self.cursor.cfws(sink);
        let seconds = self.time(sink)?;
        self.cursor.cfws(sink);
        let mut zone = None;
        if !self.cursor.peek().is_some_and(|o| o.is_ascii_digit()) {
            zone = Some(self.zone(sink));
            self.cursor.cfws(sink);
        }
        let year = self.year()?;
        let zone = zone.unwrap_or_else(|| self.zone(sink));
        moment(year, month, day, seconds, zone)
    }

    /// Seconds since midnight.
    fn time(&mut self, sink: &mut Sink<'_>) -> Option<i64> {
        let (hour, _) = self.number()?;
        let minute = self.colon(sink)??;
        let second = self.colon(sink)?.unwrap_or(0);
        // Fractions are written by some, and mean nothing here.
        if self.cursor.eat(b'.') {
            self.obsolete = true;
            self.number()?;
        }
        let valid = hour < 24 && minute < 60 && second <= 60;
        valid.then_some(hour * 3600 + minute * 60 + second)
    }

    /// A number of at most nine digits, and how many it has.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.cursor.take_while(|o| o.is_ascii_digit());
        let value = digits.iter().fold(0i64, |n, d| {
            n.saturating_mul(10).saturating_add(i64::from(d & 15))
        });
        (1..=9)
            .contains(&digits.len())
            .then_some((value, digits.len()))
    }

    /// White space, or the hyphen that some write.
    fn separator(&mut self, sink: &mut Sink<'_>) {
        self.cursor.cfws(sink);
        if self.cursor.eat(b'-') {
            self.obsolete = true;
            self.cursor.cfws(sink);
        }
    }

    fn month(&mut self) -> Option<i64> {
        let word = self.cursor.take_while(|o| o.is_ascii_alphabetic());
        self.obsolete |= word.len() > 3;
        let name = word.get(..3)?;
        (1..)
            .zip(MONTHS)
            .find(|(_, m)| name.eq_ignore_ascii_case(*m))
            .map(|(n, _)| n)
    }

    /// Two digits below 50 are of this century, other two and all three of the last (section 4.3).
    fn year(&mut self) -> Option<i64> {
        let (year, digits) = self.number()?;
        self.obsolete |= digits < 4;
        match digits {
            2 if year < 50 => Some(year + 2000),
            2 | 3 => Some(year + 1900),
            4 => Some(year),
            _ => None,
        }
    }

    /// `:` and a number; the inner `None` if there is no colon.
    fn colon(&mut self, sink: &mut Sink<'_>) -> Option<Option<i64>> {
        self.cursor.cfws(sink);
        if !self.cursor.eat(b':') {
            return Some(None);
        }
        self.cursor.cfws(sink);
        self.number().map(|(n, _)| Some(n))
    }

    fn zone(&mut self, sink: &mut Sink<'_>) -> (i16, bool) {
        let before = self.cursor.at();
        self.cursor.cfws(sink);
        let start = self.cursor.at();
        let word = self
            .cursor
            .take_while(|o| !lex::is_space(o) && !matches!(o, b'(' | b';' | b','));
        if let [sign @ (b'+' | b'-'), digits @ ..] = word {
            if let Some(minutes) = numeric_zone(digits) {
                self.obsolete |= digits.len() != 4;
                let negative = *sign == b'-';
                return (
                    if negative { -minutes } else { minutes },
                    !(negative && minutes == 0),
                );
            }
        } else if let Some((_, minutes)) = ZONES.iter().find(|(z, _)| word.eq_ignore_ascii_case(z))
        {
            self.obsolete = true;
            return (*minutes, true);
        } else if let [letter] = word
            && letter.is_ascii_alphabetic()
        {
            // Military zones were defined the wrong way round, so that none of them says anything.
            self.obsolete = true;
            return (0, false);
        }
        sink(DefectCode::UnknownZone, start.min(before)..self.cursor.at());
        (0, false)
    }
}

fn moment(
    year: i64,
    month: i64,
    day: i64,
    seconds: i64,
    (offset, zone_known): (i16, bool),
) -> Option<DateTime> {
    let local = days_from_civil(year, month, day) * 86_400 + seconds;
    let unix = local - i64::from(offset) * 60;
    (1..=days_in(year, month))
        .contains(&day)
        .then_some(DateTime {
            unix,
            offset,
            zone_known,
        })
}

/// `hhmm`; also `hmm`, `hh` and `h`.
fn numeric_zone(digits: &[u8]) -> Option<i16> {
    if !digits.iter().all(u8::is_ascii_digit) || !(1..=4).contains(&digits.len()) {
        return None;
    }
    let number = digits.iter().fold(0i16, |n, d| n * 10 + i16::from(d & 15));
    let (hours, minutes) = if digits.len() <= 2 {
        (number, 0)
    } else {
        (number / 100, number % 100)
    };
    (minutes < 60).then_some(hours * 60 + minutes)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March, so that the day that
/// some years have more is the last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let before_month = (153 * month + 2) / 5;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + before_month + day - 1 - 719_468
}
