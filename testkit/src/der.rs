//! The frame of DER values, for keys.

/// Encodes one value in DER.
pub(crate) fn encode(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let [hi, lo] = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    let header: &[u8] = match (hi, lo) {
        (0, 0..=0x7f) => &[tag, lo],
        (0, _) => &[tag, 0x81, lo],
        _ => &[tag, 0x82, hi, lo],
    };
    [header, &body].concat()
}

/// Splits one value in DER off: its contents, and what follows.
pub(crate) fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, body) = match der.strip_prefix(&[tag])? {
        [0x81, len, body @ ..] => (usize::from(*len), body),
        [0x82, hi, lo, body @ ..] => (usize::from(u16::from_be_bytes([*hi, *lo])), body),
        [len @ 0..=0x7f, body @ ..] => (usize::from(*len), body),
        _ => return None,
    };
    body.split_at_checked(len)
}
