//! Octets as hexadecimal digits.

use zeroize::Zeroizing;

/// Reads pairs of digits. Spaces and colons may stand anywhere, and `0x` in front.
///
/// The error says where, and never what: the digits may be a key.
pub(super) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let mut octets = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    let mut half = None;
    for (index, character) in digits.chars().enumerate() {
        if character.is_whitespace() || character == ':' {
            continue;
        }
        let digit = character
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or_else(|| format!("character {} is no hexadecimal digit", index + 1))?;
        half = match half {
            None => Some(digit),
            Some(high) => {
                octets.push(high << 4 | digit);
                None
            }
        };
    }
    match half {
        None => Ok(octets),
        Some(_) => Err("an odd number of hexadecimal digits".to_owned()),
    }
}

/// Writes pairs of digits.
pub(super) fn encode(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_written_is_read() {
        let octets: Vec<u8> = (0..=255).collect();
        assert_eq!(*decode(&encode(&octets)).unwrap(), octets);
    }

    #[test]
    fn separators_and_a_prefix_are_left_out() {
        assert_eq!(*decode(" 0xAb:c d\t01 ").unwrap(), [0xab, 0xcd, 1]);
        assert!(decode("").unwrap().is_empty());
    }

    #[test]
    fn an_error_says_where_and_not_what() {
        assert_eq!(
            decode("12g4").unwrap_err(),
            "character 3 is no hexadecimal digit"
        );
        assert_eq!(
            decode("123").unwrap_err(),
            "an odd number of hexadecimal digits"
        );
    }
}
