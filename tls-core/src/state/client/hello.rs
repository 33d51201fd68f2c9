//! ClientHello, HelloRetryRequest, ServerHello: from an offer to shared keys (RFC 8446 section 4.1).

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crypto_core::{Group, KeyExchange, Secret, UnixTime};
use pki_types::ServerName;

use super::{ClientState, Context, Next, parameters::ExpectEncryptedExtensions};
use crate::{
    config::ClientConfig,
    connection::{Connection, Step},
    error::{Error, Misbehaved, Misuse},
    event::Epoch,
    extension::{
        Place, alpn, check_answers, cookie, key_share, malformed, pre_shared_key,
        psk_key_exchange_modes, server_name, signature_algorithms, supported_groups,
        supported_versions,
    },
    inbound::Message,
    keys::{EarlySecret, HandshakeSecret},
    outbound::{Claim, Outbound, Output, Stake},
    record::{Opener, Sealer},
    session::{Session, SessionId},
    suite::Suite,
    transcript::Transcript,
    wire::{ClientHello, ExtensionType, HandshakeType, Malformed, ProtocolVersion, ServerHello},
};

/// The extensions of a ClientHello, as a set: their numbers are below 64.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offered(u64);

impl Offered {
    fn of(hello: &[u8]) -> Self {
        let body = hello.get(4..).unwrap_or_default();
        let extensions = ClientHello::parse(body).map(|hello| hello.extensions);
        let kinds = extensions.unwrap_or_default().iter();
        Self(kinds.fold(0, |set, entry| {
            set | 1_u64.checked_shl(entry.kind.0.into()).unwrap_or(0)
        }))
    }

    pub(crate) fn contains(self, kind: ExtensionType) -> bool {
        self.0 & 1_u64.checked_shl(kind.0.into()).unwrap_or(0) != 0
    }
}

/// What the client puts into its hellos.
#[derive(Debug)]
struct Offer {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    now: UnixTime,
    random: [u8; 32],
    /// For middleboxes.
    session_id: Option<[u8; 32]>,
    keys: Vec<Box<dyn KeyExchange>>,
    shares: Shares,
    psk: Option<(Session, Arc<Suite>)>,
    /// Names the session if a new one begins.
    session: SessionId,
}

/// Which shares are made of the keys.
#[derive(Clone, Copy, Debug)]
enum Shares {
    /// Each, and the classical half of a hybrid as one of its own.
    WithHalves,
    /// The one that a HelloRetryRequest asked for.
    Asked,
}

/// Makes the first ClientHello and waits for the answer.
pub(crate) fn start(
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    session: Option<Session>,
    now: UnixTime,
) -> Result<Connection<ClientState>, Misuse> {
    config.check()?;
    let provider = &config.parameters.provider;
    // One draw for everything: random, legacy_session_id, the session's name, the numbers of questions.
    let mut drawn = [0; 32 + 32 + 16 + 8];
    provider
        .random
        .fill(&mut drawn)
        .map_err(|_| Misuse::Crypto)?;
    let (random, rest) = drawn.split_first_chunk::<32>().ok_or(Misuse::Crypto)?;
    let (session_id, rest) = rest.split_first_chunk::<32>().ok_or(Misuse::Crypto)?;
    let (id, rest) = rest.split_first_chunk::<16>().ok_or(Misuse::Crypto)?;
    let question = rest
        .first_chunk::<8>()
        .copied()
        .map_or(0, u64::from_be_bytes);
    let groups = config.parameters.groups.iter().take(config.key_shares);
    let keys = groups
        .map(|group| group.start(provider.random.as_ref()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Misuse::Crypto)?;
    let psk = session
        .filter(|session| session.expires() > now)
        .and_then(|session| {
            let suite = Arc::clone(config.parameters.suite(session.suite)?);
            Some((session, suite))
        });
    let offer = Offer {
        name,
        now,
        random: *random,
        session_id: config.middlebox_compat.then_some(*session_id),
        keys,
        shares: Shares::WithHalves,
        psk,
        session: SessionId(*id),
        config,
    };
    let hello = offer.encode(&Attempt::First).map_err(|_| Misuse::Crypto)?;
    let stake = offer.psk.as_ref().map(|(session, _)| Stake {
        session: session.id,
        tickets: None,
        claim: Claim::Shown,
    });
    let parameters = &offer.config.parameters;
    let outbound = Outbound::new(parameters.max_fragment, Some(hello.clone()));
    let limits = parameters.limits;
    let state = ExpectServerHello {
        offer,
        hello,
        attempt: Attempt::First,
    };
    Ok(Connection::new(
        ClientState::ServerHello(state),
        limits,
        outbound,
        question,
        stake,
    ))
}

impl Offer {
    /// Writes the ClientHello, bound to the PSK if there is one.
    fn encode(&self, attempt: &Attempt) -> Result<Vec<u8>, Error> {
        let parameters = &self.config.parameters;
        let cookie = match attempt {
            Attempt::First => None,
            Attempt::Retried { cookie, .. } => cookie.as_deref(),
        };
        let mut hello = Vec::with_capacity(512);
        let suites = parameters.suites.iter().map(|suite| suite.id.0);
        ClientHello::encode(&mut hello, &self.random, self.session_id(), suites, |out| {
            server_name::offer(&self.name, out);
            supported_versions::offer(out);
            supported_groups::offer(&parameters.group_ids, out);
            signature_algorithms::offer(&parameters.schemes, out);
            alpn::offer(&parameters.protocols, out);
            if let Some(cookie) = cookie {
                cookie::offer(cookie, out);
            }
            psk_key_exchange_modes::offer(out);
            key_share::offer(&self.keys, self.halves(), out);
            // Last, as RFC 8446 section 4.2.11 demands.
            if let Some((session, suite)) = &self.psk {
                let identity = pre_shared_key::PskIdentity {
                    identity: &session.ticket,
                    obfuscated_ticket_age: session.obfuscated_age(self.now),
                };
                pre_shared_key::offer(identity, suite.secret_len(), out);
            }
        });
        if let Some((session, suite)) = &self.psk {
            bind(&mut hello, session, suite, attempt)?;
        }
        Ok(hello)
    }

    fn session_id(&self) -> &[u8] {
        self.session_id.as_ref().map_or(&[], <[u8; 32]>::as_slice)
    }

    /// The groups that may be shared as half of a hybrid.
    fn halves(&self) -> &[Group] {
        match self.shares {
            Shares::WithHalves => &self.config.parameters.group_ids,
            Shares::Asked => &[],
        }
    }

    /// The key that the server chose, and the shared secret with its share.
    fn agree(&mut self, group: Group, share: &[u8]) -> Result<Secret, Error> {
        let keys = core::mem::take(&mut self.keys);
        let halves = self.halves();
        let whole = keys.iter().position(|key| key.group() == group);
        let half = || {
            keys.iter().position(|key| {
                key_share::half(key.as_ref(), &keys, halves).is_some_and(|(half, _)| half == group)
            })
        };
        let (index, is_whole) = match whole {
            Some(index) => (index, true),
            None => (half().ok_or(Misbehaved::GroupNotOffered)?, false),
        };
        let key = keys
            .into_iter()
            .nth(index)
            .ok_or(Misbehaved::GroupNotOffered)?;
        let shared = if is_whole {
            key.complete(share)
        } else {
            key.complete_classical(share)
        };
        shared.map_err(|_| Misbehaved::KeyShare.into())
    }
}

/// Computes the binder over the hello without its binders (RFC 8446 section 4.2.11.2).
fn bind(
    hello: &mut [u8],
    session: &Session,
    suite: &Arc<Suite>,
    attempt: &Attempt,
) -> Result<(), Error> {
    let end = hello
        .len()
        .saturating_sub(pre_shared_key::binders_len(suite.secret_len()));
    let partial = hello.get(..end).unwrap_or_default();
    let hash = match attempt {
        Attempt::First => suite.hash.digest(partial),
        Attempt::Retried { transcript, .. } => transcript.hash_with(partial),
    };
    let key = EarlySecret::new(suite, &session.psk).binder_key()?;
    pre_shared_key::bind(hello, &suite.verify_data(&key, &hash)?);
    Ok(())
}

/// Which ClientHello was sent last.
#[derive(Debug)]
enum Attempt {
    First,
    /// After a HelloRetryRequest, which fixed the cipher suite.
    Retried {
        suite: Arc<Suite>,
        transcript: Transcript,
        cookie: Option<Vec<u8>>,
    },
}

/// Waits for ServerHello or HelloRetryRequest.
#[derive(Debug)]
pub(crate) struct ExpectServerHello {
    offer: Offer,
    /// The last ClientHello.
    hello: Vec<u8>,
    attempt: Attempt,
}

impl ExpectServerHello {
    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let hello = ServerHello::parse(message.body).map_err(malformed(message.kind))?;
        supported_versions::read_answer(hello.extensions.get(ExtensionType::SUPPORTED_VERSIONS))?;
        if hello.legacy_version != ProtocolVersion::TLS12 {
            return Err(Misbehaved::LegacyVersion.into());
        }
        if hello.session_id != self.offer.session_id() {
            return Err(Misbehaved::SessionId.into());
        }
        if hello.compression_method != 0 {
            return Err(malformed(message.kind)(Malformed::Value));
        }
        let suite = self.offer.config.parameters.suite(hello.cipher_suite);
        let suite = Arc::clone(suite.ok_or(Misbehaved::SuiteNotOffered)?);
        if hello.is_retry() {
            self.handle_retry(&hello, suite, message, out)
        } else {
            self.handle_hello(&hello, suite, message, out)
        }
    }

    /// Sends a second ClientHello that does what the server asks (RFC 8446 section 4.1.4).
    fn handle_retry(
        self,
        retry: &ServerHello<'_>,
        suite: Arc<Suite>,
        message: &Message<'_>,
        out: &mut Output<'_>,
    ) -> Next {
        let Self {
            mut offer,
            hello,
            attempt: Attempt::First,
        } = self
        else {
            return Err(Misbehaved::SecondRetry.into());
        };
        // It is this end's turn: nothing may follow.
        let _ = message.boundary()?;
        check_answers(
            retry.extensions,
            Offered::of(&hello),
            Place::HelloRetryRequest,
        )?;
        let cookie = cookie::read_answer(retry.extensions.get(ExtensionType::COOKIE))?;
        let group = key_share::read_answer_retry(retry.extensions.get(ExtensionType::KEY_SHARE))?;
        if group.is_none() && cookie.is_none() {
            return Err(Misbehaved::EmptyRetry.into());
        }
        if let Some(group) = group {
            let parameters = &offer.config.parameters;
            let known = parameters.group(group).ok_or(Misbehaved::GroupNotOffered)?;
            let shared = offer.keys.iter().any(|key| {
                let half = key_share::half(key.as_ref(), &offer.keys, &parameters.group_ids);
                key.group() == group || half.is_some_and(|(half, _)| half == group)
            });
            if shared {
                return Err(Misbehaved::GroupNotOffered.into());
            }
            offer.shares = Shares::Asked;
            offer.keys = alloc::vec![known.start(parameters.provider.random.as_ref())?];
        }
        // A PSK of another hash cannot be used any more.
        let hash = suite.hash.algorithm();
        offer.psk = offer.psk.filter(|(_, psk)| psk.hash.algorithm() == hash);
        let first = suite.hash.digest(&hello);
        let transcript = Transcript::after_retry(&suite, &first, message.octets);
        let attempt = Attempt::Retried {
            suite,
            transcript,
            cookie: cookie.map(<[u8]>::to_vec),
        };
        let hello = offer.encode(&attempt)?;
        if offer.config.middlebox_compat {
            out.change_cipher_spec()?;
        }
        out.send(HandshakeType::CLIENT_HELLO, |flight| {
            flight.extend_from_slice(&hello)
        });
        Ok(Step::State(ClientState::ServerHello(Self {
            offer,
            hello,
            attempt,
        })))
    }

    /// Agrees on keys; what follows is encrypted.
    fn handle_hello(
        mut self,
        server: &ServerHello<'_>,
        suite: Arc<Suite>,
        message: &Message<'_>,
        out: &mut Output<'_>,
    ) -> Next {
        let offered = Offered::of(&self.hello);
        check_answers(server.extensions, offered, Place::ServerHello)?;
        let (mut transcript, retried) = match self.attempt {
            Attempt::First => (Transcript::new(&suite, &self.hello), false),
            Attempt::Retried {
                suite: fixed,
                mut transcript,
                ..
            } => {
                if fixed.id != suite.id {
                    return Err(Misbehaved::SuiteChanged.into());
                }
                transcript.update(&self.hello);
                (transcript, true)
            }
        };
        transcript.update(message.octets);
        let (group, share) =
            key_share::read_answer(server.extensions.get(ExtensionType::KEY_SHARE))?;
        let psk = selected_psk(&mut self.offer, server, &suite)?;
        let shared = self.offer.agree(group, share)?;
        let (handshake, session) = match &psk {
            Some(psk) => (
                EarlySecret::new(&suite, &psk.psk).handshake(&shared)?,
                psk.id,
            ),
            None => (
                HandshakeSecret::without_psk(&suite, &shared),
                self.offer.session,
            ),
        };
        if psk.is_none() {
            *out.stake = None;
        }
        let (secrets, master) = handshake.traffic(&transcript.hash())?;
        let Offer {
            config,
            name,
            now,
            random,
            ..
        } = self.offer;
        let opener = Opener::new(&suite, &secrets.server)?;
        out.install_opener(opener, message.boundary()?, Epoch::Handshake);
        if config.middlebox_compat && !retried {
            out.change_cipher_spec()?;
        }
        out.install_sealer(Sealer::new(&suite, &secrets.client)?, Epoch::Handshake)?;
        let context = Context {
            config,
            name,
            now,
            random,
            offered,
            suite,
            group,
            retried,
            transcript,
            secrets,
            master,
            session,
            alpn: None,
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
        let state = ExpectEncryptedExtensions::new(context, psk.is_some());
        Ok(Step::State(ClientState::EncryptedExtensions(state)))
    }
}

/// The session that the server resumes: only one was offered, and its hash must be the suite's.
fn selected_psk(
    offer: &mut Offer,
    server: &ServerHello<'_>,
    suite: &Suite,
) -> Result<Option<Session>, Error> {
    let body = server.extensions.get(ExtensionType::PRE_SHARED_KEY);
    match (pre_shared_key::read_answer(body)?, offer.psk.take()) {
        (None, _) => Ok(None),
        (Some(0), Some((session, psk))) if psk.hash.algorithm() == suite.hash.algorithm() => {
            Ok(Some(session))
        }
        (Some(_), _) => Err(Misbehaved::PskNotOffered.into()),
    }
}
