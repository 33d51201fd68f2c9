//! Key agreement, in a shape that also fits a KEM: start, respond, complete.
//!
//! ```text
//! initiator                              responder
//! start() ── share ──────────────────▶   respond(share)
//! complete(share)  ◀──────── share ───   (share, secret)
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use crate::{CryptoError, Random, Secret};

/// A group or KEM for key agreement, by its number in the IANA "TLS Supported Groups" registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(pub u16);

impl Group {
    /// NIST P-256.
    pub const SECP256R1: Self = Self(0x0017);
    /// NIST P-384.
    pub const SECP384R1: Self = Self(0x0018);
    /// Curve25519 (RFC 7748).
    pub const X25519: Self = Self(0x001d);
    /// X25519 and ML-KEM-768 side by side, the ML-KEM part first.
    pub const X25519MLKEM768: Self = Self(0x11ec);
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SECP256R1 => f.write_str("secp256r1"),
            Self::SECP384R1 => f.write_str("secp384r1"),
            Self::X25519 => f.write_str("x25519"),
            Self::X25519MLKEM768 => f.write_str("X25519MLKEM768"),
            Self(other) => write!(f, "Group(0x{other:04x})"),
        }
    }
}

/// One group of a provider.
pub trait KeyAgreement: Send + Sync + fmt::Debug {
    /// Names the group.
    fn group(&self) -> Group;

    /// Makes the initiator's ephemeral key.
    ///
    /// `random` is used where the source accepts it; `ring` and `aws-lc-rs` draw their own.
    ///
    /// # Errors
    /// [`CryptoError::Failed`] when randomness fails.
    fn start(&self, random: &dyn Random) -> Result<Box<dyn KeyExchange>, CryptoError>;

    /// Answers an initiator's share: the responder's share and the shared secret.
    ///
    /// # Errors
    /// [`CryptoError::BadShare`] when the share is not valid for the group.
    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<(Vec<u8>, Secret), CryptoError>;
}

/// The initiator's ephemeral key, waiting for the responder's share.
pub trait KeyExchange: Send + Sync {
    /// Names the group.
    fn group(&self) -> Group;

    /// The share to send, in the encoding of TLS (RFC 8446 section 4.2.8).
    fn share(&self) -> &[u8];

    /// Computes the shared secret from the responder's share.
    ///
    /// # Errors
    /// [`CryptoError::BadShare`] when the share is not valid for the group, or the result is zero.
    fn complete(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError>;

    /// The classical half of a hybrid, which can be offered as a share of its own: one key less to make.
    fn classical(&self) -> Option<(Group, &[u8])> {
        None
    }

    /// Completes with the classical half alone.
    ///
    /// # Errors
    /// As [`KeyExchange::complete`]; [`CryptoError::Unsupported`] when there is no such half.
    fn complete_classical(self: Box<Self>, _share: &[u8]) -> Result<Secret, CryptoError> {
        Err(CryptoError::Unsupported)
    }
}

impl fmt::Debug for dyn KeyExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyExchange({:?})", self.group())
    }
}
