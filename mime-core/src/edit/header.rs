//! What becomes of the fields of one entity.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::compose::RawField;
use crate::decode::TransferEncoding;
use crate::entity;
use crate::message::Part;
use crate::name::Known;

use super::Misuse;

/// Edits of one header.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderEdit {
    /// Above all fields; the last one given stands highest.
    pub(super) top: Vec<RawField>,
    /// By the number of the field.
    pub(super) fields: BTreeMap<usize, FieldEdit>,
    /// Below all fields.
    pub(super) end: Vec<RawField>,
}

/// What becomes of one field.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldEdit {
    pub(super) before: Vec<RawField>,
    pub(super) fate: Fate,
    pub(super) after: Vec<RawField>,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Fate {
    #[default]
    Stays,
    Becomes(RawField),
    Goes,
}

impl HeaderEdit {
    pub(super) fn is_empty(&self) -> bool {
        self.top.is_empty() && self.end.is_empty() && self.fields.is_empty()
    }

    /// Decides what becomes of field number `nth`.
    pub(super) fn decide(&mut self, nth: usize, fate: Fate) -> Result<(), Misuse> {
        let field = self.fields.entry(nth).or_default();
        match field.fate {
            Fate::Stays => field.fate = fate,
            Fate::Becomes(_) | Fate::Goes => return Err(Misuse::Conflict),
        }
        Ok(())
    }

    /// Whether field number `nth` is as it was.
    pub(super) fn keeps(&self, nth: usize) -> bool {
        let field = self.fields.get(&nth);
        field.is_none_or(|field| matches!(field.fate, Fate::Stays))
    }

    /// The value of the first field of this name, after the edits.
    fn first<'e>(&'e self, part: &Part<'_, 'e>, known: Known) -> Option<Cow<'e, [u8]>> {
        let new = |list: &'e [RawField]| {
            let mut list = list.iter();
            list.find(|it| Known::of(it.name()) == Some(known))
                .map(|it| Cow::Borrowed(it.value()))
        };
        let mut top = self.top.iter().rev();
        if let Some(field) = top.find(|it| Known::of(it.name()) == Some(known)) {
            return Some(Cow::Borrowed(field.value()));
        }
        for (nth, (is_known, value)) in part.values_of(known).enumerate() {
            let edit = self.fields.get(&nth);
            if let Some(found) = edit.and_then(|edit| new(&edit.before)) {
                return Some(found);
            }
            let found = match edit.map(|edit| &edit.fate) {
                None | Some(Fate::Stays) => is_known.then_some(Cow::Borrowed(value)),
                Some(Fate::Becomes(field)) => new(core::slice::from_ref(field)),
                Some(Fate::Goes) => None,
            };
            if let Some(found) = found.or_else(|| edit.and_then(|edit| new(&edit.after))) {
                return Some(found);
            }
        }
        new(&self.end)
    }

    /// How the body would be divided, as far as the header decides it.
    pub(super) fn division(&self, part: &Part<'_, '_>) -> Division {
        let media_type = self.first(part, Known::ContentType);
        let encoding = self.first(part, Known::ContentTransferEncoding);
        let encoding = encoding.map_or(TransferEncoding::default(), |value| {
            TransferEncoding::from_value(&value)
        });
        let encoded = match encoding {
            TransferEncoding::Unknown => Encoded::Unknown,
            TransferEncoding::SevenBit | TransferEncoding::EightBit | TransferEncoding::Binary => {
                Encoded::No
            }
            TransferEncoding::QuotedPrintable
            | TransferEncoding::Base64
            | TransferEncoding::Uuencode => Encoded::Yes,
        };
        let media_type = entity::media_type(media_type.as_deref(), part.in_digest());
        if media_type.is("multipart", "*") {
            return Division::Parts {
                digest: media_type.is("multipart", "digest"),
                boundary: media_type.parameter("boundary").map(Cow::into_owned),
                encoded,
            };
        }
        if media_type.is("message", "rfc822") || media_type.is("message", "global") {
            return Division::Message { encoded };
        }
        Division::None
    }
}

/// What of a header decides how the body is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Division {
    None,
    Message {
        encoded: Encoded,
    },
    Parts {
        digest: bool,
        boundary: Option<Vec<u8>>,
        encoded: Encoded,
    },
}

/// What a header says of an encoding that composites must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoded {
    No,
    Yes,
    Unknown,
}

impl Division {
    /// Whether an edit may put `new` in the place of this one. That a multipart is encoded may be taken back, since
    /// nobody believes it, but not be said anew.
    pub(super) fn may_become(&self, new: &Self) -> bool {
        let mut told = self.clone();
        if let Self::Parts { encoded, .. } = &mut told
            && *encoded == Encoded::Yes
        {
            *encoded = Encoded::No;
        }
        self == new || told == *new
    }
}
