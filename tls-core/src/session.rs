//! What outlives a connection so that a later one can resume it.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use crypto_core::{Secret, UnixTime};
use pki_types::{IpAddr, ServerName};
use zeroize::Zeroizing;

use crate::{
    verify::PeerCertificates,
    wire::{CipherSuite, Malformed, Prefix, Reader, nested},
};

/// Longest life of a ticket (RFC 8446 section 4.6.1): seven days, in seconds.
pub(crate) const MAX_LIFETIME: u32 = 7 * 24 * 60 * 60;

/// Names a session: a full handshake and everything resumed from it.
///
/// When a connection ends in a fatal alert, [`Event::Forget`](crate::Event::Forget) names the session
/// that must not be resumed any more. Each end makes its own names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(crate) [u8; 16]);

impl SessionId {
    /// The name's octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A ticket as it arrived; it becomes a [`Session`] with the time of its arrival.
#[derive(Debug)]
pub struct NewTicket(pub(crate) Session);

impl NewTicket {
    /// Dates the ticket: its age counts from `now`.
    #[must_use]
    pub fn received(self, now: UnixTime) -> Session {
        Session {
            received: now,
            ..self.0
        }
    }
}

/// A client's session: ticket and secret. Use each once, so that connections cannot be linked.
#[derive(Clone)]
pub struct Session {
    pub(crate) id: SessionId,
    pub(crate) server_name: ServerName<'static>,
    pub(crate) suite: CipherSuite,
    pub(crate) psk: Secret,
    pub(crate) ticket: Vec<u8>,
    pub(crate) lifetime: u32,
    pub(crate) age_add: u32,
    pub(crate) received: UnixTime,
}

const FORMAT: u8 = 1;

impl Session {
    /// Names the session that this ticket resumes.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The server that gave the ticket.
    #[must_use]
    pub const fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }

    /// The cipher suite of the session.
    #[must_use]
    pub const fn cipher_suite(&self) -> CipherSuite {
        self.suite
    }

    /// When the ticket must no longer be used.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        let lifetime = u64::from(self.lifetime.min(MAX_LIFETIME));
        UnixTime::since_unix_epoch(Duration::from_secs(
            self.received.as_secs().saturating_add(lifetime),
        ))
    }

    /// The ticket's age in milliseconds, as the ClientHello carries it (RFC 8446 section 4.2.11.1).
    pub(crate) fn obfuscated_age(&self, now: UnixTime) -> u32 {
        let age = now
            .as_secs()
            .saturating_sub(self.received.as_secs())
            .saturating_mul(1000);
        // The field is a residue modulo 2^32 by definition.
        u32::try_from(age & u64::from(u32::MAX))
            .unwrap_or_default()
            .wrapping_add(self.age_add)
    }

    /// Serialises the session. The octets are secret: whoever has them can resume it.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(160 + self.ticket.len()));
        out.push(FORMAT);
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&self.suite.0.to_be_bytes());
        out.extend_from_slice(&self.lifetime.to_be_bytes());
        out.extend_from_slice(&self.age_add.to_be_bytes());
        out.extend_from_slice(&self.received.as_secs().to_be_bytes());
        nested(&mut out, Prefix::U8, |out| {
            out.extend_from_slice(self.psk.as_ref())
        });
        let name = text(&self.server_name);
        nested(&mut out, Prefix::U16, |out| {
            out.extend_from_slice(name.as_bytes())
        });
        nested(&mut out, Prefix::U16, |out| {
            out.extend_from_slice(&self.ticket)
        });
        out
    }

    /// Restores a session from [`Session::to_bytes`].
    ///
    /// # Errors
    /// [`Malformed`] for octets that are not a session of this version of the crate.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        if reader.u8()? != FORMAT {
            return Err(Malformed::Value);
        }
        let id = SessionId(*reader.array()?);
        let suite = CipherSuite(reader.u16()?);
        let lifetime = reader.u32()?;
        let age_add = reader.u32()?;
        let received = seconds(&mut reader)?;
        let psk = Secret::new(reader.vector8(32)?).ok_or(Malformed::VectorLength)?;
        let server_name = ServerName::try_from(reader.vector16(1)?)
            .map_err(|_| Malformed::Value)?
            .to_owned();
        let ticket = reader.vector16(1)?.to_vec();
        reader.finish()?;
        Ok(Self {
            id,
            server_name,
            suite,
            psk,
            ticket,
            lifetime,
            age_add,
            received,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Session({:?}, {:?}, {})",
            self.id, self.server_name, self.suite
        )
    }
}

/// A server name as people write it; [`ServerName::try_from`] reads it back.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign open enum, with no other kind today"
)]
fn text(name: &ServerName<'_>) -> String {
    match name {
        ServerName::DnsName(name) => name.as_ref().to_string(),
        ServerName::IpAddress(IpAddr::V4(address)) => Ipv4Addr::from(*address.as_ref()).to_string(),
        ServerName::IpAddress(IpAddr::V6(address)) => Ipv6Addr::from(*address.as_ref()).to_string(),
        _ => String::new(),
    }
}

fn seconds(reader: &mut Reader<'_>) -> Result<UnixTime, Malformed> {
    let seconds = u64::from_be_bytes(*reader.array()?);
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

/// Seconds that a session established then has left, however often it is resumed: seven days in all
/// (RFC 8446 section 4.6.1).
pub(crate) fn life_left(established: UnixTime, now: UnixTime) -> u32 {
    let age = now.as_secs().saturating_sub(established.as_secs());
    MAX_LIFETIME.saturating_sub(u32::try_from(age).unwrap_or(u32::MAX))
}

/// What a server keeps of a session, sealed inside a ticket or held by the host.
#[derive(Clone)]
pub struct ServerSession {
    pub(crate) id: SessionId,
    pub(crate) suite: CipherSuite,
    pub(crate) psk: Secret,
    /// When the ticket was made.
    pub(crate) created: UnixTime,
    /// When the session began with a full handshake.
    pub(crate) established: UnixTime,
    pub(crate) lifetime: u32,
    /// The name the client asked for; a session never moves to another one.
    pub(crate) server_name: Option<String>,
    pub(crate) peer: PeerCertificates,
}

impl ServerSession {
    /// Names the session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// True while the ticket may be used.
    pub(crate) fn alive(&self, now: UnixTime) -> bool {
        let age = now.as_secs().checked_sub(self.created.as_secs());
        let fresh = age.is_some_and(|age| age < u64::from(self.lifetime));
        fresh && life_left(self.established, now) > 0
    }

    /// Serialises the session. The octets are secret.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(128 + self.peer.as_bytes().len()));
        self.encode(&mut out);
        out
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(FORMAT);
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&self.suite.0.to_be_bytes());
        out.extend_from_slice(&self.lifetime.to_be_bytes());
        out.extend_from_slice(&self.created.as_secs().to_be_bytes());
        out.extend_from_slice(&self.established.as_secs().to_be_bytes());
        nested(out, Prefix::U8, |out| {
            out.extend_from_slice(self.psk.as_ref())
        });
        let name = self.server_name.as_deref().unwrap_or_default();
        nested(out, Prefix::U16, |out| {
            out.extend_from_slice(name.as_bytes())
        });
        nested(out, Prefix::U24, |out| {
            out.extend_from_slice(self.peer.as_bytes())
        });
    }

    /// Restores a session from [`ServerSession::to_bytes`].
    ///
    /// # Errors
    /// [`Malformed`] for octets that are not a session of this version of the crate.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        if reader.u8()? != FORMAT {
            return Err(Malformed::Value);
        }
        let id = SessionId(*reader.array()?);
        let suite = CipherSuite(reader.u16()?);
        let lifetime = reader.u32()?;
        let created = seconds(&mut reader)?;
        let established = seconds(&mut reader)?;
        let psk = Secret::new(reader.vector8(32)?).ok_or(Malformed::VectorLength)?;
        let name = core::str::from_utf8(reader.vector16(0)?).map_err(|_| Malformed::Value)?;
        let server_name = (!name.is_empty()).then(|| name.to_string());
        let peer = PeerCertificates::from_bytes(reader.vector24(0)?).ok_or(Malformed::Value)?;
        reader.finish()?;
        Ok(Self {
            id,
            suite,
            psk,
            created,
            established,
            lifetime,
            server_name,
            peer,
        })
    }
}

impl fmt::Debug for ServerSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ServerSession({:?}, {:?}, {})",
            self.id, self.server_name, self.suite
        )
    }
}
