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
        "dkim  pass      d=example.org s=s a=ed25519-sha256 key=256 bits body=5/5\n"
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
    assert_eq!(out, "dkim  none      the mail has no DKIM-Signature\n");
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

/// The desk of `keygen --algorithm rsa` with a source of cryptography, and what it said.
fn rsa_keygen(provider: &str) -> (Desk, (Option<i32>, String, String)) {
    let desk = Desk::new();
    let arguments = ["keygen", "--domain", "example.org", "--selector", "s"];
    let more = [
        "--algorithm",
        "rsa",
        "--out",
        "s.pem",
        "--provider",
        provider,
    ];
    let said = run(&desk, &[&arguments[..], &more].concat());
    (desk, said)
}

#[test]
fn a_source_that_makes_no_rsa_keys_says_what_does() {
    let (desk, (status, out, err)) = rsa_keygen("ring");
    assert_eq!((status, &*out), (Some(2), ""));
    assert!(err.contains("openssl genpkey -algorithm RSA"), "{err}");
    assert!(!desk.path("s.pem").exists());
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn a_key_of_rsa_is_published_in_strings_and_verifies_with_every_source() {
    use std::os::unix::fs::PermissionsExt;

    let (desk, (status, record, err)) = rsa_keygen("aws-lc");
    assert_eq!(status, Some(0), "{err}");
    // RFC 1035 section 3.3: no string is longer than 255 octets, so that the key takes two.
    let strings: Vec<&str> = record.split('"').skip(1).step_by(2).collect();
    assert_eq!(strings.len(), 2, "{record}");
    assert!(strings.iter().all(|string| string.len() <= 255), "{record}");
    assert!(
        strings.concat().starts_with("v=DKIM1; k=rsa; p="),
        "{record}"
    );
    let mode = fs::metadata(desk.path("s.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.put("zone", record.as_bytes());
    desk.put(
        "mail.eml",
        b"From: joe@example.org\r\nSubject: x\r\n\r\nHi.\r\n",
    );
    for signs in ["ring", "aws-lc"] {
        let (status, mail, err) = run(
            &desk,
            &[
                "sign",
                "--domain",
                "example.org",
                "--key",
                "s=s.pem",
                "mail.eml",
                "--provider",
                signs,
            ],
        );
        assert_eq!(status, Some(0), "{err}");
        assert!(mail.contains("a=rsa-sha256"), "{mail}");
        desk.put("signed.eml", mail.as_bytes());
        for verifies in ["ring", "aws-lc"] {
            let (status, out, err) = run(
                &desk,
                &[
                    "verify",
                    "--dns",
                    "zone",
                    "signed.eml",
                    "--provider",
                    verifies,
                ],
            );
            assert_eq!(status, Some(0), "{signs}, {verifies}: {out}{err}");
            assert!(out.contains("2048 bits"), "{out}");
        }
    }
}
