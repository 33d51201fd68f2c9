//! X25519 and ECDH on the NIST curves.

use alloc::{boxed::Box, vec::Vec};

use super::library::{
    self,
    agreement::{self, EphemeralPrivateKey, PublicKey},
    rand::SystemRandom,
};
use crate::{CryptoError, Group, KeyAgreement, KeyExchange, Random, Secret, source};

pub(super) static X25519: Curve = Curve {
    group: Group::X25519,
    library: &agreement::X25519,
    share_len: 32,
};
pub(super) static P256: Curve = Curve {
    group: Group::SECP256R1,
    library: &agreement::ECDH_P256,
    share_len: 65,
};
pub(super) static P384: Curve = Curve {
    group: Group::SECP384R1,
    library: &agreement::ECDH_P384,
    share_len: 97,
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Curve {
    group: Group,
    library: &'static agreement::Algorithm,
    share_len: usize,
}

impl Curve {
    fn generate(&self) -> Result<(EphemeralPrivateKey, PublicKey), CryptoError> {
        let private = EphemeralPrivateKey::generate(self.library, &SystemRandom::new())
            .map_err(|_| CryptoError::Failed)?;
        let public = private
            .compute_public_key()
            .map_err(|_| CryptoError::Failed)?;
        Ok((private, public))
    }

    /// Refuses what is not the encoding of RFC 8446 section 4.2.8.2 before any cryptography: the
    /// libraries differ in what else they take.
    fn check(&self, share: &[u8]) -> Result<(), CryptoError> {
        let valid = match self.group {
            Group::X25519 => share.len() == self.share_len,
            _ => source::is_uncompressed_point(share, self.share_len),
        };
        if valid {
            Ok(())
        } else {
            Err(CryptoError::BadShare)
        }
    }

    /// The libraries check the point, and refuse an X25519 result of zero.
    fn agree(&self, private: EphemeralPrivateKey, share: &[u8]) -> Result<Secret, CryptoError> {
        library::agree(private, self.library, share, |secret| {
            Secret::new(secret).ok_or(CryptoError::Failed)
        })
    }
}

impl KeyAgreement for Curve {
    fn group(&self) -> Group {
        self.group
    }

    fn start(&self, _random: &dyn Random) -> Result<Box<dyn KeyExchange>, CryptoError> {
        let (private, public) = self.generate()?;
        Ok(Box::new(Started {
            curve: *self,
            private,
            public,
        }))
    }

    fn respond(
        &self,
        share: &[u8],
        _random: &dyn Random,
    ) -> Result<(Vec<u8>, Secret), CryptoError> {
        self.check(share)?;
        let (private, public) = self.generate()?;
        Ok((public.as_ref().to_vec(), self.agree(private, share)?))
    }
}

struct Started {
    curve: Curve,
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl KeyExchange for Started {
    fn group(&self) -> Group {
        self.curve.group
    }

    fn share(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn complete(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError> {
        let Self {
            curve,
            private,
            public: _,
        } = *self;
        curve.check(share)?;
        curve.agree(private, share)
    }
}
