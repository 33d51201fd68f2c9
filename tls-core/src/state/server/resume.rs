//! Whether the client resumes a session (RFC 8446 section 4.2.11).

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use bytes::Bytes;

use super::{
    Next, ServerState, flight,
    hello::{Accepted, Hello},
};
use crate::{
    config::{ClientAuth, TicketPolicy, Verification},
    connection::Step,
    error::{Error, Proof},
    event::Event,
    extension::psk_key_exchange_modes::Modes,
    keys::EarlySecret,
    outbound::Output,
    question::{AnswerKind, TicketQuestion},
    session::ServerSession,
    suite::Suite,
    transcript::Transcript,
};

/// A session with the index of its identity, its binder verified.
pub(super) struct Resumed {
    pub(super) index: u16,
    pub(super) session: ServerSession,
    pub(super) early: EarlySecret,
}

/// Looks for a session among the identities offered, and goes on with it or without.
pub(super) fn look_up(
    accepted: Accepted,
    hello: &Hello<'_>,
    share: &[u8],
    out: &mut Output<'_>,
) -> Next {
    let limits = &accepted.config.parameters.limits;
    let offered = hello.psk.filter(|_| hello.modes == Modes::DheKe);
    let mut identities = offered
        .into_iter()
        .flat_map(|offer| offer.iter().take(limits.max_psk_identities))
        .map(|(identity, _)| identity.identity);
    match &accepted.config.tickets {
        TicketPolicy::None => flight::send(accepted, hello, share, None, out),
        TicketPolicy::Sealed(keys) => {
            let found = identities
                .enumerate()
                .find_map(|(index, identity)| keys.open(identity).map(|session| (index, session)));
            go_on(accepted, hello, share, found, out)
        }
        TicketPolicy::Stored(_) => {
            let Some(first) = identities.next() else {
                return flight::send(accepted, hello, share, None, out);
            };
            let identities: Vec<_> = core::iter::once(first)
                .chain(identities)
                .map(Bytes::copy_from_slice)
                .collect();
            out.event_asking(|id| Event::Ticket(Box::new(TicketQuestion { id, identities })));
            let (octets, share) = (hello.octets.to_vec(), share.to_vec());
            let state = AwaitTicket {
                accepted,
                octets,
                share,
            };
            Ok(Step::State(ServerState::Ticket(state)))
        }
    }
}

/// Waits for the host to find a session.
#[derive(Debug)]
pub(crate) struct AwaitTicket {
    accepted: Accepted,
    /// The ClientHello, parsed again when the answer is there.
    octets: Vec<u8>,
    share: Vec<u8>,
}

impl AwaitTicket {
    pub(super) fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Next {
        let Self {
            accepted,
            octets,
            share,
        } = self;
        let hello = Hello::parse(&octets)?;
        let found = match answer {
            AnswerKind::Session(index, session) => Some((index, session)),
            AnswerKind::NoSession
            | AnswerKind::Config(_)
            | AnswerKind::Refuse(_)
            | AnswerKind::Identity(_)
            | AnswerKind::NoIdentity
            | AnswerKind::Signature(_)
            | AnswerKind::NotSigned
            | AnswerKind::Trusted
            | AnswerKind::Untrusted(_) => None,
        };
        go_on(accepted, &hello, &share, found, out)
    }
}

/// Judges a session that was found; one that does not fit leads to a full handshake.
fn go_on(
    mut accepted: Accepted,
    hello: &Hello<'_>,
    share: &[u8],
    found: Option<(usize, ServerSession)>,
    out: &mut Output<'_>,
) -> Next {
    let fitting = found.filter(|(_, session)| fits(&accepted, hello, session));
    let Some((index, session)) = fitting else {
        return flight::send(accepted, hello, share, None, out);
    };
    if let Some(suite) = own_suite(&accepted, hello, &session) {
        accepted.suite = suite;
    }
    let resumed = bind(&accepted, hello, index, session)?;
    flight::send(accepted, hello, share, resumed, out)
}

/// The session's own suite, if both ends still have it and no HelloRetryRequest has fixed another one.
fn own_suite(
    accepted: &Accepted,
    hello: &Hello<'_>,
    session: &ServerSession,
) -> Option<Arc<Suite>> {
    let offered = hello.wire.cipher_suites.contains(session.suite.0);
    let free = accepted.retried.is_none() && offered;
    accepted
        .config
        .parameters
        .suite(session.suite)
        .filter(|_| free)
        .cloned()
}

/// Whether a session may be resumed by this hello. Of its suite, only the hash is a must.
fn fits(accepted: &Accepted, hello: &Hello<'_>, session: &ServerSession) -> bool {
    let parameters = &accepted.config.parameters;
    let own = own_suite(accepted, hello, session);
    let hash = own.as_ref().unwrap_or(&accepted.suite).hash.algorithm();
    let same_hash = parameters
        .suite(session.suite)
        .is_some_and(|suite| suite.hash.algorithm() == hash);
    let name = hello.server_name.as_ref().map(AsRef::as_ref);
    let client = match accepted.config.client_auth {
        // A client that was authenticated there must not pass as one here, where nobody asks.
        ClientAuth::None => session.peer.is_empty(),
        ClientAuth::Optional => still_trusted(accepted, session),
        ClientAuth::Required => !session.peer.is_empty() && still_trusted(accepted, session),
    };
    session.alive(accepted.origin.now)
        && same_hash
        && session.server_name.as_deref() == name
        && client
}

/// Whether the client's certificate, if it has one, would be accepted today: it may have expired, or the ticket may come
/// from a configuration that trusts others. Where the host verifies, it sees the chain in
/// [`Connected`](crate::Connected).
fn still_trusted(accepted: &Accepted, session: &ServerSession) -> bool {
    let config = &accepted.config;
    match &config.verification {
        Verification::Roots(roots) if !session.peer.is_empty() => roots
            .check_client(
                &config.parameters.provider,
                &session.peer,
                accepted.origin.now,
            )
            .is_ok(),
        Verification::Roots(_) | Verification::Ask => true,
    }
}

/// Verifies the binder of the chosen identity over the hello without its binders.
fn bind(
    accepted: &Accepted,
    hello: &Hello<'_>,
    index: usize,
    session: ServerSession,
) -> Result<Option<Resumed>, Error> {
    let chosen = hello
        .psk
        .and_then(|offer| Some((offer, offer.iter().nth(index)?)));
    let Some((offer, (_, binder))) = chosen else {
        return Ok(None);
    };
    let Ok(selected) = u16::try_from(index) else {
        return Ok(None);
    };
    let end = hello.octets.len().saturating_sub(offer.binders_len());
    let partial = hello.octets.get(..end).unwrap_or_default();
    let suite = &accepted.suite;
    let hash = accepted.retried.as_ref().map_or_else(
        || suite.hash.digest(partial),
        |transcript: &Transcript| transcript.hash_with(partial),
    );
    let early = EarlySecret::new(suite, &session.psk);
    suite
        .check_verify_data(&early.binder_key()?, &hash, binder)
        .map_err(|_| Error::BadProof(Proof::Binder))?;
    Ok(Some(Resumed {
        index: selected,
        session,
        early,
    }))
}
