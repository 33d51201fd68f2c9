//! The client's certificate and its proof (RFC 8446 sections 4.4.2 and 4.4.3).

use alloc::boxed::Box;

use super::{
    Next, ServerState,
    finish::{AfterFlight, ExpectFinished},
};
use crate::{
    config::{ClientAuth, Verification},
    connection::Step,
    error::{CertificateError, Misbehaved},
    event::Event,
    extension::malformed,
    inbound::Message,
    outbound::Output,
    question::{AnswerKind, VerifyQuestion},
    state::proofs::trusted,
    verify::{self, PeerCertificates},
    wire::{Certificate, CertificateVerify, SignedContent, Signer},
};

/// Waits for the client's Certificate, which may be empty.
#[derive(Debug)]
pub(crate) struct ExpectCertificate {
    after: AfterFlight,
}

impl ExpectCertificate {
    pub(super) const fn new(after: AfterFlight) -> Self {
        Self { after }
    }

    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let Self { mut after } = self;
        let config = &after.context.config;
        let max = config.parameters.limits.max_certificates;
        let parsed = Certificate::parse(message.body, max).map_err(malformed(message.kind))?;
        if !parsed.context.is_empty() {
            return Err(Misbehaved::RequestContext.into());
        }
        // Nothing was offered that an extension here could answer.
        let mut extensions = parsed.list.iter().flat_map(|entry| entry.extensions.iter());
        if let Some(extension) = extensions.next() {
            return Err(Misbehaved::UnsolicitedExtension(extension.kind).into());
        }
        after.context.transcript.update(message.octets);
        if parsed.list.is_empty() {
            return match after.context.config.client_auth {
                ClientAuth::Required => Err(CertificateError::Missing.into()),
                ClientAuth::None | ClientAuth::Optional => Ok(Step::State(ServerState::Finished(
                    ExpectFinished::anonymous(after),
                ))),
            };
        }
        let chain = PeerCertificates::new(parsed.list);
        let (config, now) = (&after.context.config, after.context.now);
        match &config.verification {
            Verification::Roots(roots) => {
                roots.check_client(&config.parameters.provider, &chain, now)?;
                let state = ExpectCertificateVerify { after, chain };
                Ok(Step::State(ServerState::CertificateVerify(state)))
            }
            Verification::Ask => {
                out.event_asking(|id| {
                    let chain = chain.clone();
                    Event::Verify(Box::new(VerifyQuestion {
                        id,
                        chain,
                        server_name: None,
                        now,
                    }))
                });
                let state = AwaitVerification { after, chain };
                Ok(Step::State(ServerState::Verification(state)))
            }
        }
    }
}

/// Waits for the host to say whether the chain is good.
#[derive(Debug)]
pub(crate) struct AwaitVerification {
    after: AfterFlight,
    chain: PeerCertificates,
}

impl AwaitVerification {
    pub(super) fn answer(self, answer: AnswerKind) -> Next {
        let Self { after, chain } = self;
        trusted(answer)?;
        let state = ExpectCertificateVerify { after, chain };
        Ok(Step::State(ServerState::CertificateVerify(state)))
    }
}

/// Waits for the client's CertificateVerify; the chain is trusted by now.
#[derive(Debug)]
pub(crate) struct ExpectCertificateVerify {
    after: AfterFlight,
    chain: PeerCertificates,
}

impl ExpectCertificateVerify {
    pub(super) fn handle(self, message: &Message<'_>) -> Next {
        let Self { mut after, chain } = self;
        let context = &mut after.context;
        let parsed = CertificateVerify::parse(message.body).map_err(malformed(message.kind))?;
        let parameters = &context.config.parameters;
        if !parameters.schemes.contains(&parsed.scheme) {
            return Err(Misbehaved::SchemeNotOffered.into());
        }
        let content = SignedContent::new(Signer::Client, &context.transcript.hash());
        let signed =
            verify::check_signature(&parameters.provider, &chain, &parsed, content.as_ref())?;
        context.transcript.update(message.octets);
        let state = ExpectFinished::authenticated(after, chain, signed);
        Ok(Step::State(ServerState::Finished(state)))
    }
}
