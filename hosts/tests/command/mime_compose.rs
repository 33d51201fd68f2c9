//! `securewire mime compose`.

use serde_json::Value;

use crate::run::{Desk, assert_golden};

const FROM: [&str; 3] = ["compose", "--from", "Jörg <joerg@example.org>"];

/// Every octet value, again and again.
fn octets(count: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(count).collect()
}

#[test]
fn what_is_composed_is_shown_checked_and_extracted() {
    let desk = Desk::new();
    desk.put("letter.txt", "Grüße!\nZweite Zeile".as_bytes());
    desk.put("letter.html", "<p>Grüße!\n".as_bytes());
    desk.put("Übersicht März.png", &octets(100_000));
    desk.put("notes.eml", b"Subject: x\n\nbare line feeds\n");
    let flags = [
        "--to",
        "ana@example.org, \"Team, B\" <b@example.org>",
        "--to",
        "c@example.org",
        "--cc",
        "all: d@example.org, Zoë <e@example.org>;",
        "--subject",
        "Grüße aus Zürich — 写真 📷",
        "--date",
        "Mon, 23 Nov 2026 19:41:58 +0100",
        "--message-id",
        "<1@example.org>",
        "--header",
        "X-Note: as it is",
        "--header",
        "Reply-To: Büro <office@example.org>",
        "--header",
        "Comments: schön",
        "--text",
        "letter.txt",
        "--html",
        "letter.html",
        "--attach",
        "Übersicht März.png",
        "--attach",
        "notes.eml",
        "--out",
        "mail.eml",
    ];
    let ran = desk.mime(&[&FROM[..], &flags].concat());
    assert_eq!((ran.status, &*ran.out, &*ran.err), (Some(0), "", ""));
    assert_golden("composed.show.txt", &desk.mime(&["show", "mail.eml"]).out);
    let ran = desk.mime(&["check", "mail.eml"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let ran = desk.mime(&["extract", "mail.eml", "--to", "out", "--all"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(
        desk.read("out/part-2.txt"),
        "Grüße!\r\nZweite Zeile\r\n".as_bytes()
    );
    assert_eq!(desk.read("out/part-3.html"), "<p>Grüße!\r\n".as_bytes());
    assert_eq!(desk.read("out/Übersicht März.png"), octets(100_000));
    assert_eq!(
        desk.read("out/notes.eml"),
        b"Subject: x\n\nbare line feeds\n"
    );
    let mail = desk.read("mail.eml");
    assert!(
        mail.is_ascii()
            && mail
                .split(|octet| *octet == b'\n')
                .all(|line| line.len() <= 79)
    );
}

#[test]
fn a_mail_goes_to_standard_output_with_a_date_and_an_identifier_of_its_own() {
    let desk = Desk::new();
    let compose = || {
        let ran = Desk::new().mime_wired(&[&FROM[..], &["--text", "-"]].concat(), b"At twelve?\n");
        assert_eq!(ran.0, Some(0));
        ran.1
    };
    let (one, other) = (compose(), compose());
    desk.put("one.eml", &one);
    desk.put("other.eml", &other);
    let read = |file: &str| -> Value {
        serde_json::from_str(&desk.mime(&["show", file, "--json"]).out).unwrap()
    };
    let (one, other) = (read("one.eml"), read("other.eml"));
    assert_eq!(one["parts"][0]["type"], "text/plain");
    assert!(one["date"]["unix"].as_i64().unwrap() > 1_700_000_000);
    let id = one["message_id"].as_str().unwrap();
    assert_eq!(id.strip_suffix("@example.org").unwrap().len(), 32);
    assert_ne!(one["message_id"], other["message_id"]);
}

#[test]
fn profiles_decide_what_is_encoded() {
    let text = "Grüße\n".as_bytes();
    let desk = Desk::new();
    let compose = |more: &[&str]| {
        let flags = [&FROM[..], &["--text", "-", "--subject", "Grüße"], more].concat();
        let (status, mail) = desk.mime_wired(&flags, text);
        assert_eq!(status, Some(0), "{more:?}");
        String::from_utf8(mail).unwrap()
    };
    let plain = compose(&[]);
    assert!(plain.is_ascii(), "{plain}");
    let eight = compose(&["--8bit"]);
    assert!(eight.contains("Content-Transfer-Encoding: 8bit"), "{eight}");
    assert!(
        eight.contains("\r\n\r\nGrüße\r\n") && !eight.contains("Subject: Grüße"),
        "{eight}"
    );
    let utf8 = compose(&["--smtputf8", "--to", "jörg@exämple.org"]);
    assert!(
        utf8.contains("Subject: Grüße\r\n") && utf8.contains("To: jörg@exämple.org\r\n"),
        "{utf8}"
    );
}

#[test]
fn large_texts_are_read_in_pieces_and_must_be_utf_8_to_the_end() {
    let desk = Desk::new();
    let line = "Zeile mit ü und ö, damit sie kodiert werden muss\r\n";
    let text = line.repeat(60_000);
    desk.put("long.txt", text.as_bytes());
    let flags = ["--text", "long.txt", "--out", "mail.eml"];
    let ran = desk.mime(&[&FROM[..], &flags].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(
        desk.mime(&["extract", "mail.eml", "--to", "out", "--all"])
            .status,
        Some(0)
    );
    assert_eq!(desk.read("out/part-0.txt"), text.as_bytes());

    let mut cut = text.into_bytes();
    cut.push(0xc3);
    desk.put("cut.txt", &cut);
    for (file, octets) in [("cut.txt", &cut[..]), ("latin.txt", b"Gr\xfc\xdfe")] {
        desk.put(file, octets);
        let flags = ["--text", file, "--out", "broken.eml"];
        let ran = desk.mime(&[&FROM[..], &flags].concat());
        assert_eq!(ran.status, Some(2));
        assert!(
            ran.err.contains(&format!("--text {file}: not UTF-8")),
            "{}",
            ran.err
        );
        assert!(
            !desk.path("broken.eml").exists(),
            "no file that is not whole"
        );
    }
}

#[test]
fn no_flag_lets_another_field_in() {
    let desk = Desk::new();
    let forged = "x\r\nBcc: everyone@example.org";
    let field = format!("X-Note: {forged}");
    let reply = "Reply-To: a@example.org\nBcc: b@example.org";
    for (flag, value) in [
        ("--subject", forged),
        ("--subject", "x\nBcc: y"),
        ("--subject", "x\rBcc: y"),
        ("--to", "a@example.org\r\nBcc: b@example.org"),
        ("--cc", "\"x\r\nBcc: y\" <a@example.org>"),
        ("--message-id", "1@example.org>\r\nBcc: <y@example.org"),
        ("--header", &*field),
        ("--header", reply),
        ("--header", "X\r\nBcc: y"),
        ("--header", "X: y\r\n\r\nbody"),
        ("--date", "Mon, 23 Nov 2026 19:41:58 +0100\r\nBcc: y"),
    ] {
        let ran = desk.mime_fed(&[&FROM[..], &["--text", "-", flag, value]].concat(), b"x");
        assert_eq!((ran.status, &*ran.out), (Some(2), ""), "{flag} {value:?}");
        assert!(
            ran.err.starts_with(&format!("error: {flag} ")),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(" help: "), "{}", ran.err);
    }
    // A name of a file is a value too; readers get it back, encoded.
    desk.put("x\r\nBcc: y.png", b"x");
    let ran = desk.mime(&[&FROM[..], &["--attach", "x\r\nBcc: y.png"]].concat());
    assert_eq!((ran.status, &*ran.out), (Some(2), ""));
    assert!(ran.err.contains("its name: a line break"), "{}", ran.err);
}

#[test]
fn what_is_wrong_with_a_flag_is_said() {
    let desk = Desk::new();
    desk.put("x", b"x");
    for (flags, what) in [
        (&["--to", "a b"][..], "--to a b: InvalidAddress"),
        (
            &["--to", "a@b.example,,c@d.example"],
            "--to a@b.example,,c@d.example: ObsoleteAddress",
        ),
        (&["--to", "jörg@example.org"], "--smtputf8 allows it"),
        (&["--date", "soon"], "--date soon: no date"),
        (
            &["--message-id", "one"],
            "--message-id one: not a message identifier",
        ),
        (&["--header", "none"], "--header none: no colon"),
        (
            &["--header", "Content-Type: text/html"],
            "the composer writes this itself",
        ),
        (&["--header", "From: x@example.org"], "given twice"),
        (&["--attach", "none"], "--attach none: No such file"),
        (&["--attach", "."], "--attach .: is a directory"),
        (&["--html", "none"], "--html none: No such file"),
        (&["--out", "x"], "nothing is overwritten"),
    ] {
        let ran = desk.mime(&[&FROM[..], &["--text", "x"], flags].concat());
        assert_eq!((ran.status, &*ran.out), (Some(2), ""), "{flags:?}");
        assert!(ran.err.contains(what), "{flags:?}: {}", ran.err);
    }
    assert_eq!(desk.read("x"), b"x");
    let ran = desk.mime(&FROM);
    assert!(ran.err.contains("a mail without a body"), "{}", ran.err);
    let ran = desk.mime(&["compose", "--text", "x"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("--from <ADDRESS>"), "{}", ran.err);
}
