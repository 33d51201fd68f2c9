//! Lines of one length, as encoders make them: bodies of base64 are nothing else, and the largest of all.

use super::{Census, Lines, mask};

/// Lengths of lines, with their ends, that are worth to be tried.
const WIDTHS: core::ops::RangeInclusive<usize> = 32..=256;

/// Lines looked at together, after a first few.
const MANY: usize = 32;
const FEW: usize = 4;

/// Octets looked at side by side: none of so many lines of the greatest length can overflow its lane.
const LANES: usize = 64;

impl Lines {
    /// Takes lines of one length that `octets` begins with, if they end with CRLF, hold no other control character that
    /// could matter and no octet above 127, and if no line behind them begins with two hyphens; before them what is left
    /// of the present line. Answers how many octets were taken, which may be none.
    pub(crate) fn pass_even(&mut self, octets: &[u8], at: u64, census: &mut Census) -> usize {
        let line = |octets: &[u8]| {
            let near = octets.get(..*WIDTHS.end()).unwrap_or(octets);
            memchr::memchr(b'\n', near).map(|lf| lf + 1)
        };
        let mut done = 0;
        if !self.at_start() {
            let Some(end) = line(octets).filter(|&end| is_text(octets.get(end..))) else {
                return 0;
            };
            self.pass(octets.get(..end).unwrap_or_default(), at, census);
            done = end;
        }
        let rest = octets.get(done..).unwrap_or_default();
        let Some(width) = line(rest).filter(|width| WIDTHS.contains(width)) else {
            return done;
        };
        if !self.at_start() || !is_text(Some(rest)) {
            return done;
        }
        let mut lines = FEW;
        while are_even(octets.get(done..).unwrap_or_default(), width, lines) {
            done += lines * width;
            self.ended += lines as u64;
            self.last = b'\n';
            lines = MANY;
        }
        done
    }
}

/// Whether this begins with something else than two hyphens, and does not end before that is known.
fn is_text(octets: Option<&[u8]>) -> bool {
    matches!(octets, Some([first, second, ..]) if (*first, *second) != (b'-', b'-'))
}

/// Whether `octets` begins with so many lines of this width, and goes on with something else than two hyphens.
fn are_even(octets: &[u8], width: usize, lines: usize) -> bool {
    let len = width * lines;
    // Line ends, each with what begins the next line.
    let Some(ends) = octets.get(width - 2..len + 2) else {
        return false;
    };
    let even = ends.chunks(width).fold(true, |even, end| {
        let end = end.first_chunk().copied().unwrap_or_default();
        even & matches!(end, [b'\r', b'\n', _, _]) & !matches!(end, [_, _, b'-', b'-'])
    });
    even && controls(octets.get(..len).unwrap_or_default()) == 2 * lines as u64
}

/// How many octets are above 127, or no more than a carriage return is.
fn controls(octets: &[u8]) -> u64 {
    let count = |octet: u8| mask(octet.cast_signed() <= b'\r'.cast_signed());
    let (chunks, rest) = octets.as_chunks::<LANES>();
    let mut lanes = [0u8; LANES];
    for chunk in chunks {
        for (lane, &octet) in lanes.iter_mut().zip(chunk) {
            *lane = lane.wrapping_sub(count(octet));
        }
    }
    for (lane, &octet) in lanes.iter_mut().zip(rest) {
        *lane = lane.wrapping_sub(count(octet));
    }
    lanes.iter().map(|&lane| u64::from(lane)).sum()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::defect::Defect;

    /// What is found when as much as possible is taken in even lines, after a first piece of `cut` octets.
    fn read(octets: &[u8], cut: usize, even: bool) -> (Vec<Defect>, u64, usize) {
        let (mut lines, mut census) = (Lines::new(false), Census::default());
        let cut = cut.min(octets.len());
        lines.pass(&octets[..cut], 0, &mut census);
        let taken = if even {
            lines.pass_even(&octets[cut..], cut as u64, &mut census)
        } else {
            0
        };
        lines.pass(&octets[cut + taken..], (cut + taken) as u64, &mut census);
        lines.finish(octets.len() as u64, &mut census);
        (census.defects(false, true).collect(), lines.ended(), taken)
    }

    #[test]
    fn even_lines_are_what_single_octets_make_of_them() {
        let odd: [&[u8]; 14] = [
            b"x", b"\0", b"\r", b"\n", b"\t", b"\xff", b"\x0b", b"\r\n", b"--", b"\n--", b"\r\n--",
            b"\r\r", b"\n\n", b"\x7f",
        ];
        for width in [31, 32, 78, 79, 256, 257] {
            let mut line = alloc::vec![b'A'; width - 2];
            line.extend_from_slice(b"\r\n");
            let octets = line.repeat(45);
            let places = [0, 1, 2, 9, width - 4, width - 3, width - 2, width - 1];
            let lines = [0, 1, 3, 4, 5, 35, 36, 37];
            let places = lines.map(|line| places.map(|place| line * width + place));
            for &place in places.as_flattened() {
                for odd in odd {
                    let mut octets = octets.clone();
                    octets[place..place + odd.len()].copy_from_slice(odd);
                    for cut in [0, 1, width - 1] {
                        let (defects, ended, taken) = read(&octets, cut, true);
                        let expected = read(&octets, cut, false);
                        assert_eq!((defects, ended, 0), expected, "{width} {place} {odd:?}");
                        let behind = &octets[cut + taken..];
                        assert!(taken == 0 || !behind.starts_with(b"--"), "{width} {place}");
                        let before = &octets[cut..cut + taken];
                        assert!(memchr::memmem::find(before, b"\n--").is_none(), "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn whole_bodies_of_base64_are_taken() {
        let octets = b"QUJD".repeat(19).into_iter().chain(*b"\r\n");
        let octets: Vec<u8> = octets.collect::<Vec<_>>().repeat(100);
        let (_, ended, taken) = read(&octets, 0, true);
        assert_eq!((ended, taken), (100, 68 * 78));
        assert_eq!(read(&octets, 10, true).2, 68 * 78 + 68);
    }
}
