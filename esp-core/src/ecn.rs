//! Explicit congestion notification across a tunnel (RFC 6040).

/// The two ECN bits of a TOS octet or traffic class.
const MASK: u8 = 0b11;
const NOT_ECT: u8 = 0b00;
const ECT_1: u8 = 0b01;
const CE: u8 = 0b11;

/// Tells the inner packet's new traffic class when its tunnel ends, from both classes (RFC 6040 section 4.2). `None` means
/// that the packet must be dropped.
pub(crate) const fn at_egress(inner: u8, outer: u8) -> Option<u8> {
    let mark = match (inner & MASK, outer & MASK) {
        (NOT_ECT, CE) => return None,
        (NOT_ECT, _) => NOT_ECT,
        (CE, _) | (_, CE) => CE,
        (_, ECT_1) => ECT_1,
        (own, _) => own,
    };
    Some((inner & !MASK) | mark)
}

#[cfg(test)]
mod tests {
    use super::{CE, ECT_1, NOT_ECT, at_egress};

    const ECT_0: u8 = 0b10;

    #[test]
    fn the_table_of_rfc_6040() {
        // One line for each inner mark; columns are the outer ones: Not-ECT, ECT(0), ECT(1), CE.
        let table = [
            (NOT_ECT, [Some(NOT_ECT), Some(NOT_ECT), Some(NOT_ECT), None]),
            (ECT_0, [Some(ECT_0), Some(ECT_0), Some(ECT_1), Some(CE)]),
            (ECT_1, [Some(ECT_1), Some(ECT_1), Some(ECT_1), Some(CE)]),
            (CE, [Some(CE), Some(CE), Some(CE), Some(CE)]),
        ];
        for (inner, row) in table {
            for (outer, expected) in [NOT_ECT, ECT_0, ECT_1, CE].into_iter().zip(row) {
                assert_eq!(at_egress(inner, outer), expected, "{inner} {outer}");
            }
        }
    }

    #[test]
    fn dscp_stays() {
        assert_eq!(at_egress(0b1011_1010, 0b0000_0011), Some(0b1011_1011));
    }
}
