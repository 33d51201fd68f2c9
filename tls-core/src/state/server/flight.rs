//! The server's flight, from ServerHello to Finished (RFC 8446 sections 4.1.3, 4.3 and 4.4).

use alloc::string::ToString;

use crypto_core::Secret;

use super::{
    Context, Next, ServerState,
    auth::ExpectCertificate,
    finish::{AfterFlight, ExpectFinished},
    hello::{Accepted, Hello},
    resume::Resumed,
};
use crate::{
    config::ClientAuth,
    connection::Step,
    error::{Error, Incompatible, Misbehaved},
    event::Epoch,
    extension::{
        alpn, certificate_authorities, key_share, pre_shared_key, server_name,
        signature_algorithms, supported_versions,
    },
    identity::Identity,
    inbound::EarlyData,
    keys::HandshakeSecret,
    outbound::{Claim, Output, Stake},
    question::AnswerKind,
    record::{Opener, Sealer},
    session::SessionId,
    state::proofs::{self, signature},
    transcript::Transcript,
    verify::PeerCertificates,
    wire::{
        CertificateRequest, EncryptedExtensions, HandshakeType, ServerHello, SignatureScheme,
        Signer,
    },
};

/// Sends the flight, or as much of it as does not need a signature from elsewhere.
pub(super) fn send(
    accepted: Accepted,
    hello: &Hello<'_>,
    share: &[u8],
    resumed: Option<Resumed>,
    out: &mut Output<'_>,
) -> Next {
    // What can fail for lack of common ground fails before anything is sent.
    let shown = match &resumed {
        Some(_) => None,
        None => Some(choose_identity(&accepted, hello)?),
    };
    let parameters = &accepted.config.parameters;
    let alpn = alpn::choose(&parameters.protocols, hello.alpn)?.map(<[u8]>::to_vec);
    if hello.early_data {
        out.changes.early_data = Some(EarlyData::UntilOpened);
    }
    let (resumed_session, context) = server_hello(accepted, hello, share, resumed, alpn, out)?;
    let flight = Flight {
        context,
        resumed: resumed_session,
    };
    // A session is tied to its name: resuming it says nothing new (RFC 6066 section 3).
    let named = hello.server_name.is_some() && flight.resumed.is_none();
    flight.send(named, shown, out)
}

/// The first identity with a scheme that the client accepts.
fn choose_identity(
    accepted: &Accepted,
    hello: &Hello<'_>,
) -> Result<(Identity, SignatureScheme), Error> {
    let schemes = hello.schemes.ok_or(Misbehaved::MissingExtension(
        crate::wire::ExtensionType::SIGNATURE_ALGORITHMS,
    ))?;
    accepted
        .config
        .identities
        .iter()
        .find_map(|identity| {
            let scheme = identity.scheme_for(|scheme| schemes.contains(scheme.0))?;
            Some((identity.clone(), scheme))
        })
        .ok_or_else(|| Incompatible::SignatureScheme.into())
}

/// Agrees on keys, sends ServerHello and changes to the keys of the handshake.
fn server_hello(
    accepted: Accepted,
    hello: &Hello<'_>,
    share: &[u8],
    resumed: Option<Resumed>,
    alpn: Option<alloc::vec::Vec<u8>>,
    out: &mut Output<'_>,
) -> Result<(Option<PeerCertificates>, Context), Error> {
    let Accepted {
        origin,
        config,
        suite,
        agreement,
        retried,
        boundary,
    } = accepted;
    let random = config.parameters.provider.random.as_ref();
    let (own_share, shared) = agreement
        .respond(share, random)
        .map_err(|_| Misbehaved::KeyShare)?;
    let selected = resumed.as_ref().map(|resumed| resumed.index);
    let is_retried = retried.is_some();
    let mut transcript = match retried {
        None => Transcript::new(&suite, hello.octets),
        Some(mut transcript) => {
            transcript.update(hello.octets);
            transcript
        }
    };
    let session_id = hello.wire.session_id;
    let sent = out.send(HandshakeType::SERVER_HELLO, |flight| {
        ServerHello::encode(flight, &origin.random, session_id, suite.id, |out| {
            supported_versions::answer(out);
            key_share::answer(agreement.group(), &own_share, out);
            if let Some(index) = selected {
                pre_shared_key::answer(index, out);
            }
        });
    });
    transcript.update(sent);
    let established = resumed
        .as_ref()
        .map_or(origin.now, |resumed| resumed.session.established);
    let (handshake, session, peer) = match resumed {
        None => (
            HandshakeSecret::without_psk(&suite, &shared),
            SessionId(origin.session),
            None,
        ),
        Some(resumed) => {
            let tickets = config.tickets.keys().cloned();
            *out.stake = Some(Stake {
                session: resumed.session.id,
                tickets,
                claim: Claim::Replayable,
            });
            let handshake = resumed.early.handshake(&shared)?;
            (handshake, resumed.session.id, Some(resumed.session.peer))
        }
    };
    let (secrets, master) = handshake.traffic(&transcript.hash())?;
    if !session_id.is_empty() && !is_retried {
        out.change_cipher_spec()?;
    }
    out.install_sealer(Sealer::new(&suite, &secrets.server)?, Epoch::Handshake)?;
    out.install_opener(
        Opener::new(&suite, &secrets.client)?,
        boundary,
        Epoch::Handshake,
    );
    let context = Context {
        config,
        now: origin.now,
        client_random: *hello.wire.random,
        suite,
        group: agreement.group(),
        retried: is_retried,
        transcript,
        secrets,
        master,
        session,
        established,
        server_name: hello
            .server_name
            .as_ref()
            .map(|name| name.as_ref().to_string()),
        alpn,
        modes: hello.modes,
    };
    context.key_log(
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        &context.secrets.client,
        out,
    );
    context.key_log(
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        &context.secrets.server,
        out,
    );
    Ok((peer, context))
}

/// The encrypted part of the flight.
#[derive(Debug)]
struct Flight {
    context: Context,
    /// The client's certificates of the session that is resumed, if one is.
    resumed: Option<PeerCertificates>,
}

impl Flight {
    fn send(
        mut self,
        named: bool,
        shown: Option<(Identity, SignatureScheme)>,
        out: &mut Output<'_>,
    ) -> Next {
        let context = &mut self.context;
        let alpn = context.alpn.as_deref();
        let sent = out.send(HandshakeType::ENCRYPTED_EXTENSIONS, |flight| {
            EncryptedExtensions::encode(flight, |out| {
                if named {
                    server_name::answer(out);
                }
                if let Some(protocol) = alpn {
                    alpn::answer(protocol, out);
                }
            });
        });
        context.transcript.update(sent);
        let Some((identity, scheme)) = shown else {
            return self.finish(out);
        };
        if context.config.client_auth != ClientAuth::None {
            let config = &context.config;
            let sent = out.send(HandshakeType::CERTIFICATE_REQUEST, |flight| {
                CertificateRequest::encode(flight, |out| {
                    signature_algorithms::offer(&config.parameters.schemes, out);
                    certificate_authorities::offer(&config.authorities, out);
                });
            });
            context.transcript.update(sent);
        }
        proofs::send_certificate(&mut context.transcript, identity.chain(), out);
        match proofs::sign(&context.transcript, Signer::Server, identity, scheme, out)? {
            Some(signature) => self.certificate_verify(scheme, &signature, out),
            None => {
                let state = AwaitSignature {
                    flight: self,
                    scheme,
                };
                Ok(Step::State(ServerState::Signature(state)))
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

    /// Sends Finished; what this end sends from here on is application data.
    fn finish(self, out: &mut Output<'_>) -> Next {
        let Self {
            mut context,
            resumed,
        } = self;
        let (suite, secret) = (&context.suite, &context.secrets.server);
        proofs::send_finished(&mut context.transcript, suite, secret, out)?;
        let (secrets, exporter): (_, Secret) =
            context.master.traffic(&context.transcript.hash())?;
        out.install_sealer(
            Sealer::new(&context.suite, &secrets.server)?,
            Epoch::Application,
        )?;
        context.key_log("CLIENT_TRAFFIC_SECRET_0", &secrets.client, out);
        context.key_log("SERVER_TRAFFIC_SECRET_0", &secrets.server, out);
        context.key_log("EXPORTER_SECRET", &exporter, out);
        let auth = context.config.client_auth;
        let after = AfterFlight {
            context,
            secrets,
            exporter,
        };
        Ok(Step::State(match (resumed, auth) {
            (Some(peer), _) => ServerState::Finished(ExpectFinished::resumed(after, peer)),
            (None, ClientAuth::None) => ServerState::Finished(ExpectFinished::anonymous(after)),
            (None, ClientAuth::Optional | ClientAuth::Required) => {
                ServerState::Certificate(ExpectCertificate::new(after))
            }
        }))
    }
}

/// Waits for the host's signature.
#[derive(Debug)]
pub(crate) struct AwaitSignature {
    flight: Flight,
    scheme: SignatureScheme,
}

impl AwaitSignature {
    pub(super) fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        let Self { flight, scheme } = self;
        flight.certificate_verify(scheme, &signature(answer)?, out)
    }
}
