//! The media types of most leaves, known at a glance: to read one as a grammar costs as much as to find ten fields.

/// Whether the value of a Content-Type field is a type and a subtype, and one parameter at most, of letters and digits
/// in the form in which nothing can be wrong with them, and the type is not one of those that hold entities.
///
/// Whatever is not so plain is to be read as a whole.
pub(super) fn is_plain_leaf(value: &[u8]) -> bool {
    let value = trim_start(value);
    let (kind, rest) = word(value);
    let holds = kind.eq_ignore_ascii_case(b"multipart") || kind.eq_ignore_ascii_case(b"message");
    if kind.is_empty() || holds {
        return false;
    }
    let Some(rest) = rest.strip_prefix(b"/") else {
        return false;
    };
    let (subtype, rest) = word(rest);
    if subtype.is_empty() || rest.is_empty() {
        return !subtype.is_empty();
    }
    let Some(rest) = rest.strip_prefix(b";") else {
        return false;
    };
    let (name, rest) = word(trim_start(rest));
    let Some(rest) = rest.strip_prefix(b"=") else {
        return false;
    };
    let (quoted, rest) = match rest.strip_prefix(b"\"") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (text, rest) = word(rest);
    let end: &[u8] = if quoted { b"\"" } else { b"" };
    !name.is_empty() && !text.is_empty() && rest == end
}

/// The word that octets begin with, and what follows it.
fn word(octets: &[u8]) -> (&[u8], &[u8]) {
    let in_word = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
    let end = octets.iter().position(|octet| !in_word(octet));
    octets.split_at(end.unwrap_or(octets.len()))
}

fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = octets {
        octets = rest;
    }
    octets
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::field;

    /// Values of what means something in them.
    fn values() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9.-]{1,4}",
            2 => Just("text".into()),
            1 => Just("multipart".into()),
            1 => Just("Message".into()),
            1 => Just("charset".into()),
            4 => Just("/".into()),
            4 => Just("; ".into()),
            4 => Just("=".into()),
            2 => Just("\"".into()),
            1 => Just("\r\n\t".into()),
            1 => "[*'%()_@,: ]",
        ];
        let loose =
            proptest::collection::vec(piece, 0..10).prop_map(|pieces: Vec<String>| pieces.concat());
        prop_oneof![
            loose,
            " ?[a-zA-Z.-]{1,9}/[a-z0-9-]{1,5}(;[ \t]?[a-z-]{1,3}=(\"[a-z]{1,3}\"|[a-z]{1,3}))?",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn in_what_is_plain_the_grammar_finds_a_leaf_and_nothing_wrong(value in values()) {
            let mut defects = 0;
            let media_type = field::media_type(value.as_bytes(), &mut |_, _| defects += 1);
            let holds = media_type.is("multipart", "*") || media_type.is("message", "*");
            if is_plain_leaf(value.as_bytes()) {
                prop_assert_eq!((defects, media_type.is_valid(), holds), (0, true, false));
            }
        }
    }

    #[test]
    fn usual_media_types_are_plain() {
        for plain in [
            " text/plain",
            " text/plain; charset=us-ascii",
            " text/html;\r\n\tcharset=\"iso-8859-1\"",
            "image/png; name=a.png",
        ] {
            assert!(is_plain_leaf(plain.as_bytes()), "{plain}");
        }
        for other in [
            "multipart/mixed",
            "MESSAGE/rfc822",
            "text",
            "text/",
            "text/plain;",
            "text/plain; charset",
            "text/plain; charset=",
            "text/plain; charset=\"x",
            "text/plain; charset*=x",
            "text/plain; charset=a; format=flowed",
        ] {
            assert!(!is_plain_leaf(other.as_bytes()), "{other}");
        }
    }
}
