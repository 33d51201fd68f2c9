//! What a machine tells its host.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use bytes::Bytes;
use crypto_core::{Group, Secret};

use crate::{
    error::Error,
    question::{
        ClientHelloQuestion, CredentialQuestion, SignQuestion, TicketQuestion, VerifyQuestion,
    },
    session::{NewTicket, ServerSession, SessionId},
    traffic::Reply,
    verify::PeerCertificates,
    wire::{
        AlertDescription, CipherSuite, HELLO_RETRY_REQUEST_RANDOM, HandshakeType, SignatureScheme,
    },
};

/// What happened, in order. Questions stop the machine until they are answered.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Server made by [`Server::asking`](crate::Server::asking): which configuration serves this client?
    ClientHello(Box<ClientHelloQuestion>),
    /// Server with [`TicketPolicy::Stored`](crate::TicketPolicy::Stored): is one of these sessions known?
    Ticket(Box<TicketQuestion>),
    /// Client with [`with_credential_question`](crate::ClientConfig::with_credential_question): which identity to show?
    Credential(Box<CredentialQuestion>),
    /// The key of the identity lives elsewhere: sign this.
    Sign(Box<SignQuestion>),
    /// Is the peer's certificate good?
    Verify(Box<VerifyQuestion>),
    /// The handshake is complete and the peer is authenticated as far as was asked. Data may flow.
    Connected(Box<Connected>),
    /// Client: the server gave a ticket. Date it, store it, use it once.
    NewTicket(Box<NewTicket>),
    /// Server with [`TicketPolicy::Stored`](crate::TicketPolicy::Stored): keep this session under this identity.
    StoreTicket {
        /// What the client will present.
        identity: Vec<u8>,
        /// What to give back then.
        session: Box<ServerSession>,
    },
    /// Application data, decrypted where it lay in `rx`.
    Data(Bytes),
    /// The peer sent close_notify: no more data will come. Sending goes on until
    /// [`close`](crate::Sender::close).
    PeerClosed,
    /// The connection failed: drop every ticket of this session.
    Forget(SessionId),
    /// From a [`Receiver`](crate::Receiver) after `split`: hand this to the [`Sender`](crate::Sender).
    Reply(Reply),
    /// A secret for the key log, when the configuration asks for it.
    KeyLog(Box<KeyLogLine>),
    /// A step of the handshake, when the configuration asks for it.
    Trace(Trace),
    /// The end: exactly once, always last. The alert is already in `tx`.
    Closed(Result<(), Error>),
}

impl Event {
    /// True for those that wait for an answer.
    pub(crate) const fn is_question(&self) -> bool {
        match self {
            Self::ClientHello(_)
            | Self::Ticket(_)
            | Self::Credential(_)
            | Self::Sign(_)
            | Self::Verify(_) => true,
            Self::Connected(_)
            | Self::NewTicket(_)
            | Self::StoreTicket { .. }
            | Self::Data(_)
            | Self::PeerClosed
            | Self::Forget(_)
            | Self::Reply(_)
            | Self::KeyLog(_)
            | Self::Trace(_)
            | Self::Closed(_) => false,
        }
    }
}

/// What was negotiated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connected {
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
    /// The group of the key agreement.
    pub group: Group,
    /// The application protocol, if one was negotiated.
    pub alpn: Option<Vec<u8>>,
    /// The DNS name in the ClientHello; on a client the name it sent.
    pub server_name: Option<String>,
    /// The peer's certificates; on a resumed server connection those of the first handshake, on a resumed
    /// client connection none.
    pub peer: PeerCertificates,
    /// How the peer signed this handshake; `None` when it showed no certificate in it.
    pub peer_scheme: Option<SignatureScheme>,
    /// The session.
    pub session: SessionId,
    /// True when the session was resumed.
    pub resumed: bool,
    /// True when it took a HelloRetryRequest.
    pub retried: bool,
}

/// One line of an NSS key log (RFC 9850).
#[derive(Debug)]
pub struct KeyLogLine {
    pub(crate) label: &'static str,
    pub(crate) client_random: [u8; 32],
    pub(crate) secret: Secret,
}

impl KeyLogLine {
    /// The label, such as `CLIENT_TRAFFIC_SECRET_0`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        self.label
    }

    /// The random of the ClientHello.
    #[must_use]
    pub const fn client_random(&self) -> &[u8; 32] {
        &self.client_random
    }

    /// The secret itself.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Writes the line without its line end. This prints a secret, which is its purpose.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut impl fmt::Write) -> fmt::Result {
        write!(out, "{} ", self.label)?;
        self.client_random
            .iter()
            .try_for_each(|octet| write!(out, "{octet:02x}"))?;
        out.write_char(' ')?;
        self.secret
            .as_ref()
            .iter()
            .try_for_each(|octet| write!(out, "{octet:02x}"))
    }
}

/// A step of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// Which way.
    pub direction: Direction,
    /// What.
    pub what: Traced,
}

/// Which way something goes, seen from this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// What a [`Trace`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Traced {
    /// A handshake message with so many octets, header included.
    Message {
        /// Its type.
        kind: HandshakeType,
        /// Its octets.
        octets: usize,
    },
    /// A HelloRetryRequest with so many octets, header included.
    HelloRetryRequest {
        /// Its octets.
        octets: usize,
    },
    /// A change_cipher_spec record, for middleboxes.
    ChangeCipherSpec,
    /// New keys from here on.
    Keys(Epoch),
    /// An alert.
    Alert(AlertDescription),
}

impl Traced {
    pub(crate) fn message(kind: HandshakeType, message: &[u8]) -> Self {
        let octets = message.len();
        // `random` stands behind the header and `legacy_version`.
        let retry = message.get(6..38) == Some(&HELLO_RETRY_REQUEST_RANDOM);
        if kind == HandshakeType::SERVER_HELLO && retry {
            return Self::HelloRetryRequest { octets };
        }
        Self::Message { kind, octets }
    }
}

/// Which keys protect records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Epoch {
    /// Those of the handshake.
    Handshake,
    /// Those of application data.
    Application,
}
