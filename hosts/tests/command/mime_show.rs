//! `securewire mime show`.

use serde_json::Value;

use crate::run::{Desk, assert_golden, crlf, sample};

#[test]
fn a_mail_fits_on_a_screen() {
    for name in ["letter", "invoice", "ambiguous", "hostile"] {
        let file = format!("{name}.eml");
        let ran = Desk::with(&file).mime(&["show", &file]);
        assert_eq!((ran.status, &*ran.err), (Some(0), ""), "{name}");
        assert_golden(&format!("{name}.show.txt"), &ran.out);
    }
}

#[test]
fn standard_input_is_a_mail_like_any_other() {
    let desk = Desk::with("invoice.eml");
    let ran = desk.mime_fed(&["show", "-"], &sample("invoice.eml"));
    assert_eq!(ran.out, desk.mime(&["show", "invoice.eml"]).out);
}

#[test]
fn programs_get_one_object_with_the_same_keys_in_the_same_order() {
    for name in ["letter", "invoice", "ambiguous", "hostile"] {
        let file = format!("{name}.eml");
        let ran = Desk::with(&file).mime(&["show", &file, "--json"]);
        assert_eq!(ran.status, Some(0), "{name}");
        assert_golden(&format!("{name}.show.json"), &ran.out);
        let object: Value = serde_json::from_str(&ran.out).unwrap();
        assert!(object.is_object(), "{name}");
    }
}

#[test]
fn json_says_what_the_mail_says() {
    let ran = Desk::with("hostile.eml").mime(&["show", "hostile.eml", "--json"]);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        object["subject"],
        "\u{1b}]0;owned\u{7} \u{9b}31m \u{202e}gpj.exe"
    );
    assert_eq!(object["parts"][0]["name"], "../\u{1b}[31m\u{202e}gpj.exe");
    let ran = Desk::with("invoice.eml").mime(&["show", "invoice.eml", "--json"]);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["subject"], "Rechnung MärzПривет");
    assert_eq!(object["date"]["unix"], 1_795_459_318);
    assert_eq!(object["to"][2]["group"], "team");
    assert_eq!(object["parts"][4]["name"], "Rechnung März.pdf");
    assert_eq!(object["parts"][4]["decoded"], 9);
}

/// Forty recipients, fifty parts and two defects in each of them.
fn long() -> Vec<u8> {
    let mut mail = String::from("From: a@example.org\nTo: ");
    let to: Vec<String> = (0..40).map(|at| format!("p{at}@example.org")).collect();
    mail.push_str(&to.join(",\n "));
    mail.push_str("\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n");
    for at in 0..50 {
        mail.push_str(&format!(
            "--b\nContent-Type: text/plain; a=1; a=2\nContent-Type: text/css\n\n{at}\n"
        ));
    }
    mail.push_str("--b--\n");
    crlf(&mail)
}

#[test]
fn long_lists_are_summed_up_unless_all_is_asked_for() {
    let desk = Desk::new();
    desk.put("long.eml", &long());
    let ran = desk.mime(&["show", "long.eml"]);
    assert!(ran.out.lines().count() < 50, "{}", ran.out);
    for part in [
        "p3@example.org, 36 more\n",
        "… and 19 more; --all shows them\n",
        "\n100 defects\n",
        "the first one counts (and 49 more)\n",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let ran = desk.mime(&["show", "long.eml", "--all"]);
    assert!(ran.out.contains("p39@example.org\n") && !ran.out.contains(" more"));
    assert_eq!(ran.out.matches("text/plain").count(), 50);
    assert_eq!(ran.out.matches("DuplicateField").count(), 50);
}

#[test]
fn a_kind_of_defect_takes_one_line() {
    let ran = Desk::new().mime_fed(
        &["show", "-"],
        b"X: 1\nSubject: a\nSubject: b\nSubject: c\n\nx\n",
    );
    assert!(
        ran.out.ends_with(
            "\n4 defects\n\
             \x20 line 3, offset 16: DuplicateField  a field again that may occur once: the first one counts (and 1 more)\n\
             \x20 line 1, offset 4: BareLf  a line feed without a carriage return, here the end of the line (and 1 more)\n"
        ),
        "{}",
        ran.out
    );
}

#[test]
fn line_ends_of_unix_are_no_defect_on_request() {
    let desk = Desk::new();
    let mail = b"Subject: a\n\nx\n";
    assert!(
        desk.mime_fed(&["show", "--lf", "-"], mail)
            .out
            .ends_with("\nno defects\n")
    );
    assert_eq!(desk.mime_fed(&["check", "-"], mail).status, Some(1));
    assert_eq!(desk.mime_fed(&["check", "--lf", "-"], mail).status, Some(0));
    let two = b"Subject: a\nSubject: b\n\nx\n";
    assert_eq!(desk.mime_fed(&["check", "--lf", "-"], two).status, Some(1));
}

#[test]
fn an_empty_file_is_a_mail_without_anything() {
    let desk = Desk::new();
    desk.put("empty.eml", b"");
    let ran = desk.mime(&["show", "empty.eml"]);
    assert_eq!(ran.status, Some(0));
    assert_eq!(ran.out, "\ntext/plain  0 B  7bit  us-ascii\n\nno defects\n");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let desk = Desk::new();
    for (file, what) in [
        ("none.eml", "none.eml: No such file"),
        (".", ".: Is a directory"),
    ] {
        let ran = desk.mime(&["show", file]);
        assert_eq!((ran.status, &*ran.out), (Some(2), ""), "{file}");
        assert!(ran.err.contains(what), "{}", ran.err);
        assert!(ran.err.contains("or - for standard input"), "{}", ran.err);
    }
}
