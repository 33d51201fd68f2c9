//! SPF under any zone: one end, one verdict, bounded questions, any order of answers.

use dkim_core::spf::{Spf, SpfEvent, SpfVerdict};
use proptest::prelude::*;
use testkit::net::Dice;

use crate::{
    host::{Zone, lookup},
    spf::{IP, begin, config},
};

/// The record and the explanation, ten terms with eleven questions, and the names of the client.
const MOST: usize = 2 + 10 * 11 + 11;

/// Runs a check, answering what is open in an order of chance.
fn shuffled(mut spf: Spf, zone: &Zone<'_>, seed: u64) -> SpfVerdict {
    let (mut dice, mut open, mut verdict, mut asked) = (Dice::new(seed), Vec::new(), None, 0);
    loop {
        while let Some(event) = spf.poll() {
            match event {
                SpfEvent::Lookup(question) => open.push(question),
                SpfEvent::Verdict(found) => assert!(verdict.replace(found).is_none()),
                SpfEvent::Closed => {
                    assert!(spf.poll().is_none());
                    return verdict.unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(!open.is_empty(), "it waits for nothing");
        let pick = dice.between(0, open.len() - 1);
        asked += 1;
        assert!(asked <= MOST);
        let question = open.swap_remove(pick);
        spf.answer(lookup(zone, question)).unwrap();
    }
}

const NAMES: [&str; 5] = [
    "example.org",
    "a.example.org",
    "b.example",
    "mx.example.org",
    "1.2.0.192.in-addr.arpa",
];

const TERMS: [&str; 16] = [
    "a",
    "mx",
    "ptr",
    "a:b.example",
    "mx:b.example",
    "ptr:example.org",
    "include:b.example",
    "include:a.example.org",
    "exists:%{ir}.%{d}",
    "exists:%{p}",
    "ip4:192.0.2.2",
    "?all",
    "redirect=b.example",
    "exp=a.example.org",
    "a:%{h}",
    "-include:example.org",
];

fn line() -> impl Strategy<Value = (usize, u8, Vec<usize>)> {
    (
        0..NAMES.len(),
        0..8u8,
        prop::collection::vec(0..TERMS.len(), 0..6),
    )
}

proptest! {
    #[test]
    fn the_order_of_answers_decides_nothing(lines in prop::collection::vec(line(), 1..14), seed: u64) {
        let rows: Vec<(usize, &str, String)> = lines.into_iter().map(|(name, kind, terms)| {
            let other = NAMES[terms.len() % NAMES.len()];
            let terms: Vec<&str> = terms.iter().map(|term| TERMS[*term]).collect();
            match kind {
                0 => (name, "A", IP.to_owned()),
                1 => (name, "A", "192.0.2.2".to_owned()),
                2 => (name, "MX", format!("{} {other}", terms.len())),
                3 => (name, "PTR", other.to_owned()),
                4 => (name, "FAIL", String::new()),
                _ => (name, "TXT", format!("v=spf1 {}", terms.join(" "))),
            }
        }).collect();
        let zone: Vec<_> = rows.iter().map(|(name, kind, value)| (NAMES[*name], *kind, value.as_str())).collect();
        let run = |seed| shuffled(begin(config(), IP, "joe@example.org"), &zone, seed);
        prop_assert_eq!(run(seed), run(!seed));
    }
}
