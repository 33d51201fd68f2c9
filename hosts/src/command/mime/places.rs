//! Which line an offset lies in, while a mail of any length goes by.

use std::collections::VecDeque;

/// Octets of input that one block stands for.
const BLOCK: usize = 4096;

/// Blocks kept: those of the last 64 MiB, in 9 MiB.
const KEPT: usize = (64 << 20) / BLOCK;

/// Line feeds of the input, a bit each: an answer costs the same wherever it lies.
#[derive(Debug, Default)]
pub(crate) struct Places {
    blocks: VecDeque<Block>,
    /// Octets so far.
    octets: u64,
    /// Line feeds so far.
    lines: u64,
}

#[derive(Debug)]
struct Block {
    /// Line feeds before it.
    before: u64,
    feeds: [u64; BLOCK / 64],
}

impl Places {
    /// The next octets of the input.
    pub(crate) fn extend(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let (_, at) = self.split(self.octets);
            if at == 0 {
                if self.blocks.len() == KEPT {
                    self.blocks.pop_front();
                }
                self.blocks.push_back(Block {
                    before: self.lines,
                    feeds: [0; BLOCK / 64],
                });
            }
            let (now, later) = octets.split_at(octets.len().min(BLOCK - at));
            if let Some(block) = self.blocks.back_mut() {
                for feed in memchr::memchr_iter(b'\n', now) {
                    self.lines += 1;
                    if let Some(word) = block.feeds.get_mut((at + feed) / 64) {
                        *word |= 1 << ((at + feed) % 64);
                    }
                }
            }
            self.octets += now.len() as u64;
            octets = later;
        }
    }

    /// The number of the line at `offset`, from 1; `None` if it was too long ago.
    pub(crate) fn line(&self, offset: u64) -> Option<u64> {
        if offset >= self.octets {
            // The end of the input, where something is missing.
            return Some(self.lines + 1);
        }
        let (number, at) = self.split(offset);
        let (newest, _) = self.split(self.octets - 1);
        let back = usize::try_from(newest - number).ok()?;
        let block = self.blocks.get(self.blocks.len().checked_sub(back + 1)?)?;
        let whole = block.feeds.iter().take(at / 64);
        let feeds: u32 = whole.map(|word| word.count_ones()).sum();
        let part = block.feeds.get(at / 64)? & ((1 << (at % 64)) - 1);
        Some(block.before + u64::from(feeds + part.count_ones()) + 1)
    }

    /// The block that holds `offset`, and the place in it.
    fn split(&self, offset: u64) -> (u64, usize) {
        let size = BLOCK as u64;
        // Less than `BLOCK`.
        let at = usize::try_from(offset % size).unwrap_or_default();
        (offset / size, at)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, KEPT, Places};

    #[test]
    fn lines_are_counted_from_one_however_the_input_was_cut() {
        let mail: Vec<u8> = (0..3 * BLOCK)
            .map(|at| {
                if at % 7 == 3 || at % 11 == 0 {
                    b'\n'
                } else {
                    b'x'
                }
            })
            .collect();
        for size in [1, 63, 64, 4095, 5000, mail.len()] {
            let mut places = Places::default();
            for piece in mail.chunks(size) {
                places.extend(piece);
            }
            let mut line = 1;
            for (offset, octet) in mail.iter().enumerate() {
                assert_eq!(places.line(offset as u64), Some(line), "{offset}");
                line += u64::from(*octet == b'\n');
            }
            assert_eq!(places.line(mail.len() as u64), Some(line));
        }
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut places = Places::default();
        let block = [b'\n'; BLOCK];
        for _ in 0..=KEPT {
            places.extend(&block);
        }
        let first = BLOCK as u64;
        assert_eq!(places.line(first - 1), None);
        assert_eq!(places.line(first), Some(first + 1));
        assert_eq!(places.blocks.len(), KEPT);
    }
}
