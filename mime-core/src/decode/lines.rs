//! Line disciplines: CRLF everywhere, and the full stops of SMTP (RFC 5321, section 4.5.2).

use super::stream::{Out, Problems, Progress, Step, Stream, transform};
use crate::defect::DefectCode;

transform! {
    /// Makes every line end CRLF. A carriage return without a line feed ends no line: it stays and is counted.
    CrlfNormalizer(Normalize), encode
}

impl CrlfNormalizer {
    /// Begins a text.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Normalize::default()))
    }

    /// Bare line feeds, now CRLF, and bare carriage returns so far.
    #[must_use]
    pub fn problems(&self) -> Problems {
        self.0.step.problems
    }
}

impl Default for CrlfNormalizer {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug, Default)]
struct Normalize {
    after_cr: bool,
    problems: Problems,
}

impl Step for Normalize {
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        let after_cr = core::mem::replace(&mut self.after_cr, octet == b'\r');
        match (octet, after_cr) {
            (b'\n', false) => {
                self.problems.note(DefectCode::BareLf, at);
                out.push(b'\r');
            }
            (b'\n', true) | (_, false) => {}
            (_, true) => self.problems.note(DefectCode::BareCr, at - 1),
        }
        out.push(octet);
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        if self.after_cr {
            return 0;
        }
        let room = out.room().len().min(src.len());
        let src = src.get(..room).unwrap_or_default();
        let mut len = 0;
        loop {
            let rest = src.get(len..).unwrap_or_default();
            match memchr::memchr2(b'\r', b'\n', rest) {
                Some(stop) if rest.get(stop..stop + 2) == Some(b"\r\n") => len += stop + 2,
                Some(stop) => {
                    len += stop;
                    break;
                }
                None => {
                    len = src.len();
                    break;
                }
            }
        }
        out.extend(src.get(..len).unwrap_or_default());
        len
    }

    fn end(&mut self, at: u64, _out: &mut Out<'_>) {
        if core::mem::take(&mut self.after_cr) {
            self.problems.note(DefectCode::BareCr, at.saturating_sub(1));
        }
    }
}

/// Where a line stands. Only CRLF ends one: relays that took other line ends for the end of a message let
/// one sender smuggle mail in the name of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Begin,
    Middle,
    AfterCr,
}

impl Line {
    fn after(self, octet: u8) -> Self {
        match (self, octet) {
            (_, b'\r') => Self::AfterCr,
            (Self::AfterCr, b'\n') => Self::Begin,
            _ => Self::Middle,
        }
    }
}

/// Octets up to the next full stop that could begin a line, for both directions.
fn run(line: &mut Line, src: &[u8], out: &mut Out<'_>) -> usize {
    if *line != Line::Middle {
        return 0;
    }
    let room = out.room().len().min(src.len());
    let src = src.get(..room).unwrap_or_default();
    let mut searched = 0;
    let len = loop {
        let rest = src.get(searched..).unwrap_or_default();
        let Some(end) = memchr::memmem::find(rest, b"\r\n") else {
            break src.len() - usize::from(src.ends_with(b"\r"));
        };
        searched += end + 2;
        if src.get(searched).is_none_or(|&o| matches!(o, b'.' | b'\r')) {
            *line = Line::Begin;
            break searched;
        }
    };
    out.extend(src.get(..len).unwrap_or_default());
    len
}

transform! {
    /// Doubles full stops at line starts, and ends with the line that ends a message in SMTP.
    ///
    /// The text must have its CRLF: [`CrlfNormalizer`] gives it them.
    DotStuffer(Stuff), encode
}

impl DotStuffer {
    /// Begins a message.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Stuff::default()))
    }
}

impl Default for DotStuffer {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug, Default)]
struct Stuff {
    line: Line,
}

impl Step for Stuff {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        if self.line == Line::Begin && octet == b'.' {
            out.push(b'.');
        }
        self.line = self.line.after(octet);
        out.push(octet);
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        run(&mut self.line, src, out)
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        if self.line != Line::Begin {
            out.extend(b"\r\n");
        }
        out.extend(b".\r\n");
    }
}

transform! {
    /// Takes doubled full stops away, up to the line that ends a message in SMTP. What follows it is not read.
    DotUnstuffer(Unstuff), decode
}

impl DotUnstuffer {
    /// Begins a message.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Unstuff::default()))
    }

    /// Whether the line that ends the message was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.step.complete
    }
}

impl Default for DotUnstuffer {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug, Default)]
struct Unstuff {
    line: Line,
    /// A full stop began the line, and this followed: nothing, or a carriage return.
    stop: Option<bool>,
    complete: bool,
}

impl Step for Unstuff {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        match (self.stop.take(), octet) {
            (Some(true), b'\n') => {
                self.complete = true;
                return;
            }
            (Some(false), b'\r') => {
                self.stop = Some(true);
                return;
            }
            (Some(true), _) => {
                out.push(b'\r');
                self.line = Line::AfterCr;
            }
            (Some(false), _) => self.line = Line::Middle,
            (None, b'.') if self.line == Line::Begin => {
                self.stop = Some(false);
                return;
            }
            (None, _) => {}
        }
        self.line = self.line.after(octet);
        out.push(octet);
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        if self.stop.is_some() {
            0
        } else {
            run(&mut self.line, src, out)
        }
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        // A lone full stop at the end was not the last line.
        match self.stop.take() {
            Some(true) => out.extend(b".\r"),
            Some(false) => out.push(b'.'),
            None => {}
        }
    }

    fn is_complete(&self) -> bool {
        self.complete
    }
}
