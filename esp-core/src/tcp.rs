//! IKE and ESP in a TCP stream (RFC 9329), for networks that let no UDP pass.
//!
//! ```text
//! "IKETCP" | length | SPI, ... ESP | length | 0 0 0 0 | IKE message | length | ...
//! once       16 bits, itself included         non-ESP marker
//! ```
//!
//! The host owns socket and buffers: an [`Encoder`] gives the octets that stand before a packet, a [`Decoder`] finds the
//! packets in what was read. What a packet is, [`classify`](crate::classify) tells; ESP is opened in place with
//! [`InboundSa::open`](crate::InboundSa::open).
//!
//! ```
//! use esp_core::{Encapsulated, classify, tcp};
//!
//! let mut encoder = tcp::Encoder::originator();
//! let mut stream = Vec::new();
//! for message in [&b"first"[..], b"second"] {
//!     stream.extend(encoder.before_ike(message.len())?.as_ref());
//!     stream.extend(message);
//! }
//!
//! let mut decoder = tcp::Decoder::responder();
//! let mut rx = &stream[..];
//! let mut messages = Vec::new();
//! while let Some(frame) = decoder.decode(rx)? {
//!     if let Encapsulated::Ike(message) = classify(&rx[frame.packet.clone()]) {
//!         messages.push(message);
//!     }
//!     rx = &rx[frame.packet.end..];
//! }
//! assert_eq!(messages, [&b"first"[..], b"second"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::ops::Range;

use thiserror::Error;

use crate::NON_ESP_MARKER;

/// What the originator of the connection sends before everything else (RFC 9329 section 4).
pub const STREAM_PREFIX: [u8; 6] = *b"IKETCP";

/// Octets of a length.
const LENGTH_LEN: usize = 2;

/// Octets of prefix, length and marker.
const MAX_HEAD_LEN: usize = STREAM_PREFIX.len() + LENGTH_LEN + NON_ESP_MARKER.len();

/// A packet that is longer than a frame can be, or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a packet of {0} octets has no place in a frame")]
pub struct BadLength(pub usize);

/// Why a stream cannot be read any further: the connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadStream {
    /// It does not begin with [`STREAM_PREFIX`].
    #[error("no IKETCP at the beginning")]
    NoPrefix,
    /// A length that does not even count itself (RFC 9329 section 3).
    #[error("a frame of length {0}")]
    BadLength(u16),
    /// A packet longer than the host takes.
    #[error("a packet of {0} octets is longer than the limit")]
    TooLong(usize),
}

/// The octets that stand before a packet on the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    octets: [u8; MAX_HEAD_LEN],
    len: u8,
}

impl Head {
    fn push(&mut self, octets: &[u8]) {
        let start = usize::from(self.len);
        if let Some(place) = self.octets.get_mut(start..start + octets.len()) {
            place.copy_from_slice(octets);
            self.len += u8::try_from(octets.len()).unwrap_or(0);
        }
    }
}

impl AsRef<[u8]> for Head {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// Frames packets for one direction of a connection.
#[derive(Clone, Debug)]
pub struct Encoder {
    prefix: bool,
}

impl Encoder {
    /// For the end that made the connection, which sends the prefix before its first packet.
    #[must_use]
    pub const fn originator() -> Self {
        Self { prefix: true }
    }

    /// For the end that accepted the connection.
    #[must_use]
    pub const fn responder() -> Self {
        Self { prefix: false }
    }

    /// Tells what is to be sent before an ESP packet of `len` octets.
    ///
    /// # Errors
    /// [`BadLength`] for none, and for more than 65,533.
    pub fn before_esp(&mut self, len: usize) -> Result<Head, BadLength> {
        self.before(len, &[])
    }

    /// Tells what is to be sent before an IKE message of `len` octets.
    ///
    /// # Errors
    /// [`BadLength`] for none, and for more than 65,529.
    pub fn before_ike(&mut self, len: usize) -> Result<Head, BadLength> {
        self.before(len, &NON_ESP_MARKER)
    }

    fn before(&mut self, len: usize, marker: &[u8]) -> Result<Head, BadLength> {
        let length = len
            .checked_add(LENGTH_LEN + marker.len())
            .filter(|_| len > 0)
            .and_then(|length| u16::try_from(length).ok())
            .ok_or(BadLength(len))?;
        let mut head = Head {
            octets: [0; MAX_HEAD_LEN],
            len: 0,
        };
        if core::mem::take(&mut self.prefix) {
            head.push(&STREAM_PREFIX);
        }
        head.push(&length.to_be_bytes());
        head.push(marker);
        Ok(head)
    }
}

/// A packet that was found at the beginning of the octets given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where the packet lies: ESP, an IKE message with its marker, or what is neither. What follows `packet.end` is to be given
    /// to the next call.
    pub packet: Range<usize>,
}

/// Finds the packets of one direction of a connection.
///
/// It looks at heads alone, and keeps no octets: the host's buffer must have room for the longest packet and 8 octets more.
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    max_packet: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Prefix,
    Frames,
    Ended(BadStream),
}

impl Decoder {
    /// For the end that made the connection: no prefix comes back.
    #[must_use]
    pub const fn originator() -> Self {
        Self {
            state: State::Frames,
            max_packet: u16::MAX as usize,
        }
    }

    /// For the end that accepted the connection, to which the prefix comes first.
    #[must_use]
    pub const fn responder() -> Self {
        Self {
            state: State::Prefix,
            max_packet: u16::MAX as usize,
        }
    }

    /// Bounds the octets of a packet, the marker of IKE included: 65,533 unless less is asked for.
    #[must_use]
    pub const fn with_max_packet(mut self, octets: usize) -> Self {
        self.max_packet = octets;
        self
    }

    /// Looks for a packet at the beginning of `rx`. `None` means that more octets are needed: give them together with these.
    ///
    /// # Errors
    /// [`BadStream`], now and ever after.
    pub fn decode(&mut self, rx: &[u8]) -> Result<Option<Frame>, BadStream> {
        let start = match self.state {
            State::Frames => 0,
            State::Ended(error) => return Err(error),
            State::Prefix => {
                if !STREAM_PREFIX.iter().zip(rx).all(|(a, b)| a == b) {
                    return self.end(BadStream::NoPrefix);
                }
                STREAM_PREFIX.len()
            }
        };
        let Some(length) = rx.get(start..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let length = u16::from_be_bytes(*length);
        let Some(len) = usize::from(length).checked_sub(LENGTH_LEN) else {
            return self.end(BadStream::BadLength(length));
        };
        if len > self.max_packet {
            return self.end(BadStream::TooLong(len));
        }
        let packet = start + LENGTH_LEN..start + LENGTH_LEN + len;
        if packet.end > rx.len() {
            return Ok(None);
        }
        self.state = State::Frames;
        Ok(Some(Frame { packet }))
    }

    fn end(&mut self, error: BadStream) -> Result<Option<Frame>, BadStream> {
        self.state = State::Ended(error);
        Err(error)
    }
}
