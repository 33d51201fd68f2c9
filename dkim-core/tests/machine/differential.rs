//! Messages of a signer that was written from the RFCs alone, in another language: every case of `testkit/dkim`, in
//! several cuts, has the class and the reason that the RFCs give it.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use bytes::BytesMut;
use dkim_core::{BodyLength, Verdict, Verifier, VerifierConfig, VerifierEvent};
use testkit::dkim::{Answer, Case, cases};

use crate::host::{config, time};

type Zone = BTreeMap<&'static str, Answer>;

fn policy(word: &str) -> VerifierConfig {
    match word {
        "" => config(),
        "part" => config().with_body_length(BodyLength::Part),
        "refuse" => config().with_body_length(BodyLength::Refuse),
        "expired" => config().with_expired_signatures(),
        "duplicates" => config().with_unsigned_duplicates(),
        _ => panic!("unknown policy {word}"),
    }
}

/// The verdicts in the order of the fields, as the case writes them.
fn outcome<'c>(
    case: &Case,
    zone: &Zone,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Vec<(String, String)> {
    let config = Arc::new(policy(case.config));
    let mut verifier = Verifier::new(config, time(case.now)).unwrap();
    let (mut rx, mut verdicts, mut end) = (BytesMut::new(), Vec::new(), None);
    let mut chunks = chunks.into_iter();
    while end.is_none() {
        match chunks.next() {
            Some(chunk) => rx.extend_from_slice(chunk),
            None => verifier.eof(),
        }
        while let Some(event) = verifier.poll(&mut rx) {
            match event {
                VerifierEvent::Lookup(question) => {
                    let answer = match zone.get(question.name()) {
                        Some(Answer::Records(records)) => question.records(records),
                        Some(Answer::NoData) => question.no_data(),
                        Some(Answer::Unavailable) => question.unavailable(),
                        None => question.no_domain(),
                    };
                    verifier.answer(answer).unwrap();
                }
                VerifierEvent::Verdict(verdict) => verdicts.push(verdict),
                VerifierEvent::Bare(_) => {}
                VerifierEvent::Closed(closed) => end = Some(closed),
                _ => panic!("an event that this host does not know"),
            }
        }
    }
    verdicts.sort_by_key(|verdict: &Verdict| verdict.index);
    match end {
        Some(Ok(())) if verdicts.is_empty() => vec![("none".to_owned(), String::new())],
        Some(Ok(())) => verdicts.iter().map(words).collect(),
        Some(Err(_)) | None => vec![("unreadable".to_owned(), String::new())],
    }
}

fn words(verdict: &Verdict) -> (String, String) {
    let reason = match &verdict.result {
        Ok(()) => String::new(),
        Err(reason) => format!("{reason:?}"),
    };
    (verdict.class().to_string(), reason)
}

#[test]
fn every_case_has_the_class_and_reason_that_the_rfcs_give_it() {
    let (zone, cases) = cases();
    let mut wrong = String::new();
    for (number, case) in cases.iter().enumerate() {
        let message = &case.message[..];
        let (half, rest) = message.split_at(message.len() / 2);
        let cuts = [
            vec![message],
            message.chunks(1).collect(),
            vec![half, rest],
            testkit::laws::random_cuts(message, number as u64),
        ];
        let expected = case
            .expected
            .iter()
            .map(|(class, reason)| ((*class).to_owned(), (*reason).to_owned()));
        let expected: Vec<_> = expected.collect();
        for (cut, chunks) in cuts.into_iter().enumerate() {
            let found = outcome(case, &zone, chunks);
            if found != expected {
                let Case { id, clause, .. } = case;
                let _ = writeln!(
                    wrong,
                    "{id} ({clause}), cut {cut}: {found:?}, not {expected:?}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(cases.len() > 900, "{} cases", cases.len());
}
