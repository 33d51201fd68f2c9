//! Checks of SPF: results, reasons, limits, fields. The suites of `tests/suites` hold the evaluation itself.

use std::sync::Arc;

use dkim_core::{
    Limits, Misuse, RecordKind,
    auth_results::AuthResults,
    spf::{Spf, SpfConfig, SpfEvent, SpfIdentity, SpfReason, SpfResult, SpfVerdict, SyntaxError},
};

use crate::host::{Zone, lookup, now, provider};

pub(crate) const IP: &str = "192.0.2.1";
const FROM: &str = "joe@example.org";

pub(crate) fn config() -> SpfConfig {
    SpfConfig::new(provider()).with_receiver("mx.receiver.example")
}

pub(crate) fn begin(config: SpfConfig, ip: &str, mail_from: &str) -> Spf {
    let ip = ip.parse().unwrap();
    Spf::new(Arc::new(config), ip, "mx.example.org", mail_from, now()).unwrap()
}

/// Runs a check; also the questions that were asked.
pub(crate) fn run(mut spf: Spf, zone: &Zone<'_>) -> (SpfVerdict, Vec<String>) {
    let (mut verdict, mut asked) = (None, Vec::new());
    loop {
        match spf.poll() {
            Some(SpfEvent::Lookup(question)) => {
                asked.push(format!("{} {}", question.name(), question.kind().as_str()));
                spf.answer(lookup(zone, question)).unwrap();
            }
            Some(SpfEvent::Verdict(found)) => assert!(verdict.replace(found).is_none()),
            Some(SpfEvent::Closed) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(spf.poll().is_none());
    (verdict.unwrap(), asked)
}

fn check(zone: &Zone<'_>) -> SpfVerdict {
    run(begin(config(), IP, FROM), zone).0
}

/// The verdict for one record of example.org.
fn of(record: &str) -> SpfVerdict {
    check(&[("example.org", "TXT", record)])
}

#[test]
fn a_verdict_names_what_matched_and_where() {
    let zone = [
        ("example.org", "TXT", "v=spf1 include:other.example -all"),
        ("other.example", "TXT", "v=spf1 ip4:192.0.2.0/24"),
    ];
    let verdict = check(&zone);
    assert_eq!(verdict.result, SpfResult::Pass);
    assert_eq!(verdict.mechanism(), Some("include:other.example"));
    assert_eq!(verdict.domain.as_deref(), Some("example.org"));
    assert_eq!(verdict.identity, SpfIdentity::MailFrom);
    let verdict = of("v=spf1 ip4:192.0.2.2");
    assert_eq!(verdict.reason, SpfReason::NoMatch("example.org".into()));
    assert_eq!(verdict.mechanism(), Some("default"));
}

#[test]
fn a_syntax_error_names_the_term_and_the_domain() {
    let zone = [
        ("example.org", "TXT", "v=spf1 include:other.example -all"),
        ("other.example", "TXT", "v=spf1 a:b -all"),
    ];
    let verdict = check(&zone);
    assert_eq!(verdict.result, SpfResult::PermError);
    let reason = SpfReason::Syntax {
        error: SyntaxError::Target,
        term: "a:b".into(),
        domain: "other.example".into(),
    };
    assert_eq!(verdict.reason, reason);
}

#[test]
fn an_empty_mail_from_is_the_postmaster_of_helo() {
    let zone = [
        ("mx.example.org", "TXT", "v=spf1 exists:%{l}.%{d} -all"),
        ("postmaster.mx.example.org", "A", "127.0.0.2"),
    ];
    let (verdict, _) = run(begin(config(), IP, ""), &zone);
    assert_eq!(verdict.result, SpfResult::Pass);
    assert_eq!(verdict.identity, SpfIdentity::MailFrom);
    assert_eq!(verdict.domain.as_deref(), Some("mx.example.org"));
    let helo = Spf::helo(
        Arc::new(config()),
        IP.parse().unwrap(),
        "mx.example.org",
        FROM,
        now(),
    );
    let (verdict, _) = run(helo.unwrap(), &zone);
    assert_eq!(
        (verdict.result, verdict.identity),
        (SpfResult::Pass, SpfIdentity::Helo)
    );
}

#[test]
fn a_domain_of_another_script_is_asked_for_as_a_labels() {
    let (_, asked) = run(begin(config(), IP, "joe@Bücher.example"), &[]);
    assert_eq!(asked, ["xn--bcher-kva.example TXT"]);
    // RFC 8616 section 4: a local part beyond US-ASCII matches nothing.
    let zone = [("example.org", "TXT", "v=spf1 exists:%{l}.example.org -all")];
    let (verdict, asked) = run(begin(config(), IP, "jöe@example.org"), &zone);
    assert_eq!((verdict.result, asked.len()), (SpfResult::Fail, 1));
}

#[test]
fn macros_with_a_local_part_of_another_script_match_nothing_and_ask_nothing() {
    // RFC 8616 section 4: `%{l}` and `%{s}` both hold the local part; the domain alone is asked for as A-labels.
    for term in [
        "exists:%{s}.example",
        "a:%{l}.example",
        "exists:%{l1r-}.example",
    ] {
        let record = ["v=spf1 ", term, " -all"].concat();
        let zone = [("xn--bcher-kva.example", "TXT", record.as_str())];
        let (verdict, asked) = run(begin(config(), IP, "jöe@bücher.example"), &zone);
        assert_eq!(
            (verdict.result, asked.len()),
            (SpfResult::Fail, 1),
            "{term}"
        );
    }
    let zone = [(
        "xn--bcher-kva.example",
        "TXT",
        "v=spf1 exists:%{d}.example.org -all",
    )];
    let (_, asked) = run(begin(config(), IP, "jöe@bücher.example"), &zone);
    assert_eq!(asked[1], "xn--bcher-kva.example.example.org A");
}

#[test]
fn macros_take_an_identity_up_to_the_limit_of_its_octets() {
    let asked = |most| {
        let mut limits = Limits::default();
        limits.max_spf_identity = most;
        let zone = [("example.org", "TXT", "v=spf1 exists:%{l}.example.net -all")];
        run(
            begin(config().with_limits(limits), IP, "joey@example.org"),
            &zone,
        )
        .1
    };
    assert_eq!(asked(4)[1], "joey.example.net A");
    assert_eq!(asked(3)[1], "joe.example.net A");
}

#[test]
fn an_ipv4_mapped_client_is_one_of_version_4() {
    let zone = [("example.org", "TXT", "v=spf1 ip4:192.0.2.1 -all")];
    let (verdict, _) = run(begin(config(), "::ffff:192.0.2.1", FROM), &zone);
    assert!(verdict.is_pass());
}

#[test]
fn limits_hold_at_n_and_not_beyond() {
    let terms = |count: usize| {
        let limits = |most| {
            let mut limits = Limits::default();
            limits.max_spf_terms = most;
            config().with_limits(limits)
        };
        let record = format!("v=spf1 {}-all", "a ".repeat(count));
        let zone = [
            ("example.org", "TXT", record.as_str()),
            ("example.org", "A", "192.0.2.9"),
        ];
        run(begin(limits(3), IP, FROM), &zone).0
    };
    assert_eq!(terms(3).result, SpfResult::Fail);
    assert_eq!(terms(4).reason, SpfReason::TooManyTerms);

    let void = of("v=spf1 a:x.example a:y.example ~all");
    assert_eq!(void.result, SpfResult::SoftFail);
    let void = of("v=spf1 a:x.example a:y.example a:z.example ~all");
    assert_eq!(
        (void.result, void.reason),
        (SpfResult::PermError, SpfReason::TooManyVoid)
    );

    let names: Vec<String> = (0..11).map(|n| format!("10 mx{n}.example")).collect();
    for (count, expected) in [(10, SpfResult::Fail), (11, SpfResult::PermError)] {
        let mut zone = vec![("example.org", "TXT", "v=spf1 mx -all")];
        zone.extend(
            names[..count]
                .iter()
                .map(|name| ("example.org", "MX", name.as_str())),
        );
        assert_eq!(check(&zone).result, expected, "{count}");
    }

    let mut limits = Limits::default();
    limits.max_spf_record = "v=spf1 +all".len();
    for (record, expected) in [
        ("v=spf1 +all", SpfResult::Pass),
        ("v=spf1  +all", SpfResult::PermError),
    ] {
        let zone = [("example.org", "TXT", record)];
        let (verdict, _) = run(begin(config().with_limits(limits), IP, FROM), &zone);
        assert_eq!(verdict.result, expected);
    }
}

#[test]
fn names_of_the_client_beyond_the_limit_count_for_nothing() {
    let mut zone = vec![
        ("example.org", "TXT", "v=spf1 ptr -all"),
        ("mail.example.org", "A", IP),
    ];
    let others: Vec<String> = (0..10).map(|n| format!("n{n}.example.net")).collect();
    zone.extend(
        others
            .iter()
            .map(|name| ("1.2.0.192.in-addr.arpa", "PTR", name.as_str())),
    );
    zone.push(("1.2.0.192.in-addr.arpa", "PTR", "mail.example.org"));
    assert_eq!(check(&zone).result, SpfResult::Fail);
    zone.remove(2);
    assert_eq!(check(&zone).result, SpfResult::Pass);
}

#[test]
fn an_exchange_that_cannot_be_asked_for_fails_only_if_none_before_it_matches() {
    let zone = [
        ("example.org", "TXT", "v=spf1 mx -all"),
        ("example.org", "MX", "20 broken.example"),
        ("example.org", "MX", "10 good.example"),
        ("broken.example", "FAIL", ""),
        ("good.example", "A", IP),
    ];
    assert_eq!(check(&zone).result, SpfResult::Pass);
    let swapped = [
        zone[0],
        ("example.org", "MX", "30 good.example"),
        zone[1],
        zone[3],
        zone[4],
    ];
    assert_eq!(check(&swapped).result, SpfResult::TempError);
}

#[test]
fn the_validated_name_is_asked_for_only_where_it_is_wanted() {
    let zone = [
        (
            "example.org",
            "TXT",
            "v=spf1 exists:%{p}.allow.example.org -all",
        ),
        ("1.2.0.192.in-addr.arpa", "PTR", "mail.example.org."),
        ("mail.example.org", "A", IP),
        ("mail.example.org.allow.example.org", "A", "127.0.0.2"),
    ];
    let (verdict, asked) = run(begin(config(), IP, FROM), &zone);
    assert_eq!((verdict.result, asked.len()), (SpfResult::Pass, 4));
    let (verdict, asked) = run(begin(config().without_validated_names(), IP, FROM), &zone);
    assert_eq!(verdict.result, SpfResult::Fail);
    assert_eq!(asked[1], "unknown.allow.example.org A");
}

#[test]
fn an_explanation_is_asked_for_after_a_failure_alone() {
    let zone = [
        (
            "example.org",
            "TXT",
            "v=spf1 ip4:192.0.2.1 -all exp=why.%{d}",
        ),
        (
            "why.example.org",
            "TXT",
            "%{i} may not send for %{o}, says %{r}.",
        ),
    ];
    let (verdict, asked) = run(begin(config(), IP, FROM), &zone);
    assert_eq!((asked.len(), verdict.explanation), (1, None));
    let (verdict, _) = run(begin(config(), "192.0.2.2", FROM), &zone);
    let words = "192.0.2.2 may not send for example.org, says mx.receiver.example.";
    assert_eq!(verdict.explanation.as_deref(), Some(words));
    let (verdict, asked) = run(
        begin(config().without_explanations(), "192.0.2.2", FROM),
        &zone,
    );
    assert_eq!((asked.len(), verdict.explanation), (1, None));
    // What would break out of a line is no explanation.
    let zone = [zone[0], ("why.example.org", "TXT", "a\r\nb")];
    let (verdict, _) = run(begin(config(), "192.0.2.2", FROM), &zone);
    assert_eq!(
        (verdict.result, verdict.explanation),
        (SpfResult::Fail, None)
    );
}

#[test]
fn a_dropped_question_is_ended_by_giving_up() {
    let mut spf = begin(config(), IP, FROM);
    let Some(SpfEvent::Lookup(question)) = spf.poll() else {
        panic!("a question comes first");
    };
    assert!(spf.poll().is_none());
    spf.give_up();
    assert_eq!(spf.answer(question.no_data()), Err(Misuse::StaleAnswer));
    let (verdict, _) = run(spf, &[]);
    assert_eq!(verdict.reason, SpfReason::Unavailable("example.org".into()));
    assert_eq!(verdict.result, SpfResult::TempError);
}

#[test]
fn an_answer_of_another_machine_or_kind_changes_nothing() {
    let (mut spf, mut other) = (begin(config(), IP, FROM), begin(config(), IP, FROM));
    let (Some(SpfEvent::Lookup(question)), Some(SpfEvent::Lookup(foreign))) =
        (spf.poll(), other.poll())
    else {
        panic!("questions come first");
    };
    assert_eq!(spf.answer(foreign.no_domain()), Err(Misuse::StaleAnswer));
    assert_eq!(question.kind(), RecordKind::Txt);
    assert_eq!(spf.answer(question.addresses([])), Err(Misuse::WrongKind));
    assert!(spf.poll().is_none());
}

#[test]
fn dnssec_counts_when_every_answer_was_proved() {
    for proved in [[true, true], [true, false]] {
        let mut spf = begin(config(), IP, FROM);
        let mut answers = proved.into_iter();
        let verdict = loop {
            match spf.poll().unwrap() {
                SpfEvent::Lookup(question) => {
                    let answer = match question.kind() {
                        RecordKind::Txt => question.records([["v=spf1 a -all"]]),
                        _ => question.addresses([IP.parse().unwrap()]),
                    };
                    let proved = answers.next().unwrap();
                    let answer = if proved {
                        answer.authenticated()
                    } else {
                        answer
                    };
                    spf.answer(answer).unwrap();
                }
                SpfEvent::Verdict(verdict) => break verdict,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(verdict.authenticated, proved == [true, true]);
    }
}

#[test]
fn received_spf_has_the_facts_and_no_value_breaks_it() {
    let zone = [("example.org", "TXT", "v=spf1 ip4:192.0.2.1 -all")];
    let verdict = run(begin(config(), IP, FROM), &zone).0;
    let expected = "Received-SPF: pass (mx.receiver.example: domain of example.org designates 192.0.2.1 as permitted sender)\r\n\treceiver=mx.receiver.example;\r\n\tidentity=mailfrom;\r\n\tclient-ip=192.0.2.1;\r\n\tenvelope-from=\"joe@example.org\";\r\n\thelo=mx.example.org;\r\n\tmechanism=\"ip4:192.0.2.1\";\r\n";
    assert_eq!(verdict.received_spf("mx.receiver.example"), expected);
    let evil = "x\";\r\nX-Evil: \\) (a@example.org";
    let verdict = run(begin(config(), IP, evil), &zone).0;
    let field = verdict.received_spf("a) b\r\nc");
    assert!(
        !field
            .trim_end()
            .replace("\r\n\t", "")
            .contains(['\r', '\n']),
        "{field}"
    );
    assert!(
        field.starts_with("Received-SPF: pass (a? b??c: "),
        "{field}"
    );
}

#[test]
fn a_result_goes_into_authentication_results() {
    let mut field = AuthResults::new("mx.receiver.example").unwrap();
    field.push(of("v=spf1 -all").method_result());
    field.push(of("v=spf1 x").method_result());
    let field = field.to_field().replace("\r\n\t", "");
    assert!(
        field.contains("spf=fail smtp.mailfrom=joe@example.org;"),
        "{field}"
    );
    assert!(
        field.contains("spf=permerror reason=\"\\\"x\\\" of example.org: unknown mechanism\""),
        "{field}"
    );
}
