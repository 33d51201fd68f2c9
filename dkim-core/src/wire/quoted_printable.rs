//! dkim-quoted-printable (RFC 6376 section 2.11).

use alloc::string::String;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes `octets` onto `out`: whatever is not `dkim-safe-char`, and the bar that separates copied fields.
pub(crate) fn encode(octets: &[u8], out: &mut String) {
    for &octet in octets {
        match octet {
            b';' | b'=' | b'|' => escape(octet, out),
            0x21..=0x7e => out.push(char::from(octet)),
            _ => escape(octet, out),
        }
    }
}

fn escape(octet: u8, out: &mut String) {
    out.push('=');
    for nibble in [octet >> 4, octet & 0x0f] {
        let digit = HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
        out.push(char::from(digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6376 section 3.5, `z=`.
    #[test]
    fn white_space_bars_and_semicolons_are_encoded() {
        let mut out = String::new();
        encode(b"Date:July 5, 2005 3:44:08 PM -0700", &mut out);
        assert_eq!(out, "Date:July=205,=202005=203:44:08=20PM=20-0700");
        out.clear();
        encode(b"a|b;c=d\r\n\xe9", &mut out);
        assert_eq!(out, "a=7Cb=3Bc=3Dd=0D=0A=E9");
    }
}
