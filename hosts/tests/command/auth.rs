//! `securewire auth`: SPF, DKIM, ARC and DMARC of one mail, from a file of records.

use crate::{
    dkim::signed,
    run::{Desk, Ran},
};

const ZONE: &str = "example.org IN TXT \"v=spf1 mx -all\"
example.org IN MX 10 mail.example.org.
mail.example.org IN A 192.0.2.1
_dmarc.example.org v=DMARC1; p=reject
";

fn desk(from: &str) -> Desk {
    let desk = Desk::new();
    desk.put("zone", ZONE.as_bytes());
    let mail = format!("From: {from}\r\nSubject: x\r\n\r\nHi.\r\n");
    desk.put("mail.eml", mail.as_bytes());
    desk
}

fn run(desk: &Desk, ip: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["--dns", "zone", "--ip", ip, "--helo", "mail.example.org"];
    arguments.extend([
        "--mail-from",
        "joe@example.org",
        "--authserv-id",
        "mx.example",
    ]);
    arguments.extend(more);
    arguments.push("mail.eml");
    desk.auth(&arguments)
}

#[test]
fn a_mail_of_its_own_domain_passes() {
    let ran = run(&desk("joe@example.org"), "192.0.2.1", &[]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    for part in [
        "spf   pass",
        "dkim  none",
        "dmarc pass",
        "spf=pass smtp.mailfrom=joe@example.org",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert!(
        ran.out.contains("Authentication-Results: mx.example;"),
        "{}",
        ran.out
    );
}

#[test]
fn a_stranger_is_refused_as_the_policy_asks() {
    let ran = run(&desk("joe@example.org"), "192.0.2.9", &["--json"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["spf"][0]["result"], "fail");
    assert_eq!(report["spf"][0]["mechanism"], "-all");
    assert_eq!(report["spf"][1]["identity"], "helo");
    assert_eq!(report["dmarc"]["result"], "fail");
    assert_eq!(report["dmarc"]["disposition"], "reject");
}

#[test]
fn what_passes_for_another_domain_does_not_align() {
    let ran = run(&desk("joe@bank.example"), "192.0.2.1", &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    // Without a policy a pass of SPF is enough.
    assert_eq!(
        (ran.status, &report["dmarc"]["result"]),
        (Some(0), &"none".into())
    );
    let desk = desk("joe@bank.example");
    desk.put(
        "zone",
        format!("{ZONE}_dmarc.bank.example v=DMARC1; p=none\n").as_bytes(),
    );
    assert_eq!(run(&desk, "192.0.2.1", &[]).status, Some(1));
}

#[test]
fn a_signature_of_the_domain_passes_where_spf_is_left_out() {
    let desk = signed();
    let mut zone = desk.read("zone");
    zone.extend_from_slice(b"_dmarc.example.org v=DMARC1; p=reject\n");
    desk.put("zone", &zone);
    let ran = desk.auth(&["--dns", "zone", "--json", "signed.eml"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["dkim"][0]["result"], "pass");
    assert_eq!(report["dmarc"]["result"], "pass");
    let altered = [&desk.read("signed.eml")[..], b"Ho.\r\n"].concat();
    desk.put("altered.eml", &altered);
    let ran = desk.auth(&["--dns", "zone", "altered.eml"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.out.contains("dkim  fail"), "{}", ran.out);
    assert!(ran.out.contains("dmarc fail"), "{}", ran.out);
}

#[test]
fn a_chain_may_be_decided_before_all_its_answers_are_there() {
    let desk = desk("joe@example.org");
    let set = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.org; s=one; b=AAAA\r\n\
        ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=two;\r\n \
        h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n\
        ARC-Authentication-Results: i=1; example.org; spf=pass\r\n";
    let mail = [set.as_bytes(), &desk.read("mail.eml")].concat();
    desk.put("mail.eml", &mail);
    let ran = run(&desk, "192.0.2.1", &["--json"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["arc"]["result"], "fail");
    assert_eq!(report["dmarc"]["result"], "pass");
}

#[test]
fn several_authors_are_none() {
    let ran = run(&desk("a@example.org, b@example.net"), "192.0.2.1", &[]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.out.contains("From has several domains"), "{}", ran.out);
}

#[test]
fn wrong_arguments_end_with_status_2() {
    let desk = desk("joe@example.org");
    desk.put("bad", b"example.org IN A x\n");
    for bad in [
        &["--dns", "bad", "mail.eml"][..],
        &["--dns", "zone", "nowhere.eml"],
    ] {
        assert_eq!(desk.auth(bad).status, Some(2), "{bad:?}");
    }
}
