//! The fast way: many characters at once, in whole lines where there are any.
//!
//! It decodes nothing but characters of the alphabet; at anything else it gives up and says how many octets the scalar
//! reference must take.

use alloc::vec::Vec;

use super::codec;

/// Characters of a full line (RFC 2045, section 6.8).
pub(super) const LINE: usize = 76;
/// Octets that a full line stands for.
pub(super) const LINE_OCTETS: usize = LINE / 4 * 3;
/// With its CRLF.
pub(super) const STRIDE: usize = LINE + 2;
/// Lines taken together: enough to forget what a call costs, and few to be given up for one that is odd.
pub(super) const LINES: usize = 128;
/// Below this, a call costs more than it saves.
const WORTHWHILE: usize = 64;

/// What became of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Octets after `read` that hold something outside the alphabet; 0 if all is well.
    pub(super) failed: usize,
}

/// Decodes from `src` into `dst` as much as fits. `bits` are those of the `count` characters that no group of four
/// has taken yet, before and after.
pub(super) fn decode(bits: &mut u32, count: &mut usize, src: &[u8], dst: &mut [u8]) -> Done {
    let mut done = Done::default();
    if src.len() < WORTHWHILE || dst.len() < WORTHWHILE {
        // The reference takes all of it.
        done.failed = src.len().min(WORTHWHILE);
        return done;
    }
    let mut window = [0; LINES * LINE];
    loop {
        let rest = src.get(done.read..).unwrap_or_default();
        let room = dst.get_mut(done.written..).unwrap_or_default();
        if rest.len() < WORTHWHILE || room.len() < WORTHWHILE {
            return done;
        }
        let lines = if *count == 0 {
            full_lines(rest, room.len(), |lines| codec::decode_lines(lines, room))
        } else {
            0
        };
        let (read, written) = if lines > 0 {
            (lines * STRIDE, Some(lines * LINE_OCTETS))
        } else {
            any_lines(&mut window, (bits, count), rest, room)
        };
        let Some(written) = written else {
            done.failed = read;
            return done;
        };
        done.read += read;
        done.written += written;
    }
}

/// Decodes full lines to the end of `to`, which takes them as they are made: nothing is zeroed or copied. At most `room`
/// octets are added; answers how many were read, up to the first line that is any other.
pub(super) fn append_lines(src: &[u8], room: usize, to: &mut Vec<u8>) -> usize {
    let end = to.len().saturating_add(room);
    let mut read = 0;
    loop {
        let rest = src.get(read..).unwrap_or_default();
        let lines = full_lines(rest, end - to.len(), |lines| codec::append_lines(lines, to));
        if lines == 0 {
            return read;
        }
        read += lines * STRIDE;
    }
}

/// Gives `decode` the lines of 76 characters with CRLF that `src` begins with, and which still fit when decoded; answers how
/// many it took, which are all or none.
fn full_lines(
    src: &[u8],
    room: usize,
    mut decode: impl FnMut(&[[u8; STRIDE]]) -> Option<()>,
) -> usize {
    let (strides, _) = src.as_chunks::<STRIDE>();
    let most = strides.get(..LINES).unwrap_or(strides);
    let most = most.get(..room / LINE_OCTETS).unwrap_or(most);
    // If the first and the last one are full, most often all of them are: each is looked at when it is decoded, which is
    // when it is near.
    let likely = [most.first(), most.last()];
    let likely = likely.iter().flatten().all(|line| is_full(line));
    if likely && (most.is_empty() || decode(most).is_some()) {
        return most.len();
    }
    let full = |stride: &&[u8; STRIDE]| is_full(stride);
    let len = most.iter().take_while(full).count();
    let some = most.get(..len).filter(|_| 0 < len && len < most.len());
    some.and_then(&mut decode).map_or(0, |()| len)
}

/// Whether a line ends where a full one does.
pub(super) fn is_full(stride: &[u8; STRIDE]) -> bool {
    stride.ends_with(b"\r\n")
}

/// Compacts lines of any length. Answers how much was read, and what was written unless it failed; a failure
/// changes nothing.
fn any_lines(
    window: &mut [u8],
    (bits, count): (&mut u32, &mut usize),
    src: &[u8],
    dst: &mut [u8],
) -> (usize, Option<usize>) {
    let capacity = window.len().min(dst.len() / 3 * 4);
    let mut fill = 0;
    for at in (0..*count).rev() {
        let value = *bits >> (6 * at) & 0x3f;
        let character = super::ALPHABET
            .get(value as usize)
            .copied()
            .unwrap_or_default();
        copy(window, &mut fill, &[character]);
    }
    let mut read = 0;
    while read < src.len() && fill < capacity {
        let rest = src.get(read..).unwrap_or_default();
        let rest = rest
            .get(..(capacity - fill).min(rest.len()))
            .unwrap_or_default();
        let (line, taken) = match memchr::memchr(b'\n', rest) {
            Some(end) => (rest.get(..end).unwrap_or_default(), end + 1),
            None => (rest, rest.len()),
        };
        copy(window, &mut fill, line.strip_suffix(b"\r").unwrap_or(line));
        read += taken;
        // From here on the lines may be full ones.
        let next = src.get(read..).unwrap_or_default();
        let full = next.get(LINE..STRIDE) == Some(b"\r\n") && fill.is_multiple_of(4);
        if full && taken > line.len() {
            break;
        }
    }
    let filled = window.get(..fill).unwrap_or_default();
    let (groups, left) = filled.as_chunks::<4>();
    // What is left must be of the alphabet too, or the reference would have judged it here.
    let Some(rest) = left
        .iter()
        .try_fold(0, |bits, &o| Some(bits << 6 | u32::from(super::value(o)?)))
    else {
        return (read, None);
    };
    let Some(written) = codec::decode(groups.as_flattened(), dst) else {
        return (read, None);
    };
    (*bits, *count) = (rest, left.len());
    (read, Some(written))
}

fn copy(to: &mut [u8], fill: &mut usize, from: &[u8]) {
    if let Some(to) = to.get_mut(*fill..*fill + from.len()) {
        to.copy_from_slice(from);
        *fill += from.len();
    }
}

/// Encodes whole lines; answers (read, written).
pub(super) fn encode(src: &[u8], dst: &mut [u8]) -> (usize, usize) {
    let (lines, _) = src.as_chunks::<LINE_OCTETS>();
    let (strides, _) = dst.as_chunks_mut::<STRIDE>();
    let total = lines.len().min(strides.len());
    if let (Some(lines), Some(strides)) = (lines.get(..total), strides.get_mut(..total)) {
        codec::encode_lines(lines, strides);
    }
    (total * LINE_OCTETS, total * STRIDE)
}
