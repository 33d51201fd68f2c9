//! HelloRetryRequest and what follows it, with the state kept here or inside a cookie (RFC 8446 section 4.1.4).

use alloc::{sync::Arc, vec::Vec};

use crypto_core::{Digest, Group, UnixTime};

use super::{
    Next, ServerState,
    hello::{Accepted, Hello, Origin},
    resume,
};
use crate::{
    config::ServerConfig,
    connection::Step,
    error::{Error, Misbehaved},
    extension::{cookie, key_share, supported_versions},
    inbound::{Boundary, EarlyData, Message},
    outbound::Output,
    suite::Suite,
    tickets::CookieKey,
    transcript::Transcript,
    wire::{
        CipherSuite, HELLO_RETRY_REQUEST_RANDOM, HandshakeType, Prefix, Reader, ServerHello, nested,
    },
};

/// Seconds that a cookie is good for.
const COOKIE_LIFETIME: u64 = 60;

/// What is known between a HelloRetryRequest and the second ClientHello.
#[derive(Debug)]
pub(super) struct Retried {
    suite: Arc<Suite>,
    /// The group that the second ClientHello must share.
    group: Group,
    /// What may not change between the hellos, hashed.
    invariants: Digest,
    transcript: Transcript,
}

/// Waits for the second ClientHello.
#[derive(Debug)]
pub(crate) struct ExpectRetriedClientHello {
    origin: Origin,
    config: Arc<ServerConfig>,
    memory: Memory,
}

/// Where the state between the hellos is.
#[derive(Debug)]
enum Memory {
    Here(Retried),
    /// In the cookie that the client must return.
    Cookie(Arc<CookieKey>),
}

/// Asks for a share of `group`.
pub(super) fn send(
    origin: Origin,
    config: Arc<ServerConfig>,
    suite: Arc<Suite>,
    group: Group,
    hello: &Hello<'_>,
    out: &mut Output<'_>,
) -> Next {
    let first = suite.hash.digest(hello.octets);
    let invariants = invariants(&suite, hello);
    let sealed = match &config.cookies {
        None => None,
        Some(key) => Some(key.seal(&config.parameters.provider, |out| {
            write_cookie(&suite, group, origin.now, &first, &invariants, out);
        })?),
    };
    let session_id = hello.wire.session_id;
    let sent = out.send(HandshakeType::SERVER_HELLO, |flight| {
        encode(&suite, session_id, group, sealed.as_deref(), flight);
    });
    let memory = match config.cookies.clone() {
        Some(key) => Memory::Cookie(key),
        None => {
            let transcript = Transcript::after_retry(&suite, &first, sent);
            Memory::Here(Retried {
                suite,
                group,
                invariants,
                transcript,
            })
        }
    };
    if !session_id.is_empty() {
        out.change_cipher_spec()?;
    }
    if hello.early_data {
        out.changes.early_data = Some(EarlyData::UntilHello);
    }
    let state = ExpectRetriedClientHello {
        origin,
        config,
        memory,
    };
    Ok(Step::State(ServerState::RetriedClientHello(state)))
}

/// Writes the HelloRetryRequest; with the same arguments it is the same octets, as a cookie needs.
fn encode(
    suite: &Suite,
    session_id: &[u8],
    group: Group,
    sealed: Option<&[u8]>,
    flight: &mut Vec<u8>,
) {
    ServerHello::encode(
        flight,
        &HELLO_RETRY_REQUEST_RANDOM,
        session_id,
        suite.id,
        |out| {
            supported_versions::answer(out);
            key_share::answer_retry(group, out);
            if let Some(sealed) = sealed {
                cookie::answer(sealed, out);
            }
        },
    );
}

/// What the second ClientHello must repeat, extensions aside.
fn invariants(suite: &Suite, hello: &Hello<'_>) -> Digest {
    let wire = &hello.wire;
    let mut context = suite.hash.start();
    context.update(wire.random);
    // The lengths that could shift octets from one field to the next are part of the hash.
    context.update(&wire.session_id.len().to_be_bytes());
    context.update(wire.session_id);
    context.update(&wire.cipher_suites.as_bytes().len().to_be_bytes());
    context.update(wire.cipher_suites.as_bytes());
    context.peek()
}

fn write_cookie(
    suite: &Suite,
    group: Group,
    now: UnixTime,
    first: &Digest,
    invariants: &Digest,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&suite.id.0.to_be_bytes());
    out.extend_from_slice(&group.0.to_be_bytes());
    out.extend_from_slice(&now.as_secs().to_be_bytes());
    nested(out, Prefix::U8, |out| out.extend_from_slice(first.as_ref()));
    nested(out, Prefix::U8, |out| {
        out.extend_from_slice(invariants.as_ref())
    });
}

/// Takes the state back out of a cookie.
pub(super) fn open_cookie(
    key: &CookieKey,
    sealed: &[u8],
    hello: &Hello<'_>,
    config: &ServerConfig,
    now: UnixTime,
) -> Result<Retried, Error> {
    let opened = key.open(sealed).ok_or(Misbehaved::Cookie)?;
    let mut reader = Reader::new(&opened);
    let mut parse = || -> Option<_> {
        let suite = config.parameters.suite(CipherSuite(reader.u16().ok()?))?;
        let group = Group(reader.u16().ok()?);
        let sent = u64::from_be_bytes(*reader.array().ok()?);
        let first = Digest::new(reader.vector8(1).ok()?)?;
        let invariants = Digest::new(reader.vector8(1).ok()?)?;
        let age = now.as_secs().checked_sub(sent)?;
        (age <= COOKIE_LIFETIME).then(|| (Arc::clone(suite), group, first, invariants))
    };
    let (suite, group, first, invariants) = parse().ok_or(Misbehaved::Cookie)?;
    let mut retry = Vec::with_capacity(128 + sealed.len());
    encode(
        &suite,
        hello.wire.session_id,
        group,
        Some(sealed),
        &mut retry,
    );
    let transcript = Transcript::after_retry(&suite, &first, &retry);
    Ok(Retried {
        suite,
        group,
        invariants,
        transcript,
    })
}

impl ExpectRetriedClientHello {
    pub(super) fn handle(self, message: &Message<'_>, out: &mut Output<'_>) -> Next {
        let boundary = message.boundary()?;
        let Self {
            origin,
            config,
            memory,
        } = self;
        let hello = Hello::parse(message.octets)?;
        let retried = match (memory, hello.cookie) {
            (Memory::Here(retried), None) => retried,
            (Memory::Cookie(key), Some(sealed)) => {
                open_cookie(&key, sealed, &hello, &config, origin.now)?
            }
            (Memory::Here(_), Some(_)) | (Memory::Cookie(_), None) => {
                return Err(Misbehaved::Cookie.into());
            }
        };
        second_hello(origin, config, retried, &hello, boundary, out)
    }
}

/// Goes on with a second ClientHello, which must do what was asked and change nothing else.
pub(super) fn second_hello(
    origin: Origin,
    config: Arc<ServerConfig>,
    retried: Retried,
    hello: &Hello<'_>,
    boundary: Boundary,
    out: &mut Output<'_>,
) -> Next {
    let Retried {
        suite,
        group,
        invariants: expected,
        transcript,
    } = retried;
    if invariants(&suite, hello) != expected {
        return Err(Misbehaved::HelloChanged.into());
    }
    if hello.early_data {
        return Err(Misbehaved::EarlyData.into());
    }
    let mut shares = hello.shares.iter();
    let (Some((shared, share)), None) = (shares.next(), shares.next()) else {
        return Err(Misbehaved::HelloChanged.into());
    };
    if shared != group {
        return Err(Misbehaved::HelloChanged.into());
    }
    let agreement = config
        .parameters
        .group(group)
        .ok_or(Misbehaved::HelloChanged)?;
    out.changes.early_data = Some(EarlyData::None);
    let retried = Some(transcript);
    let accepted = Accepted {
        origin,
        config,
        suite,
        agreement,
        retried,
        boundary,
    };
    resume::look_up(accepted, hello, share, out)
}
