//! DMARC, clause by clause of RFC 9989.

use std::sync::Arc;

use dkim_core::{
    Limits, Misuse,
    auth_results::AuthResults,
    dmarc::{
        Discovery, Dmarc, DmarcConfig, DmarcEvent, DmarcReason, DmarcResult, DmarcVerdict, Method,
        Policy,
    },
};

use crate::host::{Zone, lookup, provider};

pub(crate) fn config() -> DmarcConfig {
    DmarcConfig::new(provider())
}

/// A message of `from` whose SPF and DKIM domains are those.
pub(crate) fn begin(config: DmarcConfig, from: &str, spf: &[&str], dkim: &[&str]) -> Dmarc {
    let mut dmarc = Dmarc::new(Arc::new(config), [from.as_bytes()]).unwrap();
    for domain in spf {
        dmarc.spf_passed(domain).unwrap();
    }
    for domain in dkim {
        dmarc.dkim_passed(domain).unwrap();
    }
    dmarc.end_of_results().unwrap();
    dmarc
}

/// Runs a message; also the names that were asked for. Organizational domains are the last two labels.
pub(crate) fn run(mut dmarc: Dmarc, zone: &Zone<'_>) -> (DmarcVerdict, Vec<String>) {
    let (mut verdict, mut asked) = (None, Vec::new());
    loop {
        match dmarc.poll() {
            Some(DmarcEvent::Lookup(question)) => {
                asked.push(question.name().to_owned());
                dmarc.answer(lookup(zone, question)).unwrap();
            }
            Some(DmarcEvent::Organization(question)) => {
                asked.push(format!("? {}", question.domain()));
                let labels: Vec<_> = question.domain().rsplit('.').take(2).collect();
                let organization = format!("{}.{}", labels[1], labels[0]);
                dmarc
                    .organization(question.belongs_to(&organization))
                    .unwrap();
            }
            Some(DmarcEvent::Verdict(found)) => assert!(verdict.replace(found).is_none()),
            Some(DmarcEvent::Closed) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(dmarc.poll().is_none());
    (verdict.unwrap(), asked)
}

fn check(from: &str, spf: &[&str], dkim: &[&str], zone: &Zone<'_>) -> DmarcVerdict {
    run(begin(config(), from, spf, dkim), zone).0
}

const REJECT: (&str, &str, &str) = ("_dmarc.example.com", "TXT", "v=DMARC1; p=reject");

#[test]
fn one_aligned_domain_is_enough() {
    let verdict = check(
        "a@example.com",
        &["other.example"],
        &["x.example", "example.com"],
        &[REJECT],
    );
    assert_eq!(verdict.result, DmarcResult::Pass);
    let reason = DmarcReason::Aligned {
        method: Method::Dkim,
        domain: "example.com".into(),
    };
    assert_eq!(verdict.reason, reason);
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Policy::Reject, Policy::None)
    );
}

#[test]
fn without_alignment_it_fails_and_the_policy_is_asked_for() {
    let verdict = check("a@example.com", &["other.example"], &[], &[REJECT]);
    assert_eq!(
        (verdict.result, verdict.reason),
        (DmarcResult::Fail, DmarcReason::NotAligned)
    );
    assert_eq!(verdict.disposition, Policy::Reject);
    let verdict = check("a@example.com", &[], &[], &[REJECT]);
    assert_eq!(verdict.reason, DmarcReason::NothingAuthenticated);
}

#[test]
fn the_same_domain_costs_one_question() {
    let (verdict, asked) = run(
        begin(config(), "a@example.com", &["example.com"], &[]),
        &[REJECT],
    );
    assert!(verdict.is_pass());
    assert_eq!(asked, ["_dmarc.example.com"]);
}

#[test]
fn the_policy_is_asked_for_before_results_come() {
    let mut dmarc = Dmarc::new(Arc::new(config()), [&b"a@example.com"[..]]).unwrap();
    let Some(DmarcEvent::Lookup(question)) = dmarc.poll() else {
        panic!("a question comes first");
    };
    dmarc.answer(lookup(&[REJECT], question)).unwrap();
    assert!(dmarc.poll().is_none(), "results are missing");
    dmarc.spf_passed("example.com").unwrap();
    dmarc.end_of_results().unwrap();
    assert_eq!(dmarc.spf_passed("x.example"), Err(Misuse::Phase));
    assert_eq!(dmarc.end_of_results(), Err(Misuse::Phase));
    assert!(run(dmarc, &[]).0.is_pass());
}

#[test]
fn relaxed_alignment_is_one_organization_and_strict_one_domain() {
    let pass = |record: &str, spf: &[&str], dkim: &[&str]| {
        check(
            "a@mail.example.com",
            spf,
            dkim,
            &[("_dmarc.example.com", "TXT", record)],
        )
        .is_pass()
    };
    assert!(pass("v=DMARC1; p=reject", &["bounce.example.com"], &[]));
    assert!(pass("v=DMARC1; p=reject", &[], &["example.com"]));
    assert!(!pass(
        "v=DMARC1; p=reject; aspf=s",
        &["bounce.example.com"],
        &[]
    ));
    assert!(!pass("v=DMARC1; p=reject; adkim=s", &[], &["example.com"]));
    assert!(pass("v=DMARC1; p=reject; aspf=s", &[], &["example.com"]));
    assert!(pass(
        "v=DMARC1; p=reject; adkim=s",
        &[],
        &["mail.example.com"]
    ));
    assert!(!pass(
        "v=DMARC1; p=reject",
        &["example.net"],
        &["badexample.com"]
    ));
}

#[test]
fn a_subdomain_that_is_its_own_organization_does_not_align() {
    let zone = [
        REJECT,
        ("_dmarc.dept.example.com", "TXT", "v=DMARC1; psd=n"),
    ];
    assert!(!check("a@example.com", &["dept.example.com"], &[], &zone).is_pass());
    assert!(!check("a@dept.example.com", &["example.com"], &[], &zone).is_pass());
    assert!(check("a@x.dept.example.com", &["dept.example.com"], &[], &zone).is_pass());
}

#[test]
fn customers_of_a_public_suffix_do_not_align() {
    let zone = [
        ("_dmarc.hosting.example", "TXT", "v=DMARC1; p=reject; psd=y"),
        ("_dmarc.a.hosting.example", "TXT", "v=DMARC1; p=reject"),
    ];
    assert!(!check("a@a.hosting.example", &["b.hosting.example"], &[], &zone).is_pass());
    assert!(check("a@a.hosting.example", &["x.a.hosting.example"], &[], &zone).is_pass());
    // Its policy is for those who have none (section 4.10.1).
    let verdict = check("a@b.hosting.example", &[], &[], &zone);
    assert_eq!(verdict.policy_domain.as_deref(), Some("hosting.example"));
    assert_eq!(verdict.disposition, Policy::Reject);
}

#[test]
fn the_policy_is_that_of_the_author_then_of_its_organization() {
    let zone = [
        (
            "_dmarc.example.com",
            "TXT",
            "v=DMARC1; p=reject; sp=quarantine",
        ),
        ("_dmarc.a.example.com", "TXT", "v=DMARC1; p=none"),
        ("b.example.com", "A", "192.0.2.1"),
    ];
    let policy = |from: &str| {
        let verdict = check(from, &[], &[], &zone);
        (verdict.policy, verdict.policy_domain.unwrap())
    };
    assert_eq!(
        policy("x@example.com"),
        (Policy::Reject, "example.com".into())
    );
    assert_eq!(
        policy("x@a.example.com"),
        (Policy::None, "a.example.com".into())
    );
    assert_eq!(
        policy("x@b.example.com"),
        (Policy::Quarantine, "example.com".into())
    );
    // One between them is no organization's (section 4.10.2).
    assert_eq!(
        policy("x@y.a.example.com"),
        (Policy::Quarantine, "example.com".into())
    );
}

#[test]
fn np_is_for_domains_that_do_not_exist_and_is_looked_up_only_then() {
    let record = (
        "_dmarc.example.com",
        "TXT",
        "v=DMARC1; p=none; sp=quarantine; np=reject",
    );
    let zone = [
        record,
        ("b.example.com", "MX", "10 x.example"),
        ("c.example.com", "FAIL", ""),
    ];
    let run = |from: &str, spf: &[&str]| run(begin(config(), from, spf, &[]), &zone);
    let (verdict, asked) = run("x@nowhere.example.com", &[]);
    assert_eq!(verdict.disposition, Policy::Reject);
    assert_eq!(asked.last().unwrap(), "nowhere.example.com");
    assert_eq!(
        run("x@b.example.com", &[]).0.disposition,
        Policy::Quarantine
    );
    assert_eq!(run("x@c.example.com", &[]).0.result, DmarcResult::TempError);
    let (verdict, asked) = run("x@b.example.com", &["example.com"]);
    assert!(verdict.is_pass() && !asked.contains(&"b.example.com".to_owned()));
    let (verdict, asked) = run("x@example.com", &[]);
    assert_eq!((verdict.disposition, asked.len()), (Policy::None, 1));
}

#[test]
fn a_policy_under_test_is_applied_one_level_below() {
    let disposition = |record: &str| {
        let verdict = check(
            "a@example.com",
            &[],
            &[],
            &[("_dmarc.example.com", "TXT", record)],
        );
        (verdict.policy, verdict.disposition)
    };
    assert_eq!(
        disposition("v=DMARC1; p=reject; t=y"),
        (Policy::Reject, Policy::Quarantine)
    );
    assert_eq!(
        disposition("v=DMARC1; p=quarantine; t=y"),
        (Policy::Quarantine, Policy::None)
    );
    assert_eq!(
        disposition("v=DMARC1; p=none; t=y"),
        (Policy::None, Policy::None)
    );
    // The percentage is history: it changes nothing.
    assert_eq!(
        disposition("v=DMARC1; p=reject; pct=0"),
        (Policy::Reject, Policy::Reject)
    );
}

#[test]
fn without_a_record_nothing_applies() {
    for zone in [
        &[][..],
        &[("_dmarc.example.com", "TXT", "v=spf1 -all")],
        &[REJECT, REJECT],
    ] {
        let verdict = check("a@example.com", &["example.com"], &[], zone);
        assert_eq!(
            (verdict.result, verdict.reason),
            (DmarcResult::None, DmarcReason::NoRecord)
        );
        assert_eq!(verdict.disposition, Policy::None);
    }
}

#[test]
fn an_invalid_policy_counts_as_none_where_reports_are_wanted() {
    let record = |record: &str| {
        check(
            "a@example.com",
            &[],
            &[],
            &[("_dmarc.example.com", "TXT", record)],
        )
    };
    let verdict = record("v=DMARC1; p=rejct");
    assert_eq!(
        (verdict.result, verdict.reason),
        (DmarcResult::None, DmarcReason::InvalidPolicy)
    );
    let verdict = record("v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com");
    assert_eq!(
        (verdict.result, verdict.policy),
        (DmarcResult::Fail, Policy::None)
    );
    assert_eq!(
        record("v=DMARC1; p=x; rua=nobody").result,
        DmarcResult::None
    );
    assert_eq!(record("v=DMARC1").result, DmarcResult::Fail);
}

#[test]
fn without_one_author_there_is_no_evaluation() {
    for (from, reason) in [
        ("a@example.com, b@example.net", DmarcReason::SeveralAuthors),
        ("", DmarcReason::NoAuthor),
        ("a@localhost", DmarcReason::BadAuthor),
    ] {
        let (verdict, asked) = run(begin(config(), from, &["example.com"], &[]), &[REJECT]);
        assert_eq!(
            (verdict.result, verdict.reason),
            (DmarcResult::PermError, reason)
        );
        assert!(asked.is_empty());
    }
}

#[test]
fn a_failure_of_the_dns_is_neither_pass_nor_fail() {
    let failing = |name| [REJECT, (name, "FAIL", "")];
    let verdict = check(
        "a@example.com",
        &[],
        &[],
        &[("_dmarc.example.com", "FAIL", "")],
    );
    assert_eq!(verdict.result, DmarcResult::TempError);
    assert_eq!(
        verdict.reason,
        DmarcReason::Unavailable("example.com".into())
    );
    let zone = failing("_dmarc.b.example.com");
    assert_eq!(
        check("a@example.com", &["b.example.com"], &[], &zone).result,
        DmarcResult::TempError
    );
    // Another domain aligns: what failed does not matter.
    assert!(
        check(
            "a@example.com",
            &["b.example.com", "c.example.com"],
            &[],
            &zone
        )
        .is_pass()
    );
    assert_eq!(
        check("a@example.com", &["b.example.net"], &[], &zone).result,
        DmarcResult::Fail
    );
}

#[test]
fn many_labels_cost_no_more_than_eight_questions() {
    let from = "x@a.b.c.d.e.f.g.h.i.j.mail.example.com";
    let (_, asked) = run(begin(config(), from, &[], &[]), &[]);
    assert_eq!(asked.len(), 8);
    assert_eq!(asked[1], "_dmarc.g.h.i.j.mail.example.com");
}

#[test]
fn each_name_is_asked_for_once() {
    let domains: Vec<String> = (0..15).map(|n| format!("x.s{n}.example.com")).collect();
    let dkim: Vec<&str> = domains.iter().map(String::as_str).collect();
    let zone = [
        REJECT,
        ("_dmarc.com", "TXT", "v=DMARC1; psd=y"),
        ("_dmarc.x.s14.example.com", "TXT", "v=DMARC1; psd=n"),
    ];
    let (verdict, mut asked) = run(begin(config(), "a@example.com", &dkim, &dkim), &zone);
    assert!(verdict.is_pass());
    let count = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), count);
}

#[test]
fn domains_beyond_the_limit_are_passed_over_but_not_the_authors_own() {
    let mut limits = Limits::default();
    limits.max_authenticated = 1;
    let pass = |dkim: &[&str]| {
        let config = config().with_limits(limits);
        run(begin(config, "a@example.com", &[], dkim), &[REJECT])
            .0
            .is_pass()
    };
    assert!(pass(&["x.example.com"]));
    assert!(!pass(&["x.example.net", "x.example.com"]));
    assert!(pass(&["x.example.net", "example.com"]));
}

#[test]
fn a_policy_counts_up_to_the_limit_of_its_octets() {
    let pass = |most| {
        let mut limits = Limits::default();
        limits.max_policy_record = most;
        let dmarc = begin(
            config().with_limits(limits),
            "a@example.com",
            &[],
            &["example.com"],
        );
        run(dmarc, &[REJECT]).0.is_pass()
    };
    let octets = REJECT.2.len();
    assert!(pass(octets));
    assert!(!pass(octets - 1));
}

#[test]
fn a_host_with_a_list_answers_for_organizations() {
    let config = || config().with_discovery(Discovery::PublicSuffixes);
    let (verdict, asked) = run(
        begin(
            config(),
            "a@x.example.com",
            &["y.example.com", "y.example.com"],
            &["y.example.com"],
        ),
        &[REJECT],
    );
    assert!(verdict.is_pass());
    let expected = [
        "_dmarc.x.example.com",
        "? x.example.com",
        "_dmarc.example.com",
        "? y.example.com",
    ];
    assert_eq!(asked, expected);

    let mut dmarc = begin(config(), "a@x.example.com", &[], &[]);
    let Some(DmarcEvent::Lookup(question)) = dmarc.poll() else {
        panic!("a question comes first");
    };
    dmarc.answer(question.no_domain()).unwrap();
    let Some(DmarcEvent::Organization(question)) = dmarc.poll() else {
        panic!("then that for the organization");
    };
    assert_eq!(
        dmarc.organization(question.belongs_to("ample.com")),
        Err(Misuse::BadName)
    );
    dmarc.give_up();
    assert_eq!(run(dmarc, &[]).0.reason, DmarcReason::NoRecord);
}

#[test]
fn a_dropped_question_is_ended_by_giving_up() {
    let mut dmarc = begin(config(), "a@example.com", &["example.com"], &[]);
    let Some(DmarcEvent::Lookup(question)) = dmarc.poll() else {
        panic!("a question comes first");
    };
    assert!(dmarc.poll().is_none());
    dmarc.give_up();
    assert_eq!(dmarc.answer(question.no_data()), Err(Misuse::StaleAnswer));
    assert_eq!(run(dmarc, &[]).0.result, DmarcResult::TempError);
}

#[test]
fn a_result_goes_into_authentication_results() {
    let mut field = AuthResults::new("mx.receiver.example").unwrap();
    field.push(check("a@example.com", &[], &[], &[REJECT]).method_result());
    let field = field.to_field().replace("\r\n\t", "");
    assert!(field.contains("dmarc=fail reason=\"no domain is authenticated\" header.from=example.com policy.dmarc=reject"), "{field}");
}

#[cfg(feature = "spf")]
#[test]
fn helo_does_not_count() {
    use dkim_core::spf::{Spf, SpfConfig};

    let ip = "192.0.2.1".parse().unwrap();
    let config_of_spf = Arc::new(SpfConfig::new(provider()));
    let zone = [("example.com", "TXT", "v=spf1 +all"), REJECT];
    let now = crate::host::now();
    for (spf, passes) in [
        (
            Spf::helo(Arc::clone(&config_of_spf), ip, "example.com", "", now),
            false,
        ),
        (
            Spf::new(config_of_spf, ip, "x.example", "a@example.com", now),
            true,
        ),
    ] {
        let (verdict, _) = crate::spf::run(spf.unwrap(), &zone);
        assert!(verdict.is_pass());
        let mut dmarc = Dmarc::new(Arc::new(config()), [&b"a@example.com"[..]]).unwrap();
        dmarc.spf(&verdict).unwrap();
        dmarc.end_of_results().unwrap();
        assert_eq!(run(dmarc, &zone).0.is_pass(), passes);
    }
}
