//! A list of extensions (RFC 8446 section 4.2): framing and uniqueness, no meaning.

use super::{ExtensionType, Malformed, Reader};

/// Most extensions accepted in one list. Real hellos carry about twenty.
const MAX_EXTENSIONS: usize = 128;

/// A list in which every extension type stands at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a>(&'a [u8]);

/// One extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its type.
    pub kind: ExtensionType,
    /// Its `extension_data`.
    pub body: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// Parses `Extension extensions<0..2^16-1>` with its length.
    ///
    /// # Errors
    /// [`Malformed::Duplicate`] when a type stands twice, [`Malformed::TooMany`] beyond 128 entries.
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let octets = reader.vector16(0)?;
        let mut kinds = [0_u16; MAX_EXTENSIONS];
        let mut count = 0;
        let mut entries = Reader::new(octets);
        while !entries.is_empty() {
            let kind = entries.u16()?;
            entries.vector16(0)?;
            *kinds.get_mut(count).ok_or(Malformed::TooMany)? = kind;
            count += 1;
        }
        let kinds = kinds.get_mut(..count).unwrap_or_default();
        kinds.sort_unstable();
        if kinds
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b))
        {
            return Err(Malformed::Duplicate);
        }
        Ok(Self(octets))
    }

    /// The extensions, in the sender's order.
    pub fn iter(self) -> impl Iterator<Item = Extension<'a>> {
        let mut entries = Reader::new(self.0);
        core::iter::from_fn(move || {
            let kind = ExtensionType(entries.u16().ok()?);
            let body = entries.vector16(0).ok()?;
            Some(Extension { kind, body })
        })
    }

    /// The body of the extension of type `kind`.
    #[must_use]
    pub fn get(self, kind: ExtensionType) -> Option<&'a [u8]> {
        self.iter()
            .find(|extension| extension.kind == kind)
            .map(|extension| extension.body)
    }

    /// The last extension.
    #[must_use]
    pub fn last(self) -> Option<Extension<'a>> {
        self.iter().last()
    }

    /// The octets on the wire, without the length.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}
