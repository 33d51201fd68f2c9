//! Where lines end: found for 64 octets at a time, because fields and the lines they are folded into are shorter than
//! what a call to a vectorised search costs.

/// The line feeds in a few octets of the input.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaks {
    /// Offset of those octets, and how many they are.
    at: u64,
    len: u64,
    /// Bit `n` says that octet `n` is a line feed.
    places: u64,
}

/// Octets looked at together.
pub(crate) const BLOCK: usize = 64;

impl Breaks {
    /// The first line feed of `view` at `from` or after it. `view` begins at offset `at` of the input. `work` takes
    /// the octets looked at.
    #[inline(always)]
    pub(super) fn find(
        &mut self,
        view: &[u8],
        at: u64,
        from: usize,
        mut work: impl FnMut(usize),
    ) -> Option<usize> {
        let mut from = from;
        loop {
            let mut skip = (at + from as u64).wrapping_sub(self.at);
            if skip >= self.len {
                let rest = view.get(from..)?;
                self.look(rest, at + from as u64)?;
                work(rest.len().min(BLOCK));
                skip = 0;
            }
            let left = self.places >> skip;
            if left != 0 {
                let found = from + left.trailing_zeros() as usize;
                // What was seen before may reach beyond a view that is cut short.
                return (found < view.len()).then_some(found);
            }
            from += usize::try_from(self.len - skip).unwrap_or(BLOCK);
        }
    }

    /// Looks at the octets that `rest` begins with, at offset `at`.
    #[inline(always)]
    fn look(&mut self, rest: &[u8], at: u64) -> Option<()> {
        if let Some(block) = rest.first_chunk() {
            (self.at, self.len) = (at, BLOCK as u64);
            self.places = places(block, is_line_feed);
            return Some(());
        }
        self.look_at_few(rest, at)
    }

    #[inline(never)]
    fn look_at_few(&mut self, rest: &[u8], at: u64) -> Option<()> {
        self.at = at;
        let mut block = [0; BLOCK];
        block.get_mut(..rest.len())?.copy_from_slice(rest);
        self.len = rest.len() as u64;
        self.places = places(&block, is_line_feed);
        (!rest.is_empty()).then_some(())
    }
}

fn is_line_feed(octet: u8) -> bool {
    octet == b'\n'
}

/// Bit `n` of the answer says that octet `n` is one to be found.
#[inline]
pub(crate) fn places(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // A comparison of vectors leaves all bits or none in each lane.
    let lanes = block.map(|octet| u8::from(is(octet)).wrapping_neg());
    let (rows, _) = lanes.as_chunks();
    let mut bits = 0;
    for (row, lanes) in rows.iter().enumerate() {
        bits |= u64::from_le_bytes(*lanes) & (ONES << row);
    }
    transpose(bits)
}

/// Swaps rows and columns of eight by eight bits: first single bits, then squares of two, then of four.
fn transpose(mut bits: u64) -> u64 {
    for (distance, upper) in [
        (7, 0x00aa_00aa_00aa_00aa),
        (14, 0x0000_cccc_0000_cccc),
        (28, 0x0000_0000_f0f0_f0f0),
    ] {
        let unlike = (bits ^ bits >> distance) & upper;
        bits ^= unlike ^ unlike << distance;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_feed_is_found_from_everywhere_however_the_view_grows() {
        let input: alloc::vec::Vec<u8> = (0..400u32)
            .map(|n| if n * n % 61 < 7 { b'\n' } else { b'x' })
            .collect();
        for size in [1, 5, 63, 64, 65, 400] {
            let mut breaks = Breaks::default();
            for start in (0..400).step_by(size) {
                for end in [start + 1, start + size, 400] {
                    let view = &input[start..end.min(400)];
                    for from in 0..=view.len() {
                        let expected = view[from..].iter().position(|&octet| octet == b'\n');
                        let found = breaks.find(view, start as u64, from, |_| {});
                        assert_eq!(
                            found,
                            expected.map(|at| from + at),
                            "{start}..{end}, {from}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn octets_are_looked_at_once_while_the_view_grows() {
        let input = b"x".repeat(1_000);
        for size in [1, 10, 100, 1_000] {
            let (mut breaks, mut work) = (Breaks::default(), 0);
            for end in (0..=1_000_usize).step_by(size) {
                let from = end.saturating_sub(size);
                let found = breaks.find(&input[..end], 0, from, |octets| work += octets);
                assert_eq!(found, None);
            }
            assert_eq!(work, 1_000, "{size}");
        }
    }
}
