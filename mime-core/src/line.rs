//! Line ends, counted and judged while octets pass: no line is ever collected.

use crate::defect::{Defect, DefectCode};

/// The most octets of a line without its end (RFC 5322, section 2.1.1).
const MAX_LINE: u64 = 998;

/// Octets counted at once: sums of one octet each cannot overflow, and no line inside can be too long.
const STRIDE: usize = 240;

/// Where something was first seen in an entity, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    at: u64,
    len: u64,
    count: u64,
}

impl Seen {
    fn note(&mut self, at: u64, len: u64) {
        if self.count == 0 {
            (self.at, self.len) = (at, len);
        }
        self.count += 1;
    }

    fn defect(&self, code: DefectCode) -> Option<Defect> {
        (self.count > 0).then_some(Defect {
            code,
            at: self.at,
            len: self.len,
        })
    }
}

/// What the lines of one entity hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Census {
    bare_cr: Seen,
    bare_lf: Seen,
    nul: Seen,
    long: Seen,
    eight_bit: Seen,
}

impl Census {
    /// What to report of it. `binary` bodies may hold any octets; `seven_bit` ones no octet above 127.
    pub(crate) fn defects(&self, binary: bool, seven_bit: bool) -> impl Iterator<Item = Defect> {
        let text = |seen: &Seen, code| if binary { None } else { seen.defect(code) };
        [
            text(&self.bare_cr, DefectCode::BareCr),
            text(&self.bare_lf, DefectCode::BareLf),
            text(&self.nul, DefectCode::Nul),
            text(&self.long, DefectCode::LongLine),
            if seven_bit {
                self.eight_bit.defect(DefectCode::EightBitInSevenBit)
            } else {
                None
            },
        ]
        .into_iter()
        .flatten()
    }

    /// Whether all kinds of `tally` are known already, so that their places no longer matter.
    fn covers(&self, tally: Tally) -> bool {
        (tally.bare_cr() == 0 || self.bare_cr.count > 0)
            && (tally.bare_lf() == 0 || self.bare_lf.count > 0)
            && (tally.nul == 0 || self.nul.count > 0)
            && (tally.high < 0x80 || self.eight_bit.count > 0)
    }
}

/// Counts over one stride. A carriage return is counted with the octet after it.
#[derive(Clone, Copy, Default)]
struct Tally {
    lf: u8,
    cr: u8,
    crlf: u8,
    nul: u8,
    high: u8,
}

impl Tally {
    fn of(before: &[u8], here: &[u8]) -> Self {
        let mut tally = Self::default();
        for (&last, &octet) in before.iter().zip(here) {
            let (cr, lf) = (u8::from(last == b'\r'), u8::from(octet == b'\n'));
            tally.lf += lf;
            tally.cr += cr;
            tally.crlf += cr & lf;
            tally.nul += u8::from(octet == 0);
            tally.high |= octet;
        }
        tally
    }

    fn bare_cr(self) -> u8 {
        self.cr - self.crlf
    }

    fn bare_lf(self) -> u8 {
        self.lf - self.crlf
    }
}

/// The running state of lines, from the first octet of the input to the last.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    strict: bool,
    last: u8,
    /// Octets of the present line so far.
    length: u64,
    /// Line ends so far.
    ended: u64,
}

impl Lines {
    pub(crate) fn new(strict: bool) -> Self {
        Self {
            strict,
            last: 0,
            length: 0,
            ended: 0,
        }
    }

    /// Line ends so far.
    pub(crate) fn ended(&self) -> u64 {
        self.ended
    }

    /// Whether the next octet begins a line.
    pub(crate) fn at_start(&self) -> bool {
        self.length == 0
    }

    /// Takes `octets`, which begin at offset `at` of the input; says whether one of them is above 127.
    pub(crate) fn pass(&mut self, octets: &[u8], at: u64, census: &mut Census) -> bool {
        let Some((&first, rest)) = octets.split_first() else {
            return false;
        };
        self.octet(first, at, census);
        let mut high = first;
        let mut at = at + 1;
        for (before, here) in octets.chunks(STRIDE).zip(rest.chunks(STRIDE)) {
            let tally = Tally::of(before, here);
            high |= tally.high;
            let long = tally.lf > 0 && self.length + STRIDE as u64 > MAX_LINE;
            let odd = self.strict && tally.bare_lf() > 0;
            if long || odd || !census.covers(tally) {
                here.iter().for_each(|&octet| {
                    self.octet(octet, at, census);
                    at += 1;
                });
                continue;
            }
            census.bare_cr.count += u64::from(tally.bare_cr());
            census.bare_lf.count += u64::from(tally.bare_lf());
            census.nul.count += u64::from(tally.nul);
            self.ended += u64::from(tally.lf);
            at += here.len() as u64;
            match if tally.lf > 0 {
                memchr::memrchr(b'\n', here)
            } else {
                None
            } {
                Some(end) => self.length = (here.len() - end - 1) as u64,
                None => self.length += here.len() as u64,
            }
            if let Some(&last) = here.last() {
                self.last = last;
            }
        }
        high >= 0x80
    }

    /// The end of the input: a line may be open.
    pub(crate) fn finish(&mut self, at: u64, census: &mut Census) {
        if self.last == b'\r' {
            census.bare_cr.note(at - 1, 1);
        }
        if self.length > MAX_LINE {
            census.long.note(at - self.length, self.length);
        }
        (self.last, self.length) = (0, 0);
    }

    fn octet(&mut self, octet: u8, at: u64, census: &mut Census) {
        let crlf = octet == b'\n' && self.last == b'\r';
        if self.last == b'\r' && !crlf {
            census.bare_cr.note(at - 1, 1);
        }
        if octet == b'\n' && !crlf {
            census.bare_lf.note(at, 1);
        }
        if octet == 0 {
            census.nul.note(at, 1);
        }
        if octet >= 0x80 {
            census.eight_bit.note(at, 1);
        }
        if octet == b'\n' && (crlf || !self.strict) {
            let length = self.length - u64::from(crlf);
            if length > MAX_LINE {
                census.long.note(at - self.length, length);
            }
            self.ended += 1;
            self.length = 0;
        } else {
            self.length += 1;
        }
        self.last = octet;
    }
}
