//! How much longer packets get, known before they are sealed.

use crate::{SaParams, ip::MAX_LEN, transform::HEADER_LEN};

/// Octets of pad length and next header.
const TRAILER_LEN: usize = 2;

/// What an SA adds to a packet.
///
/// ```text
/// | outer: IP, UDP | head: SPI, sequence, IV | inner | padding, pad length, next header | ICV |
/// |<------------ headroom ----------------->|       |<----------- tailroom ----------------->|
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    // Each SA holds one, so they are small.
    outer: u8,
    head: u8,
    alignment: u8,
    icv: u8,
}

impl Overhead {
    pub(crate) fn new(params: &SaParams, outer: usize) -> Self {
        let encryption = params.suite.encryption();
        Self::of([
            outer,
            HEADER_LEN + encryption.iv_len(),
            encryption.alignment(),
            params.suite.icv_len(),
        ])
    }

    /// Outer header, head, alignment and ICV: each far below 256 octets.
    fn of(lengths: [usize; 4]) -> Self {
        let [outer, head, alignment, icv] = lengths.map(|len| u8::try_from(len).unwrap_or(u8::MAX));
        Self {
            outer,
            head,
            alignment,
            icv,
        }
    }

    /// Octets of the IP header of a tunnel and of the UDP header.
    #[must_use]
    pub const fn outer(&self) -> usize {
        self.outer as usize
    }

    /// Octets of SPI, sequence number and IV.
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head as usize
    }

    /// The length of the text, trailer included, is a multiple of it.
    #[must_use]
    pub const fn alignment(&self) -> usize {
        self.alignment as usize
    }

    /// Octets of the ICV.
    #[must_use]
    pub const fn icv(&self) -> usize {
        self.icv as usize
    }

    /// Octets that must be free before the inner octets.
    #[must_use]
    pub const fn headroom(&self) -> usize {
        self.outer() + self.head()
    }

    /// Octets that must at most be free behind the inner octets, without TFC padding.
    #[must_use]
    pub const fn tailroom(&self) -> usize {
        self.alignment() - 1 + TRAILER_LEN + self.icv()
    }

    /// Octets of the ESP packet alone over `inner` octets of payload, without TFC padding.
    #[must_use]
    pub const fn esp_len(&self, inner: usize) -> usize {
        self.head() + self.text_len(inner) + self.icv()
    }

    /// Octets of the packet sealed over `inner` octets, without TFC padding: in tunnel mode of the whole packet, in transport
    /// mode without the IP header, which it had before.
    #[must_use]
    pub const fn sealed_len(&self, inner: usize) -> usize {
        self.outer() + self.esp_len(inner)
    }

    /// Most inner octets whose sealed packet is not longer than `mtu`. In transport mode leave the length of the IP header
    /// out of `mtu`.
    ///
    /// A packet to be sent that is longer, and must not be fragmented, is answered by an ICMP message with this number (RFC
    /// 4301 section 8.2).
    #[must_use]
    pub fn max_inner_len(&self, mtu: usize) -> usize {
        let mtu = mtu.min(MAX_LEN);
        let text = mtu.saturating_sub(self.outer() + self.head() + self.icv());
        (text - text % self.alignment()).saturating_sub(TRAILER_LEN)
    }

    /// Octets of padding.
    #[inline]
    pub(crate) const fn pad_len(&self, inner: usize) -> usize {
        // An alignment is 4 or 16: the compiler cannot know, and would divide.
        let mask = self.alignment() - 1;
        (self.alignment() - ((inner + TRAILER_LEN) & mask)) & mask
    }

    /// Octets of inner octets, padding and trailer.
    #[inline]
    pub(crate) const fn text_len(&self, inner: usize) -> usize {
        inner + self.pad_len(inner) + TRAILER_LEN
    }
}

#[cfg(test)]
mod tests {
    use super::Overhead;

    #[test]
    fn max_inner_len_is_the_most_that_fits() {
        for alignment in [4, 16] {
            for outer in [0, 20, 28, 48] {
                let overhead = Overhead::of([outer, 16, alignment, 16]);
                for mtu in 100..1600 {
                    let inner = overhead.max_inner_len(mtu);
                    assert!(overhead.sealed_len(inner) <= mtu);
                    assert!(overhead.sealed_len(inner + 1) > mtu);
                }
                assert_eq!(overhead.max_inner_len(0), 0);
            }
        }
    }

    #[test]
    fn the_rooms_are_enough_for_any_length() {
        let overhead = Overhead::of([20, 24, 16, 12]);
        for inner in 0..100 {
            let most = overhead.headroom() + inner + overhead.tailroom();
            assert!(overhead.sealed_len(inner) <= most);
        }
    }
}
