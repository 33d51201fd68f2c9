//! The messages by which an end proves who it is (RFC 8446 section 4.4), and the answers they wait for; the same for
//! both roles.

use alloc::{boxed::Box, vec::Vec};

use crypto_core::Secret;
use pki_types::CertificateDer;

use crate::{
    error::{CertificateError, Error},
    event::Event,
    extension::signature_algorithms,
    identity::{Identity, IdentityKey},
    outbound::Output,
    question::{AnswerKind, SignQuestion},
    suite::Suite,
    transcript::Transcript,
    wire::{
        Certificate, CertificateVerify, HandshakeType, SignatureScheme, SignedContent, Signer,
        message,
    },
};

/// Sends a chain, which may be empty.
pub(crate) fn send_certificate(
    transcript: &mut Transcript,
    chain: &[CertificateDer<'_>],
    out: &mut Output<'_>,
) {
    let sent = out.send(HandshakeType::CERTIFICATE, |flight| {
        Certificate::encode(flight, &[], chain);
    });
    transcript.update(sent);
}

/// Signs what was said so far, or asks the host to when the key lives elsewhere; then there is no signature yet.
pub(crate) fn sign(
    transcript: &Transcript,
    signer: Signer,
    identity: Identity,
    scheme: SignatureScheme,
    out: &mut Output<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let content = SignedContent::new(signer, &transcript.hash());
    match &identity.key {
        IdentityKey::Local(key) => {
            let algorithm = signature_algorithms::for_handshake(scheme).ok_or(Error::NotSigned)?;
            let signature = key.sign(algorithm, content.as_ref());
            signature.map(Some).map_err(|_| Error::NotSigned)
        }
        IdentityKey::External(_) => {
            out.event_asking(|id| {
                Event::Sign(Box::new(SignQuestion {
                    id,
                    identity,
                    scheme,
                    content,
                }))
            });
            Ok(None)
        }
    }
}

/// Sends CertificateVerify.
pub(crate) fn send_certificate_verify(
    transcript: &mut Transcript,
    scheme: SignatureScheme,
    signature: &[u8],
    out: &mut Output<'_>,
) {
    let sent = out.send(HandshakeType::CERTIFICATE_VERIFY, |flight| {
        CertificateVerify { scheme, signature }.encode(flight);
    });
    transcript.update(sent);
}

/// Sends Finished under the traffic secret of this end's handshake messages.
pub(crate) fn send_finished(
    transcript: &mut Transcript,
    suite: &Suite,
    secret: &Secret,
    out: &mut Output<'_>,
) -> Result<(), Error> {
    let verify_data = suite.verify_data(secret, &transcript.hash())?;
    let sent = out.send(HandshakeType::FINISHED, |flight| {
        message(flight, HandshakeType::FINISHED, |body| {
            body.extend_from_slice(verify_data.as_ref());
        });
    });
    transcript.update(sent);
    Ok(())
}

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
