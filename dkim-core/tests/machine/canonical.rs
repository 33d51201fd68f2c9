//! Canonicalisation against a naive reference, in any pieces.

use dkim_core::canon::{Body, Canonicalization, header};
use proptest::prelude::*;

/// Lines without their CRLF; the last has none.
fn lines(body: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    for &octet in body {
        let line = lines.last_mut().unwrap();
        line.push(octet);
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
            lines.push(Vec::new());
        }
    }
    lines
}

/// RFC 6376 sections 3.4.3 and 3.4.4, line by line.
fn reference(canonicalization: Canonicalization, body: &[u8]) -> Vec<u8> {
    let mut lines = lines(body);
    if canonicalization == Canonicalization::Relaxed {
        for line in &mut lines {
            let mut relaxed: Vec<u8> = Vec::new();
            for &octet in line.iter() {
                let white = matches!(octet, b' ' | b'\t');
                if !(white && relaxed.last() == Some(&b' ')) {
                    relaxed.push(if white { b' ' } else { octet });
                }
            }
            if relaxed.last() == Some(&b' ') {
                relaxed.pop();
            }
            *line = relaxed;
        }
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut out = Vec::new();
    for line in &lines {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    if out.is_empty() && canonicalization == Canonicalization::Simple {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn chunked<'c>(
    canonicalization: Canonicalization,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Vec<u8> {
    let (mut body, mut out) = (Body::new(canonicalization), Vec::new());
    for chunk in chunks {
        body.update(chunk, |piece| out.extend_from_slice(piece));
    }
    body.finish(|piece| out.extend_from_slice(piece));
    out
}

/// What changes, runs of text long and short, and line ends whole and broken.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(b" ".to_vec()),
        Just(b"\t".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\x1f\xff".to_vec()),
        Just(b"ab c".to_vec()),
        (1usize..300).prop_map(|len| b"0123456789abcde ".repeat(20)[..len].to_vec()),
        (1usize..300).prop_map(|len| vec![b'x'; len]),
    ];
    proptest::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_body_in_any_pieces_is_that_of_the_reference(
        body in fragments(),
        seed in any::<u64>(),
    ) {
        for canonicalization in [Canonicalization::Simple, Canonicalization::Relaxed] {
            let expected = reference(canonicalization, &body);
            prop_assert_eq!(&chunked(canonicalization, [&body[..]]), &expected);
            prop_assert_eq!(&chunked(canonicalization, body.chunks(1)), &expected);
            let cuts = testkit::laws::random_cuts(&body, seed);
            prop_assert_eq!(&chunked(canonicalization, cuts), &expected);
        }
    }

    #[test]
    fn relaxing_twice_is_relaxing_once(body in fragments()) {
        let once = chunked(Canonicalization::Relaxed, [&body[..]]);
        prop_assert_eq!(&chunked(Canonicalization::Relaxed, [&once[..]]), &once);
    }

    #[test]
    fn a_relaxed_field_has_no_white_space_to_spare(value in fragments()) {
        // A line end inside a field is followed by white space.
        let folded = lines(&value).join(&b"\r\n "[..]);
        let field = [b"Name :", &folded[..]].concat();
        let mut out = Vec::new();
        header(Canonicalization::Relaxed, &field, |piece| out.extend_from_slice(piece));
        // Unfold, make SP of runs, cut the ends.
        let unfolded: Vec<u8> = lines(&folded).concat();
        let words: Vec<&[u8]> = unfolded
            .split(|octet| matches!(octet, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        let expected = [b"name:", &words.join(&b' ')[..], b"\r\n"].concat();
        prop_assert_eq!(out, expected);
    }
}
