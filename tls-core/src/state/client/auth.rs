//! The server's certificate and its proof (RFC 8446 sections 4.3.2, 4.4.2 and 4.4.3).

use alloc::{boxed::Box, vec::Vec};

use super::{ClientState, Context, Next, ServerProof, finish::ExpectFinished};
use crate::{
    config::Verification,
    connection::Step,
    error::{CertificateError, Misbehaved},
    event::Event,
    extension::{Place, certificate_authorities, check_answers, malformed, signature_algorithms},
    inbound::Message,
    outbound::Output,
    question::{AnswerKind, VerifyQuestion},
    state::proofs::trusted,
    verify::{self, PeerCertificates},
    wire::{
        Certificate, CertificateRequest, CertificateVerify, ExtensionType, SignatureScheme,
        SignedContent, Signer,
    },
};

/// The server's wish for a client certificate.
#[derive(Debug)]
pub(crate) struct Request {
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) authorities: Vec<Vec<u8>>,
}

/// Waits for CertificateRequest or Certificate.
#[derive(Debug)]
pub(crate) struct ExpectCertificateOrRequest {
    context: Context,
}

impl ExpectCertificateOrRequest {
    pub(super) const fn new(context: Context) -> Self {
        Self { context }
    }

    pub(super) fn without_request(self) -> ExpectCertificate {
        ExpectCertificate {
            context: self.context,
            request: None,
        }
    }

    pub(super) fn handle_request(self, message: &Message<'_>) -> Next {
        let mut context = self.context;
        let parsed = CertificateRequest::parse(message.body).map_err(malformed(message.kind))?;
        if !parsed.context.is_empty() {
            return Err(Misbehaved::RequestContext.into());
        }
        let extensions = parsed.extensions;
        let schemes = extensions.get(ExtensionType::SIGNATURE_ALGORITHMS);
        let authorities = extensions.get(ExtensionType::CERTIFICATE_AUTHORITIES);
        let request = Request {
            schemes: signature_algorithms::read_offer(schemes)?
                .iter()
                .map(SignatureScheme)
                .collect(),
            authorities: certificate_authorities::read_offer(authorities)?,
        };
        context.transcript.update(message.octets);
        let state = ExpectCertificate {
            context,
            request: Some(request),
        };
        Ok(Step::State(ClientState::Certificate(state)))
    }
}

/// Waits for Certificate.
#[derive(Debug)]
pub(crate) struct ExpectCertificate {
    context: Context,
    request: Option<Request>,
}

impl ExpectCertificate {
    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let Self {
            mut context,
            request,
        } = self;
        let max = context.config.parameters.limits.max_certificates;
        let parsed = Certificate::parse(message.body, max).map_err(malformed(message.kind))?;
        if !parsed.context.is_empty() {
            return Err(Misbehaved::RequestContext.into());
        }
        for entry in parsed.list.iter() {
            check_answers(entry.extensions, context.offered, Place::Certificate)?;
        }
        if parsed.list.is_empty() {
            return Err(Misbehaved::NoServerCertificate.into());
        }
        let chain = PeerCertificates::new(parsed.list);
        context.transcript.update(message.octets);
        match &context.config.verification {
            Some(Verification::Roots(roots)) => {
                let provider = &context.config.parameters.provider;
                roots.check_server(provider, &chain, &context.name, context.now)?;
                let state = ExpectCertificateVerify {
                    context,
                    request,
                    chain,
                };
                Ok(Step::State(ClientState::CertificateVerify(state)))
            }
            Some(Verification::Ask) => {
                out.event_asking(|id| {
                    Event::Verify(Box::new(VerifyQuestion {
                        id,
                        chain: chain.clone(),
                        server_name: Some(context.name.clone()),
                        now: context.now,
                    }))
                });
                let state = AwaitVerification {
                    context,
                    request,
                    chain,
                };
                Ok(Step::State(ClientState::Verification(state)))
            }
            // Refused when the client was made.
            None => Err(CertificateError::Unknown.into()),
        }
    }
}

/// Waits for the host to say whether the chain is good.
#[derive(Debug)]
pub(crate) struct AwaitVerification {
    context: Context,
    request: Option<Request>,
    chain: PeerCertificates,
}

impl AwaitVerification {
    pub(super) fn answer(self, answer: AnswerKind) -> Next {
        let Self {
            context,
            request,
            chain,
        } = self;
        trusted(answer)?;
        let state = ExpectCertificateVerify {
            context,
            request,
            chain,
        };
        Ok(Step::State(ClientState::CertificateVerify(state)))
    }
}

/// Waits for CertificateVerify; the chain is trusted by now.
#[derive(Debug)]
pub(crate) struct ExpectCertificateVerify {
    context: Context,
    request: Option<Request>,
    chain: PeerCertificates,
}

impl ExpectCertificateVerify {
    pub(super) fn handle(self, message: &Message<'_>) -> Next {
        let Self {
            mut context,
            request,
            chain,
        } = self;
        let parsed = CertificateVerify::parse(message.body).map_err(malformed(message.kind))?;
        let parameters = &context.config.parameters;
        if !parameters.schemes.contains(&parsed.scheme) {
            return Err(Misbehaved::SchemeNotOffered.into());
        }
        let content = SignedContent::new(Signer::Server, &context.transcript.hash());
        let signed =
            verify::check_signature(&parameters.provider, &chain, &parsed, content.as_ref())?;
        context.transcript.update(message.octets);
        let proof = ServerProof::Certificate { chain, signed };
        let state = ExpectFinished::new(context, proof, request);
        Ok(Step::State(ClientState::Finished(state)))
    }
}
