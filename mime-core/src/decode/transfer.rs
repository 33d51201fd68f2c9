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

impl Step for Identity {
    fn step(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        let lines = match self.encoding {
            TransferEncoding::SevenBit => {
                if !octet.is_ascii() {
                    self.problems.note(DefectCode::EightBitInSevenBit, at);
                }
                true
            }
            TransferEncoding::EightBit => true,
            TransferEncoding::Binary
            | TransferEncoding::QuotedPrintable
            | TransferEncoding::Base64
            | TransferEncoding::Uuencode
            | TransferEncoding::Unknown => false,
        };
        if lines && octet == 0 {
            self.problems.note(DefectCode::NulInText, at);
        }
        out.push(octet);
    }

    fn run(&mut self, src: &[u8], _at: u64, out: &mut Out<'_>) -> usize {
        let room = out.room().len().min(src.len());
        let src = src.get(..room).unwrap_or_default();
        let len = match self.encoding {
            TransferEncoding::SevenBit if !src.is_ascii() => {
                src.iter().position(|o| !o.is_ascii()).unwrap_or(src.len())
            }
            TransferEncoding::SevenBit | TransferEncoding::EightBit => src.len(),
            TransferEncoding::Binary
            | TransferEncoding::QuotedPrintable
            | TransferEncoding::Base64
            | TransferEncoding::Uuencode
            | TransferEncoding::Unknown => {
                out.extend(src);
                return src.len();
            }
        };
        let src = src.get(..len).unwrap_or_default();
        let src = memchr::memchr(0, src).map_or(src, |nul| src.get(..nul).unwrap_or_default());
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
                let identity = Identity {
                    encoding,
                    problems: Problems::default(),
                };
                Self::Identity(IdentityDecoder(Stream::new(identity)))
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
