//! DMARC under any zone: one end, one verdict, each name once, any order of answers.

use dkim_core::dmarc::{Dmarc, DmarcEvent, DmarcVerdict};
use proptest::prelude::*;
use testkit::net::Dice;

use crate::{
    dmarc::{begin, config},
    host::{Zone, lookup},
};

fn shuffled(mut dmarc: Dmarc, zone: &Zone<'_>, seed: u64) -> DmarcVerdict {
    let (mut dice, mut open, mut verdict) = (Dice::new(seed), Vec::new(), None);
    let mut asked = Vec::new();
    loop {
        while let Some(event) = dmarc.poll() {
            match event {
                DmarcEvent::Lookup(question) => {
                    let key = (question.name().to_owned(), question.kind());
                    assert!(!asked.contains(&key), "{key:?} twice");
                    asked.push(key);
                    open.push(question);
                }
                DmarcEvent::Verdict(found) => assert!(verdict.replace(found).is_none()),
                DmarcEvent::Closed => {
                    assert!(dmarc.poll().is_none());
                    return verdict.unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(!open.is_empty(), "it waits for nothing");
        let pick = dice.between(0, open.len() - 1);
        let question = open.swap_remove(pick);
        dmarc.answer(lookup(zone, question)).unwrap();
    }
}

const DOMAINS: [&str; 6] = [
    "com",
    "example.com",
    "a.example.com",
    "b.example.com",
    "c.a.example.com",
    "example.net",
];

const RECORDS: [&str; 7] = [
    "v=DMARC1; p=reject",
    "v=DMARC1; p=quarantine; sp=none; np=reject; t=y",
    "v=DMARC1; psd=y",
    "v=DMARC1; psd=n; p=reject",
    "v=DMARC1; p=reject; adkim=s",
    "v=DMARC1; p=x; rua=mailto:a@b.c",
    "v=spf1 -all",
];

proptest! {
    #[test]
    fn the_order_of_answers_decides_nothing(
        records in prop::collection::vec((0..DOMAINS.len(), 0..=RECORDS.len()), 0..8),
        author in 1..DOMAINS.len(),
        spf in prop::collection::vec(1..DOMAINS.len(), 0..2),
        dkim in prop::collection::vec(1..DOMAINS.len(), 0..4),
        seed: u64,
    ) {
        let names: Vec<(String, usize)> = records
            .iter()
            .map(|(domain, record)| (format!("_dmarc.{}", DOMAINS[*domain]), *record))
            .collect();
        let zone: Vec<_> = names
            .iter()
            .map(|(name, record)| match RECORDS.get(*record) {
                Some(record) => (name.as_str(), "TXT", *record),
                None => (name.as_str(), "FAIL", ""),
            })
            .collect();
        let names_of = |picks: &[usize]| picks.iter().map(|pick| DOMAINS[*pick]).collect::<Vec<_>>();
        let from = format!("x@{}", DOMAINS[author]);
        let run = |seed| {
            shuffled(begin(config(), &from, &names_of(&spf), &names_of(&dkim)), &zone, seed)
        };
        let verdict = run(seed);
        prop_assert_eq!(&verdict, &run(!seed));
        // What passes without a failing server does so with its own domain, or with one of its organization.
        if spf.contains(&author) && verdict.policy_domain.is_some() && verdict.record.as_ref().is_some_and(|r| !r.invalid_policy) {
            prop_assert!(verdict.is_pass());
        }
    }
}
