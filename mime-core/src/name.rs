//! The fields that may occur once.

/// A field that a reader knows by name, and of which a header must hold one at most (RFC 5322, section 3.6;
/// RFC 2045; RFC 2183).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Known {
    /// Content-Type.
    ContentType,
    /// Content-Transfer-Encoding.
    ContentTransferEncoding,
    /// Content-Disposition.
    ContentDisposition,
    /// Content-ID.
    ContentId,
    /// Content-Description.
    ContentDescription,
    /// MIME-Version.
    MimeVersion,
    /// From.
    From,
    /// Sender.
    Sender,
    /// Reply-To.
    ReplyTo,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
    /// Subject.
    Subject,
    /// Date.
    Date,
    /// Message-ID.
    MessageId,
    /// In-Reply-To.
    InReplyTo,
    /// References.
    References,
}

const ALL: [Known; 17] = [
    Known::ContentType,
    Known::ContentTransferEncoding,
    Known::ContentDisposition,
    Known::ContentId,
    Known::ContentDescription,
    Known::MimeVersion,
    Known::From,
    Known::Sender,
    Known::ReplyTo,
    Known::To,
    Known::Cc,
    Known::Bcc,
    Known::Subject,
    Known::Date,
    Known::MessageId,
    Known::InReplyTo,
    Known::References,
];

/// One field at most for each slot: a name is compared with one other.
const BY_SLOT: [Option<Known>; SLOTS] = by_slot();

const SLOTS: usize = 64;

/// A number that differs for all names above, whatever the case of their letters.
const fn slot(name: &[u8]) -> usize {
    let Some((&first, _)) = name.split_first() else {
        return 0;
    };
    let (_, second_half) = name.split_at(name.len() / 2);
    let middle = match second_half {
        [middle, ..] => *middle,
        [] => 0,
    };
    let (first, middle) = ((first | 0x20) as usize, (middle | 0x20) as usize);
    (name.len() + 2 * first + 4 * middle) % SLOTS
}

#[allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "at compile time either one is an error"
)]
const fn by_slot() -> [Option<Known>; SLOTS] {
    let mut slots = [None; SLOTS];
    let mut at = 0;
    while at < ALL.len() {
        let slot = slot(ALL[at].as_str().as_bytes());
        assert!(slots[slot].is_none(), "two names have the same slot");
        slots[slot] = Some(ALL[at]);
        at += 1;
    }
    slots
}

impl Known {
    /// The known field of this name, in any case of letters.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let known = (*BY_SLOT.get(slot(name))?)?;
        let usual = known.as_str().as_bytes();
        // As it is usually written it is compared at once, and not octet by octet.
        (name == usual || name.eq_ignore_ascii_case(usual)).then_some(known)
    }

    /// The name as it is usually written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentType => "Content-Type",
            Self::ContentTransferEncoding => "Content-Transfer-Encoding",
            Self::ContentDisposition => "Content-Disposition",
            Self::ContentId => "Content-ID",
            Self::ContentDescription => "Content-Description",
            Self::MimeVersion => "MIME-Version",
            Self::From => "From",
            Self::Sender => "Sender",
            Self::ReplyTo => "Reply-To",
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Bcc => "Bcc",
            Self::Subject => "Subject",
            Self::Date => "Date",
            Self::MessageId => "Message-ID",
            Self::InReplyTo => "In-Reply-To",
            Self::References => "References",
        }
    }

    /// Its bit in a set of fields.
    pub(crate) fn bit(self) -> u32 {
        1 << self as u32
    }

    /// Whether it means anything only in a message with MIME-Version.
    pub(crate) fn is_mime(self) -> bool {
        matches!(self, Self::ContentType | Self::ContentTransferEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_field_is_found_by_its_name_in_any_case() {
        for known in ALL {
            let name = known.as_str();
            assert_eq!(Known::of(name.as_bytes()), Some(known));
            assert_eq!(Known::of(name.to_ascii_uppercase().as_bytes()), Some(known));
            assert_eq!(Known::of(&[b"X-", name.as_bytes()].concat()), None);
        }
        assert_eq!(Known::of(b""), None);
        assert_eq!(Known::of(b"Fr om"), None);
    }
}
