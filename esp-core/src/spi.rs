//! The name of a security association on the wire.

use core::fmt;

/// A Security Parameters Index (RFC 4303 section 2.1): 256 and above.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spi(u32);

impl Spi {
    /// The lowest one that may be assigned: 0 is for local use, 1 to 255 are reserved.
    pub const MIN: u32 = 256;

    /// Makes an index, or answers `None` below [`Spi::MIN`].
    #[must_use]
    pub const fn new(value: u32) -> Option<Self> {
        if value < Self::MIN {
            return None;
        }
        Some(Self(value))
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    pub(crate) const fn to_octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Debug for Spi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spi({:#010x})", self.0)
    }
}

impl fmt::Display for Spi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
