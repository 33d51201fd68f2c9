//! Laws: no octet is lost, no cut matters, nothing panics, and the end comes once.

use mime_core::{Config, Limits, Message};
use proptest::prelude::*;

use crate::reading::{Holding, joined, pieces, whole};

/// Small messages in which every kind of event and most defects occur.
pub(crate) const SMALL: &[&str] = &[
    "",
    "\r\n",
    "\n",
    "\r",
    "-",
    "--",
    "A: 1",
    "A: 1\r\n\r\nbody\r\n",
    "A: 1\n\nbody\n\r\n.\r",
    "From a@b now: then\nA : 1\n b\n \n\nx\n",
    "From a@b now\n\tA: 1\n b\n \n c\n\nx\n",
    "hello world\r\nno: header\r\n",
    "Subject: x\r\nhello\r\n--B\r\n",
    "\u{feff}A: é\r\n\0: 2\r\n\r\n\0é\r",
    "Content-Type: multipart/mixed; boundary=B\r\n\r\npre\r\n--B\r\n\r\none\r\n\r\n--B \t\r\nA: 1\r\n\r\n\
     --B\r\nA: 1\r\n--B--x\r\n--Bx\r\n\r\n--B--\r\nepi\r\n--B\r\n",
    "Content-Type: multipart/mixed; boundary=\"B\"\n\n--B\n\n-\n--\n--C\n\r--B\n--B--\n\n--B--\n",
    "Content-Type: multipart/a; boundary=A\r\n\r\n--A\r\nContent-Type: multipart/b; boundary=A--\r\n\r\n\
     --A--\r\n\r\nx\r\n--A----\r\n--A\r\nContent-Type: multipart/c; boundary=A\r\n\r\n--A\r\n\r\n--A--\r\n\
     --A--\r\n--A--\r\n",
    "Content-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\nA: 1\r\n\r\nx\r\n--B\r\n\r\n--B\r\n\r\n\r\n\
     --B--",
    "Content-Type: message/rfc822\r\nMIME-Version: 1.0\r\n\r\nContent-Type: message/global\r\n\r\nA: 1\r\n\
     \r\nx",
    "Content-Type: multipart/mixed; boundary=B\r\nContent-Transfer-Encoding: base64\r\n\r\n--B\r\n",
    "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B                    \r\n\r\nx\r\n--B-- --\r\n",
];

fn tight() -> Config {
    let mut limits = Limits::default();
    limits.max_depth = 1;
    limits.max_parts = 3;
    limits.max_header = 60;
    limits.max_fields = 2;
    limits.max_delimiter_line = 10;
    limits.max_boundary = 2;
    Config::new().with_limits(limits)
}

fn configs() -> [Config; 5] {
    let config = Config::new();
    [
        config,
        config.with_strict_lines(),
        config.with_encoded_composites(),
        config.with_headers_only(),
        tight(),
    ]
}

/// Joined octets, the end, and both halves of every cut.
fn hold(input: &[u8], config: Config, cuts: bool) {
    let expected = whole(input, config);
    assert_eq!(joined(&expected), input, "every octet once");
    let closed = expected
        .iter()
        .filter(|note| note.0.starts_with("closed"))
        .count();
    assert_eq!(closed, 1);
    assert!(expected.last().unwrap().0.starts_with("closed"));
    assert_eq!(
        pieces(input.chunks(1), config, Holding::Lent),
        expected,
        "one octet at a time"
    );
    if cuts {
        for cut in 0..=input.len() {
            let (head, tail) = input.split_at(cut);
            let holding = if cut % 2 == 0 {
                Holding::Owned
            } else {
                Holding::ByTurns
            };
            assert_eq!(
                pieces([head, tail], config, holding),
                expected,
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn no_cut_changes_the_events_of_a_small_message() {
    for input in SMALL {
        for config in configs() {
            hold(input.as_bytes(), config, true);
        }
    }
}

#[test]
fn no_end_changes_that_every_octet_comes_once() {
    for input in SMALL {
        for end in 0..input.len() {
            for config in configs() {
                hold(&input.as_bytes()[..end], config, false);
            }
        }
    }
}

#[test]
fn the_tree_lies_inside_the_input() {
    for input in SMALL {
        let message = Message::parse(input.as_bytes());
        for part in message.parts() {
            assert!(part.header_range().end <= part.body_range().start);
            assert!(part.body_range().end <= input.len());
            for child in part.children() {
                assert!(child.header_range().start >= part.body_range().start);
                assert!(child.body_range().end <= part.body_range().end);
            }
        }
    }
}

/// Octets that mean something to a reader, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"--"[..]),
        Just(&b"-"[..]),
        Just(&b"\r\n--B"[..]),
        Just(&b"\r\n--B--"[..]),
        Just(&b"\n--C\n"[..]),
        Just(&b"\n--C--\n"[..]),
        Just(&b"\r\n\r\n"[..]),
        Just(&b" "[..]),
        Just(&b"\t"[..]),
        Just(&b":"[..]),
        Just(&b"A: b\r\n"[..]),
        Just(&b"From "[..]),
        Just(&b"Content-Type: multipart/mixed; boundary=B\r\n"[..]),
        Just(&b"Content-Type: multipart/digest; boundary=C\n"[..]),
        Just(&b"Content-Type: multipart/mixed; boundary=\"B--\"\r\n"[..]),
        Just(&b"Content-Type: message/rfc822\r\n\r\n"[..]),
        Just(&b"Content-Transfer-Encoding: base64\r\n"[..]),
        Just(&b"MIME-Version: 1.0\r\n"[..]),
        Just(&b"x"[..]),
        Just(&b"\0\xff"[..]),
    ];
    proptest::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn no_octets_break_the_laws(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        for config in configs() {
            hold(&input, config, false);
        }
    }

    #[test]
    fn no_fragments_break_the_laws(input in fragments(), sizes in proptest::collection::vec(1usize..20, 1..8)) {
        for config in configs() {
            hold(&input, config, false);
            let expected = whole(&input, config);
            let (mut rest, mut chunks, mut sizes) = (&input[..], Vec::new(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                chunks.push(head);
                rest = tail;
            }
            for holding in [Holding::Owned, Holding::Lent, Holding::ByTurns] {
                let read = pieces(chunks.iter().copied(), config, holding);
                prop_assert_eq!(&read, &expected);
            }
        }
    }
}
