//! Telling apart what arrives on UDP port 4500 (RFC 3948 section 2).

use crate::Spi;

/// The datagram that keeps a NAT's mapping alive (RFC 3948 section 2.3).
pub const KEEPALIVE: [u8; 1] = [0xff];

/// What stands before an IKE message on port 4500, where ESP would have its SPI (RFC 3948 section 2.2).
pub const NON_ESP_MARKER: [u8; 4] = [0; 4];

/// What a datagram on port 4500 carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encapsulated<'a> {
    /// An ESP packet of this SA.
    Esp(Spi),
    /// An IKE message, without its marker.
    Ike(&'a [u8]),
    /// A keepalive, to be ignored.
    Keepalive,
    /// Nothing that belongs here: too short, or a reserved SPI.
    Malformed,
}

/// Tells what a datagram carries from its first octets.
#[inline]
#[must_use]
pub fn classify(datagram: &[u8]) -> Encapsulated<'_> {
    if *datagram == KEEPALIVE {
        return Encapsulated::Keepalive;
    }
    match datagram.split_first_chunk::<4>() {
        Some((&NON_ESP_MARKER, message)) => Encapsulated::Ike(message),
        Some((spi, _)) => {
            Spi::new(u32::from_be_bytes(*spi)).map_or(Encapsulated::Malformed, Encapsulated::Esp)
        }
        None => Encapsulated::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::{Encapsulated, classify};
    use crate::Spi;

    #[test]
    fn one_octet_of_ones_is_a_keepalive() {
        assert_eq!(classify(&[0xff]), Encapsulated::Keepalive);
        assert_eq!(classify(&[0xfe]), Encapsulated::Malformed);
        assert_eq!(classify(&[0xff, 0xff]), Encapsulated::Malformed);
        assert_eq!(classify(&[]), Encapsulated::Malformed);
    }

    #[test]
    fn four_octets_of_zero_announce_ike() {
        assert_eq!(classify(&[0, 0, 0, 0, 9, 9]), Encapsulated::Ike(&[9, 9]));
        assert_eq!(classify(&[0, 0, 0]), Encapsulated::Malformed);
    }

    #[test]
    fn anything_else_is_an_spi() {
        let spi = Spi::new(0x0102_0304).unwrap();
        assert_eq!(classify(&[1, 2, 3, 4, 5]), Encapsulated::Esp(spi));
        assert_eq!(classify(&[0, 0, 0, 255, 5]), Encapsulated::Malformed);
    }
}
