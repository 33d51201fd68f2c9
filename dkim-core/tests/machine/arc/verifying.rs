//! What a chain fails for, what it costs, and what a verdict tells.

use std::sync::Arc;

use bytes::BytesMut;
use dkim_core::{
    Class, Limits, LookupQuestion, Misuse, Reason, Verifier, VerifierConfig, VerifierEvent,
    arc::{ChainFailure, ChainStatus, ChainVerdict, Part},
    wire::Malformed,
};
use mime_core::field;

use super::suite::{Case, case};
use crate::host::{Zone, config, lookup, time, verify};

/// When the messages of the suite arrive.
const NOW: u64 = 1_500_000_000;

fn arc() -> VerifierConfig {
    config().with_arc().with_unsigned_duplicates()
}

fn chain(zone: &Zone, message: &str) -> ChainVerdict {
    verify(arc(), zone, message).chain.unwrap()
}

/// What becomes of a message of the suite when one text in it is another.
fn altered(name: &str, from: &str, to: &str) -> ChainFailure {
    let Case { zone, message, .. } = case(name);
    assert!(message.contains(from), "{from}");
    chain(&zone, &message.replacen(from, to, 1))
        .result
        .unwrap_err()
}

fn invalid(instance: u8, part: Part, reason: Reason) -> ChainFailure {
    ChainFailure::Invalid {
        instance,
        part,
        reason,
    }
}

#[test]
fn a_message_without_a_chain_has_none() {
    let outcome = verify(arc(), &Zone::new(), "From: a@b.c\r\n\r\n");
    let chain = outcome.chain.unwrap();
    assert_eq!(chain.status(), ChainStatus::None);
    assert_eq!(chain.class(), Class::None);
    assert_eq!(chain.oldest_pass, None);
    assert!(outcome.names.is_empty());
}

#[test]
fn who_does_not_ask_for_the_chain_is_told_nothing_of_it() {
    let Case { zone, message, .. } = case("cv_pass_i1_1");
    let outcome = verify(config(), &zone, &message);
    assert_eq!(outcome.chain, None);
    assert!(outcome.names.is_empty());
}

#[test]
fn a_chain_that_passes_tells_who_sealed_and_what_they_found() {
    let Case { zone, message, .. } = case("cv_pass_i2_1");
    let chain = chain(&zone, &message);
    assert!(chain.is_pass());
    assert_eq!(chain.class(), Class::Pass);
    assert_eq!(chain.oldest_pass, Some(0));
    let seals: Vec<_> = chain
        .sets
        .iter()
        .map(|set| {
            (
                set.seal.instance,
                set.seal.domain.as_str(),
                set.seal.timestamp,
            )
        })
        .collect();
    assert_eq!(
        seals,
        [
            (1, "example.org", Some(12345)),
            (2, "example.org", Some(12346))
        ]
    );
    let results = field::authentication_results(&chain.sets[0].results, &mut |_, _| {});
    assert_eq!(results.server, "lists.example.org");
    let methods: Vec<_> = results
        .results
        .iter()
        .map(|result| &*result.method)
        .collect();
    assert_eq!(methods, ["spf", "dkim", "dmarc"]);
    let signature = chain.sets[1].signature.as_ref().unwrap();
    assert_eq!(signature.selector.as_str(), "dummy");
}

#[test]
fn the_oldest_pass_is_the_lowest_of_those_that_hold() {
    let Case { zone, message, .. } = case("cv_pass_i2_1_ams1_invalid");
    assert_eq!(chain(&zone, &message).oldest_pass, Some(2));
}

#[test]
fn structure_is_judged_before_signatures() {
    let missing = altered("cv_pass_i2_1", "i=1; lists", "i=2; lists");
    assert!(
        matches!(
            missing,
            ChainFailure::Missing {
                instance: 1,
                part: Part::AuthenticationResults,
                ..
            }
        ),
        "the first set is judged first: {missing:?}"
    );
    let repeated = altered("cv_pass_i2_1", "i=2; lists", "i=1; lists");
    assert!(
        matches!(
            repeated,
            ChainFailure::Repeated {
                instance: 1,
                part: Part::AuthenticationResults,
                ..
            }
        ),
        "{repeated:?}"
    );
    let gap = altered("cv_pass_i1_1", "i=1; lists", "i=3; lists");
    assert!(
        matches!(gap, ChainFailure::Missing { instance: 1, .. }),
        "{gap:?}"
    );
    let unreadable = altered("cv_pass_i1_1", "i=1; lists", "lists");
    let ChainFailure::Unreadable { part, reason, .. } = unreadable else {
        panic!("{unreadable:?}");
    };
    assert_eq!(part, Part::AuthenticationResults);
    assert_eq!(reason, Malformed::Missing("i").into());
    let status = altered("cv_pass_i2_1", "cv=pass", "cv=none");
    let ChainFailure::Status {
        instance, found, ..
    } = status
    else {
        panic!("{status:?}");
    };
    assert_eq!((instance, found), (2, Some(ChainStatus::None)));
}

#[test]
fn a_chain_that_was_sealed_as_failed_stays_failed_whatever_else_it_is() {
    let failure = altered("cv_pass_i2_1", "cv=pass", "cv=fail");
    assert_eq!(failure, ChainFailure::SealedAsFailed(2));
    let Case { zone, message, .. } = case("cv_pass_i2_1");
    let message = message
        .replacen("cv=pass", "cv=fail", 1)
        .replace("i=1; lists", "lists");
    let chain = chain(&zone, &message);
    assert_eq!(chain.result, Err(ChainFailure::SealedAsFailed(2)));
    assert!(chain.sets.is_empty());
}

#[test]
fn a_signature_that_does_not_pass_is_told_with_its_set_and_field() {
    let seal = altered("cv_pass_i1_1", "TX9z", "TX9y");
    assert_eq!(seal, invalid(1, Part::Seal, Reason::SignatureMismatch));
    assert_eq!(
        seal.to_string(),
        "ARC-Seal of set 1: the signature does not verify"
    );
    let body = altered("cv_pass_i2_1", "Hey gang", "Hey you");
    assert_eq!(
        body,
        invalid(2, Part::MessageSignature, Reason::BodyMismatch)
    );
    let header = altered("cv_pass_i2_1", "Example 1", "Example 2");
    assert_eq!(
        header,
        invalid(2, Part::MessageSignature, Reason::SignatureMismatch)
    );
    let listed = altered("cv_pass_i1_1", "cv=none;", "cv=none; h=from;");
    assert_eq!(listed, invalid(1, Part::Seal, Reason::SealHeaderList));
}

#[test]
fn no_field_of_an_older_set_can_change() {
    // The suite's message signatures cover results too.
    let results = Part::MessageSignature;
    for (field, from, to, part) in [
        (
            "ARC-Authentication-Results",
            "spf=pass",
            "spf=fail",
            results,
        ),
        ("ARC-Message-Signature", "t=12345", "t=12344", Part::Seal),
        ("ARC-Seal", "t=12345", "t=12344", Part::Seal),
    ] {
        let Case { zone, message, .. } = case("cv_pass_i2_1");
        // That of the first set stands below.
        let (head, tail) = message.split_at(message.rfind(field).unwrap());
        let message = format!("{head}{}", tail.replacen(from, to, 1));
        assert_eq!(
            chain(&zone, &message).result,
            Err(invalid(2, part, Reason::SignatureMismatch)),
            "{field}"
        );
    }
}

#[test]
fn a_dns_that_does_not_answer_is_told_from_a_chain_that_does_not_hold() {
    let Case { message, .. } = case("cv_pass_i2_1");
    let answer = |answer: fn(LookupQuestion) -> dkim_core::Answer| {
        let mut verifier = Verifier::new(Arc::new(arc()), time(NOW)).unwrap();
        let mut rx = BytesMut::from(message.as_bytes());
        verifier.eof();
        loop {
            match verifier.poll(&mut rx).unwrap() {
                VerifierEvent::Lookup(question) => verifier.answer(answer(question)).unwrap(),
                VerifierEvent::Chain(chain) => return chain,
                event => panic!("{event:?}"),
            }
        }
    };
    let chain = answer(LookupQuestion::unavailable);
    assert_eq!(
        chain.result,
        Err(invalid(2, Part::MessageSignature, Reason::KeyUnavailable))
    );
    assert_eq!(chain.class(), Class::TempError);
    // RFC 8617 section 5.2.1.
    assert_eq!(chain.status(), ChainStatus::Fail);
    let chain = answer(LookupQuestion::no_domain);
    assert_eq!(chain.class(), Class::Fail);
}

/// The names that are asked for until nothing more comes.
fn names(verifier: &mut Verifier, rx: &mut BytesMut) -> Vec<LookupQuestion> {
    let mut questions = Vec::new();
    while let Some(event) = verifier.poll(rx) {
        match event {
            VerifierEvent::Lookup(question) => questions.push(question),
            event => panic!("{event:?}"),
        }
    }
    questions
}

#[test]
fn keys_of_older_sets_are_asked_for_when_the_newest_holds_and_each_once() {
    let Case { zone, message, .. } = case("ams_as_diff_s_d");
    let mut verifier = Verifier::new(Arc::new(arc()), time(NOW)).unwrap();
    let mut rx = BytesMut::from(message.as_bytes());
    verifier.eof();
    let questions = names(&mut verifier, &mut rx);
    let asked: Vec<_> = questions
        .iter()
        .map(|question| question.name().to_owned())
        .collect();
    assert_eq!(
        asked,
        [
            "dummy._domainkey.example.org",
            "dummy2._domainkey.example2.org"
        ]
    );
    // In the other order than they came.
    for question in questions.into_iter().rev() {
        verifier.answer(lookup(&zone, question)).unwrap();
    }
    assert!(matches!(
        verifier.poll(&mut rx),
        Some(VerifierEvent::Chain(chain)) if chain.is_pass()
    ));

    let Case { zone, message, .. } = case("cv_pass_i5_1");
    let outcome = verify(arc(), &zone, &message);
    assert!(outcome.chain.unwrap().is_pass());
    assert_eq!(outcome.names, ["dummy._domainkey.example.org"]);

    // An older set that names somebody else is asked for only when the newest set vouches for it, which it does not.
    let message = message.replacen("cv=none; d=example.org", "cv=none; d=victim.example", 1);
    let outcome = verify(arc(), &zone, &message);
    assert_eq!(
        outcome.chain.unwrap().result,
        Err(invalid(5, Part::Seal, Reason::SignatureMismatch))
    );
    assert_eq!(outcome.names, ["dummy._domainkey.example.org"]);
}

#[test]
fn a_question_that_is_dropped_leaves_the_chain_undecided_until_the_host_gives_up() {
    let Case { message, .. } = case("cv_pass_i2_1");
    let mut verifier = Verifier::new(Arc::new(arc()), time(NOW)).unwrap();
    let mut rx = BytesMut::from(message.as_bytes());
    verifier.eof();
    drop(names(&mut verifier, &mut rx));
    assert!(verifier.poll(&mut rx).is_none());
    verifier.give_up();
    let Some(VerifierEvent::Chain(chain)) = verifier.poll(&mut rx) else {
        panic!("a verdict");
    };
    assert_eq!(chain.class(), Class::TempError);
    assert!(matches!(
        verifier.poll(&mut rx),
        Some(VerifierEvent::Closed(Ok(())))
    ));
    assert!(verifier.poll(&mut rx).is_none());
}

#[test]
fn an_answer_of_another_machine_is_misuse() {
    let Case { message, .. } = case("cv_pass_i1_1");
    let mut machines = [0, 1].map(|_| Verifier::new(Arc::new(arc()), time(NOW)).unwrap());
    let mut questions = machines.each_mut().map(|verifier| {
        let mut rx = BytesMut::from(message.as_bytes());
        names(verifier, &mut rx)
    });
    let foreign = questions[1].remove(0).unavailable();
    assert_eq!(machines[0].answer(foreign), Err(Misuse::StaleAnswer));
}

#[test]
fn what_fails_without_a_key_costs_no_lookup_and_no_body() {
    for (from, to) in [
        ("i=1; lists", "i=2; lists"),
        ("cv=none", "cv=pass"),
        ("cv=none", "cv=fail"),
        ("a=rsa-sha256", "a=rsa-sha1"),
        ("h=from", "h=arc-seal:from"),
        ("bh=KWSe", "bh=!"),
    ] {
        let Case { message, .. } = case("cv_pass_i1_1");
        let message = message.replace(from, to);
        let mut verifier = Verifier::new(Arc::new(arc()), time(NOW)).unwrap();
        let mut rx = BytesMut::from(message.split_inclusive("\r\n\r\n").next().unwrap());
        let event = verifier.poll(&mut rx).unwrap();
        assert!(
            matches!(&event, VerifierEvent::Chain(chain) if chain.result.is_err()),
            "{to}: {event:?}"
        );
        assert!(!verifier.wants_input(), "{to}");
    }
}

#[test]
fn sets_are_counted() {
    let Case { zone, message, .. } = case("cv_pass_i5_1");
    for (max, passes) in [(5, true), (4, false)] {
        let mut limits = Limits::default();
        limits.max_arc_sets = max;
        let outcome = verify(arc().with_limits(limits), &zone, &message);
        let chain = outcome.chain.unwrap();
        assert_eq!(chain.is_pass(), passes);
        if !passes {
            assert_eq!(chain.result, Err(ChainFailure::TooManySets));
            assert!(outcome.names.is_empty());
        }
    }
}

#[test]
fn the_octets_of_a_field_are_counted() {
    let Case { zone, message, .. } = case("cv_pass_i1_1");
    let longest = message.split("\r\nARC-").skip(1);
    let longest = longest.map(|rest| {
        let end = rest.find("\r\nReceived").unwrap_or(rest.len());
        rest[..end].len() + "ARC-\r\n".len()
    });
    let longest = longest.max().unwrap();
    for (max, passes) in [(longest, true), (longest - 1, false)] {
        let mut limits = Limits::default();
        limits.max_signature_field = max;
        let chain = verify(arc().with_limits(limits), &zone, &message)
            .chain
            .unwrap();
        assert_eq!(chain.is_pass(), passes, "{:?}", chain.result);
    }
}

#[test]
fn the_policy_for_signatures_holds_for_message_signatures() {
    let Case { zone, message, .. } = case("cv_pass_i1_1");
    let twice = format!("Subject: another\r\n{message}");
    let chain = verify(config().with_arc(), &zone, &twice).chain.unwrap();
    assert_eq!(
        chain.result,
        Err(invalid(
            1,
            Part::MessageSignature,
            Reason::UnsignedDuplicate("Subject".into())
        ))
    );
    let config = config().with_arc().with_min_rsa_bits(2048);
    let chain = verify(config, &zone, &message).chain.unwrap();
    assert_eq!(
        chain.result,
        Err(invalid(1, Part::MessageSignature, Reason::ShortKey(1024)))
    );
}

#[test]
fn chain_and_signatures_share_a_pass() {
    let (mut zone, signed) = crate::vectors::rfc8463();
    let case = case("cv_pass_i1_1");
    zone.extend(case.zone);
    // The chain is that of another message: its signature over the header does not hold here.
    let end = case.message.find("Received: from segv").unwrap();
    let message = format!("{}{signed}", &case.message[..end]);
    let outcome = verify(arc(), &zone, &message);
    assert_eq!(outcome.results(), [Ok(()), Ok(())]);
    assert_eq!(outcome.chain.unwrap().status(), ChainStatus::Fail);
    assert_eq!(outcome.names.len(), 3);
}
