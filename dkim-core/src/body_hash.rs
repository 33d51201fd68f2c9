//! One pass over the body for any number of signatures.

use alloc::{boxed::Box, vec::Vec};

use crypto_core::{Digest, Hash, HashContext};

use crate::canon::{Body, Canonicalization};

/// The hashes that signatures ask for: one running hash for each canonicalisation, whatever their `l=`.
#[derive(Debug, Default)]
pub(crate) struct BodyHashes {
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    canonicalization: Canonicalization,
    canon: Option<Body>,
    tally: Tally,
}

#[derive(Debug)]
struct Tally {
    hash: Box<dyn HashContext>,
    /// Canonical octets so far.
    octets: u64,
    /// Ends of prefixes that are signed, and their hashes; in order.
    prefixes: Vec<(u64, Option<Digest>)>,
    /// Prefixes whose end was reached.
    reached: usize,
    /// The whole body is signed.
    whole: bool,
}

/// A hash of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyHash {
    /// `None` when the body is shorter than asked for.
    pub(crate) digest: Option<Digest>,
    /// Canonical octets of the body.
    pub(crate) total: u64,
}

impl BodyHashes {
    /// Asks for the hash of the body, or of its first `length` canonical octets.
    pub(crate) fn add(
        &mut self,
        hash: &dyn Hash,
        canonicalization: Canonicalization,
        length: Option<u64>,
    ) {
        let known = self
            .lanes
            .iter()
            .position(|lane| lane.canonicalization == canonicalization);
        let place = known.unwrap_or_else(|| {
            self.lanes.push(Lane {
                canonicalization,
                canon: Some(Body::new(canonicalization)),
                tally: Tally {
                    hash: hash.start(),
                    octets: 0,
                    prefixes: Vec::new(),
                    reached: 0,
                    whole: false,
                },
            });
            self.lanes.len() - 1
        });
        if let Some(Lane { tally, .. }) = self.lanes.get_mut(place) {
            match length {
                None => tally.whole = true,
                Some(length) => {
                    let place = tally.prefixes.partition_point(|(end, _)| *end < length);
                    tally.prefixes.insert(place, (length, None));
                }
            }
        }
    }

    /// Gives up the canonicalisations that are not `wanted` any more.
    pub(crate) fn retain(&mut self, wanted: impl Fn(Canonicalization) -> bool) {
        self.lanes.retain(|lane| wanted(lane.canonicalization));
    }

    pub(crate) fn update(&mut self, chunk: &[u8]) {
        for Lane { canon, tally, .. } in &mut self.lanes {
            if let Some(canon) = canon {
                canon.update(chunk, |piece| tally.update(piece));
            }
        }
    }

    /// The body is over.
    pub(crate) fn finish(&mut self) {
        for Lane { canon, tally, .. } in &mut self.lanes {
            if let Some(canon) = canon.take() {
                canon.finish(|piece| tally.update(piece));
            }
            tally.update(&[]);
        }
    }

    /// The hash of what was asked for, after [`BodyHashes::finish`].
    pub(crate) fn hash(
        &self,
        canonicalization: Canonicalization,
        length: Option<u64>,
    ) -> Option<BodyHash> {
        let lane = self
            .lanes
            .iter()
            .find(|lane| lane.canonicalization == canonicalization)?;
        let tally = &lane.tally;
        let digest = match length {
            None => Some(tally.hash.peek()),
            Some(length) => {
                let place = tally.prefixes.partition_point(|(end, _)| *end < length);
                tally.prefixes.get(place).and_then(|(_, digest)| *digest)
            }
        };
        Some(BodyHash {
            digest,
            total: tally.octets,
        })
    }
}

impl Tally {
    fn update(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some((end, digest)) = self.prefixes.get_mut(self.reached) {
            let missing = usize::try_from(*end - self.octets).unwrap_or(usize::MAX);
            let Some((head, tail)) = rest.split_at_checked(missing) else {
                break;
            };
            self.hash.update(head);
            self.octets += head.len() as u64;
            *digest = Some(self.hash.peek());
            self.reached += 1;
            rest = tail;
        }
        if self.whole || self.reached < self.prefixes.len() {
            self.hash.update(rest);
        }
        self.octets += rest.len() as u64;
    }
}
