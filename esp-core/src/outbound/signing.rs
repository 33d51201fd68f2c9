//! Sealing with AH: nothing is encrypted, and the headers before it are authenticated too (RFC 4302 section 3.3).

use core::ops::Range;

use super::{OutboundSa, Sealed, identification};
use crate::{
    SealError,
    ah::{Ah, Covered},
    ip::{self, MAX_LEN, Version, protocol},
    outer::OuterHeader,
    transform::Number,
};

/// What is known of a packet before it is signed.
struct Unsigned {
    /// Where it will lie in the frame.
    place: Range<usize>,
    version: Version,
    /// Octets before AH.
    at: usize,
    /// The protocol behind AH.
    next_header: u8,
}

impl OutboundSa {
    /// Puts the outer header and AH before the packet, and signs the whole.
    #[inline(never)]
    pub(super) fn sign_tunnel(
        &self,
        ah: &Ah,
        frame: &mut [u8],
        inner: Range<usize>,
        header: &OuterHeader,
    ) -> Result<Sealed, SealError> {
        let packet = frame.get(inner.clone()).ok_or(SealError::NoRoom)?;
        let next_header = Version::of(packet).ok_or(SealError::NotIp)?.protocol();
        let classes = header.classes(Some(packet));
        let unsigned = Unsigned {
            place: self.check_place(frame, &inner, header.len() + ah.len(header.version()))?,
            version: header.version(),
            at: header.len(),
            next_header,
        };

        let sequence = self.take_number()?;
        let packet = frame
            .get_mut(unsigned.place.clone())
            .ok_or(SealError::NoRoom)?;
        header
            .write(packet, classes, identification(sequence))
            .ok_or(SealError::TooLong)?;
        let headers = packet.get(..unsigned.at).unwrap_or_default();
        let covered = Covered::departing(headers, unsigned.version)?;
        self.sign(ah, frame, unsigned, covered, sequence, inner.len())
    }

    /// Moves the headers of the packet to the front, puts AH behind them, and signs the whole.
    #[inline(never)]
    pub(super) fn sign_transport(
        &self,
        ah: &Ah,
        frame: &mut [u8],
        inner: Range<usize>,
    ) -> Result<Sealed, SealError> {
        let packet = frame.get(inner.clone()).ok_or(SealError::NoRoom)?;
        let headers = ip::headers(packet).ok_or(SealError::NotIp)?;
        if headers.fragment {
            return Err(SealError::Fragment);
        }
        let (version, place) = (headers.version, headers.esp);
        // All that can go wrong goes wrong before a number is taken and anything moves.
        let unsigned = Unsigned {
            place: self.check_place(frame, &inner, ah.len(version))?,
            version,
            at: place.at,
            next_header: place.protocol,
        };
        let before = packet.get(..place.at).unwrap_or_default();
        let mut covered = Covered::departing(before, version)?;
        covered
            .insert_ah(version, place.named_at, unsigned.place.len())
            .ok_or(SealError::TooLong)?;

        let sequence = self.take_number()?;
        let start = unsigned.place.start;
        frame.copy_within(inner.start..inner.start + place.at, start);
        let packet = frame
            .get_mut(unsigned.place.clone())
            .ok_or(SealError::NoRoom)?;
        *packet.get_mut(place.named_at).ok_or(SealError::NotIp)? = protocol::AH;
        ip::set_len(packet, place.at).ok_or(SealError::TooLong)?;
        self.sign(
            ah,
            frame,
            unsigned,
            covered,
            sequence,
            inner.len() - place.at,
        )
    }

    /// Tells where the packet will lie with `added` octets before `inner`, or why it has no place.
    fn check_place(
        &self,
        frame: &[u8],
        inner: &Range<usize>,
        added: usize,
    ) -> Result<Range<usize>, SealError> {
        let start = inner.start.checked_sub(added).ok_or(SealError::NoRoom)?;
        if inner.end - start > MAX_LEN {
            return Err(SealError::TooLong);
        }
        if frame.len() - inner.end < self.overhead.spare() {
            return Err(SealError::NoRoom);
        }
        Ok(start..inner.end)
    }

    /// Writes AH, and the ICV over everything.
    fn sign(
        &self,
        ah: &Ah,
        frame: &mut [u8],
        unsigned: Unsigned,
        mut covered: Covered,
        sequence: u64,
        octets: usize,
    ) -> Result<Sealed, SealError> {
        let Unsigned {
            place,
            version,
            at,
            next_header,
        } = unsigned;
        let number = Number {
            value: sequence,
            extended: self.extended,
        };
        let body = at..place.len();
        frame
            .get_mut(place.start..place.end + self.overhead.spare())
            .and_then(|packet| {
                ah.write(
                    packet.get_mut(at..)?,
                    version,
                    next_header,
                    self.spi,
                    number,
                )?;
                ah.sign(packet, &body, &mut covered, number)
            })
            .ok_or(SealError::TooLong)?;
        Ok(Sealed {
            packet: place,
            sequence,
            notice: self.meter.count(sequence, octets),
        })
    }
}
