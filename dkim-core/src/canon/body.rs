//! The body (RFC 6376 sections 3.4.3 and 3.4.4), in any pieces.
//!
//! What the end of a body would cut off is held back as counts, never as octets: line ends, white space as one bit, a
//! CR whose LF may follow. Everything else goes out as it lies in the chunk, in pieces as long as nothing changes.

use super::{Canonicalization, relax::relax};

/// Canonicalises a body that comes in any pieces.
///
/// ```
/// use dkim_core::canon::{Body, Canonicalization};
///
/// let mut canonical = Vec::new();
/// let mut body = Body::new(Canonicalization::Relaxed);
/// for chunk in [&b" C \r\nD \t"[..], b" E\r", b"\n\r\n", b"\r\n"] {
///     body.update(chunk, |piece| canonical.extend_from_slice(piece));
/// }
/// body.finish(|piece| canonical.extend_from_slice(piece));
/// assert_eq!(canonical, b" C\r\nD E\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Body {
    canonicalization: Canonicalization,
    /// Line ends held back.
    lines: u64,
    /// White space held back behind them (relaxed only).
    white: bool,
    /// A CR held back behind that.
    cr: bool,
    /// An octet went out.
    begun: bool,
}

impl Body {
    /// Begins a body.
    #[must_use]
    pub const fn new(canonicalization: Canonicalization) -> Self {
        Self {
            canonicalization,
            lines: 0,
            white: false,
            cr: false,
            begun: false,
        }
    }

    /// Takes `chunk`, and hands out what of the canonical body is sure.
    pub fn update(&mut self, chunk: &[u8], mut out: impl FnMut(&[u8])) {
        let relaxed = self.canonicalization == Canonicalization::Relaxed;
        let mut rest = chunk;
        while self.holds() {
            let Some((&octet, after)) = rest.split_first() else {
                return;
            };
            self.step(octet, &mut out);
            rest = after;
        }
        let sure = if relaxed {
            rest.iter()
                .rposition(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n'))
                .map_or(0, |last| last + 1)
        } else {
            simple_len(rest)
        };
        let (text, held) = rest.split_at_checked(sure).unwrap_or((rest, &[]));
        if !text.is_empty() {
            self.begun = true;
            if relaxed {
                relax(text, &mut out);
            } else {
                out(text);
            }
        }
        held.iter().for_each(|&octet| self.step(octet, &mut out));
    }

    /// The body is over: hands out how it ends.
    pub fn finish(mut self, mut out: impl FnMut(&[u8])) {
        if self.cr {
            self.release(&mut out);
        }
        match self.canonicalization {
            // An empty body is a line end.
            Canonicalization::Simple => out(b"\r\n"),
            // An empty body is nothing.
            Canonicalization::Relaxed if self.begun => out(b"\r\n"),
            Canonicalization::Relaxed => {}
        }
    }

    fn holds(&self) -> bool {
        self.lines > 0 || self.white || self.cr
    }

    /// Takes one octet.
    fn step(&mut self, octet: u8, out: &mut impl FnMut(&[u8])) {
        match octet {
            b'\n' if self.cr => {
                // White space before a line end goes.
                (self.lines, self.white, self.cr) = (self.lines + 1, false, false);
                return;
            }
            b'\r' => {
                if self.cr {
                    self.release(out);
                }
                self.cr = true;
                return;
            }
            b' ' | b'\t' if self.canonicalization == Canonicalization::Relaxed => {
                if self.cr {
                    self.release(out);
                }
                self.white = true;
                return;
            }
            _ => {}
        }
        self.release(out);
        self.begun = true;
        out(&[octet]);
    }

    /// Something follows what was held back: it counts.
    fn release(&mut self, out: &mut impl FnMut(&[u8])) {
        const LINES: [u8; 64] =
            *b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\
            \r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
        while self.lines > 0 {
            let lines = self.lines.min(LINES.len() as u64 / 2);
            let octets = usize::try_from(lines * 2).unwrap_or_default();
            out(LINES.get(..octets).unwrap_or_default());
            self.lines -= lines;
        }
        if self.white {
            out(b" ");
        }
        if self.cr {
            out(b"\r");
            self.begun = true;
        }
        (self.white, self.cr) = (false, false);
    }
}

/// Octets of `chunk` without the line ends, and the CR, at its end.
fn simple_len(chunk: &[u8]) -> usize {
    let mut rest = chunk.strip_suffix(b"\r").unwrap_or(chunk);
    while let Some(shorter) = rest.strip_suffix(b"\r\n") {
        rest = shorter;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn canonical(canonicalization: Canonicalization, body: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        let mut state = Body::new(canonicalization);
        state.update(body, |piece| all.extend_from_slice(piece));
        state.finish(|piece| all.extend_from_slice(piece));
        all
    }

    fn simple(body: &[u8]) -> Vec<u8> {
        canonical(Canonicalization::Simple, body)
    }

    fn relaxed(body: &[u8]) -> Vec<u8> {
        canonical(Canonicalization::Relaxed, body)
    }

    #[test]
    fn an_empty_body_is_a_line_end_when_simple_and_nothing_when_relaxed() {
        for empty in [&b""[..], b"\r\n", b"\r\n\r\n\r\n"] {
            assert_eq!(simple(empty), b"\r\n");
            assert_eq!(relaxed(empty), b"");
        }
        assert_eq!(relaxed(b" \r\n\t \r\n "), b"");
        assert_eq!(simple(b" \r\n"), b" \r\n");
    }

    #[test]
    fn lines_at_the_end_go_and_a_missing_line_end_is_added() {
        assert_eq!(simple(b"a\r\n\r\n\r\n"), b"a\r\n");
        assert_eq!(simple(b"a"), b"a\r\n");
        assert_eq!(relaxed(b"a \r\n \r\n\t"), b"a\r\n");
        assert_eq!(relaxed(b"a\t"), b"a\r\n");
    }

    #[test]
    fn lines_inside_stay_however_many() {
        let body = [b"a".as_slice(), &b"\r\n".repeat(1000), b"b\r\n"].concat();
        assert_eq!(simple(&body), body);
        assert_eq!(relaxed(&body), body);
    }

    #[test]
    fn bare_cr_and_lf_are_octets() {
        assert_eq!(simple(b"a\n\n"), b"a\n\n\r\n");
        assert_eq!(simple(b"a\r"), b"a\r\r\n");
        assert_eq!(simple(b"a\r\r\n"), b"a\r\r\n");
        assert_eq!(relaxed(b"a \n b\r\n"), b"a \n b\r\n");
        assert_eq!(relaxed(b"a \r b"), b"a \r b\r\n");
        assert_eq!(relaxed(b"\r"), b"\r\r\n");
        assert_eq!(relaxed(b" \r\r\n"), b" \r\r\n");
        assert_eq!(relaxed(b"a  \r \r\n"), b"a \r\r\n");
    }

    /// RFC 6376 section 3.4.5.
    #[test]
    fn examples_of_the_rfc() {
        let body = b" C \r\nD \t E\r\n\r\n\r\n";
        assert_eq!(relaxed(body), b" C\r\nD E\r\n");
        assert_eq!(simple(body), b" C \r\nD \t E\r\n");
    }
}
