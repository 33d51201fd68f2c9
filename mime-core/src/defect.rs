//! What is wrong with a message: never an error, always said.

use core::ops::Range;

/// A place where a message breaks a rule, or where parsers are known to read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Defect {
    /// What it is.
    pub code: DefectCode,
    /// Offset of its first octet, from the start of the message.
    pub at: u64,
    /// Its octets.
    pub len: u64,
}

/// Where functions over one value report what they had to forgive: a code, and octets of the value.
pub type Sink<'a> = dyn FnMut(DefectCode, Range<usize>) + 'a;

/// Kinds of defects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DefectCode {
    // What lines break: said once for the header and body of an entity, at the first place.
    /// A carriage return that no line feed follows: never a line end.
    BareCr,
    /// A line feed that follows no carriage return.
    BareLf,
    /// A NUL octet outside a binary body.
    Nul,
    /// A line of more than 998 octets outside a binary body.
    LongLine,

    // What fields break.
    /// A byte order mark before the first field: it stays in the name.
    ByteOrderMark,
    /// An mbox `From ` line before the first field: no field.
    MboxLine,
    /// A header that begins with white space: nothing is there to be continued.
    NothingToContinue,
    /// A colon without a name before it.
    EmptyName,
    /// White space inside a name: it is no known name.
    SpaceInName,
    /// An octet in a name that is not printable US-ASCII.
    InvalidName,
    /// White space between name and colon.
    SpaceBeforeColon,
    /// A continuation line of white space alone: some readers take it for the end of the header.
    BlankContinuation,
    /// An octet above 127 in a field that must be US-ASCII, or that is not UTF-8.
    EightBitInField,
    /// A field that may occur once, again: the first one counts.
    DuplicateField,
    /// A line without a colon: the header ends before it, and it begins the body.
    MissingBlankLine,
    /// A delimiter where a field was expected: header and entity end there.
    HeaderCut,
    /// MIME fields in a message without MIME-Version: they are obeyed.
    NoMimeVersion,

    // What the structure breaks.
    /// A Content-Transfer-Encoding that is not known: the body is opaque.
    UnknownEncoding,
    /// A multipart or an embedded message under base64, quoted-printable or an unknown encoding, all of which
    /// RFC 2045 (6.4) forbids.
    EncodedComposite,
    /// A multipart without a boundary parameter: its body is a leaf.
    MissingBoundary,
    /// A multipart with an empty boundary: its body is a leaf.
    EmptyBoundary,
    /// A boundary of more than 70 octets.
    LongBoundary,
    /// A boundary with an octet that RFC 2046 does not allow, or with white space at its end.
    InvalidBoundary,
    /// A boundary that is open already, or begins like one that is.
    AmbiguousBoundary,
    /// A multipart in which no delimiter occurs: everything is preamble.
    MissingDelimiter,
    /// A multipart that ends without its close delimiter.
    MissingClose,
    /// A line that begins like a delimiter and goes on: text.
    TextAfterDelimiter,
    /// A line that begins like a close delimiter and goes on: text.
    TextAfterClose,
    /// A delimiter of a multipart that is closed already: epilogue.
    DelimiterAfterClose,
    /// An epilogue that is not only white space.
    ContentAfterClose,

    // Where [`Limits`](crate::Limits) stop the reading: what follows is opaque.
    /// An entity deeper than `max_depth`.
    TooDeep,
    /// More entities than `max_parts`.
    TooManyParts,
    /// A header of more than `max_header` octets.
    HeaderTooLong,
    /// A header of more than `max_fields` fields.
    TooManyFields,
    /// A boundary of more than `max_boundary` octets.
    BoundaryTooLong,
    /// A line that begins with two hyphens and is longer than `max_delimiter_line`: no delimiter.
    DelimiterLineTooLong,

    // What the readers of fields forgive.
    /// A comment that nothing closes: it runs to the end of the value.
    UnclosedComment,
    /// A comment nested deeper than [`MAX_COMMENT_DEPTH`](crate::field::MAX_COMMENT_DEPTH).
    DeepComment,
    /// A quoted string that nothing closes: it runs to the end of the value.
    UnclosedQuotedString,
    /// Octets that no production of the field allows, skipped.
    StrayText,
    /// Octets above 127 that are not UTF-8: read as windows-1252.
    RawEightBit,
    /// A charset that is not known here: text is read as windows-1252.
    UnknownCharset,
    /// Octets that are not text in the charset they claim.
    UndecodableText,
    /// Something that begins like an encoded word and is none: kept as text.
    BrokenEncodedWord,
    /// An encoded word with faults that leave its meaning clear: decoded.
    LooseEncodedWord,
    /// An encoded word where RFC 2047 forbids one (in a quoted string): decoded in text only.
    MisplacedEncodedWord,
    /// Not `type/subtype`.
    InvalidMediaType,
    /// A parameter that no semicolon separates from what stands before it.
    MissingSemicolon,
    /// A parameter without a name, an equals sign or a value.
    ParameterWithoutValue,
    /// A value that needed quotes and has none.
    UnquotedParameter,
    /// The name of a parameter with stars that mean nothing in RFC 2231.
    InvalidParameterName,
    /// The same parameter or section again: the first one counts.
    DuplicateParameter,
    /// The same parameter in several forms (`name`, `name*`, `name*0`): the extended one counts.
    ConflictingParameter,
    /// A section without its predecessors: ignored.
    MissingSection,
    /// More parameters than [`MAX_PARAMETERS`](crate::field::MAX_PARAMETERS): the rest is ignored.
    TooManyParameters,
    /// A parameter that the media type needs is not there.
    MissingParameter,
    /// A parameter whose value makes no sense: no number where one must be, a fragment beyond the last one.
    InvalidParameter,
    /// A percent sign that two hexadecimal digits do not follow, or no charset in the first section.
    InvalidExtendedValue,
    /// An address that is no mailbox and no group.
    InvalidAddress,
    /// More addresses than [`MAX_ADDRESSES`](crate::field::MAX_ADDRESSES): the rest is ignored.
    TooManyAddresses,
    /// A source route, a space around a dot or an empty list member (RFC 5322, section 4.4).
    ObsoleteAddress,
    /// A group that no semicolon closes.
    UnclosedGroup,
    /// An address in angle brackets that nothing closes.
    UnclosedAngle,
    /// A date that is none.
    InvalidDate,
    /// A date in a form that must no longer be written (RFC 5322, section 4.3).
    ObsoleteDate,
    /// A zone that says nothing: read as -0000.
    UnknownZone,
    /// A message identifier without its angle brackets or its at sign.
    InvalidMessageId,
    /// A result or property that does not follow RFC 8601.
    InvalidAuthResult,
    /// A field of a report without its type or its value.
    InvalidReportField,

    // What the decoders of bodies forgive.
    /// Octets outside the base64 alphabet, skipped.
    Base64Junk,
    /// Octets after the padding, ignored.
    Base64AfterPadding,
    /// Bits that the last group should have left at zero.
    Base64TrailingBits,
    /// A last group without its padding, or of one character.
    Base64Truncated,
    /// An equals sign that neither two hexadecimal digits nor a line end follow: kept as text.
    QuotedPrintableEscape,
    /// White space at the end of an encoded line, dropped.
    QuotedPrintableTrailingSpace,
    /// An octet that had to be encoded and is not.
    QuotedPrintableRaw,
    /// An encoded line of more than 76 characters.
    QuotedPrintableLongLine,
    /// A soft line break at the very end.
    QuotedPrintableSoftEnd,
    /// An octet above 127 in a 7bit body.
    EightBitInSevenBit,
    /// NUL in a 7bit or 8bit body.
    NulInText,
    /// A uuencoded body without its `begin` line.
    UuencodeNoBegin,
    /// A uuencoded body without its `end` line.
    UuencodeNoEnd,
    /// A uuencoded line whose length says something else than its content.
    UuencodeLine,
}
