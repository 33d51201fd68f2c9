//! Questions a machine asks and the answers it takes.
//!
//! A question is a value that cannot be cloned; answering consumes it. The machine takes nothing off `rx`
//! while one is open. Dropping it leaves the connection waiting: close it then.

use alloc::{sync::Arc, vec::Vec};

use bytes::Bytes;
use crypto_core::{Group, UnixTime};
use pki_types::{DnsName, ServerName};

use crate::{
    config::ServerConfig,
    error::CertificateError,
    extension,
    identity::Identity,
    session::ServerSession,
    verify::PeerCertificates,
    wire::{
        AlertDescription, CipherSuite, ClientHello, ExtensionType, SignatureScheme, SignedContent,
        U16List,
    },
};

/// An answer, for `answer` of the machine that asked.
#[derive(Debug)]
#[must_use = "an answer does nothing until the machine has it"]
pub struct Answer {
    pub(crate) question: u64,
    pub(crate) kind: AnswerKind,
}

/// What was answered. Each question can make only the answers that its state understands.
#[derive(Debug)]
pub(crate) enum AnswerKind {
    Config(Arc<ServerConfig>),
    Refuse(AlertDescription),
    Session(usize, ServerSession),
    NoSession,
    Identity(Identity),
    NoIdentity,
    Signature(Vec<u8>),
    NotSigned,
    Trusted,
    Untrusted(CertificateError),
}

/// Which configuration serves this client?
#[derive(Debug)]
#[must_use = "the connection waits for the answer"]
pub struct ClientHelloQuestion {
    pub(crate) id: u64,
    /// The body of the message, parsed before it was asked about.
    pub(crate) body: Bytes,
}

impl ClientHelloQuestion {
    /// The message, to look at whatever else it says.
    #[must_use]
    pub fn hello(&self) -> Option<ClientHello<'_>> {
        ClientHello::parse(&self.body).ok()
    }

    fn extension(&self, kind: ExtensionType) -> Option<&[u8]> {
        self.hello()?.extensions.get(kind)
    }

    fn codes(&self, kind: ExtensionType) -> impl Iterator<Item = u16> {
        let list = self
            .extension(kind)
            .and_then(|body| U16List::new(body.get(2..)?).ok());
        list.into_iter().flat_map(U16List::iter)
    }

    /// The DNS name asked for.
    #[must_use]
    pub fn server_name(&self) -> Option<DnsName<'_>> {
        extension::server_name::read_offer(self.extension(ExtensionType::SERVER_NAME)).ok()?
    }

    /// The application protocols offered, best first.
    pub fn alpn(&self) -> impl Iterator<Item = &[u8]> {
        let list = extension::alpn::read_offer(self.extension(ExtensionType::ALPN));
        list.ok()
            .flatten()
            .into_iter()
            .flat_map(extension::alpn::ProtocolList::iter)
    }

    /// The cipher suites offered, best first.
    pub fn cipher_suites(&self) -> impl Iterator<Item = CipherSuite> {
        self.hello()
            .into_iter()
            .flat_map(|hello| hello.cipher_suites.iter().map(CipherSuite))
    }

    /// The groups offered, best first.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        self.codes(ExtensionType::SUPPORTED_GROUPS).map(Group)
    }

    /// The signature schemes accepted, best first.
    pub fn signature_schemes(&self) -> impl Iterator<Item = SignatureScheme> {
        self.codes(ExtensionType::SIGNATURE_ALGORITHMS)
            .map(SignatureScheme)
    }

    /// Goes on with `config`.
    pub fn with(self, config: Arc<ServerConfig>) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Config(config),
        }
    }

    /// Ends the connection with `alert`, such as `unrecognized_name`.
    pub fn refuse(self, alert: AlertDescription) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Refuse(alert),
        }
    }
}

/// Is one of these sessions known?
#[derive(Debug)]
#[must_use = "the connection waits for the answer"]
pub struct TicketQuestion {
    pub(crate) id: u64,
    pub(crate) identities: Vec<Bytes>,
}

impl TicketQuestion {
    /// The identities presented, best first, as [`Event::StoreTicket`](crate::Event::StoreTicket) gave them out.
    #[must_use]
    pub fn identities(&self) -> &[Bytes] {
        &self.identities
    }

    /// Resumes `session`, stored under the identity at `index`. It falls back to a full handshake when the
    /// session does not fit (expired, another name, another hash).
    pub fn found(self, index: usize, session: ServerSession) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Session(index, session),
        }
    }

    /// None is known: a full handshake.
    pub fn unknown(self) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::NoSession,
        }
    }
}

/// Which identity to show to a server that asks for a certificate?
#[derive(Debug)]
#[must_use = "the connection waits for the answer"]
pub struct CredentialQuestion {
    pub(crate) id: u64,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: Vec<Vec<u8>>,
}

impl CredentialQuestion {
    /// The signature schemes accepted, best first.
    #[must_use]
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The authorities welcome, each a DER Name; none stands for any.
    #[must_use]
    pub fn authorities(&self) -> &[Vec<u8>] {
        &self.authorities
    }

    /// Shows `identity`; none is shown when it fits no accepted scheme.
    pub fn present(self, identity: Identity) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Identity(identity),
        }
    }

    /// Shows none.
    pub fn decline(self) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::NoIdentity,
        }
    }
}

/// Sign this with the key of the identity.
#[derive(Debug)]
#[must_use = "the connection waits for the answer"]
pub struct SignQuestion {
    pub(crate) id: u64,
    pub(crate) identity: Identity,
    pub(crate) scheme: SignatureScheme,
    pub(crate) content: SignedContent,
}

impl SignQuestion {
    /// The identity whose key must sign.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The scheme to sign with.
    #[must_use]
    pub const fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// The octets to sign, not hashed yet.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.content.as_ref()
    }

    /// Hands the signature over, in the encoding of the scheme.
    pub fn signature(self, octets: Vec<u8>) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Signature(octets),
        }
    }

    /// No signature could be made: ends the connection.
    pub fn failed(self) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::NotSigned,
        }
    }
}

/// Is the peer's certificate good?
#[derive(Debug)]
#[must_use = "the connection waits for the answer"]
pub struct VerifyQuestion {
    pub(crate) id: u64,
    pub(crate) chain: PeerCertificates,
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) now: UnixTime,
}

impl VerifyQuestion {
    /// The chain, the peer's own certificate first. Its signature over the handshake is checked by the machine.
    #[must_use]
    pub const fn chain(&self) -> &PeerCertificates {
        &self.chain
    }

    /// The name that a server must prove; `None` when the peer is a client.
    #[must_use]
    pub const fn server_name(&self) -> Option<&ServerName<'static>> {
        self.server_name.as_ref()
    }

    /// The time of the connection.
    #[must_use]
    pub const fn now(&self) -> UnixTime {
        self.now
    }

    /// The certificate is good.
    pub fn accept(self) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Trusted,
        }
    }

    /// It is not: ends the connection.
    pub fn reject(self, why: CertificateError) -> Answer {
        Answer {
            question: self.id,
            kind: AnswerKind::Untrusted(why),
        }
    }
}
