//! Keys under which a server seals what it does not want to store: tickets and retry cookies.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    fmt,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crypto_core::{Aead, AeadKey, CryptoError, NONCE_LEN, Provider, Secret, TAG_LEN};

use crate::session::{ServerSession, SessionId};

const NAME_LEN: usize = 8;

/// One sealing key: `name || nonce || ciphertext || tag`, bound to a purpose.
///
/// Nonces are random: 2^32 seals stay far from a collision, and keys are rotated long before.
struct SealingKey {
    name: [u8; NAME_LEN],
    key: Box<dyn AeadKey>,
}

impl SealingKey {
    fn generate(provider: &Provider) -> Result<Self, CryptoError> {
        let aead: &dyn Aead = provider
            .aeads
            .first()
            .copied()
            .ok_or(CryptoError::Unsupported)?;
        let mut name = [0; NAME_LEN];
        provider.random.fill(&mut name)?;
        let mut key = Secret::zeroed(aead.algorithm().key_len());
        provider.random.fill(key.as_mut())?;
        Ok(Self {
            name,
            key: aead.key(key.as_ref())?,
        })
    }

    /// Seals what `write` appends; the plaintext is encrypted where it was written.
    fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        purpose: &[u8],
        capacity: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<u8>, CryptoError> {
        let mut sealed = Vec::with_capacity(NAME_LEN + NONCE_LEN + capacity + TAG_LEN);
        sealed.extend_from_slice(&self.name);
        sealed.extend_from_slice(nonce);
        write(&mut sealed);
        let body = sealed.get_mut(NAME_LEN + NONCE_LEN..).unwrap_or_default();
        let tag = self.key.seal_in_place(nonce, purpose, body)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what this key sealed for the same purpose.
    fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        let body = sealed.strip_prefix(&self.name)?;
        let (nonce, body) = body.split_first_chunk::<NONCE_LEN>()?;
        let mut body = zeroize::Zeroizing::new(body.to_vec());
        let len = self.key.open_in_place(nonce, purpose, &mut body).ok()?;
        body.truncate(len);
        Some(body)
    }
}

/// The sessions that must not be resumed, shared by all sets that rotation made of each other.
///
/// Bloom filters over the random session names, one for each of the last rotations: a forgotten session
/// is never missed as long as a ticket of it can be opened; as a filter fills up, more of the other
/// sessions fall back to a full handshake.
struct Forgotten {
    filters: [Box<[AtomicU64]>; Self::GENERATIONS],
    generation: AtomicUsize,
}

impl Forgotten {
    /// 8 KiB a filter: 1 % false answers at about 6,800 sessions forgotten between two rotations.
    const WORDS: usize = 1024;

    /// A ticket opens until the second rotation after it was sealed; its filter lives one longer.
    const GENERATIONS: usize = 3;

    fn new() -> Self {
        let filter = |_| (0..Self::WORDS).map(|_| AtomicU64::new(0)).collect();
        Self {
            filters: core::array::from_fn(filter),
            generation: AtomicUsize::new(0),
        }
    }

    /// The word and bit of each of the hash functions: slices of the name, which is random already.
    fn probes(id: &SessionId) -> impl Iterator<Item = (usize, u64)> {
        let octets = id.0;
        (0..4).map(move |i| {
            let word = octets
                .get(4 * i..4 * i + 4)
                .and_then(|slice| slice.try_into().ok());
            let value = u32::from_be_bytes(word.unwrap_or_default());
            ((value >> 6) as usize % Self::WORDS, 1 << (value & 63))
        })
    }

    fn insert(&self, id: &SessionId) {
        let generation = self.generation.load(Ordering::Acquire) % Self::GENERATIONS;
        let Some(filter) = self.filters.get(generation) else {
            return;
        };
        for (word, bit) in Self::probes(id) {
            if let Some(word) = filter.get(word) {
                word.fetch_or(bit, Ordering::Release);
            }
        }
    }

    fn contains(&self, id: &SessionId) -> bool {
        self.filters.iter().any(|filter| {
            Self::probes(id).all(|(word, bit)| {
                filter
                    .get(word)
                    .is_none_or(|word| word.load(Ordering::Acquire) & bit != 0)
            })
        })
    }

    /// Empties the oldest filter, whose tickets no key opens any more, and goes on with it.
    fn rotate(&self) {
        let next = self.generation.load(Ordering::Acquire).wrapping_add(1) % Self::GENERATIONS;
        if let Some(filter) = self.filters.get(next) {
            filter
                .iter()
                .for_each(|word| word.store(0, Ordering::Release));
        }
        self.generation.store(next, Ordering::Release);
    }
}

/// Rotating keys for stateless tickets: one that seals, and the one before it that still opens.
///
/// Keys rotate by value: [`TicketKeys::rotated`] makes the next set, and the host puts it into the
/// configuration of new connections. When the last connection with the old set ends, the oldest key is gone
/// and with it the means to read the tickets it sealed.
///
/// Configurations that share keys share sessions. A client's certificate is validated anew where the configuration has
/// roots; where the host verifies clients itself, share keys only between configurations that trust the same ones.
#[derive(Clone)]
pub struct TicketKeys {
    current: Arc<SealingKey>,
    previous: Option<Arc<SealingKey>>,
    forgotten: Arc<Forgotten>,
    lifetime: u32,
}

const TICKET: &[u8] = b"securewire tls ticket";

impl TicketKeys {
    /// Draws a key. Tickets live for `lifetime` seconds, seven days at most; rotate at least that often.
    ///
    /// # Errors
    /// [`CryptoError`] when the provider gives no randomness or has no AEAD.
    pub fn generate(provider: &Provider, lifetime: u32) -> Result<Self, CryptoError> {
        let lifetime = lifetime.min(crate::session::MAX_LIFETIME);
        let current = Arc::new(SealingKey::generate(provider)?);
        Ok(Self {
            current,
            previous: None,
            forgotten: Arc::new(Forgotten::new()),
            lifetime,
        })
    }

    /// The next set: a new key seals, the present one still opens, the previous one is dropped.
    ///
    /// # Errors
    /// As [`TicketKeys::generate`].
    pub fn rotated(&self, provider: &Provider) -> Result<Self, CryptoError> {
        let current = Arc::new(SealingKey::generate(provider)?);
        self.forgotten.rotate();
        Ok(Self {
            current,
            previous: Some(Arc::clone(&self.current)),
            forgotten: Arc::clone(&self.forgotten),
            lifetime: self.lifetime,
        })
    }

    /// Life of a ticket in seconds.
    #[must_use]
    pub const fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// Makes a session unusable for ever; connections of it that exist go on.
    pub fn forget(&self, id: &SessionId) {
        self.forgotten.insert(id);
    }

    /// Seals a session under a nonce that was drawn for it.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        session: &ServerSession,
    ) -> Result<Vec<u8>, CryptoError> {
        let capacity = 128 + session.peer.as_bytes().len();
        self.current
            .seal(nonce, TICKET, capacity, |out| session.encode(out))
    }

    pub(crate) fn open(&self, ticket: &[u8]) -> Option<ServerSession> {
        let mut keys = core::iter::once(&self.current).chain(&self.previous);
        let octets = keys.find_map(|key| key.open(TICKET, ticket))?;
        let session = ServerSession::from_bytes(&octets).ok()?;
        (!self.forgotten.contains(&session.id)).then_some(session)
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketKeys(lifetime {} s)", self.lifetime)
    }
}

/// The key of stateless HelloRetryRequest cookies (RFC 8446 section 4.2.2).
pub struct CookieKey(SealingKey);

const COOKIE: &[u8] = b"securewire tls cookie";

impl CookieKey {
    /// Draws a key. Servers that share it can finish each other's retries.
    ///
    /// # Errors
    /// [`CryptoError`] when the provider gives no randomness or has no AEAD.
    pub fn generate(provider: &Provider) -> Result<Self, CryptoError> {
        SealingKey::generate(provider).map(Self)
    }

    pub(crate) fn seal(
        &self,
        provider: &Provider,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<u8>, CryptoError> {
        let mut nonce = [0; NONCE_LEN];
        provider.random.fill(&mut nonce)?;
        self.0.seal(&nonce, COOKIE, 128, write)
    }

    pub(crate) fn open(&self, cookie: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        self.0.open(COOKIE, cookie)
    }
}

impl fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Forgotten, SessionId};

    #[test]
    fn a_forgotten_session_is_never_missed() {
        let forgotten = Forgotten::new();
        let id = |n: u32| {
            let mut octets = [0; 16];
            octets
                .chunks_exact_mut(4)
                .enumerate()
                .for_each(|(i, chunk)| {
                    let mixed = n
                        .wrapping_mul(0x9e37_79b9)
                        .rotate_left(u32::try_from(i).unwrap() * 7);
                    chunk.copy_from_slice(&mixed.to_be_bytes());
                });
            SessionId(octets)
        };
        (0..5000).for_each(|n| forgotten.insert(&id(n)));
        assert!((0..5000).all(|n| forgotten.contains(&id(n))));
        assert!(!Forgotten::new().contains(&id(1)));
        // As long as a ticket can be opened: two rotations.
        forgotten.rotate();
        forgotten.rotate();
        assert!((0..5000).all(|n| forgotten.contains(&id(n))));
        forgotten.rotate();
        assert!(!forgotten.contains(&id(1)));
    }
}
