//! The server's states and every transition between them (RFC 8446 appendix A.2).
//!
//! ```text
//!        ┌─────────────────┐
//!        │   ClientHello   │
//!        └────────┬────────┘
//!        ┌────────▼────────┐
//!        │ (Configuration) │ a question, or given beforehand
//!        └────────┬────────┘ no share: HelloRetryRequest ▶ ┌─────────────────────┐
//!                 ├───────────────────────────────────────▶│ RetriedClientHello  │
//!                 ├◀───────────────────────────────────────┴─────────────────────┘
//!        ┌────────▼────────┐
//!        │ (Ticket)        │ a question, when the host keeps sessions
//!        └────────┬────────┘
//!          ServerHello, EncryptedExtensions, [CertificateRequest, Certificate,] ▶
//!        ┌────────▼────────┐
//!        │ (Signature)     │ a question, when the key lives elsewhere
//!        └────────┬────────┘
//!          [CertificateVerify,] Finished ▶
//!        ┌────────▼────────┐ only when a certificate was asked for; an empty one skips what follows
//!        │ Certificate     │
//!        │ (Verification)  │
//!        │ CertificateVerify
//!        └────────┬────────┘
//!        ┌────────▼────────┐
//!        │    Finished     │  [NewSessionTicket ▶]  Connected
//!        └─────────────────┘
//! ```

mod auth;
mod finish;
mod flight;
mod hello;
mod resume;
mod retry;

use alloc::{string::String, sync::Arc, vec::Vec};

use crypto_core::{Group, Secret, UnixTime};

use crate::{
    config::ServerConfig,
    connection::{State, Step},
    error::{Error, Misbehaved},
    extension::psk_key_exchange_modes::Modes,
    inbound::{Message, Stage},
    keys::{MasterSecret, TrafficSecrets},
    outbound::Output,
    question::AnswerKind,
    session::SessionId,
    suite::Suite,
    transcript::Transcript,
    wire::HandshakeType,
};

pub(crate) use hello::{start, start_asking};

/// What a server waits for, in protocol order.
#[derive(Debug)]
pub(crate) enum ServerState {
    ClientHello(hello::ExpectClientHello),
    Configuration(hello::AwaitConfiguration),
    RetriedClientHello(retry::ExpectRetriedClientHello),
    Ticket(resume::AwaitTicket),
    Signature(flight::AwaitSignature),
    Certificate(auth::ExpectCertificate),
    Verification(auth::AwaitVerification),
    CertificateVerify(auth::ExpectCertificateVerify),
    Finished(finish::ExpectFinished),
}

type Next = Result<Step<ServerState>, Error>;

impl State for ServerState {
    fn message(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        match (self, message.kind) {
            (Self::ClientHello(state), HandshakeType::CLIENT_HELLO) => state.handle(message, out),
            (Self::RetriedClientHello(state), HandshakeType::CLIENT_HELLO) => {
                state.handle(message, out)
            }
            (Self::Certificate(state), HandshakeType::CERTIFICATE) => state.handle(message, out),
            (Self::CertificateVerify(state), HandshakeType::CERTIFICATE_VERIFY) => {
                state.handle(message)
            }
            (Self::Finished(state), HandshakeType::FINISHED) => state.handle(message, out),
            (
                Self::ClientHello(_)
                | Self::Configuration(_)
                | Self::RetriedClientHello(_)
                | Self::Ticket(_)
                | Self::Signature(_)
                | Self::Certificate(_)
                | Self::Verification(_)
                | Self::CertificateVerify(_)
                | Self::Finished(_),
                kind,
            ) => Err(Misbehaved::UnexpectedMessage(kind).into()),
        }
    }

    fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        match self {
            Self::Configuration(state) => state.answer(answer, out),
            Self::Ticket(state) => state.answer(answer, out),
            Self::Signature(state) => state.answer(answer, out),
            Self::Verification(state) => state.answer(answer),
            // These ask nothing, so no answer carries their number.
            state @ (Self::ClientHello(_)
            | Self::RetriedClientHello(_)
            | Self::Certificate(_)
            | Self::CertificateVerify(_)
            | Self::Finished(_)) => Ok(Step::State(state)),
        }
    }

    fn stage(&self) -> Stage {
        match self {
            Self::ClientHello(state) => state.stage(),
            Self::Configuration(_)
            | Self::RetriedClientHello(_)
            | Self::Ticket(_)
            | Self::Signature(_)
            | Self::Certificate(_)
            | Self::Verification(_)
            | Self::CertificateVerify(_)
            | Self::Finished(_) => Stage::Handshake,
        }
    }
}

/// What every state after ServerHello knows.
#[derive(Debug)]
pub(crate) struct Context {
    config: Arc<ServerConfig>,
    now: UnixTime,
    client_random: [u8; 32],
    suite: Arc<Suite>,
    group: Group,
    retried: bool,
    transcript: Transcript,
    /// Traffic secrets of the handshake.
    secrets: TrafficSecrets,
    master: MasterSecret,
    session: SessionId,
    /// When its full handshake was.
    established: UnixTime,
    server_name: Option<String>,
    alpn: Option<Vec<u8>>,
    modes: Modes,
}

impl Context {
    fn key_log(&self, label: &'static str, secret: &Secret, out: &mut Output<'_>) {
        if self.config.parameters.key_log {
            out.key_log(label, &self.client_random, secret);
        }
    }
}
