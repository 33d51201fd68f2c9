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

impl Known {
    /// The known field of this name, in any case of letters.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let known = match (name.len(), name.first()?.to_ascii_lowercase()) {
            (2, b't') => Self::To,
            (2, b'c') => Self::Cc,
            (3, b'b') => Self::Bcc,
            (4, b'f') => Self::From,
            (4, b'd') => Self::Date,
            (6, b's') => Self::Sender,
            (7, b's') => Self::Subject,
            (8, b'r') => Self::ReplyTo,
            (10, b'c') => Self::ContentId,
            (10, b'm') => Self::MessageId,
            (10, b'r') => Self::References,
            (11, b'i') => Self::InReplyTo,
            (12, b'c') => Self::ContentType,
            (12, b'm') => Self::MimeVersion,
            (19, b'c') => {
                let fifth = name.get(8)?.to_ascii_lowercase();
                if fifth == b'd' && name.get(9)?.eq_ignore_ascii_case(&b'i') {
                    Self::ContentDisposition
                } else {
                    Self::ContentDescription
                }
            }
            (25, b'c') => Self::ContentTransferEncoding,
            _ => return None,
        };
        name.eq_ignore_ascii_case(known.as_str().as_bytes())
            .then_some(known)
    }

    /// The name as it is usually written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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
        let all = [
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
        for known in all {
            let name = known.as_str();
            assert_eq!(Known::of(name.as_bytes()), Some(known));
            assert_eq!(Known::of(name.to_ascii_uppercase().as_bytes()), Some(known));
            assert_eq!(Known::of(&[b"X-", name.as_bytes()].concat()), None);
        }
        assert_eq!(Known::of(b""), None);
        assert_eq!(Known::of(b"Fr om"), None);
    }
}
