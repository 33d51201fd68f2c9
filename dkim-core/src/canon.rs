//! Canonicalisation (RFC 6376 section 3.4): what of a message is signed, as transforms over slices.
//!
//! Only CRLF ends a line. A bare CR or LF is an octet like any other, so that no octet of a message can change without
//! its hash: [`BareLineEnds`] counts them, and [`LfToCrlf`] is the conversion of section 5.3, for mail that was stored
//! with another line end.

mod body;
mod header;
mod line_ends;
mod relax;
pub(crate) mod scan;

pub use body::Body;
pub use header::{header, signature_header};
pub use line_ends::{Bare, BareLineEnds, LfToCrlf};

/// How much white space may change on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Canonicalization {
    /// Almost nothing may: only empty lines at the end of the body.
    #[default]
    Simple,
    /// Runs of white space, folding, and the case of field names may.
    Relaxed,
}

impl Canonicalization {
    /// The name in `c=`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Relaxed => "relaxed",
        }
    }

    /// Reads a name of `c=`; names are compared as they are (section 3.2).
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"simple" => Some(Self::Simple),
            b"relaxed" => Some(Self::Relaxed),
            _ => None,
        }
    }
}
