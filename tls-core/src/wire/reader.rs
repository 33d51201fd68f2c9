//! Reading of length-prefixed structures (RFC 8446 section 3).

use thiserror::Error;

/// Why octets are not a well-formed structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The structure ends before its last field.
    #[error("it ends too early")]
    Truncated,
    /// Octets follow the last field.
    #[error("octets follow its end")]
    TrailingOctets,
    /// A vector is shorter, longer or not a multiple of what its type allows.
    #[error("a vector in it has a length out of range")]
    VectorLength,
    /// A field has a value that its type does not allow.
    #[error("a field in it has an impossible value")]
    Value,
    /// An extension or list entry stands twice.
    #[error("an entry stands twice")]
    Duplicate,
    /// It holds more entries than [`Limits`](crate::Limits) allow.
    #[error("it holds too many entries")]
    TooMany,
}

/// A cursor over the octets of one structure.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first of `octets`.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// True when nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Number of octets left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Takes `len` octets.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer are left; so do the other methods.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes an array.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes everything left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Takes a `uint8`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[octet]| *octet)
    }

    /// Takes a `uint16`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(|octets| u16::from_be_bytes(*octets))
    }

    /// Takes a `uint24`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn u24(&mut self) -> Result<u32, Malformed> {
        self.array()
            .map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))
    }

    /// Takes a `uint32`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`].
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(|octets| u32::from_be_bytes(*octets))
    }

    /// Takes a vector with a `uint8` length and at least `min` octets.
    ///
    /// # Errors
    /// [`Malformed::Truncated`], [`Malformed::VectorLength`].
    pub fn vector8(&mut self, min: usize) -> Result<&'a [u8], Malformed> {
        let len = usize::from(self.u8()?);
        self.vector(len, min)
    }

    /// Takes a vector with a `uint16` length and at least `min` octets.
    ///
    /// # Errors
    /// [`Malformed::Truncated`], [`Malformed::VectorLength`].
    pub fn vector16(&mut self, min: usize) -> Result<&'a [u8], Malformed> {
        let len = usize::from(self.u16()?);
        self.vector(len, min)
    }

    /// Takes a vector with a `uint24` length and at least `min` octets.
    ///
    /// # Errors
    /// [`Malformed::Truncated`], [`Malformed::VectorLength`].
    pub fn vector24(&mut self, min: usize) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(self.u24()?).map_err(|_| Malformed::VectorLength)?;
        self.vector(len, min)
    }

    fn vector(&mut self, len: usize, min: usize) -> Result<&'a [u8], Malformed> {
        if len < min {
            return Err(Malformed::VectorLength);
        }
        self.take(len)
    }

    /// Ends the structure.
    ///
    /// # Errors
    /// [`Malformed::TrailingOctets`] when something is left.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::TrailingOctets)
        }
    }
}

/// A list of `uint16` codes, in the sender's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct U16List<'a>(&'a [u8]);

impl<'a> U16List<'a> {
    /// Takes the contents of a vector of codes: not empty, whole codes.
    ///
    /// # Errors
    /// [`Malformed::VectorLength`].
    pub const fn new(octets: &'a [u8]) -> Result<Self, Malformed> {
        if octets.is_empty() || !octets.len().is_multiple_of(2) {
            return Err(Malformed::VectorLength);
        }
        Ok(Self(octets))
    }

    /// The codes.
    pub fn iter(self) -> impl Iterator<Item = u16> + 'a {
        self.0.chunks_exact(2).map(|pair| match pair {
            [hi, lo] => u16::from_be_bytes([*hi, *lo]),
            _ => 0,
        })
    }

    /// True when `code` is in the list.
    #[must_use]
    pub fn contains(self, code: u16) -> bool {
        self.iter().any(|candidate| candidate == code)
    }

    /// The octets on the wire.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}
