//! The record layer (RFC 8446 section 5): records sealed and opened in place, one keyed direction each.
//!
//! ```text
//! 0      1         3        5                                        len
//! | type | version | length | plaintext | content type | padding | tag |
//!                           |<------------- encrypted ------------>|
//! ```

use alloc::boxed::Box;
use core::{fmt, num::NonZeroU16, ops::Range};

use bytes::{BufMut, BytesMut};
use crypto_core::{AeadKey, CryptoError, NONCE_LEN, Secret, TAG_LEN};

use crate::{
    error::{Error, LimitExceeded, Misbehaved, Misuse},
    suite::Suite,
    wire::{ContentType, ProtocolVersion},
};

/// Octets of a record header.
pub const HEADER_LEN: usize = 5;

/// Most octets of plaintext in a record.
pub const MAX_FRAGMENT: usize = 1 << 14;

/// What protection adds to a plaintext without padding: header, content type and tag.
pub const OVERHEAD: usize = HEADER_LEN + 1 + TAG_LEN;

/// Most octets behind the header of a protected record.
pub(crate) const MAX_CIPHERTEXT: usize = MAX_FRAGMENT + 256;

/// How much padding application records get (RFC 8446 section 5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Padding {
    /// None.
    #[default]
    None,
    /// Up to the next multiple of so many octets of plaintext.
    ToMultipleOf(NonZeroU16),
    /// Up to the longest record.
    Full,
}

impl Padding {
    /// Octets to add to `len` octets of plaintext, which are at most `max`.
    pub(crate) fn of(self, len: usize, max: usize) -> usize {
        let room = max.saturating_sub(len);
        match self {
            Self::None => 0,
            Self::ToMultipleOf(unit) => {
                let unit = usize::from(unit.get());
                (len.div_ceil(unit) * unit).saturating_sub(len).min(room)
            }
            Self::Full => room,
        }
    }
}

/// One direction's key, IV and sequence number.
struct DirectionKey {
    key: Box<dyn AeadKey>,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl DirectionKey {
    fn new(suite: &Suite, secret: &Secret) -> Result<Self, CryptoError> {
        let (key, iv) = suite.record_keys(secret)?;
        Ok(Self {
            key,
            iv,
            sequence: 0,
        })
    }

    /// IV xor sequence number (RFC 8446 section 5.3).
    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = self.iv;
        if let Some(tail) = nonce.last_chunk_mut() {
            *tail = (u64::from_be_bytes(*tail) ^ self.sequence).to_be_bytes();
        }
        nonce
    }
}

impl Drop for DirectionKey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.iv);
    }
}

impl fmt::Debug for DirectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sequence {}", self.sequence)
    }
}

/// Header of a protected record with `len` octets behind it.
const fn protected_header(len: usize) -> [u8; HEADER_LEN] {
    let [.., hi, lo] = len.to_be_bytes();
    [ContentType::APPLICATION_DATA.0, 3, 3, hi, lo]
}

/// Seals records of one direction.
#[derive(Debug)]
pub struct Sealer {
    key: DirectionKey,
}

impl Sealer {
    /// Makes the keys of a traffic secret.
    pub(crate) fn new(suite: &Suite, secret: &Secret) -> Result<Self, CryptoError> {
        Ok(Self {
            key: DirectionKey::new(suite, secret)?,
        })
    }

    /// Octets of the record that carries `plain` octets and so many of padding.
    #[must_use]
    pub const fn record_len(plain: usize, padding: usize) -> usize {
        plain + padding + OVERHEAD
    }

    /// Number of records sealed under this key; the sequence number of the next.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.key.sequence
    }

    /// Seals the octets `plain` of `buffer` in place and returns where the record lies.
    ///
    /// It begins [`HEADER_LEN`] octets before `plain` and ends with content type, `padding` and tag,
    /// `padding + 17` octets behind it. Nothing is allocated or copied.
    ///
    /// # Errors
    /// [`Misuse::BufferTooSmall`] when the buffer has no such room, [`Misuse::BadLength`] beyond
    /// [`MAX_FRAGMENT`] octets of plaintext and padding, [`Misuse::SequenceExhausted`].
    pub fn seal_in_place(
        &mut self,
        kind: ContentType,
        buffer: &mut [u8],
        plain: Range<usize>,
        padding: usize,
    ) -> Result<Range<usize>, Misuse> {
        // The lengths are the host's: no sum of them may overflow.
        if plain.len() > MAX_FRAGMENT || padding > MAX_FRAGMENT - plain.len() {
            return Err(Misuse::BadLength);
        }
        let inner = plain.len() + 1 + padding;
        let start = plain
            .start
            .checked_sub(HEADER_LEN)
            .ok_or(Misuse::BufferTooSmall)?;
        let end = plain.start.saturating_add(inner + TAG_LEN);
        let record = buffer.get_mut(start..end).ok_or(Misuse::BufferTooSmall)?;
        let nonce = self.next_nonce()?;
        let (header, body) = record.split_at_mut(HEADER_LEN);
        header.copy_from_slice(&protected_header(inner + TAG_LEN));
        let (data, tag) = body.split_at_mut(inner);
        if let Some((content_type, zeros)) = data
            .get_mut(plain.len()..)
            .and_then(<[u8]>::split_first_mut)
        {
            *content_type = kind.0;
            zeros.fill(0);
        }
        let sealed = self
            .key
            .key
            .seal_in_place(&nonce, header, data)
            .map_err(|_| Misuse::Crypto)?;
        tag.copy_from_slice(&sealed);
        self.key.sequence += 1;
        Ok(start..end)
    }

    /// Seals `plain` into `record`, which must have [`Sealer::record_len`]`(plain.len(), 0)` octets.
    ///
    /// A provider that encrypts out of place (aws-lc) does so without a copy.
    ///
    /// # Errors
    /// [`Misuse::BufferTooSmall`] for another length, [`Misuse::BadLength`] beyond [`MAX_FRAGMENT`] octets,
    /// [`Misuse::SequenceExhausted`].
    pub fn seal(
        &mut self,
        kind: ContentType,
        plain: &[u8],
        record: &mut [u8],
    ) -> Result<(), Misuse> {
        if plain.len() > MAX_FRAGMENT {
            return Err(Misuse::BadLength);
        }
        if record.len() != Self::record_len(plain.len(), 0) {
            return Err(Misuse::BufferTooSmall);
        }
        let nonce = self.next_nonce()?;
        let (header, body) = record.split_at_mut(HEADER_LEN);
        header.copy_from_slice(&protected_header(body.len()));
        self.key
            .key
            .seal_into(&nonce, header, plain, &[kind.0], body)
            .map_err(|_| Misuse::Crypto)?;
        self.key.sequence += 1;
        Ok(())
    }

    /// Appends to `tx` the record of `plain`, which is at most [`MAX_FRAGMENT`] octets with its padding.
    pub(crate) fn append(
        &mut self,
        kind: ContentType,
        plain: &[u8],
        padding: usize,
        tx: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let start = tx.len();
        let len = Self::record_len(plain.len(), padding);
        tx.reserve(len);
        let sealed = if padding == 0 && self.key.key.seals_out_of_place() {
            tx.put_bytes(0, len);
            let record = tx.get_mut(start..).unwrap_or_default();
            self.seal(kind, plain, record)
        } else {
            tx.put_bytes(0, HEADER_LEN);
            tx.put_slice(plain);
            tx.put_bytes(0, 1 + padding + TAG_LEN);
            let range = start + HEADER_LEN..start + HEADER_LEN + plain.len();
            self.seal_in_place(kind, tx, range, padding).map(drop)
        };
        if sealed.is_err() {
            // Nothing half-made may reach the wire.
            tx.truncate(start);
        }
        sealed
    }

    fn next_nonce(&self) -> Result<[u8; NONCE_LEN], Misuse> {
        if self.key.sequence == u64::MAX {
            return Err(Misuse::SequenceExhausted);
        }
        Ok(self.key.nonce())
    }
}

/// Opens records of one direction.
#[derive(Debug)]
pub struct Opener {
    key: DirectionKey,
}

impl Opener {
    /// Makes the keys of a traffic secret.
    pub(crate) fn new(suite: &Suite, secret: &Secret) -> Result<Self, CryptoError> {
        Ok(Self {
            key: DirectionKey::new(suite, secret)?,
        })
    }

    /// Number of records opened under this key; the sequence number of the next.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.key.sequence
    }

    /// Opens one whole record, header included, in place: what it carries and where the plaintext lies.
    ///
    /// # Errors
    /// [`Error::BadRecord`] when it is not authentic; then `record` holds no plaintext.
    /// [`Misbehaved::RecordOverflow`], [`Misbehaved::NoContentType`].
    pub fn open(&mut self, record: &mut [u8]) -> Result<(ContentType, Range<usize>), Error> {
        if self.key.sequence == u64::MAX {
            return Err(LimitExceeded::Sequence.into());
        }
        let (header, body) = record
            .split_first_chunk_mut::<HEADER_LEN>()
            .ok_or(Error::BadRecord)?;
        if body.len() > MAX_CIPHERTEXT {
            return Err(Misbehaved::RecordOverflow.into());
        }
        let len = self
            .key
            .key
            .open_in_place(&self.key.nonce(), header, body)
            .map_err(|_| Error::BadRecord)?;
        self.key.sequence += 1;
        if len > MAX_FRAGMENT + 1 {
            return Err(Misbehaved::RecordOverflow.into());
        }
        let inner = body.get(..len).unwrap_or_default();
        let end = content_end(inner).ok_or(Misbehaved::NoContentType)?;
        let kind = ContentType(inner.get(end).copied().unwrap_or_default());
        Ok((kind, HEADER_LEN..HEADER_LEN + end))
    }
}

/// Index of the content type: the last octet that is not zero.
///
/// A record without padding ends with it, at once. Otherwise the whole record is scanned without a
/// branch on its content, so that the time does not tell how much padding there was.
fn content_end(inner: &[u8]) -> Option<usize> {
    if inner.last().is_some_and(|last| *last != 0) {
        return inner.len().checked_sub(1);
    }
    let (mut end, mut found) = (0_usize, 0_usize);
    for (index, octet) in inner.iter().enumerate() {
        // All ones for an octet that is not zero.
        let mask = 0_usize.wrapping_sub(usize::from((octet | octet.wrapping_neg()) >> 7));
        end = (end & !mask) | (index & mask);
        found |= mask;
    }
    (found != 0).then_some(end)
}

/// What the header of a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) kind: ContentType,
    pub(crate) version: ProtocolVersion,
    /// Octets behind the header.
    pub(crate) len: usize,
}

impl RecordHeader {
    /// Reads the first octets of `rx`, or `None` when there are too few.
    pub(crate) fn peek(rx: &[u8]) -> Option<Self> {
        let [kind, major, minor, hi, lo] = *rx.first_chunk::<HEADER_LEN>()?;
        Some(Self {
            kind: ContentType(kind),
            version: ProtocolVersion(u16::from_be_bytes([major, minor])),
            len: usize::from(u16::from_be_bytes([hi, lo])),
        })
    }

    /// Header and body together.
    pub(crate) const fn record_len(self) -> usize {
        HEADER_LEN + self.len
    }
}

/// Appends an unprotected record of at most [`MAX_FRAGMENT`] octets.
pub(crate) fn append_plain(
    kind: ContentType,
    version: ProtocolVersion,
    fragment: &[u8],
    tx: &mut BytesMut,
) {
    let [.., hi, lo] = fragment.len().to_be_bytes();
    let [major, minor] = version.0.to_be_bytes();
    tx.put_slice(&[kind.0, major, minor, hi, lo]);
    tx.put_slice(fragment);
}

#[cfg(test)]
mod tests {
    use super::{Padding, content_end};

    #[test]
    fn content_type_is_the_last_octet_that_is_not_zero() {
        assert_eq!(content_end(&[1, 2, 23]), Some(2));
        assert_eq!(content_end(&[1, 0, 23, 0, 0]), Some(2));
        assert_eq!(content_end(&[0x80, 0]), Some(0));
        assert_eq!(content_end(&[0, 0]), None);
        assert_eq!(content_end(&[]), None);
    }

    #[test]
    fn padding_never_passes_the_maximum() {
        let unit = core::num::NonZeroU16::new(64).unwrap();
        assert_eq!(Padding::ToMultipleOf(unit).of(1, 1000), 63);
        assert_eq!(Padding::ToMultipleOf(unit).of(64, 1000), 0);
        assert_eq!(Padding::ToMultipleOf(unit).of(990, 1000), 10);
        assert_eq!(Padding::Full.of(990, 1000), 10);
        assert_eq!(Padding::None.of(990, 1000), 0);
    }
}

#[cfg(test)]
#[cfg(feature = "ring")]
mod examples {
    //! The protected records of RFC 8448, opened and sealed again.

    use alloc::vec::Vec;

    use crypto_core::Secret;
    use testkit::rfc8448::{Example, example};

    use super::{HEADER_LEN, Opener, Sealer};
    use crate::{
        error::Error,
        suite::Suite,
        wire::{CipherSuite, ContentType},
    };

    /// The records that one end sends under a secret, with what each carries.
    fn records<'e>(example: &'e Example, by: &str, secret: &Secret) -> Vec<(&'e [u8], &'e [u8])> {
        let provider = crypto_core::ring::provider();
        let aes = |suite: &alloc::sync::Arc<Suite>| suite.id == CipherSuite::TLS_AES_128_GCM_SHA256;
        let suite = Suite::all(&provider).find(aes).unwrap();
        let (mut opener, mut sealer) = (
            Opener::new(&suite, secret).unwrap(),
            Sealer::new(&suite, secret).unwrap(),
        );
        let prefix = alloc::format!("{by}: send ");
        let sent = example
            .steps()
            .iter()
            .filter(|step| step.what.starts_with(&prefix));
        let mut opened = Vec::new();
        for step in sent {
            let [(_, payload), (_, record)] = &step.values[..] else {
                continue;
            };
            let mut buffer = record.clone();
            match opener.open(&mut buffer) {
                Ok((kind, plain)) => {
                    assert_eq!(&buffer[plain.clone()], &payload[..], "{}", step.what);
                    // Sealing is deterministic: the same record comes out, in place and out of place.
                    let mut again = Sealer::new(&suite, secret).unwrap();
                    core::mem::swap(&mut again.key.sequence, &mut sealer.key.sequence);
                    let sequence = again.key.sequence;
                    let range = again.seal_in_place(kind, &mut buffer, plain, 0).unwrap();
                    assert_eq!(&buffer[range], &record[..]);
                    again.key.sequence = sequence;
                    let mut out = alloc::vec![0; record.len()];
                    again.seal(kind, payload, &mut out).unwrap();
                    assert_eq!(out, *record);
                    sealer.key.sequence = again.key.sequence;
                    opened.push((&payload[..], &record[..]));
                }
                Err(error) => assert_eq!(error, Error::BadRecord, "{}", step.what),
            }
        }
        opened
    }

    fn secret(example: &Example, label: &str) -> Secret {
        let what = alloc::format!("server: derive secret tls13 {label}");
        Secret::new(example.value(&what, "expanded")).unwrap()
    }

    #[test]
    fn the_records_of_rfc_8448_open_and_seal_to_the_same_octets() {
        let mut count = 0;
        for section in 3..=7 {
            let example = example(section);
            for (by, labels) in [
                ("client", ["c hs traffic", "c ap traffic"]),
                ("server", ["s hs traffic", "s ap traffic"]),
            ] {
                for label in labels {
                    let opened = records(&example, by, &secret(&example, label));
                    assert!(!opened.is_empty(), "{section}, {by}, {label}");
                    count += opened.len();
                }
            }
        }
        // Five handshakes, in each direction at least a flight and an alert.
        assert!(count >= 20, "{count} records");
    }

    #[test]
    fn a_record_that_does_not_open_leaves_no_plaintext() {
        let example = example(3);
        let secret = secret(&example, "c ap traffic");
        let opened = records(&example, "client", &secret);
        let (payload, record) = opened[0];
        let provider = crypto_core::ring::provider();
        let suite = Suite::all(&provider).next().unwrap();
        for at in 0..record.len() {
            let mut buffer = record.to_vec();
            buffer[at] ^= 1;
            let mut opener = Opener::new(&suite, &secret).unwrap();
            assert_eq!(opener.open(&mut buffer), Err(Error::BadRecord));
            assert!(!buffer.windows(16).any(|window| payload.starts_with(window)));
            assert_eq!(opener.sequence(), 0);
        }
        for len in 0..record.len() {
            let mut opener = Opener::new(&suite, &secret).unwrap();
            assert!(opener.open(&mut record[..len].to_vec()).is_err());
        }
    }

    #[test]
    fn a_used_up_sequence_seals_and_opens_nothing_more() {
        let provider = crypto_core::ring::provider();
        let suite = Suite::all(&provider).next().unwrap();
        let secret = Secret::new(&[7; 32]).unwrap();
        let mut sealer = Sealer::new(&suite, &secret).unwrap();
        sealer.key.sequence = u64::MAX - 1;
        let mut record = [0; HEADER_LEN + 1 + 17];
        let kind = ContentType::APPLICATION_DATA;
        sealer.seal(kind, b"x", &mut record).unwrap();
        let misuse = crate::error::Misuse::SequenceExhausted;
        assert_eq!(sealer.seal(kind, b"x", &mut record), Err(misuse));
        let mut opener = Opener::new(&suite, &secret).unwrap();
        opener.key.sequence = u64::MAX - 1;
        assert!(opener.open(&mut record.clone()).is_ok());
        let limit = crate::error::LimitExceeded::Sequence;
        assert_eq!(opener.open(&mut record), Err(limit.into()));
    }
}
