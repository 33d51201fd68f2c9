//! Signatures and verdicts, from the configuration or the host; the same for both roles.

use alloc::vec::Vec;

use crypto_core::SigningKey;

use crate::{
    error::{CertificateError, Error},
    extension::signature_algorithms,
    question::AnswerKind,
    wire::SignatureScheme,
};

/// The host's word on a chain.
pub(crate) fn trusted(answer: AnswerKind) -> Result<(), Error> {
    match answer {
        AnswerKind::Trusted => Ok(()),
        AnswerKind::Untrusted(why) => Err(why.into()),
        AnswerKind::Config(_)
        | AnswerKind::Refuse(_)
        | AnswerKind::Session(..)
        | AnswerKind::NoSession
        | AnswerKind::Identity(_)
        | AnswerKind::NoIdentity
        | AnswerKind::Signature(_)
        | AnswerKind::NotSigned => Err(CertificateError::Unknown.into()),
    }
}

/// Signs with a key at hand.
pub(crate) fn sign(
    key: &dyn SigningKey,
    scheme: SignatureScheme,
    content: &[u8],
) -> Result<Vec<u8>, Error> {
    let algorithm = signature_algorithms::for_handshake(scheme);
    key.sign(algorithm.ok_or(Error::NotSigned)?, content)
        .map_err(|_| Error::NotSigned)
}

/// The host's signature.
pub(crate) fn signature(answer: AnswerKind) -> Result<Vec<u8>, Error> {
    match answer {
        AnswerKind::Signature(octets) if octets.len() <= usize::from(u16::MAX) => Ok(octets),
        AnswerKind::Signature(_)
        | AnswerKind::NotSigned
        | AnswerKind::Config(_)
        | AnswerKind::Refuse(_)
        | AnswerKind::Session(..)
        | AnswerKind::NoSession
        | AnswerKind::Identity(_)
        | AnswerKind::NoIdentity
        | AnswerKind::Trusted
        | AnswerKind::Untrusted(_) => Err(Error::NotSigned),
    }
}
