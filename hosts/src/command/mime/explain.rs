//! Defects in words, for people.

use mime_core::DefectCode as Code;

/// What a defect is, and what readers of mail disagree about because of it, where they are known to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) what: &'static str,
    pub(crate) readers: Option<&'static str>,
}

const fn rule(what: &'static str) -> Meaning {
    Meaning {
        what,
        readers: None,
    }
}

const fn dispute(what: &'static str, readers: &'static str) -> Meaning {
    Meaning {
        what,
        readers: Some(readers),
    }
}

/// The meaning of a code.
pub(crate) fn meaning(code: Code) -> Meaning {
    lines(code)
        .or_else(|| header(code))
        .or_else(|| structure(code))
        .or_else(|| limits(code))
        .or_else(|| words(code))
        .or_else(|| parameters(code))
        .or_else(|| values(code))
        .or_else(|| bodies(code))
        .unwrap_or(rule("not explained yet"))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn lines(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::BareCr => dispute(
            "a carriage return without a line feed, here an octet like any other",
            "some end the line there, and then see a field or a delimiter that others do not",
        ),
        Code::BareLf => dispute(
            "a line feed without a carriage return, here the end of the line",
            "DKIM and strict servers see one long line, and signatures break when it is mended on the way",
        ),
        Code::Nul => dispute(
            "a NUL octet outside a binary body, kept",
            "some stop reading there, some drop it",
        ),
        Code::LongLine => dispute(
            "a line of more than 998 octets",
            "servers may split or refuse it, which breaks signatures",
        ),
        Code::EightBitInSevenBit => dispute(
            "octets above 127 in a body that says 7bit",
            "some clear the eighth bit, some guess a charset",
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn header(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::ByteOrderMark => dispute(
            "a byte order mark before the first field, so that its name is no known one",
            "some skip the mark and know the field",
        ),
        Code::MboxLine => dispute(
            "an mbox `From ` line before the header, skipped",
            "some take it for a field, or for the end of the header",
        ),
        Code::NothingToContinue => dispute(
            "white space before the first field, so that its name is no known one",
            "some skip it and know the field",
        ),
        Code::EmptyName => dispute(
            "a colon without a name before it",
            "some end the header there",
        ),
        Code::SpaceInName => dispute(
            "white space inside the name of a field: no field of a known name",
            "some end the header there, some drop the space and know the field",
        ),
        Code::InvalidName => rule("an octet in the name of a field that is not printable US-ASCII"),
        Code::SpaceBeforeColon => dispute(
            "white space between the name of a field and the colon, not part of the name",
            "some do not know the field then, or end the header",
        ),
        Code::BlankContinuation => dispute(
            "a line of white space alone that continues a field",
            "some end the header there: to them the rest of it is text",
        ),
        Code::EightBitInField => dispute(
            "octets above 127 in a field (RFC 6532 allows UTF-8 where both ends agreed)",
            "some read windows-1252 or the charset of the body",
        ),
        Code::DuplicateField => dispute(
            "a field again that may occur once: the first one counts",
            "some believe the last one, so that they show another sender, subject or structure",
        ),
        Code::MissingBlankLine => dispute(
            "a line without a colon in the header: the body begins there",
            "some skip the line and go on with the header",
        ),
        Code::HeaderCut => dispute(
            "a delimiter inside a header, which ends header and part",
            "some read it as a broken field and miss the part",
        ),
        Code::NoMimeVersion => dispute(
            "MIME fields without MIME-Version, obeyed all the same",
            "some show the whole body as plain text",
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn structure(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::UnknownEncoding => dispute(
            "an unknown Content-Transfer-Encoding: the body is left as it is",
            "some guess an encoding and find other content",
        ),
        Code::EncodedComposite => dispute(
            "a multipart or a message under a transfer encoding, not opened (RFC 2045, 6.4 forbids it)",
            "some open it as it stands, some decode it first: each finds other parts",
        ),
        Code::MissingBoundary => dispute(
            "a multipart without a boundary: one body without parts",
            "some guess a boundary from the first line that looks like one",
        ),
        Code::EmptyBoundary => dispute(
            "a multipart with an empty boundary: one body without parts",
            "some split it at every line of two hyphens",
        ),
        Code::LongBoundary => dispute(
            "a boundary of more than 70 octets, used as it is",
            "some cut it, and then match other lines",
        ),
        Code::InvalidBoundary => dispute(
            "a boundary with octets that RFC 2046 excludes, or with white space at its end",
            "some keep the white space, and then find no part",
        ),
        Code::AmbiguousBoundary => dispute(
            "a boundary that is open already or begins like one that is: the whole innermost one counts",
            "some compare prefixes or the outer one first, and then end a part elsewhere",
        ),
        Code::MissingDelimiter => dispute(
            "a multipart in which its delimiter never occurs: it has no parts",
            "some show its body as text",
        ),
        Code::MissingClose => dispute(
            "a multipart without its close delimiter: cut off, or ended by one around it",
            "some drop the last part",
        ),
        Code::TextAfterDelimiter => dispute(
            "a line that begins like a delimiter and goes on: text",
            "some compare only the beginning, and then begin another part",
        ),
        Code::TextAfterClose => dispute(
            "a line that begins like a close delimiter and goes on: text",
            "some end the multipart there and ignore what follows",
        ),
        Code::DelimiterAfterClose => dispute(
            "a delimiter after the close delimiter: no part begins",
            "some read another part there, which filters may not have seen",
        ),
        Code::ContentAfterClose => dispute(
            "text after the close delimiter, no part of the message",
            "some show it",
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn limits(code: Code) -> Option<Meaning> {
    Some(rule(match code {
        Code::TooDeep => "an entity nested too deep: its octets are not looked into",
        Code::TooManyParts => "too many parts: what follows is not looked into",
        Code::HeaderTooLong => "a header that is too long: the rest of the part is not looked into",
        Code::TooManyFields => "too many fields: the rest of the part is not looked into",
        Code::BoundaryTooLong => "a boundary that is too long: the multipart is not looked into",
        Code::DelimiterLineTooLong => {
            "a line too long to be a delimiter that begins like one: text"
        }
        Code::DeepComment => "comments nested too deep",
        Code::TooManyParameters => "too many parameters: the rest is ignored",
        Code::TooManyAddresses => "too many addresses: the rest is ignored",
        _ => return None,
    }))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn words(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::UnclosedComment => rule("a comment that nothing closes: it runs to the end"),
        Code::UnclosedQuotedString => dispute(
            "a quoted string that nothing closes: it runs to the end",
            "some end it at the first space, comma or semicolon",
        ),
        Code::StrayText => rule("text that the grammar of the field does not allow, skipped"),
        Code::RawEightBit => dispute(
            "octets above 127 that are not UTF-8, read as windows-1252",
            "each guesses a charset of its own",
        ),
        Code::UnknownCharset => dispute(
            "a charset that is not known, read as UTF-8 or windows-1252",
            "each guesses a charset of its own",
        ),
        Code::UndecodableText => rule("octets that are not text in the charset they claim"),
        Code::BrokenEncodedWord => dispute(
            "something that begins like an encoded word (RFC 2047) and is none: text",
            "some decode a part of it",
        ),
        Code::LooseEncodedWord => dispute(
            "an encoded word with faults that leave its meaning clear, decoded",
            "some show it as it stands, some split addresses inside it",
        ),
        Code::MisplacedEncodedWord => dispute(
            "an encoded word where RFC 2047 forbids one, decoded for people only",
            "some show it as it stands",
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn parameters(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::InvalidMediaType => dispute(
            "a Content-Type that is not `type/subtype`: plain text in US-ASCII",
            "some guess the type from the content or the name",
        ),
        Code::MissingSemicolon => dispute(
            "a parameter that no semicolon separates from what stands before it",
            "some take it for a part of the value before",
        ),
        Code::ParameterWithoutValue => {
            rule("a parameter without a name, an equals sign or a value")
        }
        Code::UnquotedParameter => dispute(
            "a value that needed quotes and has none: it runs to the semicolon",
            "some end it at the first space, so that a file gets another name or extension",
        ),
        Code::InvalidParameterName => rule("a parameter with stars that mean nothing in RFC 2231"),
        Code::DuplicateParameter => dispute(
            "a parameter again: the first one counts",
            "some believe the last one, and find another boundary or file name",
        ),
        Code::ConflictingParameter => dispute(
            "a parameter in several forms (`name`, `name*`, `name*0`): the extended one counts",
            "some believe the plain one, and show another file name",
        ),
        Code::MissingSection => dispute(
            "a section of a parameter without the one before it, ignored",
            "some join what is there",
        ),
        Code::MissingParameter => rule("a parameter that the media type needs is not there"),
        Code::InvalidParameter => rule("a parameter whose value makes no sense"),
        Code::InvalidExtendedValue => rule(
            "an extended value (RFC 2231) without its charset, or with a percent sign that encodes nothing",
        ),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn values(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::InvalidAddress => dispute(
            "what should be an address is none",
            "some take another piece of it for the sender",
        ),
        Code::ObsoleteAddress => rule("an address in a form that must no longer be written"),
        Code::UnclosedGroup => rule("a group of addresses that no semicolon closes"),
        Code::UnclosedAngle => dispute(
            "an address in angle brackets that nothing closes",
            "some take the next address for a part of it",
        ),
        Code::InvalidDate => dispute("a date that is none", "some show the time of arrival"),
        Code::ObsoleteDate => rule("a date in a form that must no longer be written"),
        Code::UnknownZone => dispute(
            "a zone that says nothing, read as -0000",
            "some take it for the zone of the reader",
        ),
        Code::InvalidMessageId => {
            rule("a message identifier without its angle brackets or its at sign")
        }
        Code::InvalidAuthResult => rule("a result that does not follow RFC 8601"),
        Code::InvalidReportField => rule("a field of a report without its type or its value"),
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a group of codes")]
fn bodies(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::Base64Junk => dispute(
            "octets outside the base64 alphabet, skipped",
            "some stop there",
        ),
        Code::Base64AfterPadding => dispute(
            "octets after the padding of base64, ignored",
            "some decode them too, and find content that filters did not see",
        ),
        Code::Base64TrailingBits => rule("bits at the end of base64 that should be zero, dropped"),
        Code::Base64Truncated => dispute(
            "base64 that ends inside a group: cut off, or without its padding",
            "some drop the last group",
        ),
        Code::QuotedPrintableEscape => dispute(
            "an equals sign that encodes nothing, kept",
            "some drop it, or the characters after it",
        ),
        Code::QuotedPrintableTrailingSpace => {
            rule("white space at the end of a quoted-printable line, dropped")
        }
        Code::QuotedPrintableRaw => rule("an octet that quoted-printable must encode and did not"),
        Code::QuotedPrintableLongLine => rule("a quoted-printable line of more than 76 characters"),
        Code::QuotedPrintableSoftEnd => rule("a soft line break at the very end: cut off, perhaps"),
        Code::NulInText => dispute("a NUL octet in text, kept", "some stop reading there"),
        Code::UuencodeNoBegin => rule("a uuencoded body without its `begin` line"),
        Code::UuencodeNoEnd => rule("a uuencoded body without its `end` line: cut off, perhaps"),
        Code::UuencodeLine => {
            rule("a uuencoded line whose length says something else than its content")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mime_core::DefectCode;

    use super::meaning;

    /// The codes as the enum lists them, since no program can ask for them.
    fn all() -> Vec<String> {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../mime-core/src/defect.rs");
        let source = fs::read_to_string(source).unwrap();
        let (_, codes) = source.split_once("pub enum DefectCode {").unwrap();
        let (codes, _) = codes.split_once("\n}").unwrap();
        let variant = |line: &str| line.trim().strip_suffix(',').map(str::to_owned);
        let is_code = |line: &String| line.chars().all(char::is_alphanumeric);
        codes.lines().filter_map(variant).filter(is_code).collect()
    }

    #[test]
    fn every_code_is_explained() {
        let explained = include_str!("explain.rs");
        let codes = all();
        assert!(codes.len() > 80, "{codes:?}");
        for code in codes {
            assert!(explained.contains(&format!("Code::{code} =>")), "{code}");
        }
    }

    #[test]
    fn what_readers_dispute_is_said() {
        let field = meaning(DefectCode::DuplicateField);
        assert!(field.what.contains("the first one counts"));
        assert!(field.readers.unwrap().contains("the last one"));
        assert_eq!(meaning(DefectCode::Base64TrailingBits).readers, None);
    }
}
