//! How much longer packets get, known before they are sealed.

use crate::{Mode, Protocol, SaParams, ah, ip::MAX_LEN, transform::HEADER_LEN};

/// Octets of pad length and next header.
const TRAILER_LEN: usize = 2;

/// What an SA adds to a packet.
///
/// ```text
/// | outer: IP, UDP | head: SPI, sequence, IV | inner | padding, pad length, next header | ICV |
/// |<------------ headroom ----------------->|       |<----------- tailroom ----------------->|
///
/// | outer: IP | head: AH | inner |                    of AH, whose ICV is in its header
/// |<---- headroom ------>|       |
/// ```
///
/// All numbers are exact, but for AH in transport mode: its length depends on the version of IP, and here is that for IPv6;
/// over IPv4 it may be four octets less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overhead {
    // Each SA holds one, so they are small.
    outer: u8,
    head: u8,
    /// One for AH, which has no trailer.
    alignment: u8,
    icv: u8,
    /// What an algorithm needs behind the packet while it works.
    spare: u8,
}

impl Overhead {
    pub(crate) fn new(params: &SaParams, outer: usize) -> Self {
        let suite = params.suite;
        match (suite.protocol(), suite.integrity()) {
            (Protocol::Ah, Some(integrity)) => {
                let wide = match params.mode {
                    Mode::Tunnel(tunnel) => tunnel.source.is_ipv6(),
                    Mode::Transport => true,
                };
                let spare = ah::spare(integrity, params.extended);
                Self::of([outer, ah::len(integrity, wide), 1, 0, spare])
            }
            (Protocol::Esp | Protocol::Ah, _) => {
                let encryption = suite.encryption();
                let head = HEADER_LEN + encryption.iv_len();
                Self::of([outer, head, encryption.alignment(), suite.icv_len(), 0])
            }
        }
    }

    /// Outer header, head, alignment, ICV and spare: each far below 256 octets.
    fn of(lengths: [usize; 5]) -> Self {
        let [outer, head, alignment, icv, spare] =
            lengths.map(|len| u8::try_from(len).unwrap_or(u8::MAX));
        Self {
            outer,
            head,
            alignment,
            icv,
            spare,
        }
    }

    /// Octets of the IP header of a tunnel and of the UDP header.
    #[must_use]
    pub const fn outer(&self) -> usize {
        self.outer as usize
    }

    /// Octets of SPI, sequence number and IV, or of AH.
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head as usize
    }

    /// The length of the text, trailer included, is a multiple of it; 1 for AH.
    #[must_use]
    pub const fn alignment(&self) -> usize {
        self.alignment as usize
    }

    /// Octets of the ICV behind the text; none for AH.
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
        self.alignment() - 1 + self.trailer() + self.icv() + self.spare()
    }

    /// Octets of the packet from SPI to ICV over `inner` octets of payload, or of AH and them, without TFC padding.
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
        (text - text % self.alignment()).saturating_sub(self.trailer())
    }

    /// Octets of pad length and next header, which AH has elsewhere.
    #[inline]
    const fn trailer(&self) -> usize {
        if self.alignment == 1 { 0 } else { TRAILER_LEN }
    }

    /// Octets that must be there behind the sealed packet, and stay what they are.
    #[inline]
    pub(crate) const fn spare(&self) -> usize {
        self.spare as usize
    }

    /// Octets of padding.
    #[inline]
    pub(crate) const fn pad_len(&self, inner: usize) -> usize {
        // An alignment is 1, 4 or 16: the compiler cannot know, and would divide.
        let mask = self.alignment() - 1;
        (self.alignment() - ((inner + self.trailer()) & mask)) & mask
    }

    /// Octets of inner octets, padding and trailer.
    #[inline]
    pub(crate) const fn text_len(&self, inner: usize) -> usize {
        inner + self.pad_len(inner) + self.trailer()
    }
}

#[cfg(test)]
mod tests {
    use super::Overhead;

    #[test]
    fn max_inner_len_is_the_most_that_fits() {
        for alignment in [1, 4, 16] {
            for outer in [0, 20, 28, 48] {
                let overhead = Overhead::of([outer, 16, alignment, 16, 0]);
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
        let overhead = Overhead::of([20, 24, 16, 12, 0]);
        for inner in 0..100 {
            let most = overhead.headroom() + inner + overhead.tailroom();
            assert!(overhead.sealed_len(inner) <= most);
        }
    }
}
