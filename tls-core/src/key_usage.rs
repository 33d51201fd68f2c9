//! What a certificate says its key is for (RFC 5280 section 4.2.1.3), which path validation does not look at.

/// The parts of DER that stand on the way to the extension.
const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const EXTENSIONS: u8 = 0xa3;

/// id-ce-keyUsage.
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];

/// The first bit.
const DIGITAL_SIGNATURE: u8 = 0x80;

/// Whether the key of `certificate` may sign a handshake: the extension is absent, or says so.
///
/// RFC 8446 section 4.4.2.2 demands it. False as well when the certificate cannot be read.
pub(crate) fn may_sign(certificate: &[u8]) -> bool {
    match key_usage(certificate) {
        Some(None) => true,
        // The content of a bit string: how many bits at the end are unused, then the bits.
        Some(Some(bits)) => bits
            .get(1)
            .is_some_and(|bits| bits & DIGITAL_SIGNATURE != 0),
        None => false,
    }
}

/// The bit string of the extension, if there is one; `None` for a certificate that is malformed.
fn key_usage(certificate: &[u8]) -> Option<Option<&[u8]>> {
    let (certificate, _) = value(SEQUENCE, certificate)?;
    let (mut fields, _) = value(SEQUENCE, certificate)?;
    let extensions = loop {
        if fields.is_empty() {
            return Some(None);
        }
        let (tag, field, rest) = any(fields)?;
        if tag == EXTENSIONS {
            break field;
        }
        fields = rest;
    };
    let (mut extensions, _) = value(SEQUENCE, extensions)?;
    while !extensions.is_empty() {
        let (extension, rest) = value(SEQUENCE, extensions)?;
        let (identifier, mut body) = value(OBJECT_IDENTIFIER, extension)?;
        if identifier == KEY_USAGE {
            if let Some((_critical, after)) = value(BOOLEAN, body) {
                body = after;
            }
            let (octets, _) = value(OCTET_STRING, body)?;
            return value(BIT_STRING, octets).map(|(bits, _)| Some(bits));
        }
        extensions = rest;
    }
    Some(None)
}

/// Splits a value with `tag` off `der`: its contents and what follows it.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, contents, rest) = any(der)?;
    (found == tag).then_some((contents, rest))
}

/// Splits any value off `der`: its tag, its contents and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, len, body) = match *der {
        [tag, len @ 0..=0x7f, ref body @ ..] => (tag, usize::from(len), body),
        [tag, 0x81, len, ref body @ ..] => (tag, usize::from(len), body),
        [tag, 0x82, hi, lo, ref body @ ..] => (tag, u16::from_be_bytes([hi, lo]).into(), body),
        _ => return None,
    };
    let (contents, rest) = body.split_at_checked(len)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::may_sign;

    /// A certificate with nothing in it but `extensions`.
    fn certificate(extensions: &[u8]) -> Vec<u8> {
        let wrap =
            |tag: u8, body: &[u8]| [&[tag, u8::try_from(body.len()).unwrap()], body].concat();
        let list = wrap(0x30, extensions);
        let fields = [&[0x02, 1, 7][..], &wrap(0xa3, &list)].concat();
        wrap(0x30, &wrap(0x30, &fields))
    }

    #[test]
    fn a_key_for_other_purposes_may_not_sign() {
        let usage = |critical: &[u8], bits: u8| {
            let body = [
                &[0x06, 3, 0x55, 0x1d, 0x0f][..],
                critical,
                &[0x04, 4, 3, 2, 5, bits],
            ]
            .concat();
            certificate(&[&[0x30, u8::try_from(body.len()).unwrap()][..], &body].concat())
        };
        let critical = [1, 1, 0xff];
        assert!(may_sign(&usage(&critical, 0x80)));
        assert!(may_sign(&usage(&[], 0xa0)));
        assert!(!may_sign(&usage(&critical, 0x20)));
        assert!(!may_sign(&usage(&[], 0)));
    }

    #[test]
    fn a_key_without_a_purpose_may_sign() {
        assert!(may_sign(&certificate(&[])));
        assert!(may_sign(&certificate(&[
            0x30, 7, 0x06, 3, 0x55, 0x1d, 0x0e, 0x04, 0
        ])));
    }

    #[test]
    fn a_damaged_certificate_may_not_sign() {
        let whole = certificate(&[0x30, 11, 0x06, 3, 0x55, 0x1d, 0x0f, 0x04, 4, 3, 2, 5, 0x80]);
        assert!(may_sign(&whole));
        for len in 0..whole.len() {
            assert!(
                !may_sign(whole.get(..len).unwrap()),
                "the first {len} octets"
            );
        }
    }
}
