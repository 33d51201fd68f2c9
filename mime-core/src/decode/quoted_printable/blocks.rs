//! The fast way: places of interest are found for a whole block at once, because escapes stand too close for a search
//! that begins anew behind each.

use super::{Decode, ends_in_space, space_behind};
use crate::defect::DefectCode;
use crate::field::hex;
use crate::scanner::breaks::{BLOCK, places};

/// Octets copied together; fewer than so many are written behind those that count.
const COPIED: usize = 32;

/// What must be left of the source and of the room: a block, an escape across its end, and what is copied too much.
const MARGIN: usize = BLOCK + 2 * COPIED;

/// More white space before a line end than this is left to the reference.
const MAX_SPACE: usize = 64;

/// What no digit stands for.
const NO_DIGIT: u8 = 0xff;

/// What octets mean as hexadecimal digits.
#[allow(
    clippy::indexing_slicing,
    reason = "at compile time an index out of bounds is an error"
)]
const DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut octet = 0u8;
    while octet < u8::MAX {
        if let Some(value) = hex(octet) {
            table[octet as usize] = value;
        }
        octet += 1;
    }
    table
};

fn digit(octet: u8) -> u8 {
    DIGITS.get(usize::from(octet)).copied().unwrap_or(NO_DIGIT)
}

/// Decodes `src`, at offset `at`, into `room`, up to what must be judged octet by octet or to where one of them comes to
/// its end; answers (read, written). White space is not taken before it is known what follows.
pub(super) fn decode(judge: &mut Decode, src: &[u8], at: u64, room: &mut [u8]) -> (usize, usize) {
    let mut run = Run {
        src,
        at,
        room,
        read: 0,
        written: 0,
        text: 0,
    };
    loop {
        let goes_on = match run.block(judge) {
            Stopped::Taken => true,
            Stopped::Space => run.space(judge),
            Stopped::Odd => false,
        };
        if !goes_on {
            let held = space_behind(run.src.get(run.text..run.read).unwrap_or_default());
            return (run.read - held, run.written - held);
        }
    }
}

/// How far a block was taken.
enum Stopped {
    /// All of it.
    Taken,
    /// Up to a line feed behind white space.
    Space,
    /// Up to something that is not for here, or not at all, for want of octets or room.
    Odd,
}

struct Run<'a> {
    src: &'a [u8],
    at: u64,
    room: &'a mut [u8],
    read: usize,
    written: usize,
    /// Where the text began that stands before `read`: behind an escape or a line end.
    text: usize,
}

impl Run<'_> {
    /// Takes the next block.
    #[inline]
    fn block(&mut self, judge: &mut Decode) -> Stopped {
        let window = self.src.get(self.read..).and_then(<[u8]>::first_chunk);
        let room = self.room.get_mut(self.written..);
        let room = room.and_then(<[u8]>::first_chunk_mut);
        let (Some(window), Some(room)) = (window, room) else {
            return Stopped::Odd;
        };
        let (start, at) = (self.read, self.at + self.read as u64);
        let mut piece = Piece {
            window,
            room,
            read: 0,
            written: 0,
        };
        let mut stopped = Stopped::Taken;
        let mut stops = piece.stops();
        while stops != 0 {
            let stop = stops.trailing_zeros() as usize;
            stops &= stops - 1;
            let behind = window.get(stop..).and_then(<[u8]>::first_chunk);
            let [octet, high, low] = *behind.unwrap_or(&[0; 3]);
            if octet == b'=' {
                piece.copy(stop);
                let (upper, lower) = (digit(high), digit(low));
                if upper | lower < 16 {
                    piece.push(upper << 4 | lower);
                } else if (high, low) == (b'\r', b'\n') {
                    // Its line feed is the next place, and no line end of its own.
                    stops &= stops.wrapping_sub(1);
                    judge.line_end(at + stop as u64 + 3);
                } else {
                    stopped = Stopped::Odd;
                    break;
                }
                piece.read = stop + 3;
                self.text = start + piece.read;
            } else if octet == b'\n' {
                let line = self.src.get(self.text..start + stop);
                if ends_in_space(line.unwrap_or_default()) {
                    piece.copy(stop);
                    stopped = Stopped::Space;
                    break;
                }
                self.text = start + stop + 1;
                judge.line_end(at + stop as u64 + 1);
            } else {
                let at = at + stop as u64;
                judge.problems.note(DefectCode::QuotedPrintableRaw, at);
            }
        }
        if matches!(stopped, Stopped::Taken) && piece.read < BLOCK {
            piece.copy(BLOCK);
        }
        self.read += piece.read;
        self.written += piece.written;
        stopped
    }

    /// Takes the line feed that is next, and back the white space before it, which was copied.
    fn space(&mut self, judge: &mut Decode) -> bool {
        let line = self.src.get(self.text..self.read).unwrap_or_default();
        let cr = usize::from(line.ends_with(b"\r"));
        let line = line.get(..line.len() - cr).unwrap_or_default();
        let space = |o: &&u8| matches!(o, b' ' | b'\t');
        let held = line.iter().rev().take_while(space).count();
        let end: &[u8] = if cr > 0 { b"\r\n" } else { b"\n" };
        let written = self.written - held - cr;
        let room = self.room.get_mut(written..written + end.len());
        let Some(room) = room.filter(|_| held <= MAX_SPACE) else {
            return false;
        };
        room.copy_from_slice(end);
        let at = self.at + self.read as u64;
        let space_at = at - (held + cr) as u64;
        judge
            .problems
            .note(DefectCode::QuotedPrintableTrailingSpace, space_at);
        self.written = written + end.len();
        self.read += 1;
        self.text = self.read;
        judge.line_end(at + 1);
        true
    }
}

/// A block with what follows it, and the room for it.
struct Piece<'a> {
    window: &'a [u8; MARGIN],
    room: &'a mut [u8; MARGIN],
    read: usize,
    written: usize,
}

impl Piece<'_> {
    /// The places of equals signs, line feeds and octets above 127.
    #[inline]
    fn stops(&self) -> u64 {
        self.window.first_chunk().map_or(0, |block| {
            places(block, |octet| {
                (octet == b'=') | (octet == b'\n') | (octet >= 0x80)
            })
        })
    }

    /// Copies up to `end`, and more that does not count.
    #[inline]
    fn copy(&mut self, end: usize) {
        loop {
            let source = self.window.get(self.read..);
            let room = self.room.get_mut(self.written..);
            let source = source.and_then(<[u8]>::first_chunk::<COPIED>);
            if let (Some(source), Some(room)) = (source, room.and_then(<[u8]>::first_chunk_mut)) {
                *room = *source;
            }
            let len = COPIED.min(end - self.read);
            self.read += len;
            self.written += len;
            if self.read >= end {
                return;
            }
        }
    }

    #[inline]
    fn push(&mut self, octet: u8) {
        if let Some(slot) = self.room.get_mut(self.written) {
            *slot = octet;
        }
        self.written += 1;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use crate::decode::{Problems, QuotedPrintableDecoder};

    /// What comes out when pieces of `cut` octets meet rooms of `room`.
    fn read(src: &[u8], cut: usize, room: usize) -> (Vec<u8>, Problems) {
        let mut decoder = QuotedPrintableDecoder::new();
        let (mut out, mut dst) = (Vec::new(), vec![0xee; room]);
        for mut piece in src.chunks(cut) {
            while !piece.is_empty() {
                let step = decoder.decode(piece, &mut dst);
                piece = &piece[step.read..];
                out.extend_from_slice(&dst[..step.written]);
            }
        }
        loop {
            let written = decoder.finish(&mut dst).written;
            if written == 0 {
                return (out, decoder.problems());
            }
            out.extend_from_slice(&dst[..written]);
        }
    }

    #[test]
    fn blocks_mean_what_single_octets_mean_wherever_something_stands_in_them() {
        let long = [b' '; 70];
        let odd: [&[u8]; 24] = [
            b"=41",
            b"=4a=4A",
            b"=E2=80=99",
            b"=\r\n",
            b"=\n",
            b"= \t\r\n",
            b"=4",
            b"==41",
            b"=zz",
            b"=\r",
            b"\r\n",
            b"\n",
            b" \r\n",
            b"\t \n",
            b"\r",
            b" \r \r\n",
            b"\xe9",
            b"\0",
            b"=20\r\n",
            b" =\r\n \r\n",
            b"  ",
            b"\r\r\n",
            &long,
            b"\n \n=\r\n=\r\n",
        ];
        for (index, odd) in odd.iter().enumerate() {
            for place in 0..150 {
                let other = [&b"x"[..], b" \n", b"=3D", b" ", b"=\r\n", b"\r\n"][place % 6];
                let mut src = vec![b'a'; place];
                src.extend_from_slice(odd);
                src.extend_from_slice(other);
                src.extend_from_slice(odd);
                src.resize(src.len() + 200, b'b');
                src.extend_from_slice(odd);
                let whole = read(&src, src.len(), 600);
                assert_eq!(whole, read(&src, 1, 600), "{index} at {place}");
                assert_eq!(whole, read(&src, 131, 200), "{index} at {place}");
            }
        }
    }

    #[test]
    fn white_space_of_every_length_before_a_line_end_is_judged_alike() {
        for spaces in (0..200).chain(990..1_002) {
            for end in [&b"\n"[..], b"\r\n", b"\r", b"=41", b""] {
                let mut src = vec![b'a'; 40];
                src.resize(src.len() + spaces, b' ');
                src.extend_from_slice(end);
                src.resize(src.len() + 200, b'b');
                assert_eq!(
                    read(&src, src.len(), 4_000),
                    read(&src, 1, 4_000),
                    "{spaces}"
                );
            }
        }
    }
}
