//! Line ends that are none, and the conversion of those of a store.

use super::scan;

/// What was found of bare CRs and LFs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bare {
    /// CRs that no LF follows.
    pub cr: u64,
    /// LFs that no CR precedes.
    pub lf: u64,
    /// Offset of the first of them.
    pub first: Option<u64>,
}

impl Bare {
    fn note(&mut self, at: u64) {
        self.first = self.first.or(Some(at));
    }
}

/// Counts bare CRs and LFs in octets that come in any pieces.
///
/// Programs that take them for line ends read another message than the one that was signed; a mail server does well to
/// refuse what has any.
#[derive(Clone, Debug, Default)]
pub struct BareLineEnds {
    bare: Bare,
    /// Octets so far.
    at: u64,
    /// The last octet was a CR.
    cr: bool,
}

impl BareLineEnds {
    /// Counts in `chunk`.
    pub fn update(&mut self, chunk: &[u8]) {
        let Some((&first, _)) = chunk.split_first() else {
            return;
        };
        match (self.cr, first == b'\n') {
            (true, false) => {
                self.bare.cr += 1;
                self.bare.note(self.at - 1);
            }
            (false, true) => {
                self.bare.lf += 1;
                self.bare.note(self.at);
            }
            (true, true) | (false, false) => {}
        }
        let mut from = 0;
        while let Some(place) = scan::next_bare(chunk, from) {
            if chunk.get(place) == Some(&b'\r') {
                self.bare.cr += 1;
                self.bare.note(self.at + place as u64);
            } else {
                self.bare.lf += 1;
                self.bare.note(self.at + place as u64 + 1);
            }
            from = place + 1;
        }
        self.cr = chunk.last() == Some(&b'\r');
        self.at += chunk.len() as u64;
    }

    /// What was found, if the input ends here.
    #[must_use]
    pub fn finish(&self) -> Bare {
        let mut bare = self.bare;
        if self.cr {
            bare.cr += 1;
            bare.note(self.at - 1);
        }
        bare
    }
}

/// Makes CRLF of bare LFs (RFC 6376 section 5.3), for signing mail that a store holds with LF alone.
///
/// Never for verifying: what was altered on the way must stay altered.
#[derive(Clone, Debug, Default)]
pub struct LfToCrlf {
    /// The last octet was a CR.
    cr: bool,
}

impl LfToCrlf {
    /// Converts `chunk`, and hands out the pieces of the result.
    pub fn update(&mut self, chunk: &[u8], mut out: impl FnMut(&[u8])) {
        if let [b'\n', ..] = chunk
            && !self.cr
        {
            out(b"\r");
        }
        let (mut start, mut from) = (0, 0);
        while let Some(place) = scan::next_bare(chunk, from) {
            from = place + 1;
            if chunk.get(place) != Some(&b'\r') {
                out(chunk.get(start..from).unwrap_or_default());
                out(b"\r");
                start = from;
            }
        }
        if let Some(rest) = chunk.get(start..).filter(|rest| !rest.is_empty()) {
            out(rest);
        }
        if let Some(last) = chunk.last() {
            self.cr = *last == b'\r';
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn count(chunks: &[&[u8]]) -> Bare {
        let mut ends = BareLineEnds::default();
        chunks.iter().for_each(|chunk| ends.update(chunk));
        ends.finish()
    }

    #[test]
    fn crlf_is_never_bare_wherever_it_is_cut() {
        assert_eq!(count(&[b"a\r\nb\r\n"]), Bare::default());
        assert_eq!(count(&[b"a\r", b"\nb\r", b"", b"\n"]), Bare::default());
    }

    #[test]
    fn bare_ones_are_counted_with_the_first_place() {
        let bare = |cr, lf, first| Bare {
            cr,
            lf,
            first: Some(first),
        };
        assert_eq!(count(&[b"a\n\r\r\nb\r"]), bare(2, 1, 1));
        assert_eq!(count(&[b"a\r", b"b\n"]), bare(1, 1, 1));
        assert_eq!(count(&[b"\n"]), bare(0, 1, 0));
        assert_eq!(count(&[b"\r\n\r"]), bare(1, 0, 2));
    }

    fn convert(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut adapter, mut all) = (LfToCrlf::default(), Vec::new());
        for chunk in chunks {
            adapter.update(chunk, |piece| all.extend_from_slice(piece));
        }
        all
    }

    #[test]
    fn bare_lfs_become_crlf_and_nothing_else_changes() {
        let input = b"\na\r\n\n\rb\r\r\n\nc";
        let expected = b"\r\na\r\n\r\n\rb\r\r\n\r\nc";
        assert_eq!(convert(&[input]), expected);
        for cut in 0..=input.len() {
            let (head, tail) = input.split_at(cut);
            assert_eq!(convert(&[head, tail]), expected, "cut at {cut}");
        }
        let single: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(convert(&single), expected);
    }
}
