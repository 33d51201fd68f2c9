//! The opening end of an SA.

use alloc::boxed::Box;
use core::{fmt, ops::Range, time::Duration};

use crypto_core::Provider;

use crate::{
    Audit, BadSa, Discard, Ecn, Mode, Notice, OriginalAddresses, Overhead, Protocol, SaParams, Spi,
    ah::{Ah, Covered},
    ecn,
    ip::{self, protocol},
    meter::Meter,
    outer::{self, Arrived},
    transform::{HEADER_LEN, Number, Protection, Transform},
    transport,
    window::{Late, Mark, ReplayWindow},
};

mod resynchronization;

pub use resynchronization::Desynchronization;

/// A packet that was opened in place.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened<'b> {
    /// The SA that protected it.
    pub spi: Spi,
    /// What was protected: an IP packet in tunnel mode, and from [`InboundSa::open_packet`] in transport mode too; else its
    /// payload.
    pub inner: &'b mut [u8],
    /// The protocol of what was protected: 4 or 41 in tunnel mode.
    pub next_header: u8,
    /// The sequence number, with its high half.
    pub sequence: u64,
    /// What the host should know.
    pub notice: Option<Notice>,
}

/// Opens packets (RFC 4303 section 3.4, RFC 4302 section 3.4), from any number of threads.
///
/// Of several equal packets one is opened, whatever the threads do. Nothing is allocated, and a packet that is discarded
/// changes only its counter.
pub struct InboundSa {
    spi: Spi,
    extended: bool,
    overhead: Overhead,
    protection: Protection,
    window: Option<ReplayWindow>,
    meter: Meter,
    /// In tunnel mode, what becomes of congestion marks.
    tunnel: Option<Ecn>,
    original: Option<Box<OriginalAddresses>>,
    audit: Audit,
}

/// A whole number that may be accepted, and its place in the window, if there is one.
#[derive(Clone, Copy)]
struct Judged {
    sequence: u64,
    mark: Option<Mark>,
}

/// Where the text of an opened packet lies.
struct Text {
    inner: Range<usize>,
    next_header: u8,
    sequence: u64,
    notice: Option<Notice>,
}

impl Text {
    fn opened(self, packet: &mut [u8], spi: Spi) -> Result<Opened<'_>, Discard> {
        Ok(Opened {
            spi,
            inner: packet.get_mut(self.inner).ok_or(Discard::Malformed)?,
            next_header: self.next_header,
            sequence: self.sequence,
            notice: self.notice,
        })
    }
}

impl InboundSa {
    /// Makes the keys ready.
    ///
    /// # Errors
    /// [`BadSa`] says what does not fit together, or is not offered by the provider.
    pub fn new(params: &SaParams, provider: &Provider) -> Result<Self, BadSa> {
        params.check()?;
        let meter = Meter::new(params.lifetime, params.extended);
        if params.highest >= meter.last() {
            return Err(BadSa::BadSequence);
        }
        Ok(Self {
            spi: params.spi,
            extended: params.extended,
            overhead: Overhead::new(params, 0),
            protection: Protection::new(params, provider, None)?,
            window: params
                .window
                .map(|width| ReplayWindow::new(width, params.highest)),
            meter,
            tunnel: match params.mode {
                Mode::Tunnel(tunnel) => Some(tunnel.ecn),
                Mode::Transport => None,
            },
            original: params.original.map(Box::new),
            audit: Audit::new(),
        })
    }

    /// Opens an ESP packet without IP or UDP header: what a raw or UDP socket gives.
    ///
    /// Congestion marks and checksums, for which the outer header is needed, are only handled by [`InboundSa::open_packet`].
    /// AH covers that header, so here an SA of it finds everything malformed.
    ///
    /// # Errors
    /// The reason to discard it, which is also counted.
    #[inline]
    pub fn open<'b>(&self, packet: &'b mut [u8]) -> Result<Opened<'b>, Discard> {
        let text = match &self.protection {
            Protection::Esp(transform) => self.open_text(transform, packet, 0),
            Protection::Ah(_) => Err(Discard::Malformed),
        };
        text.and_then(|text| text.opened(packet, self.spi))
            .map_err(|discard| self.audit.count(discard))
    }

    /// Opens an IP packet with AH or ESP in it, ESP perhaps in UDP, and gives the IP packet that was protected: the inner one in tunnel
    /// mode, in transport mode the packet as it was before.
    ///
    /// Octets behind the IP packet are ignored; [`InboundSa::room_behind`] tells when some must be there.
    ///
    /// # Errors
    /// The reason to discard it, which is also counted.
    #[inline]
    pub fn open_packet<'b>(&self, packet: &'b mut [u8]) -> Result<Opened<'b>, Discard> {
        let arrived = outer::find_protected(packet).map_err(|discard| self.audit.count(discard))?;
        self.open_found(packet, &arrived)
    }

    /// Opens an IP packet in which ESP or AH was found.
    #[inline(always)]
    pub(crate) fn open_found<'b>(
        &self,
        packet: &'b mut [u8],
        arrived: &Arrived,
    ) -> Result<Opened<'b>, Discard> {
        self.open_arrived(packet, arrived, 0)
            .and_then(|text| text.opened(packet, self.spi))
            .map_err(|discard| self.audit.count(discard))
    }

    /// Loads memory that opening the packet will need, and uses nothing of it: that of several SAs comes at the same time then.
    #[inline]
    pub(crate) fn touch(&self, packet: &[u8], arrived: &Arrived) {
        self.protection.touch();
        let number = arrived.body.start + 4;
        let low = packet.get(number..).and_then(<[u8]>::first_chunk);
        if let (Some(window), Some(low)) = (&self.window, low) {
            window.touch(u32::from_be_bytes(*low), self.extended);
        }
    }

    /// `ahead` is how far the high half of the number is ahead of what the window tells.
    #[inline(always)]
    fn open_arrived(
        &self,
        packet: &mut [u8],
        arrived: &Arrived,
        ahead: u32,
    ) -> Result<Text, Discard> {
        let class = ip::traffic_class(packet);
        let mut text = match (&self.protection, arrived.protocol) {
            (Protection::Esp(transform), Protocol::Esp) => {
                let esp = packet
                    .get_mut(arrived.body.clone())
                    .ok_or(Discard::Malformed)?;
                let mut text = self.open_text(transform, esp, ahead)?;
                text.inner.start += arrived.body.start;
                text.inner.end += arrived.body.start;
                text
            }
            (Protection::Ah(ah), Protocol::Ah) => self.authenticate(ah, packet, arrived, ahead)?,
            (Protection::Esp(_), Protocol::Ah) | (Protection::Ah(_), Protocol::Esp) => {
                return Err(Discard::UnknownSpi);
            }
        };
        match self.tunnel {
            Some(ecn) => {
                let inner = packet
                    .get_mut(text.inner.clone())
                    .ok_or(Discard::Malformed)?;
                if ecn == Ecn::Normal {
                    leave_tunnel(inner, class)?;
                }
            }
            None => {
                let original = self.original.as_deref();
                text.inner = transport::restore(packet, text.inner, text.next_header, original)
                    .ok_or(Discard::BadInner)?;
            }
        }
        Ok(text)
    }

    /// Number, ICV, window, trailer: in this order, so that nothing but the number is looked at before the ICV was right.
    #[inline]
    fn open_text(
        &self,
        transform: &Transform,
        packet: &mut [u8],
        ahead: u32,
    ) -> Result<Text, Discard> {
        let (head, icv) = (self.overhead.head(), self.overhead.icv());
        let text_len = packet
            .len()
            .checked_sub(head + icv)
            .ok_or(Discard::Malformed)?;
        // An alignment is a power of two, and at least 4: room for the trailer.
        if text_len == 0 || text_len & (self.overhead.alignment() - 1) != 0 {
            return Err(Discard::Malformed);
        }
        let header = packet
            .first_chunk::<HEADER_LEN>()
            .ok_or(Discard::Malformed)?;
        let [a, b, c, d, e, f, g, h] = *header;
        if [a, b, c, d] != self.spi.to_octets() {
            return Err(Discard::UnknownSpi);
        }
        let judged = self.judge_number(u32::from_be_bytes([e, f, g, h]), ahead)?;
        let sequence = judged.sequence;

        let number = Number {
            value: sequence,
            extended: self.extended,
        };
        transform
            .open(packet, number)
            .ok_or(Discard::NotAuthentic)?;
        self.accept(judged)?;

        let text = packet
            .get(head..head + text_len)
            .ok_or(Discard::Malformed)?;
        let (len, next_header) = read_trailer(text).ok_or(Discard::BadPadding)?;
        if next_header == protocol::NO_NEXT_HEADER {
            return Err(Discard::Dummy);
        }
        let len = self.inner_len(text.get(..len).unwrap_or_default(), next_header)?;
        Ok(Text {
            inner: head..head + len,
            next_header,
            sequence,
            notice: self.meter.count(sequence, len),
        })
    }

    /// The same order for AH, which has nothing to be decrypted or cut off.
    #[inline(never)]
    fn authenticate(
        &self,
        ah: &Ah,
        packet: &mut [u8],
        arrived: &Arrived,
        ahead: u32,
    ) -> Result<Text, Discard> {
        let Range { start, end } = arrived.body;
        let body = packet.get(start..end).ok_or(Discard::Malformed)?;
        let version = ip::Version::of(packet).ok_or(Discard::Malformed)?;
        let header = ah.read(body, version).ok_or(Discard::Malformed)?;
        if arrived.spi != self.spi {
            return Err(Discard::UnknownSpi);
        }
        let judged = self.judge_number(header.sequence, ahead)?;
        let sequence = judged.sequence;
        let mut covered = packet
            .get(..start)
            .ok_or(Discard::Malformed)
            .and_then(|headers| Ok(Covered::arrived(headers, version)?))?;
        let packet = packet
            .get_mut(..end + self.overhead.spare())
            .ok_or(Discard::NoRoom)?;
        let number = Number {
            value: sequence,
            extended: self.extended,
        };
        ah.verify(packet, &arrived.body, &mut covered, number)
            .ok_or(Discard::NotAuthentic)?;
        self.accept(judged)?;

        let inner = start + header.len;
        let payload = packet.get(inner..end).ok_or(Discard::Malformed)?;
        let len = self.inner_len(payload, header.next_header)?;
        Ok(Text {
            inner: inner..inner + len,
            next_header: header.next_header,
            sequence,
            notice: self.meter.count(sequence, len),
        })
    }

    /// Marks the number of a packet that is authentic.
    #[inline(always)]
    fn accept(&self, judged: Judged) -> Result<(), Discard> {
        match (&self.window, judged.mark) {
            (Some(window), Some(mark)) => window.accept(mark).map_err(late),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Tells how much of `payload` was protected: in tunnel mode what its header says.
    #[inline]
    fn inner_len(&self, payload: &[u8], next_header: u8) -> Result<usize, Discard> {
        match self.tunnel {
            Some(_) => inner_len(payload, next_header).ok_or(Discard::BadInner),
            None => Ok(payload.len()),
        }
    }

    /// Tells the whole number, if a packet with it may still be accepted.
    #[inline(always)]
    fn judge_number(&self, low: u32, ahead: u32) -> Result<Judged, Discard> {
        let sequence = match &self.window {
            Some(window) if self.extended => window
                .extend(low)
                .and_then(|number| number.checked_add(u64::from(ahead) << 32))
                .ok_or(Discard::TooOld)?,
            Some(_) | None => u64::from(low),
        };
        if sequence == 0 {
            return Err(Discard::SequenceZero);
        }
        if sequence > self.meter.last() || self.meter.is_closed() {
            return Err(Discard::Expired);
        }
        let Some(window) = &self.window else {
            return Ok(Judged {
                sequence,
                mark: None,
            });
        };
        let mark = window.mark(sequence);
        window.check(mark).map_err(late)?;
        Ok(Judged {
            sequence,
            mark: Some(mark),
        })
    }

    /// The SPI.
    #[must_use]
    pub const fn spi(&self) -> Spi {
        self.spi
    }

    /// Octets that [`InboundSa::open_packet`] needs behind a packet, where it leaves what is there: 4 for AH with GMAC and
    /// extended sequence numbers, whose high half is authenticated there, else none.
    #[must_use]
    pub const fn room_behind(&self) -> usize {
        self.overhead.spare()
    }

    /// What was discarded, by reason.
    #[must_use]
    pub const fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The highest sequence number accepted; 0 without an anti-replay window.
    #[must_use]
    pub fn highest_sequence(&self) -> u64 {
        self.window.as_ref().map_or(0, ReplayWindow::highest)
    }

    /// Packets that left the anti-replay window without having arrived: lost, or too late.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.window.as_ref().map_or(0, ReplayWindow::lost)
    }

    /// Octets of payload opened; counted only when the lifetime bounds them.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.meter.octets()
    }

    /// Hears how long ago the SA was made, and judges its lifetime.
    pub fn handle_age(&self, age: Duration) -> Option<Notice> {
        self.meter.handle_age(age)
    }

    /// Ends the SA: nothing more is opened.
    pub fn close(&self) {
        self.meter.close();
    }
}

impl fmt::Debug for InboundSa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundSa")
            .field("spi", &self.spi)
            .field("highest_sequence", &self.highest_sequence())
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}

#[cold]
const fn late(late: Late) -> Discard {
    match late {
        Late::Replayed => Discard::Replayed,
        Late::TooOld => Discard::TooOld,
    }
}

/// Checks the padding (RFC 4303 section 2.4), and tells the length of what stands before it, and the next header.
#[inline(always)]
fn read_trailer(text: &[u8]) -> Option<(usize, u8)> {
    let [rest @ .., pad_len, next_header] = text else {
        return None;
    };
    let len = rest.len().checked_sub(usize::from(*pad_len))?;
    let padding = rest.get(len..)?;
    let right = padding
        .iter()
        .zip(1_u8..)
        .all(|(octet, count)| *octet == count);
    right.then_some((len, *next_header))
}

/// Tells the length of an inner packet; what follows it is TFC padding (RFC 4303 section 2.7).
#[inline(always)]
fn inner_len(inner: &[u8], next_header: u8) -> Option<usize> {
    let version = ip::Version::of(inner)?;
    (version.protocol() == next_header)
        .then(|| ip::total_len(inner))
        .flatten()
}

/// Hands the congestion mark of the outer header on (RFC 6040 section 4.2).
#[inline(always)]
fn leave_tunnel(inner: &mut [u8], outer_class: u8) -> Result<(), Discard> {
    let class = ip::traffic_class(inner);
    let new = ecn::at_egress(class, outer_class).ok_or(Discard::Congestion)?;
    if new != class {
        ip::set_traffic_class(inner, new);
    }
    Ok(())
}
