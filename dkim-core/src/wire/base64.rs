//! base64 with folding white space between any two characters (RFC 6376 section 2.10).

use alloc::{string::String, vec::Vec};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Decodes; `None` for a character outside the alphabet, padding that is missing or misplaced, and bits that the last
/// group should have left at zero: one value has one encoding.
pub(crate) fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len() / 4 * 3);
    let (mut group, mut characters, mut padding) = (0u32, 0u8, 0u8);
    for &octet in value {
        let six = match octet {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                0
            }
            _ if padding > 0 => return None,
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        if characters == 4 || padding > 2 {
            return None;
        }
        group = group << 6 | u32::from(six);
        characters += 1;
        if characters == 4 {
            let [_, octets @ ..] = group.to_be_bytes();
            let (kept, zero) = octets.split_at_checked(3 - usize::from(padding))?;
            if zero.iter().any(|octet| *octet != 0) {
                return None;
            }
            out.extend_from_slice(kept);
            group = 0;
            // After padding nothing may follow.
            characters = if padding > 0 { 4 } else { 0 };
        }
    }
    let whole = characters == 0 || (characters == 4 && padding > 0);
    whole.then_some(out)
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
