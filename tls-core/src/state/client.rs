//! The client's states and every transition between them (RFC 8446 appendix A.1).
//!
//! ```text
//!          ClientHello ▶
//!        ┌─────────────────┐ HelloRetryRequest: ClientHello ▶ (once)
//!        │   ServerHello   │◀┐
//!        └────────┬────────┴─┘
//!        ┌────────▼────────────┐ resumed
//!        │ EncryptedExtensions ├──────────────────────────────────┐
//!        └────────┬────────────┘                                  │
//!        ┌────────▼─────────────┐ CertificateRequest              │
//!        │ CertificateOrRequest ├──────────┐                      │
//!        └────────┬─────────────┘  ┌───────▼─────┐                │
//!                 ├◀───────────────│ Certificate │                │
//!        ┌────────▼────────────┐   └─────────────┘                │
//!        │ (Verification)      │ a question, or answered at once  │
//!        │ CertificateVerify   │                                  │
//!        └────────┬────────────┘                                  │
//!        ┌────────▼────────┐◀─────────────────────────────────────┘
//!        │    Finished     │
//!        └────────┬────────┘
//!        ┌────────▼─────────────┐
//!        │ (Credential)         │ questions, only when a certificate is asked for
//!        │ (Signature)          │
//!        └────────┬─────────────┘
//!          [Certificate, CertificateVerify,] Finished ▶  Connected
//! ```

mod auth;
mod finish;
mod hello;
mod parameters;

use alloc::sync::Arc;

use crypto_core::{Group, Secret, UnixTime};
use pki_types::ServerName;

use crate::{
    config::ClientConfig,
    connection::{State, Step},
    error::{Error, Misbehaved},
    inbound::{Message, Stage},
    keys::{MasterSecret, TrafficSecrets},
    outbound::Output,
    question::AnswerKind,
    session::SessionId,
    suite::Suite,
    transcript::Transcript,
    verify::{PeerCertificates, SignatureVerified},
    wire::HandshakeType,
};

pub(crate) use hello::{Offered, start};

/// What a client waits for, in protocol order.
#[derive(Debug)]
pub(crate) enum ClientState {
    ServerHello(hello::ExpectServerHello),
    EncryptedExtensions(parameters::ExpectEncryptedExtensions),
    CertificateOrRequest(auth::ExpectCertificateOrRequest),
    Certificate(auth::ExpectCertificate),
    Verification(auth::AwaitVerification),
    CertificateVerify(auth::ExpectCertificateVerify),
    Finished(finish::ExpectFinished),
    Credential(finish::AwaitCredential),
    Signature(finish::AwaitSignature),
}

type Next = Result<Step<ClientState>, Error>;

impl State for ClientState {
    fn message(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        match (self, message.kind) {
            (Self::ServerHello(state), HandshakeType::SERVER_HELLO) => state.handle(message, out),
            (Self::EncryptedExtensions(state), HandshakeType::ENCRYPTED_EXTENSIONS) => {
                state.handle(message)
            }
            (Self::CertificateOrRequest(state), HandshakeType::CERTIFICATE_REQUEST) => {
                state.handle_request(message)
            }
            (Self::CertificateOrRequest(state), HandshakeType::CERTIFICATE) => {
                state.without_request().handle(message, out)
            }
            (Self::Certificate(state), HandshakeType::CERTIFICATE) => state.handle(message, out),
            (Self::CertificateVerify(state), HandshakeType::CERTIFICATE_VERIFY) => {
                state.handle(message)
            }
            (Self::Finished(state), HandshakeType::FINISHED) => state.handle(message, out),
            (
                Self::ServerHello(_)
                | Self::EncryptedExtensions(_)
                | Self::CertificateOrRequest(_)
                | Self::Certificate(_)
                | Self::Verification(_)
                | Self::CertificateVerify(_)
                | Self::Finished(_)
                | Self::Credential(_)
                | Self::Signature(_),
                kind,
            ) => Err(Misbehaved::UnexpectedMessage(kind).into()),
        }
    }

    fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        match self {
            Self::Verification(state) => state.answer(answer),
            Self::Credential(state) => state.answer(answer, out),
            Self::Signature(state) => state.answer(answer, out),
            // These ask nothing, so no answer carries their number.
            state @ (Self::ServerHello(_)
            | Self::EncryptedExtensions(_)
            | Self::CertificateOrRequest(_)
            | Self::Certificate(_)
            | Self::CertificateVerify(_)
            | Self::Finished(_)) => Ok(Step::State(state)),
        }
    }

    fn stage(&self) -> Stage {
        Stage::Handshake
    }
}

/// What every state after ServerHello knows.
#[derive(Debug)]
pub(crate) struct Context {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    now: UnixTime,
    random: [u8; 32],
    offered: Offered,
    suite: Arc<Suite>,
    group: Group,
    retried: bool,
    transcript: Transcript,
    /// Traffic secrets of the handshake.
    secrets: TrafficSecrets,
    master: MasterSecret,
    session: SessionId,
    alpn: Option<alloc::vec::Vec<u8>>,
}

impl Context {
    fn key_log(&self, label: &'static str, secret: &Secret, out: &mut Output<'_>) {
        if self.config.parameters.key_log {
            out.key_log(label, &self.random, secret);
        }
    }
}

/// Proof of who the server is; without one there is no Finished to wait for.
#[derive(Debug)]
pub(crate) enum ServerProof {
    /// Its certificate is trusted and it signed this handshake.
    Certificate {
        chain: PeerCertificates,
        signed: SignatureVerified,
    },
    /// It knows the secret of a session in which it gave that proof.
    Resumed,
}
