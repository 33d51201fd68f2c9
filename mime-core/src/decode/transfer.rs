//! The transfer coding that an entity declares (RFC 2045, section 6.1).

use alloc::vec::Vec;

use bytes::BytesMut;

use super::{Base64Decoder, Problems, Progress, QuotedPrintableDecoder, UuencodeDecoder};
use crate::decode::stream::{Out, Step, Stream, transform};
use crate::defect::DefectCode;
use crate::field;

/// A Content-Transfer-Encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransferEncoding {
    /// Lines of US-ASCII. What holds where nothing is declared.
    #[default]
    SevenBit,
    /// Lines of octets.
    EightBit,
    /// Octets.
    Binary,
    /// Quoted-printable.
    QuotedPrintable,
    /// base64.
    Base64,
    /// uuencode: never registered, still met as `x-uuencode`.
    Uuencode,
    /// Any other: the body is opaque octets (RFC 2049, section 2).
    Unknown,
}

impl TransferEncoding {
    /// Reads the value of a Content-Transfer-Encoding field: white space, comments and what follows the token
    /// do not matter.
    #[must_use]
    pub fn from_value(value: &[u8]) -> Self {
        let token = field::first_token(value);
        let is = |name: &str| token.eq_ignore_ascii_case(name.as_bytes());
        match token {
            _ if is("7bit") => Self::SevenBit,
            _ if is("8bit") => Self::EightBit,
            _ if is("binary") => Self::Binary,
            _ if is("quoted-printable") => Self::QuotedPrintable,
            _ if is("base64") => Self::Base64,
            _ if is("x-uuencode") || is("uuencode") || is("x-uue") || is("uue") => Self::Uuencode,
            _ => Self::Unknown,
        }
    }

    /// How many octets of content so many of a body can hold.
    pub(crate) fn most_content(self, body: usize) -> usize {
        match self {
            // Three octets in four characters.
            Self::Base64 => body / 4 * 3 + 3,
            Self::SevenBit | Self::EightBit | Self::Binary | Self::Unknown => body,
            Self::QuotedPrintable | Self::Uuencode => body,
        }
    }

    /// What there is to forgive in a body that is its own content.
    pub(crate) fn audit(self, body: &[u8]) -> Problems {
        let mut identity = Identity::new(self);
        identity.audit(body, 0);
        identity.problems
    }

    /// Whether the body is its own content.
    #[must_use]
    pub fn is_identity(self) -> bool {
        match self {
            Self::SevenBit | Self::EightBit | Self::Binary | Self::Unknown => true,
            Self::QuotedPrintable | Self::Base64 | Self::Uuencode => false,
        }
    }
}

transform! {
    /// 7bit, 8bit and binary: octets as they are, and what their declaration excludes is counted.
    IdentityDecoder(Identity), decode
}

#[derive(Clone, Debug)]
struct Identity {
    encoding: TransferEncoding,
    problems: Problems,
}

impl Identity {
    fn new(encoding: TransferEncoding) -> Self {
        Self {
            encoding,
            problems: Problems::default(),
        }
    }

    /// Counts what the declaration excludes.
    fn audit(&mut self, octets: &[u8], at: u64) {
        let seven_bit = match self.encoding {
            TransferEncoding::SevenBit => true,
            TransferEncoding::EightBit => false,
            TransferEncoding::Binary
            | TransferEncoding::QuotedPrintable
            | TransferEncoding::Base64
            | TransferEncoding::Uuencode
            | TransferEncoding::Unknown => return,
        };
        if (!seven_bit || octets.is_ascii()) && memchr::memchr(0, octets).is_none() {
            return;
        }
        for (at, &octet) in (at..).zip(octets) {
            if seven_bit && !octet.is_ascii() {
                self.problems.note(DefectCode::EightBitInSevenBit, at);
            }
            if octet == 0 {
                self.problems.note(DefectCode::NulInText, at);
            }
        }
    }
}

impl Step for Identity {
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        self.audit(&[octet], at);
        out.push(octet);
    }

    fn run(&mut self, src: &[u8], at: u64, out: &mut Out<'_>) -> usize {
        let src = src.get(..out.room().len()).unwrap_or(src);
        self.audit(src, at);
        out.extend(src);
        src.len()
    }
}

/// The decoder of an entity's body, chosen by what the entity declares.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TransferDecoder {
    /// 7bit, 8bit, binary, and encodings that are not known.
    Identity(IdentityDecoder),
    /// Quoted-printable.
    QuotedPrintable(QuotedPrintableDecoder),
    /// base64.
    Base64(Base64Decoder),
    /// uuencode.
    Uuencode(UuencodeDecoder),
}

macro_rules! each {
    ($self:ident, $decoder:ident => $do:expr) => {
        match $self {
            Self::Identity($decoder) => $do,
            Self::QuotedPrintable($decoder) => $do,
            Self::Base64($decoder) => $do,
            Self::Uuencode($decoder) => $do,
        }
    };
}

impl TransferDecoder {
    /// Begins a body.
    #[must_use]
    pub fn new(encoding: TransferEncoding) -> Self {
        match encoding {
            TransferEncoding::SevenBit
            | TransferEncoding::EightBit
            | TransferEncoding::Binary
            | TransferEncoding::Unknown => {
                Self::Identity(IdentityDecoder(Stream::new(Identity::new(encoding))))
            }
            TransferEncoding::QuotedPrintable => {
                Self::QuotedPrintable(QuotedPrintableDecoder::new())
            }
            TransferEncoding::Base64 => Self::Base64(Base64Decoder::new()),
            TransferEncoding::Uuencode => Self::Uuencode(UuencodeDecoder::new()),
        }
    }

    /// Takes octets from `src` and puts what they mean into `dst`, until one of them is used up.
    pub fn decode(&mut self, src: &[u8], dst: &mut [u8]) -> Progress {
        each!(self, decoder => decoder.decode(src, dst))
    }

    /// Says that the body is complete, and puts what was held back into `dst`. To be repeated until nothing
    /// is written.
    pub fn finish(&mut self, dst: &mut [u8]) -> Progress {
        each!(self, decoder => decoder.finish(dst))
    }

    /// Takes all of `src` and appends what it means to `tx`.
    pub fn extend(&mut self, src: &[u8], tx: &mut BytesMut) {
        each!(self, decoder => decoder.extend(src, tx));
    }

    /// Says that the body is complete, and appends what was held back to `tx`.
    pub fn finish_into(&mut self, tx: &mut BytesMut) {
        each!(self, decoder => decoder.finish_into(tx));
    }

    /// Takes what `src` begins with and can go straight to the end of `to`, and appends no more than `room` octets;
    /// answers how many were read. The rest is for [`decode`](Self::decode).
    pub(crate) fn append_lines(&mut self, src: &[u8], room: usize, to: &mut Vec<u8>) -> usize {
        match self {
            Self::Base64(decoder) => decoder.append_lines(src, room, to),
            Self::Identity(_) | Self::QuotedPrintable(_) | Self::Uuencode(_) => 0,
        }
    }

    /// What was forgiven so far.
    #[must_use]
    pub fn problems(&self) -> Problems {
        match self {
            Self::Identity(decoder) => decoder.0.step.problems,
            Self::QuotedPrintable(decoder) => decoder.problems(),
            Self::Base64(decoder) => decoder.problems(),
            Self::Uuencode(decoder) => decoder.problems(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_body_is_audited_as_its_pieces_are() {
        let body = b"a\xe4\r\n\0b\xff\0\x80\r\n";
        for encoding in [
            TransferEncoding::SevenBit,
            TransferEncoding::EightBit,
            TransferEncoding::Binary,
            TransferEncoding::Unknown,
        ] {
            for size in 1..=body.len() {
                let mut decoder = TransferDecoder::new(encoding);
                let mut content = BytesMut::new();
                for piece in body.chunks(size) {
                    decoder.extend(piece, &mut content);
                }
                decoder.finish_into(&mut content);
                assert_eq!(content, &body[..]);
                assert_eq!(decoder.problems(), encoding.audit(body));
            }
        }
        let problems = TransferEncoding::SevenBit.audit(body);
        let found: Vec<_> = problems
            .iter()
            .map(|p| (p.code, p.first, p.count))
            .collect();
        let expected = [
            (DefectCode::EightBitInSevenBit, 1, 3),
            (DefectCode::NulInText, 4, 2),
        ];
        assert_eq!(found, expected);
    }
}
