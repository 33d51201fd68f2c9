//! Line ends, counted and judged while octets pass: no line is ever collected.

use crate::defect::{Defect, DefectCode};

/// The most octets of a line without its end (RFC 5322, section 2.1.1).
const MAX_LINE: u64 = 998;

/// Octets counted at once: no lane can overflow, and no line inside can be too long.
const STRIDE: usize = 480;

/// Octets counted side by side.
const LANES: usize = 16;

/// Where something was first seen, and how long it is.
#[derive(Clone, Copy, Debug, Default)]
struct Seen(Option<(u64, u64)>);

impl Seen {
    fn note(&mut self, at: u64, len: u64) {
        self.0 = self.0.or(Some((at, len)));
    }

    fn is_known(&self) -> bool {
        self.0.is_some()
    }

    fn defect(&self, code: DefectCode) -> Option<Defect> {
        self.0.map(|(at, len)| Defect { code, at, len })
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

    /// Finds the first places of what `tally` counted and is not known yet.
    fn locate(&mut self, tally: Tally, before: &[u8], here: &[u8], at: u64) {
        let place = |is: fn(u8, u8) -> bool| {
            let mut pairs = before.iter().zip(here);
            pairs
                .position(|(&last, &octet)| is(last, octet))
                .map(|place| at + place as u64)
        };
        if tally.bare_cr() > 0 && !self.bare_cr.is_known() {
            let found = place(|last, octet| last == b'\r' && octet != b'\n');
            self.bare_cr.0 = found.map(|after| (after - 1, 1));
        }
        if tally.bare_lf() > 0 && !self.bare_lf.is_known() {
            let found = place(|last, octet| last != b'\r' && octet == b'\n');
            self.bare_lf.0 = found.map(|at| (at, 1));
        }
        if tally.nul > 0 && !self.nul.is_known() {
            self.nul.0 = place(|_, octet| octet == 0).map(|at| (at, 1));
        }
        if tally.high >= 0x80 && !self.eight_bit.is_known() {
            self.eight_bit.0 = place(|_, octet| octet >= 0x80).map(|at| (at, 1));
        }
    }
}

/// Counts over one stride. A carriage return is counted with the octet after it.
#[derive(Clone, Copy, Default)]
struct Tally {
    lf: u16,
    cr: u16,
    crlf: u16,
    nul: u16,
    high: u8,
}

impl Tally {
    /// Counts in lanes, so that a compiler sees vectors; what is left over is counted one by one.
    fn of(before: &[u8], here: &[u8]) -> Self {
        let before = before.get(..here.len()).unwrap_or(before);
        let (before, before_rest) = before.as_chunks::<LANES>();
        let (here, here_rest) = here.as_chunks::<LANES>();
        let (mut lf, mut cr, mut crlf) = ([0u8; LANES], [0u8; LANES], [0u8; LANES]);
        let (mut nul, mut high) = ([0u8; LANES], [0u8; LANES]);
        for (before, here) in before.iter().zip(here) {
            let counts = lf
                .iter_mut()
                .zip(&mut cr)
                .zip(&mut crlf)
                .zip(&mut nul)
                .zip(&mut high);
            for (((((lf, cr), crlf), nul), high), (&last, &octet)) in
                counts.zip(before.iter().zip(here))
            {
                let (is_cr, is_lf) = (u8::from(last == b'\r'), u8::from(octet == b'\n'));
                *lf = lf.wrapping_add(is_lf);
                *cr = cr.wrapping_add(is_cr);
                *crlf = crlf.wrapping_add(is_cr & is_lf);
                *nul = nul.wrapping_add(u8::from(octet == 0));
                *high |= octet;
            }
        }
        let sum = |lanes: [u8; LANES]| lanes.iter().map(|&lane| u16::from(lane)).sum();
        let mut tally = Self {
            lf: sum(lf),
            cr: sum(cr),
            crlf: sum(crlf),
            nul: sum(nul),
            high: high.iter().fold(0, |all, lane| all | lane),
        };
        for (&last, &octet) in before_rest.iter().zip(here_rest) {
            let (is_cr, is_lf) = (u16::from(last == b'\r'), u16::from(octet == b'\n'));
            tally.lf += is_lf;
            tally.cr += is_cr;
            tally.crlf += is_cr & is_lf;
            tally.nul += u16::from(octet == 0);
            tally.high |= octet;
        }
        tally
    }

    fn bare_cr(self) -> u16 {
        self.cr - self.crlf
    }

    fn bare_lf(self) -> u16 {
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
        let (mut high, mut at) = (first, at + 1);
        for (before, here) in octets.chunks(STRIDE).zip(rest.chunks(STRIDE)) {
            high |= self.stride(before, here, at, census);
            at += here.len() as u64;
        }
        high >= 0x80
    }

    /// Takes the octets `here`, each of which follows one of `before`; answers all their bits.
    fn stride(&mut self, before: &[u8], here: &[u8], at: u64, census: &mut Census) -> u8 {
        if here.len() < LANES {
            let octets = (at..).zip(here);
            return octets.fold(0, |high, (at, &octet)| {
                self.octet(octet, at, census);
                high | octet
            });
        }
        let tally = Tally::of(before, here);
        if self.strict && tally.bare_lf() > 0 {
            (at..)
                .zip(here)
                .for_each(|(at, &octet)| self.octet(octet, at, census));
            return tally.high;
        }
        census.locate(tally, before, here, at);
        self.ended += u64::from(tally.lf);
        self.last = here.last().copied().unwrap_or_default();
        let end = if tally.lf > 0 {
            memchr::memrchr(b'\n', here)
        } else {
            None
        };
        let Some(end) = end else {
            self.length += here.len() as u64;
            return tally.high;
        };
        if self.length + STRIDE as u64 > MAX_LINE {
            let first = memchr::memchr(b'\n', here).unwrap_or(end);
            let cr = u64::from(before.get(first) == Some(&b'\r'));
            self.judge_length(self.length + first as u64 - cr, at - self.length, census);
        }
        self.length = (here.len() - end - 1) as u64;
        tally.high
    }

    fn judge_length(&self, length: u64, at: u64, census: &mut Census) {
        if length > MAX_LINE {
            census.long.note(at, length);
        }
    }

    /// The end of the input: a line may be open.
    pub(crate) fn finish(&mut self, at: u64, census: &mut Census) {
        if self.last == b'\r' {
            census.bare_cr.note(at - 1, 1);
        }
        self.judge_length(self.length, at - self.length, census);
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
            self.judge_length(self.length - u64::from(crlf), at - self.length, census);
            self.ended += 1;
            self.length = 0;
        } else {
            self.length += 1;
        }
        self.last = octet;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// What is found when octets come in pieces of `size`.
    fn read(octets: &[u8], size: usize, strict: bool) -> (Vec<Defect>, u64, bool) {
        let (mut lines, mut census) = (Lines::new(strict), Census::default());
        let (mut at, mut high) = (0, false);
        for piece in octets.chunks(size) {
            high |= lines.pass(piece, at, &mut census);
            at += piece.len() as u64;
        }
        lines.finish(at, &mut census);
        (census.defects(false, true).collect(), lines.ended(), high)
    }

    #[test]
    fn strides_count_what_single_octets_count_at_every_length() {
        let mut octets = Vec::new();
        for length in 0..60 {
            octets.extend(core::iter::repeat_n(b'x', length * 17));
            octets.extend_from_slice([&b"\r\n"[..], b"\n", b"\r", b"\0", b"\xff"][length % 5]);
        }
        for skip in 0..STRIDE + LANES {
            for length in (0..600).step_by(61).chain([octets.len() - skip]) {
                let part = &octets[skip..skip + length];
                for strict in [false, true] {
                    assert_eq!(
                        read(part, usize::MAX, strict),
                        read(part, 1, strict),
                        "{skip}, {length}"
                    );
                }
            }
        }
    }
}
