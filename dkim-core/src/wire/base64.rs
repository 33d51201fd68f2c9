//! base64 with folding white space between any two characters (RFC 6376 section 2.10).

use alloc::{string::String, vec::Vec};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What an octet is: six bits, or one of the marks below.
const VALUES: [u8; 256] = values();
const WHITE: u8 = 0x40;
const OTHER: u8 = 0x80;

#[expect(
    clippy::indexing_slicing,
    reason = "at compile time an index out of bounds is an error"
)]
const fn values() -> [u8; 256] {
    let mut values = [OTHER; 256];
    let mut six = 0;
    while six < 64 {
        values[ALPHABET[six as usize] as usize] = six;
        six += 1;
    }
    values[b' ' as usize] = WHITE;
    values[b'\t' as usize] = WHITE;
    values[b'\r' as usize] = WHITE;
    values[b'\n' as usize] = WHITE;
    values
}

fn value(octet: u8) -> u8 {
    VALUES.get(usize::from(octet)).copied().unwrap_or(OTHER)
}

/// Decodes; `None` for a character outside the alphabet, padding that is missing or misplaced, and bits that the last
/// group should have left at zero: one value has one encoding.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut rest = text;
    // Of a group that white space or padding interrupts, and of those behind padding.
    let (mut group, mut characters, mut padding) = (0u32, 0u32, 0u32);
    loop {
        if characters == 0
            && padding == 0
            && let Some((four, after)) = rest.split_first_chunk::<4>()
        {
            let [a, b, c, d] = four.map(value);
            if a | b | c | d < WHITE {
                let bits = [a, b, c, d]
                    .iter()
                    .fold(0, |bits, six| bits << 6 | u32::from(*six));
                let [_, octets @ ..] = bits.to_be_bytes();
                out.extend_from_slice(&octets);
                rest = after;
                continue;
            }
        }
        let Some((&octet, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        match value(octet) {
            WHITE => continue,
            OTHER if octet == b'=' && characters + padding < 4 => padding += 1,
            six @ ..WHITE if padding == 0 => {
                group = group << 6 | u32::from(six);
                characters += 1;
            }
            _ => return None,
        }
        if characters == 4 {
            let [_, octets @ ..] = group.to_be_bytes();
            out.extend_from_slice(&octets);
            (group, characters) = (0, 0);
        }
    }
    let octets = (group << (6 * padding)).to_be_bytes();
    let kept = match (characters, padding) {
        (0, 0) => 0,
        (2, 2) => 1,
        (3, 1) => 2,
        _ => return None,
    };
    let (kept, zero) = octets.get(1..)?.split_at_checked(kept)?;
    out.extend_from_slice(kept);
    zero.iter().all(|octet| *octet == 0).then_some(out)
}

/// Encodes, without white space.
pub(crate) fn encode(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len().div_ceil(3) * 4);
    for piece in octets.chunks(3) {
        let mut group = [0; 3];
        group
            .iter_mut()
            .zip(piece)
            .for_each(|(to, from)| *to = *from);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4u32 {
            let six = (bits >> (18 - 6 * place)) & 0x3f;
            let character = match usize::try_from(place) {
                Ok(place) if place <= piece.len() => usize::try_from(six)
                    .ok()
                    .and_then(|six| ALPHABET.get(six))
                    .copied(),
                _ => None,
            };
            out.push(char::from(character.unwrap_or(b'=')));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10.
    const VECTORS: [(&str, &str); 7] = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];

    #[test]
    fn vectors_of_rfc_4648() {
        for (plain, coded) in VECTORS {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded.as_bytes()).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn white_space_may_stand_anywhere() {
        assert_eq!(decode(b" Z m\r\n\t9v Yg = = ").unwrap(), b"foob");
    }

    #[test]
    fn one_value_has_one_encoding() {
        for bad in [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "Zg==Zg==", "=", "====", "Zm9v=", "Zm*v",
            "Zm9v====",
        ] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
    }
}
