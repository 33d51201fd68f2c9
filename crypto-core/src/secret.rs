//! Bytes that must not be seen or kept.

use core::fmt;

use zeroize::Zeroize;

/// Up to [`Secret::MAX`] secret bytes, stored inline, wiped on drop, never printed.
///
/// Inline storage keeps key schedules free of the heap, and lets a move be followed by a wipe of
/// the only long-lived copy. 64 bytes hold every hash output, (EC)DHE and hybrid shared secret here.
#[derive(Clone)]
pub struct Secret {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Secret {
    /// Longest secret, in bytes.
    pub const MAX: usize = 64;

    /// Makes a secret of `len` zero bytes, to be filled through [`Secret::as_mut`].
    ///
    /// Lengths above [`Secret::MAX`] are cut to it.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        let len = u8::try_from(len.min(Self::MAX)).unwrap_or(0);
        Self {
            bytes: [0; Self::MAX],
            len,
        }
    }

    /// Copies `bytes`, or answers `None` when there are more than [`Secret::MAX`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > Self::MAX {
            return None;
        }
        let mut secret = Self::zeroed(bytes.len());
        secret.as_mut().copy_from_slice(bytes);
        Some(secret)
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// True for a secret of no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }
}

impl AsMut<[u8]> for Secret {
    fn as_mut(&mut self) -> &mut [u8] {
        let len = self.len();
        self.bytes.get_mut(..len).unwrap_or_default()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::Secret;

    #[test]
    fn holds_up_to_max_and_refuses_more() {
        assert_eq!(
            Secret::new(&[1; Secret::MAX]).unwrap().as_ref(),
            [1; Secret::MAX]
        );
        assert!(Secret::new(&[1; Secret::MAX + 1]).is_none());
    }

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(
            format!("{:?}", Secret::new(&[0xab; 32]).unwrap()),
            "Secret(32 bytes)"
        );
    }
}
