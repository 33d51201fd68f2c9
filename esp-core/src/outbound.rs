//! The sealing end of an SA.

use core::{fmt, ops::Range, time::Duration};

use crypto_core::{BLOCK_LEN, Provider};

use crate::{
    BadSa, Mode, Notice, Overhead, SaParams, SealError, Spi, TfcPadding,
    ip::{self, MAX_LEN, UDP_LEN, protocol},
    meter::Meter,
    outer::{self, OuterHeader},
    params::UdpPorts,
    sequence::Sequence,
    transform::{HEADER_LEN, IvSource, Number, Protection, Transform},
};

mod signing;

/// A packet that was sealed in place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// Where in the frame it lies.
    pub packet: Range<usize>,
    /// Its sequence number.
    pub sequence: u64,
    /// What the host should know.
    pub notice: Option<Notice>,
}

/// Seals packets (RFC 4303 section 3.3, RFC 4302 section 3.3), from any number of threads.
///
/// Everything happens in the caller's frame, around the octets to be protected, and nothing is allocated. How much room is
/// needed on both sides tells [`OutboundSa::overhead`].
pub struct OutboundSa {
    spi: Spi,
    extended: bool,
    overhead: Overhead,
    protection: Protection,
    sequence: Sequence,
    meter: Meter,
    tfc: TfcPadding,
    framing: Framing,
}

/// What is written before ESP or AH.
enum Framing {
    /// The packet's own header, with the ports of a UDP header behind it.
    Transport(Option<UdpPorts>),
    /// A header made beforehand.
    Tunnel(OuterHeader),
}

impl OutboundSa {
    /// Makes the keys ready.
    ///
    /// # Errors
    /// [`BadSa`] says what does not fit together, or is not offered by the provider.
    pub fn new(params: &SaParams, provider: &Provider) -> Result<Self, BadSa> {
        params.check()?;
        let framing = match params.mode {
            Mode::Transport => Framing::Transport(params.udp),
            Mode::Tunnel(tunnel) => {
                let protocol = params.suite.protocol();
                Framing::Tunnel(OuterHeader::new(tunnel, protocol, params.udp))
            }
        };
        let outer = match &framing {
            Framing::Transport(ports) => ports.map_or(0, |_| UDP_LEN),
            Framing::Tunnel(header) => header.len(),
        };
        let meter = Meter::new(params.lifetime, params.extended);
        if params.highest >= meter.last() {
            return Err(BadSa::BadSequence);
        }
        // CBC is the only one with whole blocks, and the only one whose IV is not a counter.
        let ivs = (params.suite.encryption().alignment() == BLOCK_LEN)
            .then(|| IvSource::new(provider))
            .transpose()?;
        Ok(Self {
            spi: params.spi,
            extended: params.extended,
            overhead: Overhead::new(params, outer),
            protection: Protection::new(params, provider, ivs)?,
            sequence: Sequence::new(params.highest, meter.last()),
            meter,
            tfc: params.tfc,
            framing,
        })
    }

    /// Seals the octets `inner` of `frame` as an ESP packet without IP or UDP header: for hosts whose socket adds them.
    ///
    /// `next_header` is the protocol of `inner`: 4 or 41 for an IP packet in tunnel mode, 59 for a dummy.
    ///
    /// # Errors
    /// [`SealError`]; the frame is unchanged then. An SA of AH, which covers the IP header, answers [`SealError::NotIp`].
    #[inline]
    pub fn seal(
        &self,
        frame: &mut [u8],
        inner: Range<usize>,
        next_header: u8,
    ) -> Result<Sealed, SealError> {
        match &self.protection {
            Protection::Esp(transform) => {
                self.seal_text(transform, frame, inner, next_header, MAX_LEN)
            }
            Protection::Ah(_) => Err(SealError::NotIp),
        }
    }

    /// Seals the IP packet `inner` of `frame` as an IP packet ready to be sent, in the mode of the SA.
    ///
    /// In tunnel mode a fragment is as good as a whole packet. Decrementing the inner TTL is a matter of the host's
    /// forwarding (RFC 4301 section 5.1.2).
    ///
    /// # Errors
    /// [`SealError`]; the frame is unchanged then.
    #[inline]
    pub fn seal_packet(&self, frame: &mut [u8], inner: Range<usize>) -> Result<Sealed, SealError> {
        let packet = frame.get(inner.clone()).ok_or(SealError::NoRoom)?;
        if ip::total_len(packet) != Some(packet.len()) {
            return Err(SealError::NotIp);
        }
        match (&self.framing, &self.protection) {
            (Framing::Tunnel(header), Protection::Esp(transform)) => {
                let version = ip::Version::of(packet).ok_or(SealError::NotIp)?;
                let classes = header.classes(Some(packet));
                let next_header = version.protocol();
                self.seal_tunnel(transform, frame, inner, next_header, (header, classes))
            }
            (Framing::Transport(ports), Protection::Esp(transform)) => {
                self.seal_transport(transform, frame, inner, *ports)
            }
            (Framing::Tunnel(header), Protection::Ah(ah)) => {
                self.sign_tunnel(ah, frame, inner, header)
            }
            (Framing::Transport(_), Protection::Ah(ah)) => self.sign_transport(ah, frame, inner),
        }
    }

    /// Seals a dummy packet, which the other end drops: cover traffic (RFC 4303 section 2.6). The octets `inner` are its
    /// content, and may be anything.
    ///
    /// Only in tunnel mode, where the SA knows the addresses; [`OutboundSa::seal`] with 59 does the same for others.
    ///
    /// # Errors
    /// [`SealError::NotIp`] in transport mode and for AH, else as [`OutboundSa::seal_packet`].
    pub fn seal_dummy(&self, frame: &mut [u8], inner: Range<usize>) -> Result<Sealed, SealError> {
        match (&self.framing, &self.protection) {
            (Framing::Tunnel(header), Protection::Esp(transform)) => {
                let outer = (header, header.classes(None));
                self.seal_tunnel(transform, frame, inner, protocol::NO_NEXT_HEADER, outer)
            }
            (Framing::Transport(_), _) | (_, Protection::Ah(_)) => Err(SealError::NotIp),
        }
    }

    #[inline(always)]
    fn seal_tunnel(
        &self,
        transform: &Transform,
        frame: &mut [u8],
        inner: Range<usize>,
        next_header: u8,
        (header, classes): (&OuterHeader, outer::Classes),
    ) -> Result<Sealed, SealError> {
        if inner.start < self.overhead.headroom() {
            return Err(SealError::NoRoom);
        }
        let most = MAX_LEN - header.len();
        let mut sealed = self.seal_text(transform, frame, inner, next_header, most)?;
        sealed.packet.start -= header.len();
        let packet = frame
            .get_mut(sealed.packet.clone())
            .ok_or(SealError::NoRoom)?;
        header
            .write(packet, classes, identification(sealed.sequence))
            .ok_or(SealError::TooLong)?;
        Ok(sealed)
    }

    /// Moves the headers of the packet to the front, and seals what is behind them.
    fn seal_transport(
        &self,
        transform: &Transform,
        frame: &mut [u8],
        inner: Range<usize>,
        ports: Option<UdpPorts>,
    ) -> Result<Sealed, SealError> {
        let packet = frame.get(inner.clone()).ok_or(SealError::NoRoom)?;
        let headers = ip::headers(packet).ok_or(SealError::NotIp)?;
        if headers.fragment {
            return Err(SealError::Fragment);
        }
        let start = inner
            .start
            .checked_sub(self.overhead.headroom())
            .ok_or(SealError::NoRoom)?;
        let at = headers.esp.at;
        let most = MAX_LEN - at - self.overhead.outer();
        // The sequence number is only taken when all else is sure, and the headers move before the text is sealed: the room
        // for head and IV overlaps with them.
        let end = inner.start + at;
        self.check_room(frame.len(), &(end..inner.end), most)?;
        frame.copy_within(inner.start..end, start);
        let (payload, next_header) = (end..inner.end, headers.esp.protocol);
        let mut sealed = match self.seal_text(transform, frame, payload, next_header, most) {
            Ok(sealed) => sealed,
            Err(error) => {
                frame.copy_within(start..start + at, inner.start);
                return Err(error);
            }
        };
        sealed.packet.start = start;
        let packet = frame
            .get_mut(sealed.packet.clone())
            .ok_or(SealError::NoRoom)?;
        finish_transport(packet, headers, ports).ok_or(SealError::TooLong)?;
        Ok(sealed)
    }

    /// Tells where the ESP packet over `inner` lies, or why it has no place.
    #[inline(always)]
    fn check_room(
        &self,
        frame_len: usize,
        inner: &Range<usize>,
        most: usize,
    ) -> Result<Range<usize>, SealError> {
        let start = inner
            .start
            .checked_sub(self.overhead.head())
            .ok_or(SealError::NoRoom)?;
        let len = inner
            .end
            .checked_sub(inner.start)
            .ok_or(SealError::NoRoom)?;
        if len > MAX_LEN {
            return Err(SealError::TooLong);
        }
        let len = self.overhead.esp_len(self.padded(len));
        if len > most {
            return Err(SealError::TooLong);
        }
        let end = start.checked_add(len).ok_or(SealError::NoRoom)?;
        if end > frame_len {
            return Err(SealError::NoRoom);
        }
        Ok(start..end)
    }

    /// The length of the payload with TFC padding, which needs a length inside the payload: tunnel mode.
    #[inline]
    fn padded(&self, len: usize) -> usize {
        if self.tfc == TfcPadding::None {
            return len;
        }
        match self.framing {
            Framing::Tunnel(_) => self.tfc.apply(len),
            Framing::Transport(_) => len,
        }
    }

    /// Writes header and trailer around `inner`, takes a number, and encrypts. `most` bounds the result.
    #[inline(always)]
    fn seal_text(
        &self,
        transform: &Transform,
        frame: &mut [u8],
        inner: Range<usize>,
        next_header: u8,
        most: usize,
    ) -> Result<Sealed, SealError> {
        let place = self.check_room(frame.len(), &inner, most)?;
        let sequence = self.take_number()?;

        let len = inner.len();
        let packet = frame.get_mut(place.clone()).ok_or(SealError::NoRoom)?;
        let header = packet
            .first_chunk_mut::<HEADER_LEN>()
            .ok_or(SealError::NoRoom)?;
        // Written in one piece, for it is read in one soon: a load waits when it spans two stores that are still on their way.
        *header =
            (u64::from(self.spi.value()) << 32 | sequence & u64::from(u32::MAX)).to_be_bytes();
        let text_end = packet.len() - self.overhead.icv();
        let behind = packet
            .get_mut(self.overhead.head() + len..text_end)
            .ok_or(SealError::NoRoom)?;
        write_trailer(behind, self.padded(len) - len, next_header);

        let number = Number {
            value: sequence,
            extended: self.extended,
        };
        transform.seal(packet, number).ok_or(SealError::TooLong)?;
        Ok(Sealed {
            packet: place,
            sequence,
            notice: self.meter.count(sequence, len),
        })
    }

    /// Takes the number of a packet with which nothing can go wrong any more.
    #[inline(always)]
    fn take_number(&self) -> Result<u64, SealError> {
        if self.meter.is_closed() {
            return Err(self.ended());
        }
        self.sequence.take().ok_or_else(|| self.ended())
    }

    /// Why there is no number any more.
    #[cold]
    fn ended(&self) -> SealError {
        let end = Sequence::end(self.extended);
        if self.sequence.last() == end && self.sequence.used() == end {
            SealError::SequenceExhausted
        } else {
            SealError::Expired
        }
    }

    /// Tells what the SA adds to a packet.
    #[must_use]
    pub const fn overhead(&self) -> Overhead {
        self.overhead
    }

    /// Tells the most octets of an inner packet whose sealed packet is not longer than `mtu`; see
    /// [`Overhead::max_inner_len`].
    #[must_use]
    pub fn max_inner_len(&self, mtu: usize) -> usize {
        self.overhead.max_inner_len(mtu)
    }

    /// The SPI.
    #[must_use]
    pub const fn spi(&self) -> Spi {
        self.spi
    }

    /// The number of packets sealed, which is also the sequence number of the last one.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence.used()
    }

    /// Octets of payload sealed; counted only when the lifetime bounds them.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.meter.octets()
    }

    /// Hears how long ago the SA was made, and judges its lifetime.
    pub fn handle_age(&self, age: Duration) -> Option<Notice> {
        self.meter.handle_age(age)
    }

    /// Ends the SA: nothing more is sealed.
    pub fn close(&self) {
        self.meter.close();
    }
}

impl fmt::Debug for OutboundSa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundSa")
            .field("spi", &self.spi)
            .field("sequence", &self.sequence())
            .finish_non_exhaustive()
    }
}

/// Tells the fragments of neighbouring packets apart (RFC 791).
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "neighbours differ in the low half"
)]
const fn identification(sequence: u64) -> u16 {
    sequence as u16
}

/// Writes TFC padding, padding (RFC 4303 section 2.4), pad length and next header, which fill `behind`.
#[inline(always)]
fn write_trailer(behind: &mut [u8], tfc: usize, next_header: u8) {
    let behind = if tfc == 0 {
        behind
    } else {
        let (hidden, behind) = behind.split_at_mut_checked(tfc).unwrap_or_default();
        hidden.fill(0);
        behind
    };
    let next = u32::from(next_header);
    // A stream cipher's trailer, which is encrypted at once, is written in one piece or two.
    let last = match behind {
        [_, _] => next,
        [first, _, _] => {
            *first = 1;
            0x100 | next
        }
        [_, _, _, _] => 0x0102_0200 | next,
        [first, _, _, _, _] => {
            *first = 1;
            0x0203_0300 | next
        }
        _ => return write_long_trailer(behind, next_header),
    };
    if let Some(place) = behind.last_chunk_mut() {
        *place = last.to_be_bytes();
    } else if let Some(place) = behind.last_chunk_mut() {
        let [.., pad_len, next] = last.to_be_bytes();
        *place = [pad_len, next];
    }
}

/// The trailer behind the padding of a block cipher.
#[inline(never)]
fn write_long_trailer(behind: &mut [u8], next_header: u8) {
    if let [padding @ .., pad_len, next] = behind {
        let mut count = 0;
        for octet in padding {
            count += 1;
            *octet = count;
        }
        *pad_len = count;
        *next = next_header;
    }
}

/// Names ESP or UDP in the headers of `packet`, and sets lengths and checksum.
fn finish_transport(
    packet: &mut [u8],
    headers: ip::Headers,
    ports: Option<UdpPorts>,
) -> Option<()> {
    let place = headers.esp;
    *packet.get_mut(place.named_at)? = match ports {
        Some(_) => protocol::UDP,
        None => protocol::ESP,
    };
    ip::set_len(packet, place.at)?;
    if let Some(ports) = ports {
        *packet.get_mut(place.at..)?.first_chunk_mut()? = ports.source.to_be_bytes();
        *packet.get_mut(place.at + 2..)?.first_chunk_mut()? = ports.destination.to_be_bytes();
        outer::finish_udp(packet, place.at, headers.version)?;
    }
    Some(())
}
