//! White space inside a relaxed body (RFC 6376 section 3.4.4): of each run one SP stays, before a line end none.
//!
//! Of a run its last octet stays, as a SP, unless CRLF follows it. So an octet and the two behind it decide, whatever
//! came before, and blocks of octets are judged at once, in code that the compiler makes vectors of. What is clean
//! goes out as it lies; the rest is collected on a stage, so that a hash function is not called for each word, and
//! loses its TABs there.

/// Octets judged together; a bit of a `u64` for each.
const BLOCK: usize = 64;
/// Octets asked together whether anything changes at all.
const STRETCH: usize = 4 * BLOCK;
/// Octets collected before they go out.
const STAGE: usize = 1024;
/// A clean piece of this length goes out as it lies.
const LONG: usize = 192;

/// Relaxes `text`, which ends with neither white space nor CR nor LF.
pub(super) fn relax(text: &[u8], out: &mut impl FnMut(&[u8])) {
    let mut relaxer = Relaxer {
        text,
        start: 0,
        stage: Stage {
            octets: [0; STAGE],
            len: 0,
        },
    };
    let after = text.get(1..).unwrap_or_default();
    let (stretches, _) = text.as_chunks::<STRETCH>();
    let (shifted, _) = after.as_chunks::<STRETCH>();
    let mut clean = true;
    for (place, (stretch, after)) in stretches.iter().zip(shifted).enumerate() {
        // Where the last one was not clean, this one seldom is: its blocks are asked at once.
        if !clean || may_change(stretch, after) {
            clean = relaxer.blocks(stretch, after, place * STRETCH, out);
        }
    }
    let last = stretches.len().min(shifted.len()) * STRETCH;
    let (tail, after) = (text.get(last..), after.get(last..));
    relaxer.blocks(
        tail.unwrap_or_default(),
        after.unwrap_or_default(),
        last,
        out,
    );
    relaxer.finish(out);
}

/// Whether there is a TAB among some octets, or a SP that white space or a line end may follow; `after` are as many, one
/// further on.
fn may_change<const N: usize>(octets: &[u8; N], after: &[u8; N]) -> bool {
    let pairs = octets.iter().zip(after);
    pairs.fold(0, |found, (&octet, &after)| {
        found | u8::from(octet == b'\t') | u8::from((octet == b' ') & (after <= b' '))
    }) != 0
}

struct Relaxer<'a> {
    text: &'a [u8],
    /// Where octets begin that are clean, and not out yet.
    start: usize,
    stage: Stage,
}

impl Relaxer<'_> {
    /// Takes the whole blocks of `octets`, which lie at `base`; answers whether all are clean. `after` is `octets`, one
    /// further on.
    fn blocks(
        &mut self,
        octets: &[u8],
        after: &[u8],
        base: usize,
        out: &mut impl FnMut(&[u8]),
    ) -> bool {
        let pairs = octets.as_chunks().0.iter().zip(after.as_chunks().0);
        let mut clean = true;
        for (place, (block, after)) in pairs.enumerate() {
            if may_change::<BLOCK>(block, after) {
                let at = base + place * BLOCK;
                self.clean(at, out);
                self.stage
                    .block(self.text.get(at..).unwrap_or_default(), out);
                self.start = at + BLOCK;
                clean = false;
            }
        }
        clean
    }

    /// What is not out yet is clean up to here.
    fn clean(&mut self, until: usize, out: &mut impl FnMut(&[u8])) {
        let piece = self.text.get(self.start..until);
        self.stage.clean(piece.unwrap_or_default(), out);
    }

    /// All blocks that another octet follows are taken: at most a block is left.
    fn finish(mut self, out: &mut impl FnMut(&[u8])) {
        let last = self.text.len().saturating_sub(1) / BLOCK * BLOCK;
        self.clean(last, out);
        self.stage
            .block(self.text.get(last..).unwrap_or_default(), out);
        self.stage.flush(out);
    }
}

const fn is_white(octet: u8) -> bool {
    (octet == b' ') | (octet == b'\t')
}

/// One where an octet goes, for each octet of a block; `text` goes on behind it.
fn gone(text: &[u8; BLOCK + 2]) -> [u8; BLOCK] {
    let mut gone = [0; BLOCK];
    let octets = text.first_chunk::<BLOCK>();
    let next = text.split_at(1).1.first_chunk::<BLOCK>();
    let third = text.last_chunk::<BLOCK>();
    if let (Some(octets), Some(next), Some(third)) = (octets, next, third) {
        for (((gone, &octet), &next), &third) in gone.iter_mut().zip(octets).zip(next).zip(third) {
            let ends = (next == b'\r') & (third == b'\n');
            *gone = u8::from(is_white(octet) & (is_white(next) | ends));
        }
    }
    gone
}

/// A bit for each octet that is one, the first octet's the lowest.
fn bits(ones: &[u8; BLOCK]) -> u64 {
    // The product moves the bit of octet i to bit 56 + i.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (words, _) = ones.as_chunks::<8>();
    words.iter().rev().fold(0, |bits, word| {
        bits << 8 | u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56
    })
}

struct Stage {
    octets: [u8; STAGE],
    len: usize,
}

impl Stage {
    /// Takes whole blocks in which nothing changes.
    fn clean(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8])) {
        if self.len + piece.len() > STAGE || piece.len() >= LONG {
            self.flush(out);
        }
        if piece.len() >= LONG {
            out(piece);
            return;
        }
        for block in piece.as_chunks::<BLOCK>().0 {
            self.copy(block);
            self.len += BLOCK;
        }
    }

    /// Relaxes the first block of `text`, which may be shorter than one only where it ends.
    fn block(&mut self, text: &[u8], out: &mut impl FnMut(&[u8])) {
        if self.len + 2 * BLOCK > STAGE {
            self.flush(out);
        }
        if let Some(ahead) = text.first_chunk::<{ 2 * BLOCK }>() {
            let gaps = ahead.first_chunk().map_or(0, |block| bits(&gone(block)));
            self.jump(ahead, gaps);
        } else {
            // What follows the end is no white space and no line end.
            let mut padded = [0; BLOCK + 2];
            padded
                .iter_mut()
                .zip(text)
                .for_each(|(to, from)| *to = *from);
            self.each(text, &gone(&padded));
        }
    }

    /// Copies the octets between the gaps. Each copy is of a whole block, of which what is too much is overwritten:
    /// that is cheaper than a copy of the length that it has.
    fn jump(&mut self, text: &[u8; 2 * BLOCK], mut gaps: u64) {
        let (mut from, mut passed) = (&text[..], 0);
        while gaps != 0 {
            let start = gaps.trailing_zeros();
            let run = (gaps >> start).trailing_ones();
            if let Some(block) = from.first_chunk() {
                self.copy(block);
            }
            self.len += start as usize;
            from = from.get((start + run) as usize..).unwrap_or_default();
            passed += start + run;
            gaps = (gaps >> start).checked_shr(run).unwrap_or_default();
        }
        if let Some(block) = from.first_chunk() {
            self.copy(block);
        }
        self.len += BLOCK - passed as usize;
    }

    /// Takes octets one by one, where a text ends.
    fn each(&mut self, text: &[u8], gone: &[u8; BLOCK]) {
        let mut len = self.len;
        for (&octet, &gone) in text.iter().zip(gone) {
            if let Some(slot) = self.octets.get_mut(len) {
                *slot = octet;
            }
            len += 1 - usize::from(gone);
        }
        self.len = len;
    }

    fn copy(&mut self, block: &[u8; BLOCK]) {
        if let Some(room) = self.octets.get_mut(self.len..self.len + BLOCK) {
            room.copy_from_slice(block);
        }
    }

    fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        if self.len > 0 {
            let octets = self.octets.get_mut(..self.len).unwrap_or_default();
            for octet in &mut *octets {
                *octet = if *octet == b'\t' { b' ' } else { *octet };
            }
            out(octets);
            self.len = 0;
        }
    }
}
