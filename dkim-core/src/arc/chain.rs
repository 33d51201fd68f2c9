//! The sets of a message: collected, and their structure judged (RFC 8617 section 5.2, steps 1 to 3).

use alloc::vec::Vec;
use core::ops::Range;

use super::{ChainFailure, ChainStatus, MAX_SETS, Part};
use crate::{
    canon::{self, Canonicalization},
    fields::Fields,
    limits::Limits,
    verdict::Reason,
    wire::seal,
};

/// A set that is whole: which fields of the header it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) results: usize,
    pub(crate) signature: usize,
    pub(crate) seal: usize,
}

/// All fields of ARC in a message.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    /// By instance, the first is 1.
    slots: Vec<Slot>,
    too_many: bool,
    /// Fields beyond those of the longest chain were not read.
    overflow: bool,
    unreadable: Option<(Part, Reason)>,
}

/// What came of one set.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// By [`Part::ALL`].
    places: [Option<usize>; 3],
    repeated: Option<Part>,
    /// `cv=` of its seal.
    status: Option<ChainStatus>,
    /// A seal of it says `cv=fail`.
    failed: bool,
}

/// Finds the fields of ARC.
pub(crate) fn collect(fields: &Fields, limits: &Limits) -> Collection {
    let most = limits.max_arc_sets.min(MAX_SETS);
    let mut this = Collection::default();
    for (column, part) in Part::ALL.into_iter().enumerate() {
        let named = fields.named(part.as_str().as_bytes());
        this.too_many |= named.len() > usize::from(most);
        this.overflow |= named.len() > usize::from(MAX_SETS);
        for field in named.take(usize::from(MAX_SETS)) {
            match read(fields, field, part, limits.max_signature_field) {
                Ok((instance, status)) => {
                    this.too_many |= instance > most;
                    this.put(usize::from(instance), column, part, field, status);
                }
                Err(reason) => {
                    this.unreadable.get_or_insert((part, reason));
                }
            }
        }
    }
    this
}

/// The instance of a field, and the `cv=` of a seal.
fn read(
    fields: &Fields,
    field: usize,
    part: Part,
    max: usize,
) -> Result<(u8, Option<ChainStatus>), Reason> {
    if fields.raw(field).len() > max {
        return Err(Reason::FieldTooLong);
    }
    let value = fields.value(field);
    if part == Part::AuthenticationResults {
        let (instance, _) = seal::results(value)?;
        return Ok((instance, None));
    }
    let list = seal::tags(value)?;
    let status = match part {
        Part::Seal => seal::status(&list).ok(),
        Part::AuthenticationResults | Part::MessageSignature => None,
    };
    Ok((seal::instance(&list)?, status))
}

impl Collection {
    fn put(
        &mut self,
        instance: usize,
        column: usize,
        part: Part,
        field: usize,
        status: Option<ChainStatus>,
    ) {
        if self.slots.len() < instance {
            self.slots.resize(instance, Slot::default());
        }
        let Some(slot) = self.slots.get_mut(instance - 1) else {
            return;
        };
        slot.failed |= status == Some(ChainStatus::Fail);
        let Some(place) = slot.places.get_mut(column) else {
            return;
        };
        if place.is_some() {
            slot.repeated = slot.repeated.or(Some(part));
        } else {
            *place = Some(field);
            slot.status = slot.status.or(status);
        }
    }

    /// The highest instance; 0 without any.
    fn highest(&self) -> u8 {
        u8::try_from(self.slots.len()).unwrap_or(MAX_SETS)
    }

    /// The instance of a set that is added; `None` when there can be no more.
    pub(crate) fn next(&self) -> Option<u8> {
        let next = self.highest() + 1;
        (next <= MAX_SETS && !self.overflow).then_some(next)
    }

    /// Whether there is no field of ARC.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.unreadable.is_none() && !self.too_many
    }

    /// Whether the newest seal says that the chain has failed.
    pub(crate) fn is_sealed_as_failed(&self) -> bool {
        self.slots.last().is_some_and(|slot| slot.failed)
    }

    /// The sets in sequence, if they make a chain.
    pub(crate) fn sets(self) -> Result<Vec<Set>, ChainFailure> {
        if self.too_many {
            return Err(ChainFailure::TooManySets);
        }
        if self.is_sealed_as_failed() {
            return Err(ChainFailure::SealedAsFailed(self.highest()));
        }
        if let Some((part, reason)) = self.unreadable {
            return Err(ChainFailure::Unreadable { part, reason });
        }
        let instances = || (1..=MAX_SETS).zip(&self.slots);
        let sets = instances().map(|(instance, slot)| slot.set(instance));
        let sets = sets.collect::<Result<Vec<_>, _>>()?;
        for (instance, slot) in instances() {
            let due = match instance {
                1 => ChainStatus::None,
                _ => ChainStatus::Pass,
            };
            if slot.status != Some(due) {
                let found = slot.status;
                return Err(ChainFailure::Status { instance, found });
            }
        }
        Ok(sets)
    }
}

impl Slot {
    fn set(&self, instance: u8) -> Result<Set, ChainFailure> {
        if let Some(part) = self.repeated {
            return Err(ChainFailure::Repeated { instance, part });
        }
        let missing = |part| ChainFailure::Missing { instance, part };
        let [results, signature, seal] = self.places;
        Ok(Set {
            results: results.ok_or(missing(Part::AuthenticationResults))?,
            signature: signature.ok_or(missing(Part::MessageSignature))?,
            seal: seal.ok_or(missing(Part::Seal))?,
        })
    }
}

/// Hands out what the seals above it cover of a set (section 5.1.1).
pub(crate) fn sealed_set(fields: &Fields, set: Set, out: &mut impl FnMut(&[u8])) {
    for field in [set.results, set.signature, set.seal] {
        canon::header(Canonicalization::Relaxed, fields.raw(field), &mut *out);
    }
}

/// Hands out what a seal covers of its own set, of which these are the fields. `own` is where the value of `b=` lies in
/// the seal.
pub(crate) fn sealed_last(
    results: &[u8],
    signature: &[u8],
    seal: &[u8],
    own: Range<usize>,
    out: &mut impl FnMut(&[u8]),
) {
    canon::header(Canonicalization::Relaxed, results, &mut *out);
    canon::header(Canonicalization::Relaxed, signature, &mut *out);
    canon::signature_header(Canonicalization::Relaxed, seal, own, out);
}
