//! The Internet checksum (RFC 1071), and its repair after a change (RFC 1624).

/// Adds up octets as 16-bit words.
pub(crate) fn sum(octets: &[u8]) -> u32 {
    let mut words = octets.chunks_exact(2);
    let mut sum: u32 = 0;
    for word in &mut words {
        if let [hi, lo] = word {
            sum += u32::from(u16::from_be_bytes([*hi, *lo]));
            // Inputs are IP headers, addresses and packets: a fold for each keeps any length from overflowing.
            sum = (sum & 0xffff) + (sum >> 16);
        }
    }
    if let [last] = words.remainder() {
        sum += u32::from(*last) << 8;
    }
    sum
}

/// Folds a sum and complements it.
pub(crate) fn finish(mut sum: u32) -> u16 {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    !u16::try_from(sum & 0xffff).unwrap_or(0)
}

/// Repairs a checksum over octets that were `old` and are `new` (RFC 1624, equation 3).
pub(crate) fn repair(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    let removed: u32 = old
        .chunks_exact(2)
        .map(|word| match word {
            [hi, lo] => u32::from(!u16::from_be_bytes([*hi, *lo])),
            _ => 0,
        })
        .sum();
    finish(u32::from(!checksum) + fold(removed) + fold(sum(new)))
}

const fn fold(sum: u32) -> u32 {
    let sum = (sum & 0xffff) + (sum >> 16);
    (sum & 0xffff) + (sum >> 16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{finish, repair, sum};

    #[test]
    fn the_example_of_rfc_1071() {
        let octets = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(finish(sum(&octets)), !0xddf2);
    }

    #[test]
    fn the_example_of_rfc_1624() {
        assert_eq!(repair(0xdd2f, &[0x55, 0x55], &[0x32, 0x85]), 0x0000);
    }

    proptest! {
        #[test]
        fn a_repair_is_a_recomputation(mut octets in prop::collection::vec(any::<u8>(), 34), new: [u8; 8]) {
            octets.push(0x45); // never all zero: an all-zero text has two representations
            octets.push(0);
            let before = finish(sum(&octets));
            let old: [u8; 8] = octets[8..16].try_into().unwrap();
            octets[8..16].copy_from_slice(&new);
            prop_assert_eq!(repair(before, &old, &new), finish(sum(&octets)));
        }
    }
}
