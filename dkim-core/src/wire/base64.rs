//! base64 with folding white space between any two characters (RFC 6376 section 2.10).

use alloc::{string::String, vec::Vec};

use base64_simd::STANDARD;

/// Decodes; `None` for a character outside the alphabet, padding that is missing or misplaced, and bits that the last
/// group should have left at zero: one value has one encoding.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let white = |place: &usize| matches!(text.get(*place), Some(b' ' | b'\t' | b'\r' | b'\n'));
    let Some(first) = next_white(text, 0) else {
        return STANDARD.decode_to_vec(text).ok();
    };
    let mut bare = Vec::with_capacity(text.len());
    let (mut start, mut end) = (0, first);
    loop {
        bare.extend_from_slice(text.get(start..end)?);
        start = (end..).find(|place| !white(place))?;
        if start == text.len() {
            break;
        }
        end = next_white(text, start).unwrap_or(text.len());
    }
    STANDARD.decode_to_vec(&bare).ok()
}

/// Where white space stands, at `from` or behind it.
fn next_white(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let blank = memchr::memchr3(b' ', b'\t', b'\r', rest);
    let before = blank.and_then(|blank| rest.get(..blank)).unwrap_or(rest);
    memchr::memchr(b'\n', before)
        .or(blank)
        .map(|place| from + place)
}

/// Encodes, without white space.
pub(crate) fn encode(octets: &[u8]) -> String {
    STANDARD.encode_to_string(octets)
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
