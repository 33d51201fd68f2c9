//! `securewire mime extract`.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::run::{Desk, assert_golden, crlf};

/// A mail with an attachment under each of these names.
fn named(names: &[&str]) -> Vec<u8> {
    let mut mail = String::from("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n");
    for name in names {
        let encoded: String = name.bytes().map(|octet| format!("%{octet:02x}")).collect();
        mail.push_str(&format!(
            "--b\nContent-Type: application/pdf\n\
             Content-Disposition: attachment; filename*=utf-8''{encoded}\n\n{}\n",
            name.len()
        ));
    }
    mail.push_str("--b--\n");
    crlf(&mail)
}

#[test]
fn attachments_are_written_decoded_and_listed() {
    let desk = Desk::with("invoice.eml");
    let ran = desk.mime(&["extract", "invoice.eml", "--to", "out"]);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
    assert_golden("invoice.extract.txt", &ran.out);
    assert_eq!(desk.names("out"), ["Rechnung März.pdf", "part-5.eml"]);
    assert_eq!(desk.read("out/Rechnung März.pdf"), b"%PDF-1.4\n");
    let inside = String::from_utf8(desk.read("out/part-5.eml")).unwrap();
    assert!(inside.starts_with("From: x@example.org\r\n"), "{inside}");
    assert!(inside.ends_with("\r\n\r\niVBORw0KGgo="), "{inside}");
}

#[test]
fn all_leaves_are_written_on_request() {
    let desk = Desk::with("invoice.eml");
    let ran = desk.mime(&[
        "extract",
        "invoice.eml",
        "--to",
        "a/new/folder",
        "--all",
        "--json",
    ]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_golden("invoice.extract.json", &ran.out);
    let names = ["Rechnung März.pdf", "a.png", "part-2.txt", "part-3.html"];
    assert_eq!(desk.names("a/new/folder"), names);
    assert_eq!(desk.read("a/new/folder/part-2.txt"), "Grüße".as_bytes());
    assert_eq!(desk.read("a/new/folder/a.png"), b"\x89PNG\r\n\x1a\n");
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["written"][0]["path"], "a/new/folder/part-2.txt");
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let desk = Desk::new();
    let tricks = [
        "../up",
        "../../up",
        "/tmp/abs",
        "..\\up",
        "C:\\up",
        "C:up",
        "a/../../up",
        "..",
        ".",
        "/",
        "",
        "nul\0l",
        "a\u{1b}[2Jb",
        "\u{202e}fdp.exe",
        "CON",
        "com1.txt",
        ".profile",
        "-rf",
        "~",
        "end. ",
        "x:stream",
    ];
    desk.put("tricks.eml", &named(&tricks));
    let ran = desk.mime(&["extract", "tricks.eml", "--to", "out"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let written = desk.names("out");
    assert_eq!(written.len(), tricks.len(), "{written:?}");
    for name in &written {
        let safe = |c: char| !c.is_control() && !"/\\:<>\"|?*\u{202e}".contains(c);
        assert!(name.chars().all(safe), "{name:?}");
        assert!(
            !name.starts_with(['.', '-', '~', ' ']) && !name.ends_with(['.', ' ']),
            "{name:?}"
        );
    }
    for name in [
        "_CON",
        "_com1.txt",
        "_.profile",
        "_-rf",
        "_~",
        "end",
        "C_up",
        "up (2)",
        "x_stream",
    ] {
        assert!(written.iter().any(|is| is == name), "{name} in {written:?}");
    }
    assert_eq!(desk.names("."), ["out", "tricks.eml"]);
    // Each holds what its part held, whatever it is called now.
    let mut contents: Vec<usize> = written
        .iter()
        .map(|name| {
            String::from_utf8(desk.read(&format!("out/{name}")))
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    let mut lengths: Vec<usize> = tricks.iter().map(|name| name.len()).collect();
    contents.sort_unstable();
    lengths.sort_unstable();
    assert_eq!(contents, lengths);
}

#[test]
fn a_name_over_the_limit_is_cut() {
    let desk = Desk::new();
    let long = format!("{}.pdf", "ü".repeat(500));
    desk.put("long.eml", &named(&[&long, &long]));
    assert_eq!(
        desk.mime(&["extract", "long.eml", "--to", "out"]).status,
        Some(0)
    );
    for name in desk.names("out") {
        assert!(name.len() < 130 && name.ends_with(".pdf"), "{name}");
    }
    assert_eq!(desk.names("out").len(), 2);
}

#[test]
fn nothing_is_overwritten_and_no_link_is_followed() {
    let desk = Desk::new();
    desk.put("secret", b"mine");
    fs::create_dir(desk.path("out")).unwrap();
    desk.put("out/there.pdf", b"mine");
    fs::create_dir(desk.path("out/folder.pdf")).unwrap();
    symlink(desk.path("secret"), desk.path("out/link.pdf")).unwrap();
    symlink(desk.path("nowhere"), desk.path("out/dangling.pdf")).unwrap();
    desk.put(
        "m.eml",
        &named(&["there.pdf", "link.pdf", "dangling.pdf", "folder.pdf"]),
    );
    let ran = desk.mime(&["extract", "m.eml", "--to", "out"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    for name in ["there", "link", "dangling", "folder"] {
        let octets = desk.read(&format!("out/{name} (2).pdf"));
        assert_eq!(octets, format!("{}", name.len() + 4).as_bytes());
        assert!(
            ran.out.contains(&format!("called \"{name}.pdf\"")),
            "{}",
            ran.out
        );
    }
    assert_eq!(desk.read("secret"), b"mine");
    assert_eq!(desk.read("out/there.pdf"), b"mine");
    assert!(!desk.path("nowhere").exists());
}

#[test]
fn names_that_differ_in_case_alone_become_different_names() {
    let desk = Desk::new();
    desk.put(
        "m.eml",
        &named(&["A.pdf", "a.PDF", "a.pdf", "a (2).pdf", "ÄÖ", "äö"]),
    );
    assert_eq!(
        desk.mime(&["extract", "m.eml", "--to", "out"]).status,
        Some(0)
    );
    let names = desk.names("out");
    let mut folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    folded.sort();
    folded.dedup();
    assert_eq!((names.len(), folded.len()), (6, 6), "{names:?}");
}

#[test]
fn what_is_left_out_is_said() {
    let desk = Desk::new();
    desk.put("m.eml", &named(&["a", "b", "c"]));
    let ran = desk.mime(&["extract", "m.eml", "--to", "out", "--max-files", "2"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("1 part left out"), "{}", ran.err);
    assert!(ran.err.contains("--max-files"), "{}", ran.err);
    assert_eq!(desk.names("out"), ["a", "b"]);
    // Delimiters out of place: other readers find parts there.
    let outside = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\n\n1\n--b--\n--b\nContent-Type: image/png\n\n2\n";
    let nowhere = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--c\n\n1\n";
    for mail in [outside, nowhere] {
        let ran = desk.mime_fed(&["extract", "-", "--to", "none"], &crlf(mail));
        assert_eq!(ran.status, Some(1), "{mail}");
        assert!(
            ran.err.contains("1 place in - where there may be parts"),
            "{}",
            ran.err
        );
        assert!(desk.names("none").is_empty());
    }
    // Nested beyond the limit: there may be attachments in there.
    let mut deep = String::new();
    for depth in 0..110 {
        deep.push_str(&format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b{depth}z\n\n--b{depth}z\n"
        ));
    }
    desk.put("deep.eml", &crlf(&deep));
    let ran = desk.mime(&["extract", "deep.eml", "--to", "out", "--all"]);
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    assert!(ran.err.contains("not looked into"), "{}", ran.err);
}

#[test]
fn damage_is_said() {
    let mail = "MIME-Version: 1.0\r\nContent-Type: image/png; name=x.png\r\n\
        Content-Transfer-Encoding: base64\r\n\r\niVBO!Rw0K";
    let desk = Desk::new();
    let ran = desk.mime_fed(&["extract", "-", "--to", "out"], mail.as_bytes());
    assert_eq!(ran.out, "out/x.png  image/png  6 B  damaged: Base64Junk\n");
    assert_eq!(desk.read("out/x.png"), b"\x89PNG\r\n");
}

#[test]
fn a_mail_without_attachments_is_no_failure() {
    let desk = Desk::with("letter.eml");
    let ran = desk.mime(&["extract", "letter.eml", "--to", "out"]);
    assert_eq!(ran.status, Some(0));
    assert_eq!(
        ran.out,
        "no attachments in letter.eml; --all writes its texts too\n"
    );
    assert!(desk.names("out").is_empty());
}

#[test]
fn what_stands_in_the_way_is_named() {
    let desk = Desk::with("invoice.eml");
    let ran = desk.mime(&["extract", "invoice.eml", "--to", "invoice.eml"]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("--to invoice.eml: File exists"),
        "{}",
        ran.err
    );
    let ran = desk.mime(&["extract", "none.eml", "--to", "out"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("none.eml: No such file"), "{}", ran.err);
    assert!(!desk.path("out").exists(), "nothing was made for nothing");
    let ran = desk.mime(&["extract", "invoice.eml"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("--to <DIR>"), "{}", ran.err);
}
