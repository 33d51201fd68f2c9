//! The client's Finished, and the tickets that follow it (RFC 8446 sections 4.4.4 and 4.6.1).

use alloc::{boxed::Box, sync::Arc};

use crypto_core::{NONCE_LEN, Secret};

use super::{Context, Next};
use crate::{
    config::{ServerConfig, TicketPolicy},
    connection::{ConfigHandle, Established, Step},
    error::{Error, Proof},
    event::{Connected, Epoch, Event},
    extension::psk_key_exchange_modes::Modes,
    inbound::Message,
    keys::{self, TrafficSecrets},
    outbound::{Claim, Output, Stake},
    record::Opener,
    session::{self, ServerSession},
    suite::Suite,
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
            claim: Claim::Shown,
        });
        // Resuming does not prolong the session (RFC 8446 section 4.6.1).
        let left = session::life_left(context.established, context.now);
        let lifetime = config.tickets.lifetime().min(left);
        if context.modes == Modes::DheKe && lifetime > 0 {
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
                suite: &suite,
                resumption: &resumption,
                session: ServerSession {
                    id: context.session,
                    suite: suite.id,
                    psk: Secret::zeroed(0),
                    created: context.now,
                    established: context.established,
                    lifetime,
                    server_name: context.server_name.clone(),
                    peer: peer.clone(),
                },
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
    config: &'a ServerConfig,
    suite: &'a Suite,
    resumption: &'a Secret,
    /// The session, but for the secret that each ticket has of its own.
    session: ServerSession,
}

/// Octets of randomness for one ticket: its age_add, and the nonce under which it is sealed.
const DRAWN: usize = 4 + NONCE_LEN;

impl Issue<'_> {
    /// Sends `count` tickets.
    fn tickets(mut self, count: u8, out: &mut Output<'_>) -> Result<(), Error> {
        // Drawn for several at once: asking for randomness costs more than the sealing.
        let mut drawn = [0; 4 * DRAWN];
        let mut left: &[u8] = &[];
        for number in 0..count {
            if left.is_empty() {
                self.config.parameters.provider.random.fill(&mut drawn)?;
                left = &drawn;
            }
            let Some((random, rest)) = left.split_first_chunk::<DRAWN>() else {
                return Ok(());
            };
            left = rest;
            self.ticket(number, random, out)?;
        }
        Ok(())
    }

    fn ticket(
        &mut self,
        number: u8,
        random: &[u8; DRAWN],
        out: &mut Output<'_>,
    ) -> Result<(), Error> {
        let [a, b, c, d, nonce @ ..] = random;
        let session = &mut self.session;
        session.psk = keys::ticket_psk(self.suite, self.resumption, &[number])?;
        let provider = &self.config.parameters.provider;
        let ticket = match &self.config.tickets {
            TicketPolicy::None => return Ok(()),
            TicketPolicy::Sealed(keys) => keys.seal(nonce, session)?,
            TicketPolicy::Stored(_) => {
                let mut identity = alloc::vec![0; 32];
                provider.random.fill(&mut identity)?;
                out.event(Event::StoreTicket {
                    identity: identity.clone(),
                    session: Box::new(session.clone()),
                });
                identity
            }
        };
        let ticket = NewSessionTicket {
            lifetime: session.lifetime,
            age_add: u32::from_be_bytes([*a, *b, *c, *d]),
            nonce: &[number],
            ticket: &ticket,
            extensions: Extensions::default(),
        };
        out.send(HandshakeType::NEW_SESSION_TICKET, |flight| {
            ticket.encode(flight);
        });
        Ok(())
    }
}
