//! The names in `h=` (RFC 6376 section 3.5), kept as one text: a signature names some twenty of them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use super::{Malformed, tag_list::colon_list};
use crate::verdict::Reason;

/// Names of header fields, in the order of signing; one may stand several times.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldNames {
    /// With a colon between any two.
    joined: Box<str>,
    len: usize,
}

impl FieldNames {
    /// Reads the value of `h=`; From must be there.
    pub(crate) fn parse(value: &[u8], max: usize) -> Result<Self, Reason> {
        let mut joined = Vec::with_capacity(value.len());
        let (mut len, mut from) = (0, false);
        for name in colon_list(value) {
            // `ftext` of RFC 5322; colons and semicolons do not get here.
            let graphic = |all, octet: &u8| all & octet.is_ascii_graphic();
            if name.is_empty() || !name.iter().fold(true, graphic) {
                return Err(Malformed::Value("h").into());
            }
            if len >= max {
                return Err(Reason::TooManySignedFields);
            }
            if len > 0 {
                joined.push(b':');
            }
            joined.extend_from_slice(name);
            len += 1;
            from |= name.eq_ignore_ascii_case(b"from");
        }
        if !from {
            return Err(Reason::FromNotSigned);
        }
        let joined = String::from_utf8(joined).map_err(|_| Malformed::Value("h"))?;
        Ok(Self {
            joined: joined.into(),
            len,
        })
    }

    /// The names as they came, without the white space around them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.joined.split(':')
    }

    /// How often a name stands here, in any case of letters.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        let name = name.as_bytes();
        let same = self
            .octets()
            .filter(|other| other.eq_ignore_ascii_case(name));
        same.count()
    }

    /// The names as octets, which are split at less cost than text.
    pub(crate) fn octets(&self) -> impl Iterator<Item = &[u8]> {
        self.joined.as_bytes().split(|octet| *octet == b':')
    }

    /// How many names there are, repeated ones included; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "From is always there")]
    pub const fn len(&self) -> usize {
        self.len
    }
}

impl fmt::Display for FieldNames {
    /// As in `h=`, without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined)
    }
}

impl fmt::Debug for FieldNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
