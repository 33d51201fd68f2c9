//! The client's Finished, and the tickets that follow it (RFC 8446 sections 4.4.4 and 4.6.1).

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crypto_core::Secret;

use super::{Context, Next};
use crate::{
    config::TicketPolicy,
    connection::{ConfigHandle, Established, Step},
    error::{Error, Proof},
    event::{Connected, Epoch, Event},
    extension::psk_key_exchange_modes::Modes,
    inbound::Message,
    keys::{self, TrafficSecrets},
    outbound::{Output, Stake},
    record::Opener,
    session::{MAX_LIFETIME, ServerSession},
    traffic::ReceiverRole,
    verify::{PeerCertificates, SignatureVerified},
    wire::{Extensions, HandshakeType, NewSessionTicket},
};

/// What is known once the server's flight is out.
#[derive(Debug)]
pub(crate) struct AfterFlight {
    pub(super) context: Context,
    /// Traffic secrets of application data.
    pub(super) secrets: TrafficSecrets,
    pub(super) exporter: Secret,
}

/// Who the client is, as far as that was asked.
#[derive(Debug)]
enum ClientProof {
    /// It was not asked, or has no certificate and needs none.
    Anonymous,
    Certificate {
        chain: PeerCertificates,
        signed: SignatureVerified,
    },
    /// As in the session's first handshake.
    Resumed(PeerCertificates),
}

/// Waits for the client's Finished.
#[derive(Debug)]
pub(crate) struct ExpectFinished {
    after: AfterFlight,
    proof: ClientProof,
}

impl ExpectFinished {
    pub(super) const fn anonymous(after: AfterFlight) -> Self {
        Self {
            after,
            proof: ClientProof::Anonymous,
        }
    }

    pub(super) const fn authenticated(
        after: AfterFlight,
        chain: PeerCertificates,
        signed: SignatureVerified,
    ) -> Self {
        Self {
            after,
            proof: ClientProof::Certificate { chain, signed },
        }
    }

    pub(super) const fn resumed(after: AfterFlight, peer: PeerCertificates) -> Self {
        Self {
            after,
            proof: ClientProof::Resumed(peer),
        }
    }

    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let Self {
            after:
                AfterFlight {
                    mut context,
                    secrets,
                    exporter,
                },
            proof,
        } = self;
        let hash = context.transcript.hash();
        context
            .suite
            .check_verify_data(&context.secrets.client, &hash, message.body)
            .map_err(|_| Error::BadProof(Proof::Finished))?;
        let boundary = message.boundary()?;
        context.transcript.update(message.octets);
        let opener = Opener::new(&context.suite, &secrets.client)?;
        out.install_opener(opener, boundary, Epoch::Application);
        let (peer, peer_scheme, resumed) = match proof {
            ClientProof::Anonymous => (PeerCertificates::default(), None, false),
            ClientProof::Certificate { chain, signed } => (chain, Some(signed.scheme()), false),
            ClientProof::Resumed(peer) => (peer, None, true),
        };
        let config = Arc::clone(&context.config);
        let tickets = config.tickets.keys().cloned();
        *out.stake = Some(Stake {
            session: context.session,
            tickets: tickets.clone(),
        });
        if context.modes == Modes::DheKe {
            // A resumed connection used one ticket up and gets one back.
            let count = if resumed {
                config.ticket_count.min(1)
            } else {
                config.ticket_count
            };
            let hash = context.transcript.hash();
            let Context { suite, master, .. } = context;
            let resumption = master.resumption(&hash)?;
            let issue = Issue {
                config: &config,
                now: context.now,
                suite: &suite,
                session: context.session,
                server_name: context.server_name.as_deref(),
                peer: &peer,
                resumption: &resumption,
            };
            issue.tickets(count, out)?;
            context.suite = suite;
        }
        let facts = Connected {
            cipher_suite: context.suite.id,
            group: context.group,
            alpn: context.alpn,
            server_name: context.server_name,
            peer,
            peer_scheme,
            session: context.session,
            resumed,
            retried: context.retried,
        };
        Ok(Step::Connected(Box::new(Established {
            config: ConfigHandle::Server(config),
            suite: context.suite,
            sending: secrets.server,
            receiving: secrets.client,
            exporter,
            role: ReceiverRole::Server { tickets },
            facts,
        })))
    }
}

/// What tickets are made of.
struct Issue<'a> {
    config: &'a crate::config::ServerConfig,
    now: crypto_core::UnixTime,
    suite: &'a crate::suite::Suite,
    session: crate::session::SessionId,
    server_name: Option<&'a str>,
    peer: &'a PeerCertificates,
    resumption: &'a Secret,
}

impl Issue<'_> {
    /// Sends `count` tickets, each with a secret of its own.
    fn tickets(&self, count: u8, out: &mut Output<'_>) -> Result<(), Error> {
        let lifetime = match &self.config.tickets {
            TicketPolicy::None => return Ok(()),
            TicketPolicy::Sealed(keys) => keys.lifetime(),
            TicketPolicy::Stored(lifetime) => (*lifetime).min(MAX_LIFETIME),
        };
        let random = &self.config.parameters.provider.random;
        for number in 0..count {
            let nonce = [number];
            let session = ServerSession {
                id: self.session,
                suite: self.suite.id,
                psk: keys::ticket_psk(self.suite, self.resumption, &nonce)?,
                created: self.now,
                lifetime,
                server_name: self.server_name.map(Into::into),
                peer: self.peer.clone(),
            };
            let mut age_add = [0; 4];
            random.fill(&mut age_add)?;
            let ticket = self.identity(session, out)?;
            out.send(HandshakeType::NEW_SESSION_TICKET, |flight| {
                let age_add = u32::from_be_bytes(age_add);
                let extensions = Extensions::default();
                let ticket = NewSessionTicket {
                    lifetime,
                    age_add,
                    nonce: &nonce,
                    ticket: &ticket,
                    extensions,
                };
                ticket.encode(flight);
            });
        }
        Ok(())
    }

    /// The octets by which the session is found again.
    fn identity(&self, session: ServerSession, out: &mut Output<'_>) -> Result<Vec<u8>, Error> {
        let provider = &self.config.parameters.provider;
        if let Some(keys) = self.config.tickets.keys() {
            return Ok(keys.seal(provider, &session)?);
        }
        let mut identity = alloc::vec![0; 32];
        provider.random.fill(&mut identity)?;
        let stored = identity.clone();
        out.event(Event::StoreTicket {
            identity: stored,
            session: Box::new(session),
        });
        Ok(identity)
    }
}
