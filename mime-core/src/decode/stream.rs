//! What all transforms share: progress, problems, and output that did not fit.

use alloc::vec::Vec;

use crate::defect::DefectCode;

/// What one call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets taken from the source. Those that are left must come again, before what follows them.
    pub read: usize,
    /// Octets put at the beginning of the destination.
    pub written: usize,
}

/// One kind of problem: what, how often, and where first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: DefectCode,
    /// How many octets or lines.
    pub count: u64,
    /// Offset of the first, from the start of the encoded body.
    pub first: u64,
}

/// What a transform had to forgive, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    // No transform knows more kinds.
    kinds: [Option<Problem>; 5],
}

impl Problems {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// All kinds, in the order of their first place.
    pub fn iter(&self) -> impl Iterator<Item = Problem> + '_ {
        self.kinds.iter().flatten().copied()
    }

    /// The problem of a kind.
    #[must_use]
    pub fn of(&self, code: DefectCode) -> Option<Problem> {
        self.iter().find(|problem| problem.code == code)
    }

    pub(super) fn note(&mut self, code: DefectCode, at: u64) {
        for slot in &mut self.kinds {
            match slot {
                Some(problem) if problem.code == code => {
                    problem.count += 1;
                    return;
                }
                Some(_) => {}
                None => {
                    *slot = Some(Problem {
                        code,
                        count: 1,
                        first: at,
                    });
                    return;
                }
            }
        }
    }
}

/// A destination that never refuses: what does not fit waits in `spill` for the next call.
#[derive(Debug)]
pub(super) struct Out<'a> {
    dst: &'a mut [u8],
    at: usize,
    spill: &'a mut Vec<u8>,
}

impl Out<'_> {
    #[inline]
    pub(super) fn push(&mut self, octet: u8) {
        match self.dst.get_mut(self.at) {
            Some(slot) => {
                *slot = octet;
                self.at += 1;
            }
            None => self.spill.push(octet),
        }
    }

    #[inline]
    pub(super) fn extend(&mut self, octets: &[u8]) {
        let fits = octets.len().min(self.dst.len() - self.at);
        let (now, later) = octets.split_at(fits);
        if let Some(room) = self.dst.get_mut(self.at..self.at + fits) {
            room.copy_from_slice(now);
            self.at += fits;
        }
        if !later.is_empty() {
            self.spill.extend_from_slice(later);
        }
    }

    /// Whether the next octet goes to the destination.
    pub(super) fn has_room(&self) -> bool {
        self.at < self.dst.len() && self.spill.is_empty()
    }

    /// What is free of the destination, to be filled from its beginning.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.dst.get_mut(self.at..).unwrap_or_default()
    }

    /// Takes back what was put last.
    pub(super) fn retreat(&mut self, len: usize) {
        self.at -= len;
    }

    /// Says that so much of the room was filled.
    pub(super) fn advance(&mut self, len: usize) {
        self.at += len;
    }
}

/// The part of a transform that differs: how it treats one octet, and a faster way through many.
pub(super) trait Step {
    /// Takes one octet, at offset `at` of the input.
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>);

    /// Takes as many octets as it can at once, without passing the room in `out`; 0 if `step` must do it.
    fn run(&mut self, src: &[u8], at: u64, out: &mut Out<'_>) -> usize {
        let _ = (src, at, out);
        0
    }

    /// Says what the end of the input means.
    fn end(&mut self, at: u64, out: &mut Out<'_>) {
        let _ = (at, out);
    }

    /// Whether the input ended by itself: what follows is not taken.
    fn is_complete(&self) -> bool {
        false
    }
}

/// Octets that are taken one by one before the fast way is tried again.
const MAX_PATIENCE: usize = 64;

/// A transform over pieces of any size, in and out.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream<S> {
    pub(super) step: S,
    spill: Vec<u8>,
    spilled: usize,
    at: u64,
    ended: bool,
}

impl<S: Step> Stream<S> {
    pub(super) fn new(step: S) -> Self {
        Self {
            step,
            spill: Vec::new(),
            spilled: 0,
            at: 0,
            ended: false,
        }
    }

    pub(super) fn feed(&mut self, src: &[u8], dst: &mut [u8]) -> Progress {
        let drained = self.drain(dst);
        let mut read = 0;
        // Where the fast way finds nothing again and again, asking it for each octet would cost more than
        // it can save.
        let mut patience = 1;
        let mut out = Out {
            dst,
            at: drained,
            spill: &mut self.spill,
        };
        while read < src.len() && out.has_room() && !self.step.is_complete() {
            let rest = src.get(read..).unwrap_or_default();
            let taken = self.step.run(rest, self.at, &mut out);
            if taken > 0 {
                read += taken;
                self.at += taken as u64;
                patience = 1;
                continue;
            }
            for &octet in rest.iter().take(patience) {
                self.step.step(octet, self.at, &mut out);
                read += 1;
                self.at += 1;
                if !out.has_room() || self.step.is_complete() {
                    break;
                }
            }
            patience = (patience * 2).min(MAX_PATIENCE);
        }
        Progress {
            read,
            written: out.at,
        }
    }

    pub(super) fn finish(&mut self, dst: &mut [u8]) -> Progress {
        let drained = self.drain(dst);
        let mut out = Out {
            dst,
            at: drained,
            spill: &mut self.spill,
        };
        if out.spill.is_empty() && !self.ended {
            self.ended = true;
            self.step.end(self.at, &mut out);
        }
        Progress {
            read: 0,
            written: out.at,
        }
    }

    /// Whether something waits that did not fit.
    pub(super) fn waits(&self) -> bool {
        !self.spill.is_empty()
    }

    /// Says that so many octets were taken elsewhere.
    pub(super) fn skip(&mut self, len: usize) {
        self.at += len as u64;
    }

    /// Puts what waits into `dst`; answers how much.
    fn drain(&mut self, dst: &mut [u8]) -> usize {
        let waiting = self.spill.get(self.spilled..).unwrap_or_default();
        let len = waiting.len().min(dst.len());
        if let (Some(dst), Some(waiting)) = (dst.get_mut(..len), waiting.get(..len)) {
            dst.copy_from_slice(waiting);
        }
        self.spilled += len;
        if self.spilled >= self.spill.len() {
            self.spill.clear();
            self.spilled = 0;
        }
        len
    }
}

/// The public face of a transform.
macro_rules! transform {
    ($(#[$docs:meta])* $name:ident($step:ty), $verb:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug)]
        pub struct $name(Stream<$step>);

        impl $name {
            /// Takes octets from `src` and puts what they mean into `dst`, until one of them is used up.
            ///
            /// Any sizes will do, and change nothing in what comes out. An empty `dst` makes no progress.
            pub fn $verb(&mut self, src: &[u8], dst: &mut [u8]) -> Progress {
                self.0.feed(src, dst)
            }

            /// Says that the input is complete, and puts what was held back into `dst`. To be repeated
            /// until nothing is written.
            pub fn finish(&mut self, dst: &mut [u8]) -> Progress {
                self.0.finish(dst)
            }

            /// Takes all of `src` and appends what it means to `tx`.
            pub fn extend(&mut self, src: &[u8], tx: &mut bytes::BytesMut) {
                let transform = &mut self.0;
                crate::decode::append(src, tx, |src, dst| transform.feed(src, dst));
            }

            /// Says that the input is complete, and appends what was held back to `tx`.
            pub fn finish_into(&mut self, tx: &mut bytes::BytesMut) {
                let transform = &mut self.0;
                crate::decode::append_end(tx, |dst| transform.finish(dst));
            }
        }
    };
}
pub(super) use transform;
