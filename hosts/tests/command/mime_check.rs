//! `securewire mime check`.

use serde_json::Value;

use crate::run::{Desk, assert_golden, sample};

#[test]
fn defects_are_told_with_place_and_meaning() {
    for (name, status) in [
        ("letter", 0),
        ("invoice", 0),
        ("ambiguous", 1),
        ("hostile", 1),
    ] {
        let file = format!("{name}.eml");
        let ran = Desk::with(&file).mime(&["check", &file]);
        assert_eq!((ran.status, &*ran.err), (Some(status), ""), "{}", ran.out);
        assert_golden(&format!("{name}.check.txt"), &ran.out);
    }
}

#[test]
fn programs_get_a_line_of_json_per_file() {
    let desk = Desk::with("ambiguous.eml");
    desk.put("letter.eml", &sample("letter.eml"));
    let ran = desk.mime(&["check", "--json", "letter.eml", "ambiguous.eml"]);
    assert_eq!(ran.status, Some(1));
    assert_golden("check.json", &ran.out);
    let mail = sample("ambiguous.eml");
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[0]["total"]), (2, &0.into()));
    for defect in lines[1]["defects"].as_array().unwrap() {
        let before = usize::try_from(defect["offset"].as_u64().unwrap()).unwrap();
        let feeds = mail[..before]
            .iter()
            .filter(|octet| **octet == b'\n')
            .count();
        assert_eq!(defect["line"], feeds + 1, "{defect}");
    }
}

#[test]
fn the_exit_status_is_0_for_clean_1_for_defects_and_2_for_unread() {
    let desk = Desk::with("letter.eml");
    desk.put("ambiguous.eml", &sample("ambiguous.eml"));
    assert_eq!(desk.mime(&["check", "letter.eml"]).status, Some(0));
    assert_eq!(
        desk.mime_fed(&["check", "-"], &sample("letter.eml")).status,
        Some(0)
    );
    assert_eq!(
        desk.mime_fed(&["check", "-"], &sample("ambiguous.eml"))
            .status,
        Some(1)
    );
    assert_eq!(
        desk.mime(&["check", "ambiguous.eml", "letter.eml"]).status,
        Some(1)
    );
    assert_eq!(desk.mime(&["check"]).status, Some(2));
    let ran = desk.mime(&["check", "gone.eml", "away.eml", "letter.eml"]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.out.contains("letter.eml: no defects"),
        "the others are checked: {}",
        ran.out
    );
    for file in ["gone.eml", "away.eml"] {
        assert!(
            ran.err.contains(&format!("{file}: No such file")),
            "{}",
            ran.err
        );
    }
    let ran = desk.mime(&["check", "gone.eml", "--json"]);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(object["error"].as_str().unwrap().contains("No such file"));
}

#[test]
fn a_code_is_explained_once() {
    let desk = Desk::new();
    let mail = "A: 1\r\nSubject: a\r\nSubject: b\r\nSubject: c\r\n\r\n";
    let ran = desk.mime_fed(&["check", "-"], mail.as_bytes());
    assert_eq!(ran.out.matches("DuplicateField at offset").count(), 2);
    assert_eq!(ran.out.matches("the first one counts").count(), 1);
}

#[test]
fn values_and_bodies_are_looked_into() {
    let mail = "From: nobody\r\nDate: soon\r\nSubject: =?utf-8?q?=FF?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        =C3=28 =zz\r\n";
    let ran = Desk::new().mime_fed(&["check", "-"], mail.as_bytes());
    for (line, code) in [
        (1, "InvalidAddress"),
        (2, "InvalidDate"),
        (3, "UndecodableText"),
        (8, "QuotedPrintableEscape"),
        (8, "UndecodableText"),
    ] {
        assert!(
            ran.out.contains(&format!("-:{line}: {code} at")),
            "{code}: {}",
            ran.out
        );
    }
}
