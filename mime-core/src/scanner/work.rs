//! The law that work is linear, measured in octets and steps rather than in time.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Scanner, Token};
use crate::config::Config;

/// Reads `input` as it grows by `chunk` octets; answers the work per octet, in hundredths.
fn work(input: &[u8], chunk: usize) -> u64 {
    let mut limits = *Config::new().limits();
    (limits.max_parts, limits.max_fields) = (u32::MAX, u32::MAX);
    let mut scanner = Scanner::new(Config::new().with_limits(limits));
    let (mut at, mut fed) = (0, 0);
    loop {
        let last = fed == input.len();
        match scanner.scan(&input[at..fed], last) {
            Some((Token::Closed(_), _)) => break,
            Some((_, len)) => at += len,
            None => fed = input.len().min(fed + chunk),
        }
    }
    assert_eq!(at, input.len());
    let work = scanner.work + scanner.boundaries.steps.get();
    work * 100 / input.len() as u64
}

fn open_boundaries(levels: usize, name: impl Fn(usize) -> String) -> String {
    let mut input = String::new();
    for level in 0..levels {
        let name = name(level);
        input +=
            &alloc::format!("Content-Type: multipart/mixed; boundary=\"{name}\"\n\n--{name}\n");
    }
    input += "\n";
    input
}

fn probes(size: usize) -> Vec<(&'static str, String)> {
    let multipart = "Content-Type: multipart/mixed; boundary=B\n\n--B\n\n";
    let nested = |line: &str, name: &dyn Fn(usize) -> String| {
        let mut input = open_boundaries(99, name);
        input += &line.repeat(size / line.len());
        input
    };
    let number = |level: usize| alloc::format!("{level:02}");
    let chain = |level: usize| "a".repeat(level + 1);
    let repeat = |head: &str, unit: &str| head.to_string() + &unit.repeat(size / unit.len());
    alloc::vec![
        ("one line", repeat("A: 1\n\n", "x")),
        ("line ends", repeat("A: 1\n\n", "\n")),
        ("carriage returns", repeat(multipart, "\r")),
        ("line ends in a multipart", repeat(multipart, "\r\n")),
        ("hyphens", repeat(multipart, "-")),
        ("lines of two hyphens", repeat(multipart, "--\n")),
        ("near delimiters", repeat(multipart, "--Bx\n")),
        ("near close delimiters", repeat(multipart, "--B--x\n")),
        (
            "long near delimiters",
            repeat(multipart, &("--B".to_string() + &" ".repeat(3_000) + "\n"))
        ),
        ("delimiters", repeat(multipart, "--B\n")),
        ("parts", repeat(multipart, "A: 1\n\nx\n--B\n")),
        (
            "empty lines before near delimiters",
            repeat(multipart, "--B\n\n--C\n")
        ),
        ("lines under many boundaries", nested("--x\n", &number)),
        (
            "lines that begin like all of a chain",
            nested("--ab\n", &chain)
        ),
        (
            "lines that begin like many boundaries",
            nested("--5\n", &number)
        ),
        (
            "multiparts under many boundaries",
            nested(
                "--97\nContent-Type: multipart/a; boundary=x\n\n--x\n",
                &number
            )
        ),
        ("fields", repeat("", "A: 1\n")),
        ("one folded field", repeat("A: 1\n", " x\n")),
        ("one field of one line", repeat("A: ", "x")),
        ("a header of white space", repeat("A: 1\n", " \n")),
        ("no colon", repeat("", "x")),
        ("no colon, folded", repeat("x\n", " x\n")),
        (
            "fields that begin with two hyphens",
            repeat(multipart, "--B\n--C: 1\n x\n x\n")
        ),
        (
            "messages in messages",
            repeat("", "Content-Type: message/rfc822\n\n")
        ),
        (
            "the same content type again",
            repeat("", "Content-Type: multipart/a; boundary=b\n")
        ),
    ]
}

#[test]
fn work_is_linear_whatever_the_input_and_the_cuts() {
    for chunk in [1, 61, 4096, usize::MAX / 2] {
        for ((name, small), (_, large)) in probes(20_000).into_iter().zip(probes(80_000)) {
            let (small, large) = (work(small.as_bytes(), chunk), work(large.as_bytes(), chunk));
            assert!(
                large < 1_700,
                "{name}, {chunk}: {large} hundredths per octet"
            );
            assert!(
                large * 4 <= small * 5 + 200,
                "{name}, {chunk}: {small}, then {large}"
            );
        }
    }
}

#[test]
fn a_scanner_that_is_used_again_allocates_nothing_more() {
    let input = "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--B--\n";
    let mut scanner = Scanner::new(Config::new());
    let mut capacities = Vec::new();
    for _ in 0..3 {
        let mut at = 0;
        while let Some((_, len)) = scanner.scan(&input.as_bytes()[at..], true) {
            at += len;
        }
        capacities.push((
            scanner.levels.capacity(),
            scanner.found.capacity(),
            scanner.draft.capacity(),
        ));
        scanner.reset();
    }
    assert_eq!(capacities[0], capacities[2]);
}
