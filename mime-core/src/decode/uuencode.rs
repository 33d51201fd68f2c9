//! uuencode, as it still comes in old mail: POSIX, without the base64 variant.

use alloc::vec::Vec;

use super::stream::{Out, Problems, Progress, Step, Stream, transform};
use crate::defect::DefectCode;

/// A full line has a length, 60 characters, and perhaps a check character; names may be long.
const MAX_LINE: usize = 512;

transform! {
    /// Decodes the first file between `begin` and `end`; text around it is dropped.
    UuencodeDecoder(Decode), decode
}

impl UuencodeDecoder {
    /// Begins a body.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Decode::default()))
    }

    /// What was forgiven so far.
    #[must_use]
    pub fn problems(&self) -> Problems {
        self.0.step.problems
    }

    /// The name that the `begin` line gives the file, once that has been read.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.0.step.name.as_deref()
    }
}

impl Default for UuencodeDecoder {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Inside,
    After,
}

#[derive(Clone, Debug, Default)]
struct Decode {
    state: State,
    line: Vec<u8>,
    line_at: u64,
    name: Option<Vec<u8>>,
    problems: Problems,
}

impl Step for Decode {
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        if octet == b'\n' {
            self.line_end(out);
            self.line_at = at + 1;
        } else if self.line.len() <= MAX_LINE {
            self.line.push(octet);
        }
    }

    fn run(&mut self, src: &[u8], _at: u64, _out: &mut Out<'_>) -> usize {
        let len = memchr::memchr(b'\n', src).unwrap_or(src.len());
        let room = (MAX_LINE + 1).saturating_sub(self.line.len());
        self.line
            .extend_from_slice(src.get(..len.min(room)).unwrap_or_default());
        len
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        if !self.line.is_empty() {
            self.line_end(out);
        }
        match self.state {
            State::Before => self.problems.note(DefectCode::UuencodeNoBegin, 0),
            State::Inside => self.problems.note(DefectCode::UuencodeNoEnd, self.line_at),
            State::After => {}
        }
    }
}

impl Decode {
    fn line_end(&mut self, out: &mut Out<'_>) {
        let mut line = core::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        match self.state {
            State::Before => self.begin(&line),
            State::Inside if line.trim_ascii_end() == b"end" => self.state = State::After,
            State::Inside => self.octets(&line, out),
            State::After => {}
        }
        // The allocation serves all lines.
        line.clear();
        self.line = line;
    }

    /// `begin`, a mode of three or four octal digits, a name.
    fn begin(&mut self, line: &[u8]) {
        let Some(rest) = line.strip_prefix(b"begin ") else {
            return;
        };
        let rest = rest.trim_ascii_start();
        let mode = rest.iter().take_while(|o| matches!(o, b'0'..=b'7')).count();
        let (_, name) = rest.split_at(mode);
        if (3..=4).contains(&mode) && name.first() == Some(&b' ') {
            self.name = Some(name.trim_ascii().to_vec());
            self.state = State::Inside;
        }
    }

    fn octets(&mut self, line: &[u8], out: &mut Out<'_>) {
        let Some((&first, characters)) = line.split_first() else {
            self.problems.note(DefectCode::UuencodeLine, self.line_at);
            return;
        };
        let bits = |o: u8| o.wrapping_sub(b' ') & 0x3f;
        let len = usize::from(bits(first));
        let valid = |o: &u8| matches!(o, b' '..=b'`');
        // A check character may follow, and spaces at the end may have been lost on the way.
        let needed = len.div_ceil(3) * 4;
        if !valid(&first) || !characters.iter().all(valid) || characters.len() > needed + 2 {
            self.problems.note(DefectCode::UuencodeLine, self.line_at);
        } else if characters.len() < needed && len > 0 && characters.is_empty() {
            self.problems.note(DefectCode::UuencodeLine, self.line_at);
            return;
        }
        let mut left = len;
        for group in characters.chunks(4) {
            let at = |i: usize| u32::from(bits(group.get(i).copied().unwrap_or(b' ')));
            let word = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
            let [_, octets @ ..] = word.to_be_bytes();
            out.extend(octets.get(..left.min(3)).unwrap_or_default());
            left -= left.min(3);
        }
        for _ in 0..left {
            out.push(0);
        }
    }
}
