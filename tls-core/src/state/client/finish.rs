//! The server's Finished and the client's last flight (RFC 8446 section 4.4).

use alloc::{boxed::Box, string::ToString, sync::Arc, vec::Vec};

use crypto_core::Secret;
use pki_types::ServerName;

use super::{ClientState, Context, Next, ServerProof, auth::Request};
use crate::{
    config::Credential,
    connection::{ConfigHandle, Established, Step},
    error::{Error, Proof},
    event::{Connected, Epoch, Event},
    identity::Identity,
    inbound::Message,
    keys::TrafficSecrets,
    outbound::{Claim, Output, Stake},
    question::{AnswerKind, CredentialQuestion},
    record::{Opener, Sealer},
    state::proofs::{self, signature},
    traffic::ReceiverRole,
    verify::PeerCertificates,
    wire::{SignatureScheme, Signer},
};

/// Waits for the server's Finished; it has proved who it is by now.
#[derive(Debug)]
pub(crate) struct ExpectFinished {
    context: Context,
    proof: ServerProof,
    request: Option<Request>,
}

impl ExpectFinished {
    pub(super) const fn new(
        context: Context,
        proof: ServerProof,
        request: Option<Request>,
    ) -> Self {
        Self {
            context,
            proof,
            request,
        }
    }

    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let Self {
            mut context,
            proof,
            request,
        } = self;
        let hash = context.transcript.hash();
        context
            .suite
            .check_verify_data(&context.secrets.server, &hash, message.body)
            .map_err(|_| Error::BadProof(Proof::Finished))?;
        let boundary = message.boundary()?;
        context.transcript.update(message.octets);
        let (secrets, exporter) = context.master.traffic(&context.transcript.hash())?;
        let opener = Opener::new(&context.suite, &secrets.server)?;
        out.install_opener(opener, boundary, Epoch::Application);
        context.key_log("CLIENT_TRAFFIC_SECRET_0", &secrets.client, out);
        context.key_log("SERVER_TRAFFIC_SECRET_0", &secrets.server, out);
        context.key_log("EXPORTER_SECRET", &exporter, out);
        let (peer, peer_scheme) = match proof {
            ServerProof::Certificate { chain, signed } => (chain, Some(signed.scheme())),
            ServerProof::Resumed => (PeerCertificates::default(), None),
        };
        let last = LastFlight {
            context,
            secrets,
            exporter,
            peer,
            peer_scheme,
        };
        match request {
            None => last.finish(out),
            Some(request) => last.choose(request, out),
        }
    }
}

/// What the client's last flight needs.
#[derive(Debug)]
struct LastFlight {
    context: Context,
    /// Traffic secrets of application data.
    secrets: TrafficSecrets,
    exporter: Secret,
    peer: PeerCertificates,
    /// `None` when the session is resumed: then the server signs nothing.
    peer_scheme: Option<SignatureScheme>,
}

impl LastFlight {
    /// Decides what to show to a server that asks for a certificate.
    fn choose(self, request: Request, out: &mut Output<'_>) -> Next {
        match &self.context.config.credential {
            Credential::None => self.certificate(None, &request.schemes, out),
            Credential::Identity(identity) => {
                let identity = identity.clone();
                self.certificate(Some(identity), &request.schemes, out)
            }
            Credential::Ask => {
                let Request {
                    schemes,
                    authorities,
                } = request;
                let asked = schemes.clone();
                out.event_asking(|id| {
                    let schemes = asked;
                    Event::Credential(Box::new(CredentialQuestion {
                        id,
                        schemes,
                        authorities,
                    }))
                });
                let state = AwaitCredential {
                    last: self,
                    schemes,
                };
                Ok(Step::State(ClientState::Credential(state)))
            }
        }
    }

    /// Sends the certificate, empty without an identity that fits, and signs if there is one.
    fn certificate(
        mut self,
        identity: Option<Identity>,
        schemes: &[SignatureScheme],
        out: &mut Output<'_>,
    ) -> Next {
        let fitting = identity.and_then(|identity| {
            let scheme = identity.scheme_for(|scheme| schemes.contains(&scheme))?;
            Some((identity, scheme))
        });
        let chain = fitting
            .as_ref()
            .map_or(&[][..], |(identity, _)| identity.chain());
        let transcript = &mut self.context.transcript;
        proofs::send_certificate(transcript, chain, out);
        let Some((identity, scheme)) = fitting else {
            return self.finish(out);
        };
        match proofs::sign(transcript, Signer::Client, identity, scheme, out)? {
            Some(signature) => self.certificate_verify(scheme, &signature, out),
            None => {
                let state = AwaitSignature { last: self, scheme };
                Ok(Step::State(ClientState::Signature(state)))
            }
        }
    }

    fn certificate_verify(
        mut self,
        scheme: SignatureScheme,
        signature: &[u8],
        out: &mut Output<'_>,
    ) -> Next {
        proofs::send_certificate_verify(&mut self.context.transcript, scheme, signature, out);
        self.finish(out)
    }

    /// Sends Finished and goes over to application data.
    fn finish(self, out: &mut Output<'_>) -> Next {
        let Self {
            mut context,
            secrets,
            exporter,
            peer,
            peer_scheme,
        } = self;
        let (suite, secret) = (&context.suite, &context.secrets.client);
        proofs::send_finished(&mut context.transcript, suite, secret, out)?;
        let sealer = Sealer::new(&context.suite, &secrets.client)?;
        out.install_sealer(sealer, Epoch::Application)?;
        *out.stake = Some(Stake {
            session: context.session,
            tickets: None,
            claim: Claim::Shown,
        });
        let resumption = context.master.resumption(&context.transcript.hash())?;
        let facts = Connected {
            cipher_suite: context.suite.id,
            group: context.group,
            alpn: context.alpn,
            server_name: if let ServerName::DnsName(name) = &context.name {
                Some(name.as_ref().to_string())
            } else {
                None
            },
            peer,
            peer_scheme,
            session: context.session,
            resumed: peer_scheme.is_none(),
            retried: context.retried,
        };
        let role = ReceiverRole::Client {
            resumption,
            server_name: context.name,
            tickets: 0,
        };
        Ok(Step::Connected(Box::new(Established {
            config: ConfigHandle::Client(Arc::clone(&context.config)),
            suite: context.suite,
            sending: secrets.client,
            receiving: secrets.server,
            exporter,
            role,
            facts,
        })))
    }
}

/// Waits for the host to choose an identity.
#[derive(Debug)]
pub(crate) struct AwaitCredential {
    last: LastFlight,
    schemes: Vec<SignatureScheme>,
}

impl AwaitCredential {
    pub(super) fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        let Self { last, schemes } = self;
        let identity = match answer {
            AnswerKind::Identity(identity) => Some(identity),
            AnswerKind::NoIdentity
            | AnswerKind::Config(_)
            | AnswerKind::Refuse(_)
            | AnswerKind::Session(..)
            | AnswerKind::NoSession
            | AnswerKind::Signature(_)
            | AnswerKind::NotSigned
            | AnswerKind::Trusted
            | AnswerKind::Untrusted(_) => None,
        };
        last.certificate(identity, &schemes, out)
    }
}

/// Waits for the host's signature.
#[derive(Debug)]
pub(crate) struct AwaitSignature {
    last: LastFlight,
    scheme: SignatureScheme,
}

impl AwaitSignature {
    pub(super) fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        let Self { last, scheme } = self;
        last.certificate_verify(scheme, &signature(answer)?, out)
    }
}
