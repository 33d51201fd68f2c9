//! `securewire dkim`: a key is made, a mail signed, verified, altered.

use std::{
    fs,
    process::{Command, Output},
};

use crate::run::Desk;

fn run(desk: &Desk, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_securewire"));
    command
        .arg("dkim")
        .args(arguments)
        .current_dir(desk.path(""));
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A desk with a key, its zone, a mail as Unix stores it, and the same signed.
pub(crate) fn signed() -> Desk {
    let desk = Desk::new();
    desk.put("mail.eml", b"From: joe@example.org\nSubject: x\n\nHi.\n");
    let keygen = [
        "keygen",
        "--domain",
        "example.org",
        "--selector",
        "s",
        "--out",
        "s.pem",
    ];
    let (status, record, err) = run(&desk, &keygen);
    assert_eq!(status, Some(0), "{err}");
    desk.put("zone", record.as_bytes());
    let sign = [
        "sign",
        "--lf",
        "--domain",
        "example.org",
        "--key",
        "s=s.pem",
        "mail.eml",
    ];
    let (status, mail, err) = run(&desk, &sign);
    assert_eq!(status, Some(0), "{err}");
    desk.put("signed.eml", mail.as_bytes());
    desk
}

#[test]
fn what_was_signed_verifies_with_the_record_of_keygen() {
    let desk = signed();
    let (status, out, _) = run(&desk, &["verify", "--dns", "zone", "signed.eml"]);
    assert_eq!(status, Some(0));
    assert_eq!(
        out,
        "pass      d=example.org s=s a=ed25519-sha256 key=256 bits body=5/5\n"
    );
}

#[test]
fn what_does_not_pass_ends_with_status_1_and_a_reason() {
    let desk = signed();
    let mail = fs::read_to_string(desk.path("signed.eml")).unwrap();
    desk.put("altered.eml", mail.replace("Hi.", "Ho.").as_bytes());
    let (status, out, _) = run(&desk, &["verify", "--dns", "zone", "altered.eml"]);
    assert_eq!(status, Some(1));
    assert!(out.contains("the body was altered"), "{out}");
    desk.put("empty", b"");
    let (status, out, _) = run(&desk, &["verify", "--json", "--dns", "empty", "signed.eml"]);
    assert_eq!(status, Some(1));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["result"], "permerror");
    assert_eq!(report["signatures"][0]["reason"], "no key");
}

#[test]
fn a_mail_without_signatures_does_not_pass() {
    let desk = signed();
    let (status, out, _) = run(&desk, &["verify", "--lf", "--dns", "zone", "mail.eml"]);
    assert_eq!(status, Some(1));
    assert_eq!(out, "none: the mail has no DKIM-Signature\n");
}

#[test]
fn line_ends_of_unix_are_not_guessed() {
    let desk = signed();
    let sign = [
        "sign",
        "--domain",
        "example.org",
        "--key",
        "s=s.pem",
        "mail.eml",
    ];
    let (status, out, err) = run(&desk, &sign);
    assert_eq!((status, &*out), (Some(2), ""));
    assert!(err.contains("say --lf"), "{err}");
}

#[test]
fn wrong_arguments_end_with_status_2_and_change_nothing() {
    let desk = signed();
    let key = desk.read("s.pem");
    let again = [
        "keygen",
        "--domain",
        "example.org",
        "--selector",
        "s",
        "--out",
        "s.pem",
    ];
    assert_eq!(run(&desk, &again).0, Some(2));
    assert_eq!(desk.read("s.pem"), key);
    for bad in [
        &[
            "keygen",
            "--domain",
            "example",
            "--selector",
            "s",
            "--out",
            "t.pem",
        ][..],
        &[
            "sign",
            "--domain",
            "example.org",
            "--key",
            "s.pem",
            "signed.eml",
        ],
        &[
            "sign",
            "--domain",
            "example.org",
            "--key",
            "s=zone",
            "signed.eml",
        ],
        &[
            "sign",
            "--domain",
            "example.org",
            "--key",
            "s=s.pem",
            "--identity",
            "a@b.c",
            "signed.eml",
        ],
        &["verify", "--dns", "nowhere", "signed.eml"],
        &["verify", "--dns", "zone", "nowhere.eml"],
    ] {
        let (status, _, err) = run(&desk, bad);
        assert_eq!(status, Some(2), "{bad:?}: {err}");
        assert!(err.starts_with("error: "), "{err}");
    }
}
