//! Shares of random octets, and a secret that both ends can compute from them.

use crypto_core::{CryptoError, Group, KeyAgreement, KeyExchange, Random, Secret};

use super::Checksum;

pub(super) static ALL: &[&dyn KeyAgreement] = &[
    // ML-KEM-768: an encapsulation key of 1184 octets, a ciphertext of 1088; then X25519.
    &Toy {
        group: Group::X25519MLKEM768,
        shares: [1184 + 32, 1088 + 32],
        secret: 64,
    },
    &X25519,
    &Toy {
        group: Group::SECP256R1,
        shares: [65, 65],
        secret: 32,
    },
    &Toy {
        group: Group::SECP384R1,
        shares: [97, 97],
        secret: 48,
    },
];

static X25519: Toy = Toy {
    group: Group::X25519,
    shares: [32, 32],
    secret: 32,
};

#[derive(Clone, Copy, Debug)]
struct Toy {
    group: Group,
    /// Lengths of the initiator's and the responder's share.
    shares: [usize; 2],
    secret: usize,
}

impl Toy {
    fn is_point(self) -> bool {
        matches!(self.group, Group::SECP256R1 | Group::SECP384R1)
    }

    fn share(self, len: usize, random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let mut share = vec![0; len];
        random.fill(&mut share)?;
        if let (true, Some(form)) = (self.is_point(), share.first_mut()) {
            *form = 4;
        }
        Ok(share)
    }

    /// Refuses what a real group refuses before the mathematics, and the all-zero share.
    fn check(self, share: &[u8], len: usize) -> Result<(), CryptoError> {
        let form = !self.is_point() || share.first() == Some(&4);
        if share.len() == len && form && share.iter().any(|octet| *octet != 0) {
            Ok(())
        } else {
            Err(CryptoError::BadShare)
        }
    }

    fn secret(self, initiator: &[u8], responder: &[u8]) -> Secret {
        let mut secret = Secret::zeroed(self.secret);
        Checksum::new(b'k')
            .field(initiator)
            .field(responder)
            .fill(secret.as_mut());
        secret
    }
}

impl KeyAgreement for Toy {
    fn group(&self) -> Group {
        self.group
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn KeyExchange>, CryptoError> {
        let [len, _] = self.shares;
        Ok(Box::new(Started {
            toy: *self,
            share: self.share(len, random)?,
        }))
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<(Vec<u8>, Secret), CryptoError> {
        let [initiator, responder] = self.shares;
        self.check(share, initiator)?;
        let answer = self.share(responder, random)?;
        let secret = self.secret(share, &answer);
        Ok((answer, secret))
    }
}

struct Started {
    toy: Toy,
    share: Vec<u8>,
}

impl KeyExchange for Started {
    fn group(&self) -> Group {
        self.toy.group
    }

    fn share(&self) -> &[u8] {
        &self.share
    }

    fn complete(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError> {
        let [_, responder] = self.toy.shares;
        self.toy.check(share, responder)?;
        Ok(self.toy.secret(&self.share, share))
    }

    fn classical(&self) -> Option<(Group, &[u8])> {
        match self.toy.group {
            Group::X25519MLKEM768 => Some((Group::X25519, self.share.get(1184..)?)),
            _ => None,
        }
    }

    fn complete_classical(self: Box<Self>, share: &[u8]) -> Result<Secret, CryptoError> {
        let (_, half) = self.classical().ok_or(CryptoError::Unsupported)?;
        X25519.check(share, 32)?;
        Ok(X25519.secret(half, share))
    }
}
