//! What a host did wrong, and why a message ended before its time.

use thiserror::Error;

use super::Slot;
use super::part::Domain;

/// A mistake of the host: the action did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The name of a field is empty, or holds something else than visible US-ASCII without a colon.
    #[error("not the name of a field")]
    InvalidName,
    /// A type, disposition or parameter name is no token.
    #[error("not a token")]
    InvalidToken,
    /// A CR or LF that does not fold a field.
    #[error("a line break inside a field")]
    LineBreak,
    /// A control character other than a tab.
    #[error("a control character in a field")]
    ControlCharacter,
    /// The octets are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Text beyond US-ASCII where only [`Wording::Utf8`](super::Wording::Utf8) can write it, or a field that holds
    /// some in a message [without SMTPUTF8](super::Config::with_smtputf8).
    #[error("text beyond US-ASCII needs SMTPUTF8")]
    NotAscii,
    /// A line above 998 octets that cannot be folded (RFC 5322, section 2.1.1).
    #[error("a line above 998 octets")]
    LineTooLong,
    /// Not one `local@domain`.
    #[error("not an address")]
    InvalidAddress,
    /// A list of addresses or identifiers without a member.
    #[error("an empty list")]
    EmptyList,
    /// Not `left@right`, or with white space or brackets in it.
    #[error("not a message identifier")]
    InvalidMessageId,
    /// A year outside 1900 to 9999, or a zone beyond 99 hours.
    #[error("not a date that mail can express")]
    InvalidDate,
    /// A field or parameter that occurs once only.
    #[error("given twice")]
    Duplicate,
    /// A field or parameter that the composer writes itself: Content-Type, Content-Transfer-Encoding, MIME-Version,
    /// a boundary.
    #[error("the composer writes this itself")]
    Reserved,
    /// A parameter of more sections than readers take.
    #[error("a parameter is too long")]
    ParameterTooLong,
    /// A header above [`Limits::max_header`](crate::Limits::max_header), or with more fields than
    /// [`Limits::max_fields`](crate::Limits::max_fields).
    #[error("a header is too long")]
    HeaderTooLong,
    /// Entities inside one another beyond [`Limits::max_depth`](crate::Limits::max_depth).
    #[error("entities nest too deep")]
    TooDeep,
    /// More entities than [`Limits::max_parts`](crate::Limits::max_parts).
    #[error("too many entities")]
    TooManyParts,
    /// A multipart without a part (RFC 2046, section 5.1.1).
    #[error("a multipart without parts")]
    EmptyMultipart,
    /// A media type that does not suit the body: `multipart` and `message` have their own constructors, which in
    /// turn take nothing else.
    #[error("the media type does not suit the body")]
    WrongMediaType,
    /// Fields for an entity that brings its own.
    #[error("a verbatim entity brings its own fields")]
    VerbatimHeader,
    /// Two bodies ask the same slot.
    #[error("a slot is used twice")]
    DuplicateSlot,
    /// A verbatim body holds octets above 127, and the profile has no 8BITMIME.
    #[error("verbatim octets need 8BITMIME")]
    NeedsEightBit,
    /// A verbatim body holds long lines, NUL, a bare CR or a bare LF, and the profile has no BINARYMIME.
    #[error("verbatim octets need BINARYMIME")]
    NeedsBinary,
    /// SMTPUTF8 implies 8BITMIME (RFC 6531, section 3.1).
    #[error("SMTPUTF8 needs 8BITMIME")]
    Utf8NeedsEightBit,
    /// Known content holds every boundary that follows from the random octets: they are not random.
    #[error("the content holds the boundaries")]
    BoundaryInContent,
    /// A body to be pulled, where all must be known.
    #[error("a body is not known")]
    Unknown,
    /// An answer to a slot that was not asked, or was answered already.
    #[error("this slot was not asked")]
    NotWanted,
}

/// Why a message ended before its time. What is in `tx` is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A pulled body holds the boundary of the message; none of it was emitted.
    #[error("the body of {0} holds a boundary")]
    BoundaryInBody(Slot),
    /// A pulled body holds what its [`Domain`] excludes.
    #[error("the body of {slot} is not {domain} data")]
    OutsideDomain {
        /// Which body.
        slot: Slot,
        /// What it was declared as.
        domain: Domain,
    },
}
