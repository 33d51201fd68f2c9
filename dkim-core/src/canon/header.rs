//! Header fields (RFC 6376 sections 3.4.1, 3.4.2 and 3.7).

use super::{Canonicalization, scan};

/// Hands out the canonical form of a field, with its line end.
///
/// `field` is the whole field, folding included, with or without its line end, which counts as CRLF either way. What
/// stands before the first colon is the name.
pub fn header(canonicalization: Canonicalization, field: &[u8], mut out: impl FnMut(&[u8])) {
    canonical(canonicalization, without_line_end(field), &mut out);
    out(b"\r\n");
}

/// Hands out what a signature signs of its own field: without the value of `b=` and without the line end.
///
/// `value` is where the value of `b=` lies in `field`, white space around it included.
pub fn signature_header(
    canonicalization: Canonicalization,
    field: &[u8],
    value: core::ops::Range<usize>,
    mut out: impl FnMut(&[u8]),
) {
    let field = without_line_end(field);
    let head = field.get(..value.start).unwrap_or(field);
    let tail = field.get(value.end..).unwrap_or_default();
    let mut whole = alloc::vec::Vec::with_capacity(head.len() + tail.len());
    whole.extend_from_slice(head);
    whole.extend_from_slice(tail);
    canonical(canonicalization, &whole, &mut out);
}

fn without_line_end(field: &[u8]) -> &[u8] {
    field.strip_suffix(b"\r\n").unwrap_or(field)
}

fn canonical(canonicalization: Canonicalization, field: &[u8], out: &mut impl FnMut(&[u8])) {
    if canonicalization == Canonicalization::Simple {
        out(field);
        return;
    }
    let colon = field.iter().position(|octet| *octet == b':');
    let (name, value) = match colon.and_then(|colon| field.split_at_checked(colon)) {
        Some((name, [_, value @ ..])) => (name, value),
        Some((_, [])) | None => (field, &[][..]),
    };
    lower(trim_end(name), out);
    out(b":");
    relax(value, out);
}

fn trim_end(name: &[u8]) -> &[u8] {
    let end = name
        .iter()
        .rposition(|octet| !matches!(octet, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    name.get(..end).unwrap_or_default()
}

fn lower(name: &[u8], out: &mut impl FnMut(&[u8])) {
    let mut buffer = [0; 64];
    for piece in name.chunks(buffer.len()) {
        if let Some(room) = buffer.get_mut(..piece.len()) {
            room.copy_from_slice(piece);
            room.make_ascii_lowercase();
            out(room);
        }
    }
}

/// Unfolds, and makes one SP of white space inside the value and nothing of it at the ends.
fn relax(value: &[u8], out: &mut impl FnMut(&[u8])) {
    let mut rest = value;
    let mut begun = false;
    loop {
        let white = blank_len(rest);
        rest = rest.get(white..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        if begun && white > 0 {
            out(b" ");
        }
        let text = text_len(rest);
        let (word, after) = rest.split_at_checked(text).unwrap_or((rest, &[]));
        out(word);
        begun = true;
        rest = after;
    }
}

/// Octets of white space and line ends that begin `octets`.
fn blank_len(octets: &[u8]) -> usize {
    let mut rest = octets;
    loop {
        rest = match rest {
            [b' ' | b'\t', after @ ..] | [b'\r', b'\n', after @ ..] => after,
            _ => return octets.len() - rest.len(),
        };
    }
}

/// Octets before the next white space that may change: a single SP between words stays as it lies.
fn text_len(octets: &[u8]) -> usize {
    let mut from = 0;
    while let Some(place) = scan::next_change(octets, from) {
        match octets.get(place..) {
            // A bare CR is text.
            Some([b'\r', after @ ..]) if after.first() != Some(&b'\n') => from = place + 1,
            Some(_) | None => return place,
        }
    }
    let white = matches!(octets.last(), Some(b' ' | b'\t'));
    octets.len() - usize::from(white)
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::*;

    fn relaxed(field: &str) -> String {
        let mut all = Vec::new();
        header(Canonicalization::Relaxed, field.as_bytes(), |piece| {
            all.extend_from_slice(piece);
        });
        String::from_utf8(all).unwrap()
    }

    /// RFC 6376 section 3.4.5.
    #[test]
    fn examples_of_the_rfc() {
        assert_eq!(relaxed("A: X\r\n"), "a:X\r\n");
        assert_eq!(relaxed("B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
    }

    #[test]
    fn folding_and_runs_become_one_space_and_the_ends_are_bare() {
        assert_eq!(
            relaxed("Subject:\r\n \t a \r\n  b\tc  d \r\n"),
            "subject:a b c d\r\n"
        );
        assert_eq!(relaxed("X:a\r\n \r\n b\r\n"), "x:a b\r\n");
        assert_eq!(relaxed("X:\r\n"), "x:\r\n");
        assert_eq!(relaxed("X: \r\n \r\n"), "x:\r\n");
        assert_eq!(relaxed("X: a"), "x:a\r\n");
    }

    #[test]
    fn bare_cr_and_lf_are_octets() {
        assert_eq!(relaxed("X: a\rb\nc \r d\r\n"), "x:a\rb\nc \r d\r\n");
    }

    #[test]
    fn simple_changes_nothing() {
        let mut all = Vec::new();
        header(Canonicalization::Simple, b"B : Y\t\r\n\tZ  \r\n", |piece| {
            all.extend_from_slice(piece);
        });
        assert_eq!(all, b"B : Y\t\r\n\tZ  \r\n");
    }

    #[test]
    fn the_own_field_loses_its_value_and_its_line_end() {
        let field = b"DKIM-Signature: v=1; b= ab\r\n\tcd ; c=simple\r\n";
        let value = 23..32;
        let mut all = Vec::new();
        signature_header(Canonicalization::Simple, field, value.clone(), |piece| {
            all.extend_from_slice(piece);
        });
        assert_eq!(all, b"DKIM-Signature: v=1; b=; c=simple");
        all.clear();
        signature_header(Canonicalization::Relaxed, field, value, |piece| {
            all.extend_from_slice(piece);
        });
        assert_eq!(all, b"dkim-signature:v=1; b=; c=simple");
    }
}
