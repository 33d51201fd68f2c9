//! base64 (RFC 2045, section 6.8).
//!
//! The rules, one by one:
//!
//! - CR and LF are skipped; any other octet outside the alphabet is skipped and counted.
//! - Padding is the equals signs that complete a group of four. It ends the data: what follows is counted and
//!   ignored. Other equals signs are octets outside the alphabet.
//! - A last group of two or three characters without padding is decoded and counted; a single character means
//!   nothing and is counted.
//! - Bits that must be zero and are not are counted.

mod codec;
mod window;

use alloc::vec::Vec;

use super::stream::{Out, Problems, Progress, Step, Stream, transform};
use crate::defect::DefectCode;

/// The six bits that a character of the alphabet stands for.
pub(crate) fn value(octet: u8) -> Option<u8> {
    let value = VALUES.get(usize::from(octet)).copied().unwrap_or(OTHER);
    (value < 64).then_some(value)
}

const OTHER: u8 = 0xff;
const PAD: u8 = 0xfe;
const BREAK: u8 = 0xfd;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const VALUES: [u8; 256] = values();

#[allow(
    clippy::indexing_slicing,
    reason = "at compile time an index out of bounds is an error"
)]
const fn values() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut at = 0u8;
    while at < 64 {
        table[ALPHABET[at as usize] as usize] = at;
        at += 1;
    }
    table[b'=' as usize] = PAD;
    table[b'\r' as usize] = BREAK;
    table[b'\n' as usize] = BREAK;
    table
}

transform! {
    /// Decodes base64 with line breaks.
    Base64Decoder(Decode), decode
}

impl Base64Decoder {
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

    /// Takes the full lines that `src` begins with and appends no more than `room` octets; answers how many were read.
    pub(crate) fn append_lines(&mut self, src: &[u8], room: usize, to: &mut Vec<u8>) -> usize {
        let Decode { count, padding, .. } = self.0.step;
        if count > 0 || padding > 0 || self.0.waits() {
            return 0;
        }
        let read = window::append_lines(src, room, to);
        self.0.skip(read);
        read
    }
}

impl Default for Base64Decoder {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug, Default)]
struct Decode {
    /// The group that is not complete: six bits for each of so many characters.
    bits: u32,
    count: usize,
    padding: usize,
    /// Offset of the first equals sign of the padding.
    padded_at: u64,
    complete: bool,
    problems: Problems,
}

impl Step for Decode {
    /// The scalar reference: it alone defines what the octets mean.
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        let value = VALUES.get(usize::from(octet)).copied().unwrap_or(OTHER);
        match value {
            BREAK => {}
            _ if self.complete => self.problems.note(DefectCode::Base64AfterPadding, at),
            OTHER => self.problems.note(DefectCode::Base64Junk, at),
            PAD if self.count < 2 => self.problems.note(DefectCode::Base64Junk, at),
            PAD => {
                if self.padding == 0 {
                    self.padded_at = at;
                }
                self.padding += 1;
                if self.count + self.padding == 4 {
                    self.complete = true;
                    self.last_group(at, out);
                }
            }
            _ => {
                if core::mem::take(&mut self.padding) > 0 {
                    self.problems.note(DefectCode::Base64Junk, self.padded_at);
                }
                self.bits = self.bits << 6 | u32::from(value);
                self.count += 1;
                if self.count == 4 {
                    let [_, a, b, c] = self.bits.to_be_bytes();
                    out.extend(&[a, b, c]);
                    (self.bits, self.count) = (0, 0);
                }
            }
        }
    }

    fn run(&mut self, src: &[u8], at: u64, out: &mut Out<'_>) -> usize {
        if self.complete || self.padding > 0 {
            return 0;
        }
        let done = window::decode(&mut self.bits, &mut self.count, src, out.room());
        out.advance(done.written);
        if done.failed == 0 {
            return done.read;
        }
        // The window met something that only the reference can judge. Room is kept for a whole group per
        // octet at most, so that nothing is spilled on the way.
        let mut read = done.read;
        for &octet in src.iter().skip(done.read).take(done.failed) {
            if out.room().len() < 3 {
                break;
            }
            self.step(octet, at + read as u64, out);
            read += 1;
        }
        read
    }

    fn end(&mut self, at: u64, out: &mut Out<'_>) {
        if self.complete || self.count == 0 {
            return;
        }
        self.problems.note(DefectCode::Base64Truncated, at);
        self.last_group(at, out);
    }
}

impl Decode {
    fn last_group(&mut self, at: u64, out: &mut Out<'_>) {
        let bits = self.bits;
        let left = match self.count {
            2 => {
                let [.., octet] = (bits >> 4).to_be_bytes();
                out.push(octet);
                bits & 0xf
            }
            3 => {
                let [.., high, low] = (bits >> 2).to_be_bytes();
                out.extend(&[high, low]);
                bits & 3
            }
            // One character: fewer bits than an octet.
            _ => 0,
        };
        if left != 0 {
            self.problems.note(DefectCode::Base64TrailingBits, at);
        }
        (self.bits, self.count) = (0, 0);
    }
}

transform! {
    /// Encodes base64 in lines of 76 characters that end with CRLF, the last one too.
    Base64Encoder(Encode), encode
}

impl Base64Encoder {
    /// Begins a body.
    #[must_use]
    pub fn new() -> Self {
        Self(Stream::new(Encode {
            line: [0; window::LINE_OCTETS],
            len: 0,
        }))
    }
}

impl Default for Base64Encoder {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug)]
struct Encode {
    /// Octets of a line that is not complete.
    line: [u8; window::LINE_OCTETS],
    len: usize,
}

impl Step for Encode {
    fn step(&mut self, octet: u8, _at: u64, out: &mut Out<'_>) {
        if let Some(slot) = self.line.get_mut(self.len) {
            *slot = octet;
        }
        self.len += 1;
        if self.len == window::LINE_OCTETS {
            self.flush(out);
        }
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        if self.len == 0 {
            let (read, written) = window::encode(src, out.room());
            out.advance(written);
            if read > 0 {
                return read;
            }
        }
        // A line that is not complete, or has no room: octets are collected until it is.
        let left = window::LINE_OCTETS - self.len;
        let (read, complete) = (src.len().min(left), src.len() >= left);
        if complete && out.room().len() < window::STRIDE {
            return 0;
        }
        if let Some(line) = self.line.get_mut(self.len..self.len + read)
            && let Some(octets) = src.get(..read)
        {
            line.copy_from_slice(octets);
        }
        self.len += read;
        if complete {
            let (_, written) = window::encode(&self.line, out.room());
            out.advance(written);
            self.len = 0;
        }
        read
    }

    fn end(&mut self, _at: u64, out: &mut Out<'_>) {
        if self.len > 0 {
            self.flush(out);
        }
    }
}

impl Encode {
    fn flush(&mut self, out: &mut Out<'_>) {
        for group in self.line.get(..self.len).unwrap_or_default().chunks(3) {
            let octet = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
            let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
            for at in 0..4u32 {
                let value = bits >> (18 - 6 * at) & 0x3f;
                let letter = ALPHABET.get(value as usize).copied().unwrap_or(b'=');
                out.push(if at as usize > group.len() {
                    b'='
                } else {
                    letter
                });
            }
        }
        out.extend(b"\r\n");
        self.len = 0;
    }
}
