//! Lookups: when they come, how they are answered.

use std::sync::Arc;

use bytes::BytesMut;
use dkim_core::{
    Class, LookupQuestion, Misuse, Reason, Verdict, Verifier, VerifierEvent,
    wire::{KeyError, KeyRecord},
};

use crate::{
    host::{NOW, config, lookup, time},
    vectors::{rfc6376, rfc8463},
};

/// A verifier that has read `message`, with its questions.
fn asked(message: &str) -> (Verifier, BytesMut, Vec<LookupQuestion>) {
    let mut verifier = Verifier::new(Arc::new(config()), time(NOW)).unwrap();
    let mut rx = BytesMut::from(message.as_bytes());
    let mut questions = Vec::new();
    while let Some(event) = verifier.poll(&mut rx) {
        match event {
            VerifierEvent::Lookup(question) => questions.push(question),
            event => panic!("{event:?}"),
        }
    }
    (verifier, rx, questions)
}

fn finish(mut verifier: Verifier) -> Vec<Verdict> {
    let mut rx = BytesMut::new();
    let mut verdicts = Vec::new();
    loop {
        match verifier.poll(&mut rx) {
            Some(VerifierEvent::Verdict(verdict)) => verdicts.push(verdict),
            Some(VerifierEvent::Closed(end)) => {
                assert_eq!(end, Ok(()));
                assert!(verifier.poll(&mut rx).is_none());
                verdicts.sort_by_key(|verdict| verdict.index);
                return verdicts;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The verdict of appendix A of RFC 6376, whose question is answered so.
fn answered(answer: impl FnOnce(LookupQuestion, &str) -> dkim_core::Answer) -> Verdict {
    let (zone, message) = rfc6376();
    let (mut verifier, _, mut questions) = asked(&message);
    let question = questions.pop().unwrap();
    let record = zone[question.name()].clone();
    verifier.answer(answer(question, &record)).unwrap();
    verifier.eof();
    finish(verifier).remove(0)
}

#[test]
fn questions_come_when_the_header_ends() {
    let (_, message) = rfc8463();
    let (header, _) = message.split_once("\r\n\r\n").unwrap();
    let (_, _, questions) = asked(&format!("{header}\r\n"));
    assert!(questions.is_empty());
    let (_, _, questions) = asked(&format!("{header}\r\n\r\n"));
    let names: Vec<&str> = questions.iter().map(LookupQuestion::name).collect();
    let expected = [
        "brisbane._domainkey.football.example.com",
        "test._domainkey.football.example.com",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_name_is_asked_for_once() {
    let (zone, message) = rfc6376();
    let (field, _) = message.split_once("Received:").unwrap();
    let (mut verifier, _, mut questions) = asked(&format!("{field}{message}"));
    assert_eq!(questions.len(), 1);
    verifier
        .answer(lookup(&zone, questions.pop().unwrap()))
        .unwrap();
    verifier.eof();
    let verdicts = finish(verifier);
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().all(Verdict::is_pass));
}

#[test]
fn answers_may_come_in_any_order_before_or_after_the_body() {
    let (zone, message) = rfc8463();
    let reference = {
        let (mut verifier, _, questions) = asked(&message);
        for question in questions {
            verifier.answer(lookup(&zone, question)).unwrap();
        }
        verifier.eof();
        finish(verifier)
    };
    assert!(reference.iter().all(Verdict::is_pass));
    for backwards in [false, true] {
        let (mut verifier, mut rx, mut questions) = asked(&message);
        verifier.eof();
        assert!(
            verifier.poll(&mut rx).is_none(),
            "verdicts wait for the keys"
        );
        if backwards {
            questions.reverse();
        }
        for question in questions {
            verifier.answer(lookup(&zone, question)).unwrap();
        }
        assert_eq!(finish(verifier), reference);
    }
}

#[test]
fn strings_of_a_record_are_joined() {
    let verdict = answered(|question, record| {
        let (head, tail) = record.split_at(40);
        question.records([[head, tail]])
    });
    assert!(verdict.is_pass());
}

#[test]
fn a_key_that_was_parsed_before_is_an_answer() {
    let verdict = answered(|question, record| {
        question
            .key(KeyRecord::parse(record.as_bytes()).unwrap())
            .authenticated()
    });
    assert!(verdict.is_pass());
    assert!(verdict.key.unwrap().authenticated);
}

#[test]
fn no_records_no_name_and_no_answer() {
    let reason = |verdict: Verdict| (verdict.class(), verdict.result.unwrap_err());
    let verdict = answered(|question, _| question.no_data());
    assert_eq!(reason(verdict), (Class::PermError, Reason::NoKey));
    let verdict = answered(|question, _| question.no_domain());
    assert_eq!(reason(verdict), (Class::PermError, Reason::NoKey));
    let verdict = answered(|question, _| question.unavailable());
    assert_eq!(reason(verdict), (Class::TempError, Reason::KeyUnavailable));
}

#[test]
fn of_several_records_the_one_that_is_a_key_counts() {
    let spf = "v=spf1 -all";
    assert!(answered(|question, record| question.records([[spf], [record]])).is_pass());
    let verdict = answered(|question, record| question.records([[record], [record]]));
    assert_eq!(verdict.result, Err(Reason::SeveralKeys));
    let verdict = answered(|question, _| question.records([[spf], ["x"]]));
    assert_eq!(verdict.result, Err(KeyError::Version.into()));
}

#[test]
fn a_foreign_answer_is_misuse_and_changes_nothing() {
    let (zone, message) = rfc6376();
    let (mut verifier, _, mut questions) = asked(&message);
    let (_, _, mut foreign) = asked(&message);
    let answer = foreign.pop().unwrap().no_domain();
    assert_eq!(verifier.answer(answer), Err(Misuse::StaleAnswer));
    verifier
        .answer(lookup(&zone, questions.pop().unwrap()))
        .unwrap();
    verifier.eof();
    assert!(finish(verifier)[0].is_pass());
}

#[test]
fn a_dropped_question_is_ended_by_giving_up() {
    let (zone, message) = rfc8463();
    let (mut verifier, mut rx, mut questions) = asked(&message);
    let late = questions.pop().unwrap();
    verifier
        .answer(lookup(&zone, questions.pop().unwrap()))
        .unwrap();
    verifier.eof();
    assert!(matches!(
        verifier.poll(&mut rx),
        Some(VerifierEvent::Verdict(_))
    ));
    assert!(verifier.poll(&mut rx).is_none());
    verifier.give_up();
    assert_eq!(verifier.answer(late.no_data()), Err(Misuse::StaleAnswer));
    assert_eq!(finish(verifier)[0].class(), Class::TempError);
}

#[test]
fn input_is_wanted_until_every_signature_is_decided() {
    let (zone, message) = rfc6376();
    let broken = message.replace("Is dinner", "Is supper");
    let (header, body) = broken.split_once("\r\n\r\n").unwrap();
    let mut verifier = Verifier::new(Arc::new(config()), time(NOW)).unwrap();
    let mut rx = BytesMut::from(header.as_bytes());
    assert!(verifier.poll(&mut rx).is_none() && verifier.wants_input());
    rx.extend_from_slice(b"\r\n\r\n");
    let Some(VerifierEvent::Lookup(question)) = verifier.poll(&mut rx) else {
        panic!("a question comes first");
    };
    assert!(verifier.wants_input());
    verifier.answer(lookup(&zone, question)).unwrap();
    assert!(!verifier.wants_input(), "the header was altered");
    rx.extend_from_slice(body.as_bytes());
    verifier.eof();
    while verifier.poll(&mut rx).is_some() {}
    assert!(!verifier.wants_input());
}

#[test]
fn fields_by_hand_are_as_good_as_a_message() {
    let (zone, message) = rfc8463();
    let (header, body) = message.split_once("\r\n\r\n").unwrap();
    let mut verifier = Verifier::new(Arc::new(config()), time(NOW)).unwrap();
    let unfolded = header.replace("\r\n ", "\u{1}");
    for field in unfolded.split("\r\n") {
        verifier
            .field(field.replace('\u{1}', "\r\n ").as_bytes())
            .unwrap();
    }
    assert_eq!(verifier.field(b"no field"), Err(Misuse::NotAField));
    verifier.end_of_fields().unwrap();
    assert_eq!(verifier.end_of_fields(), Err(Misuse::Phase));
    let mut rx = BytesMut::from(body.as_bytes());
    while let Some(event) = verifier.poll(&mut rx) {
        if let VerifierEvent::Lookup(question) = event {
            verifier.answer(lookup(&zone, question)).unwrap();
        }
    }
    assert_eq!(verifier.field(b"A: 1"), Err(Misuse::Phase));
    verifier.eof();
    assert!(finish(verifier).iter().all(Verdict::is_pass));
}

#[test]
fn a_message_without_signatures_ends_without_verdicts() {
    let (mut verifier, _, questions) = asked("From: a@b.c\r\n\r\nHi\r\n");
    assert!(questions.is_empty() && !verifier.wants_input());
    verifier.eof();
    assert!(finish(verifier).is_empty());
}
