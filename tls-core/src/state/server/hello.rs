//! ClientHello: what the client wants, and what the two ends have in common (RFC 8446 section 4.1).

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use bytes::Bytes;
use crypto_core::{Group, KeyAgreement, Provider, UnixTime};
use pki_types::DnsName;

use super::{Next, ServerState, resume, retry};
use crate::{
    config::{Parameters, ServerConfig},
    connection::{Connection, Step},
    error::{Error, Incompatible, Misbehaved, Misuse},
    event::Event,
    extension::{
        alpn, certificate_authorities, cookie, key_share, malformed, pre_shared_key,
        psk_key_exchange_modes, server_name, signature_algorithms, supported_groups,
        supported_versions,
    },
    inbound::{Boundary, Message, Stage},
    limits::Limits,
    outbound::{Outbound, Output},
    question::{AnswerKind, ClientHelloQuestion},
    record::MAX_FRAGMENT,
    suite::Suite,
    transcript::Transcript,
    wire::{ClientHello, ExtensionType, HandshakeType, U16List},
};

/// What a server knows before the first message.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) now: UnixTime,
    /// `random` of the ServerHello.
    pub(super) random: [u8; 32],
    /// Names the session if a new one begins.
    pub(super) session: [u8; 16],
}

impl Origin {
    /// One draw for everything, and the number of the first question.
    fn draw(provider: &Provider, now: UnixTime) -> Result<(Self, u64), Misuse> {
        let mut drawn = [0; 32 + 16 + 8];
        provider
            .random
            .fill(&mut drawn)
            .map_err(|_| Misuse::Crypto)?;
        let (random, rest) = drawn.split_first_chunk::<32>().ok_or(Misuse::Crypto)?;
        let (session, rest) = rest.split_first_chunk::<16>().ok_or(Misuse::Crypto)?;
        let question = rest
            .first_chunk::<8>()
            .copied()
            .map_or(0, u64::from_be_bytes);
        Ok((
            Self {
                now,
                random: *random,
                session: *session,
            },
            question,
        ))
    }
}

/// Makes a server with its configuration.
pub(crate) fn start(
    config: Arc<ServerConfig>,
    now: UnixTime,
) -> Result<Connection<ServerState>, Misuse> {
    config.check()?;
    let (origin, question) = Origin::draw(&config.parameters.provider, now)?;
    let limits = config.parameters.limits;
    let outbound = Outbound::new(config.parameters.max_fragment, None);
    let state = ExpectClientHello {
        origin,
        config: Some(config),
    };
    Ok(Connection::new(
        ServerState::ClientHello(state),
        limits,
        outbound,
        question,
        None,
    ))
}

/// Makes a server that asks for its configuration.
pub(crate) fn start_asking(
    provider: &Provider,
    limits: Limits,
    now: UnixTime,
) -> Result<Connection<ServerState>, Misuse> {
    let (origin, question) = Origin::draw(provider, now)?;
    let outbound = Outbound::new(MAX_FRAGMENT, None);
    let state = ExpectClientHello {
        origin,
        config: None,
    };
    Ok(Connection::new(
        ServerState::ClientHello(state),
        limits,
        outbound,
        question,
        None,
    ))
}

/// Waits for the first ClientHello.
#[derive(Debug)]
pub(crate) struct ExpectClientHello {
    origin: Origin,
    /// `None`: the host is asked.
    config: Option<Arc<ServerConfig>>,
}

impl ExpectClientHello {
    /// Another server may have sent a HelloRetryRequest, which the client follows up with a change_cipher_spec
    /// before its hello (RFC 8446 section 5).
    pub(super) fn stage(&self) -> Stage {
        match &self.config {
            Some(config) if config.cookies.is_none() => Stage::First,
            _ => Stage::Handshake,
        }
    }

    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let boundary = message.boundary()?;
        let Self { origin, config } = self;
        match config {
            Some(config) => first_hello(origin, config, message.octets, boundary, out),
            None => {
                ClientHello::parse(message.body).map_err(malformed(message.kind))?;
                let body = Bytes::copy_from_slice(message.body);
                out.event_asking(|id| {
                    Event::ClientHello(Box::new(ClientHelloQuestion { id, body }))
                });
                let hello = message.octets.to_vec();
                let state = AwaitConfiguration {
                    origin,
                    hello,
                    boundary,
                };
                Ok(Step::State(ServerState::Configuration(state)))
            }
        }
    }
}

/// Waits for the host to choose a configuration.
#[derive(Debug)]
pub(crate) struct AwaitConfiguration {
    origin: Origin,
    hello: Vec<u8>,
    boundary: Boundary,
}

impl AwaitConfiguration {
    pub(super) fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        let Self {
            origin,
            hello,
            boundary,
        } = self;
        match answer {
            AnswerKind::Config(config) => {
                // The host's mistake shows as a failed handshake: nobody is left to return it to.
                config
                    .check()
                    .map_err(|_| Error::Incompatible(Incompatible::CipherSuite))?;
                out.outbound
                    .set_max_fragment(config.parameters.max_fragment);
                first_hello(origin, config, &hello, boundary, out)
            }
            AnswerKind::Refuse(alert) => Err(Error::Refused(alert)),
            AnswerKind::Session(..)
            | AnswerKind::NoSession
            | AnswerKind::Identity(_)
            | AnswerKind::NoIdentity
            | AnswerKind::Signature(_)
            | AnswerKind::NotSigned
            | AnswerKind::Trusted
            | AnswerKind::Untrusted(_) => Err(Error::Refused(
                crate::wire::AlertDescription::INTERNAL_ERROR,
            )),
        }
    }
}

/// A ClientHello of TLS 1.3 with its extensions read.
#[derive(Debug)]
pub(super) struct Hello<'a> {
    pub(super) wire: ClientHello<'a>,
    /// Header and body.
    pub(super) octets: &'a [u8],
    pub(super) server_name: Option<DnsName<'a>>,
    pub(super) alpn: Option<alpn::ProtocolList<'a>>,
    pub(super) groups: U16List<'a>,
    pub(super) shares: key_share::Shares<'a>,
    /// Absent only beside a PSK.
    pub(super) schemes: Option<U16List<'a>>,
    pub(super) modes: psk_key_exchange_modes::Modes,
    pub(super) psk: Option<pre_shared_key::Offer<'a>>,
    pub(super) cookie: Option<&'a [u8]>,
    pub(super) early_data: bool,
}

impl<'a> Hello<'a> {
    /// Parses a whole ClientHello and checks what holds for any server of TLS 1.3.
    pub(super) fn parse(octets: &'a [u8]) -> Result<Self, Error> {
        let body = octets.get(4..).unwrap_or_default();
        let wire = ClientHello::parse(body).map_err(malformed(HandshakeType::CLIENT_HELLO))?;
        let extension = |kind| wire.extensions.get(kind);
        supported_versions::read_offer(extension(ExtensionType::SUPPORTED_VERSIONS))?;
        if wire.compression_methods != [0] {
            return Err(Misbehaved::Compression.into());
        }
        let psk = pre_shared_key::read_offer(wire.extensions)?;
        let modes = extension(ExtensionType::PSK_KEY_EXCHANGE_MODES);
        let modes = psk_key_exchange_modes::read_offer(modes)?;
        if psk.is_some() && modes == psk_key_exchange_modes::Modes::Absent {
            let missing = ExtensionType::PSK_KEY_EXCHANGE_MODES;
            return Err(Misbehaved::MissingExtension(missing).into());
        }
        let schemes = extension(ExtensionType::SIGNATURE_ALGORITHMS);
        let schemes = match (schemes, &psk) {
            (None, Some(_)) => None,
            (schemes, _) => Some(signature_algorithms::read_offer(schemes)?),
        };
        signature_algorithms::read_offer_cert(extension(ExtensionType::SIGNATURE_ALGORITHMS_CERT))?;
        // The host may look at them in its question; here they only have to be well-formed.
        certificate_authorities::read_offer(extension(ExtensionType::CERTIFICATE_AUTHORITIES))?;
        let groups = supported_groups::read_offer(extension(ExtensionType::SUPPORTED_GROUPS))?;
        let shares = extension(ExtensionType::KEY_SHARE)
            .ok_or(Misbehaved::MissingExtension(ExtensionType::KEY_SHARE))?;
        Ok(Self {
            octets,
            server_name: server_name::read_offer(extension(ExtensionType::SERVER_NAME))?,
            alpn: alpn::read_offer(extension(ExtensionType::ALPN))?,
            groups,
            shares: key_share::read_offer(shares, groups)?,
            schemes,
            modes,
            psk,
            cookie: cookie::read_offer(extension(ExtensionType::COOKIE))?,
            early_data: extension(ExtensionType::EARLY_DATA).is_some(),
            wire,
        })
    }

    /// The server's favourite among the suites offered.
    pub(super) fn suite(&self, parameters: &Parameters) -> Result<Arc<Suite>, Error> {
        let offered = |suite: &&Arc<Suite>| self.wire.cipher_suites.contains(suite.id.0);
        parameters
            .suites
            .iter()
            .find(offered)
            .cloned()
            .ok_or_else(|| Incompatible::CipherSuite.into())
    }

    /// The server's favourite among the groups shared, or the favourite among those it must ask a share of.
    fn group(&self, parameters: &Parameters) -> Result<Chosen<'a>, Error> {
        let shared = parameters.groups.iter().copied().find_map(|agreement| {
            self.shares
                .get(agreement.group())
                .map(|share| Chosen::Shared { agreement, share })
        });
        let offered = || {
            let mut groups = parameters.group_ids.iter().copied();
            groups
                .find(|group| self.groups.contains(group.0))
                .map(Chosen::Retry)
        };
        shared
            .or_else(offered)
            .ok_or_else(|| Incompatible::Group.into())
    }
}

/// The group for key agreement.
pub(super) enum Chosen<'a> {
    Shared {
        agreement: &'static dyn KeyAgreement,
        share: &'a [u8],
    },
    Retry(Group),
}

/// A ClientHello with all that was chosen for it.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) origin: Origin,
    pub(super) config: Arc<ServerConfig>,
    pub(super) suite: Arc<Suite>,
    pub(super) agreement: &'static dyn KeyAgreement,
    /// The transcript before this hello; `None` when it is the first message.
    pub(super) retried: Option<Transcript>,
    pub(super) boundary: Boundary,
}

/// Goes on with the first ClientHello, now that the configuration is known.
fn first_hello(
    origin: Origin,
    config: Arc<ServerConfig>,
    octets: &[u8],
    boundary: Boundary,
    out: &mut Output<'_>,
) -> Next {
    let hello = Hello::parse(octets)?;
    let suite = hello.suite(&config.parameters)?;
    let cookies = config.cookies.clone();
    if let (Some(cookie), Some(key)) = (hello.cookie, &cookies) {
        // Another connection sent the HelloRetryRequest; its cookie brings the transcript.
        let resumed = retry::open_cookie(key, cookie, &hello, &config, origin.now)?;
        return retry::second_hello(origin, config, resumed, &hello, boundary, out);
    }
    if hello.cookie.is_some() {
        return Err(Misbehaved::Cookie.into());
    }
    match hello.group(&config.parameters)? {
        Chosen::Retry(group) => retry::send(origin, config, suite, group, &hello, out),
        Chosen::Shared { agreement, share } => {
            let accepted = Accepted {
                origin,
                config,
                suite,
                agreement,
                retried: None,
                boundary,
            };
            resume::look_up(accepted, &hello, share, out)
        }
    }
}
