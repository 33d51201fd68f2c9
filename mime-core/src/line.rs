//! Line ends, counted and judged while octets pass: no line is ever collected.

use crate::defect::{Defect, DefectCode};

mod even;

/// The most octets of a line without its end (RFC 5322, section 2.1.1).
const MAX_LINE: u64 = 998;

/// Octets looked at together: no lane can overflow, and no line inside can be too long.
const STRIDE: usize = 960;

/// Octets looked at side by side.
const LANES: usize = 16;

/// A piece of so many octets is cheaper to go through one by one than to be looked at side by side.
const SHORT: usize = 48;

/// From its octet `n` on, what keeps the last `n` lanes.
const KEEP: [u8; 2 * LANES] = {
    let mut keep = [0; 2 * LANES];
    let (_, last) = keep.split_at_mut(LANES);
    last.copy_from_slice(&[u8::MAX; LANES]);
    keep
};

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
    /// Whether there is nothing to report of it.
    pub(crate) fn is_clean(&self) -> bool {
        let seen = [
            self.bare_cr,
            self.bare_lf,
            self.nul,
            self.long,
            self.eight_bit,
        ];
        !seen.iter().any(Seen::is_known)
    }

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

    /// Finds the first places of what `tally` met and is not known yet.
    #[cold]
    fn locate(&mut self, tally: &Tally, before: &[u8], here: &[u8], at: u64) {
        let place = |found: Option<usize>| found.map(|place| (at + place as u64, 1));
        if tally.has_bare() && !self.bare_cr.is_known() {
            let mut found = memchr::memchr_iter(b'\r', before);
            let found = found.find(|&cr| here.get(cr).is_some_and(|&octet| octet != b'\n'));
            self.bare_cr.0 = place(found).map(|(after, len)| (after - 1, len));
        }
        if tally.has_bare() && !self.bare_lf.is_known() {
            let mut found = memchr::memchr_iter(b'\n', here);
            let found = found.find(|&lf| before.get(lf) != Some(&b'\r'));
            self.bare_lf.0 = place(found);
        }
        if tally.has_nul() && !self.nul.is_known() {
            self.nul.0 = place(memchr::memchr(0, here));
        }
        if tally.has_high() && !self.eight_bit.is_known() {
            self.eight_bit.0 = place(here.iter().position(|&octet| octet >= 0x80));
        }
    }

    /// Whether `tally` met something of which no place is known.
    fn lacks(&self, tally: &Tally) -> bool {
        tally.has_bare() && !(self.bare_cr.is_known() && self.bare_lf.is_known())
            || tally.has_nul() && !self.nul.is_known()
            || tally.has_high() && !self.eight_bit.is_known()
    }
}

/// All bits, or none: what a comparison of vectors answers.
fn mask(is: bool) -> u8 {
    u8::from(is).wrapping_neg()
}

/// What one stride holds, in lanes, so that a compiler sees vectors. A carriage return is met with the octet after
/// it.
struct Tally {
    /// Line feeds.
    lf: [u8; LANES],
    /// Not zero after a carriage return or a line feed without the other.
    bare: [u8; LANES],
    /// The least octet.
    low: [u8; LANES],
    /// The bits of all octets.
    high: [u8; LANES],
}

impl Tally {
    /// Looks at a stride of [`LANES`] octets or more. `LF` says to look for bare line feeds too.
    fn of<const LF: bool>(before: &[u8], here: &[u8]) -> Self {
        let before = before.get(..here.len()).unwrap_or(before);
        let mut tally = Self {
            lf: [0; LANES],
            bare: [0; LANES],
            low: [u8::MAX; LANES],
            high: [0; LANES],
        };
        // Two vectors a turn, so that the loop itself costs less.
        let (befores, tail) = before.as_chunks::<{ 2 * LANES }>();
        let (heres, rest) = here.as_chunks::<{ 2 * LANES }>();
        for (before, here) in befores.iter().zip(heres) {
            let (befores, heres) = (before.as_chunks().0, here.as_chunks().0);
            if let ([before, before_next], [here, here_next]) = (befores, heres) {
                tally.add::<LF>(before, here);
                tally.add::<LF>(before_next, here_next);
            }
        }
        let (rest_before, _) = tail.as_chunks::<LANES>();
        let (rest_here, rest) = rest.as_chunks::<LANES>();
        for (before, here) in rest_before.iter().zip(rest_here) {
            tally.add::<LF>(before, here);
        }
        if !rest.is_empty()
            && let (Some(before), Some(here)) = (before.last_chunk(), here.last_chunk())
            && let Some(keep) = KEEP.get(rest.len()..).and_then(|keep| keep.first_chunk())
        {
            // The last lanes once more: only line feeds must not be met twice.
            let counted = tally.lf;
            tally.add::<LF>(before, here);
            tally.lf = Self::only(keep, &counted, &tally.lf);
        }
        tally
    }

    /// What `after` has more than `before` in the lanes to keep, and `before` in the others.
    fn only(keep: &[u8; LANES], before: &[u8; LANES], after: &[u8; LANES]) -> [u8; LANES] {
        let mut lanes = *before;
        for ((lane, keep), after) in lanes.iter_mut().zip(keep).zip(after) {
            *lane = lane.wrapping_add(after.wrapping_sub(*lane) & keep);
        }
        lanes
    }

    fn add<const LF: bool>(&mut self, before: &[u8; LANES], here: &[u8; LANES]) {
        let lanes = self.lf.iter_mut().zip(&mut self.bare).zip(&mut self.low);
        let lanes = lanes.zip(&mut self.high);
        for ((((lf, bare), low), high), (&last, &octet)) in lanes.zip(before.iter().zip(here)) {
            let (is_cr, is_lf) = (mask(last == b'\r'), mask(octet == b'\n'));
            *lf = lf.wrapping_sub(is_lf);
            *bare |= if LF { is_cr ^ is_lf } else { is_cr & !is_lf };
            *low = octet.min(*low);
            *high |= octet;
        }
    }

    fn lf(&self) -> u64 {
        self.lf.iter().map(|&lane| u64::from(lane)).sum()
    }

    fn has_bare(&self) -> bool {
        u128::from_ne_bytes(self.bare) != 0
    }

    fn has_nul(&self) -> bool {
        u128::from_ne_bytes(self.low.map(|lane| mask(lane == 0))) != 0
    }

    fn has_high(&self) -> bool {
        u128::from_ne_bytes(self.high) & u128::from_ne_bytes([0x80; LANES]) != 0
    }
}

/// What octets hold that are still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Outlook {
    /// Something that must be found one by one.
    #[default]
    Mixed,
    /// US-ASCII without NUL, in lines that end with CRLF or with LF.
    Lines,
    /// The same, and every line ends with CRLF.
    CrlfLines,
}

impl Outlook {
    /// Looks at octets that no carriage return precedes. `lf` says whether bare line feeds matter no more.
    fn of(octets: &[u8], lf: bool) -> Self {
        let Some((&first, rest)) = octets.split_first() else {
            return Self::Mixed;
        };
        let in_order = matches!(first, 1..=127) && (lf || first != b'\n');
        if rest.len() < LANES || !in_order {
            return Self::Mixed;
        }
        let tally = if lf {
            Tally::of::<false>(octets, rest)
        } else {
            Tally::of::<true>(octets, rest)
        };
        if tally.has_bare() || tally.has_nul() || tally.has_high() {
            Self::Mixed
        } else if lf {
            Self::Lines
        } else {
            Self::CrlfLines
        }
    }
}

/// The running state of lines, from the first octet of the input to the last.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    strict: bool,
    last: u8,
    /// What was found ahead, and up to which offset: fields are too short to be looked at one by one.
    outlook: Outlook,
    seen: u64,
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
            outlook: Outlook::default(),
            seen: 0,
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

    /// Takes a field: the first `len` octets of `window`, which begins at offset `at` of the input, in `lines`
    /// lines. Says whether one of them is above 127.
    #[inline(always)]
    pub(crate) fn pass_field(
        &mut self,
        (window, len): (&[u8], usize),
        lines: u64,
        at: u64,
        census: &mut Census,
    ) -> bool {
        let field = window.get(..len).unwrap_or(window);
        // As a whole it is too short for a line that is too long.
        if self.length > 0 || len as u64 > MAX_LINE || field.last() != Some(&b'\n') {
            return self.pass(field, at, census);
        }
        let lf = census.bare_lf.is_known() && !self.strict;
        if at + len as u64 > self.seen {
            // The first line feed of all, if it is a bare one, is found in the field.
            if !lf && !field.ends_with(b"\r\n") {
                return self.pass(field, at, census);
            }
            self.look_ahead(window, len, at, lf);
        }
        if !self.is_plain(lf) {
            return self.pass(field, at, census);
        }
        self.ended += lines;
        self.last = b'\n';
        false
    }

    /// Whether nothing has to be found in the octets up to which was looked; `lf` says that bare line feeds matter no
    /// more.
    fn is_plain(&self, lf: bool) -> bool {
        match self.outlook {
            Outlook::Mixed => false,
            Outlook::Lines => lf,
            Outlook::CrlfLines => true,
        }
    }

    /// Takes `octets`, which begin at offset `at` of the input, and are few more often than not.
    #[inline]
    pub(crate) fn pass_piece(&mut self, octets: &[u8], at: u64, census: &mut Census) {
        let lf = census.bare_lf.is_known() && !self.strict;
        let len = octets.len() as u64;
        let few = octets.len() <= SHORT && self.length + len <= MAX_LINE && self.last != b'\r';
        if !few || at + len > self.seen || !self.is_plain(lf) {
            self.pass(octets, at, census);
            return;
        }
        for &octet in octets {
            let end = octet == b'\n';
            self.ended += u64::from(end);
            self.length = if end { 0 } else { self.length + 1 };
        }
        self.last = octets.last().copied().unwrap_or(self.last);
    }

    /// Looks at what `window` begins with, if its first `len` octets are few and were not looked at: more of the kind
    /// follows them.
    #[inline]
    pub(crate) fn foresee(&mut self, window: &[u8], len: usize, at: u64, census: &Census) {
        if len <= SHORT && at + len as u64 > self.seen {
            self.look_ahead(window, len, at, census.bare_lf.is_known() && !self.strict);
        }
    }

    /// Looks at the first `len` octets of `window` and at more that follow.
    #[inline(never)]
    fn look_ahead(&mut self, window: &[u8], len: usize, at: u64, lf: bool) {
        let stretch = window.get(..STRIDE.max(len)).unwrap_or(window);
        self.outlook = Outlook::of(stretch, lf);
        // What a carriage return at its end means is not known yet.
        let cr = u64::from(stretch.last() == Some(&b'\r'));
        self.seen = at + stretch.len() as u64 - cr;
    }

    /// Takes `octets`, which begin at offset `at` of the input; says whether one of them is above 127.
    #[inline(never)]
    pub(crate) fn pass(&mut self, octets: &[u8], at: u64, census: &mut Census) -> bool {
        let Some((&first, rest)) = octets.split_first() else {
            return false;
        };
        self.octet(first, at, census);
        let (mut high, mut at) = (first >= 0x80, at + 1);
        for (before, here) in octets.chunks(STRIDE).zip(rest.chunks(STRIDE)) {
            high |= self.stride(before, here, at, census);
            at += here.len() as u64;
        }
        high
    }

    /// Takes the octets `here`, each of which follows one of `before`; says whether one of them is above 127.
    fn stride(&mut self, before: &[u8], here: &[u8], at: u64, census: &mut Census) -> bool {
        if here.len() < LANES {
            return self.octets(here, at, census);
        }
        let tally = if census.bare_lf.is_known() && !self.strict {
            Tally::of::<false>(before, here)
        } else {
            Tally::of::<true>(before, here)
        };
        if self.strict && tally.has_bare() {
            return self.octets(here, at, census);
        }
        if census.lacks(&tally) {
            census.locate(&tally, before, here, at);
        }
        self.last = here.last().copied().unwrap_or_default();
        let ended = tally.lf();
        self.ended += ended;
        let Some(end) = memchr::memrchr(b'\n', here) else {
            self.length += here.len() as u64;
            return tally.has_high();
        };
        if self.length + here.len() as u64 > MAX_LINE {
            let first = memchr::memchr(b'\n', here).unwrap_or(end);
            let cr = u64::from(before.get(first) == Some(&b'\r'));
            self.judge_length(self.length + first as u64 - cr, at - self.length, census);
        }
        self.length = (here.len() - end - 1) as u64;
        tally.has_high()
    }

    /// Takes few octets; says whether one of them is above 127.
    fn octets(&mut self, octets: &[u8], at: u64, census: &mut Census) -> bool {
        let places = (at..).zip(octets);
        places.fold(false, |high, (at, &octet)| {
            self.octet(octet, at, census);
            high | (octet >= 0x80)
        })
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
