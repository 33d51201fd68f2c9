//! Fields: added, changed, removed.

use mime_core::edit::{Misuse, Place};
use mime_core::{Config, Limits, Message};

use crate::{edited, field, refused};

const PLAIN: &str = "Received: 1\r\nFrom: a@b\r\nSubject: one\r\n two\r\n\r\nbody\r\n";

#[test]
fn a_message_without_edits_is_one_piece_of_the_old_one() {
    let message = Message::parse(PLAIN.as_bytes());
    let edited = message.edit().finish();
    let pieces: Vec<_> = edited.pieces().collect();
    assert_eq!(pieces.len(), 1);
    assert!(core::ptr::eq(pieces[0], PLAIN.as_bytes()));
}

#[test]
fn fields_come_above_below_before_and_after() {
    let out = edited(PLAIN, |it| {
        it.add_field(0, Place::Top, field("T", "1"))?;
        it.add_field(0, Place::Top, field("T", "2"))?;
        it.add_field(0, Place::End, field("E", "1"))?;
        it.add_field(0, Place::End, field("E", "2"))?;
        it.add_field(0, Place::Before(1), field("B", "1"))?;
        it.add_field(0, Place::Before(1), field("B", "2"))?;
        it.add_field(0, Place::After(1), field("A", "1"))?;
        it.add_field(0, Place::After(1), field("A", "2"))
    });
    assert_eq!(
        out,
        "T: 2\r\nT: 1\r\nReceived: 1\r\nB: 1\r\nB: 2\r\nFrom: a@b\r\nA: 1\r\nA: 2\r\n\
         Subject: one\r\n two\r\nE: 1\r\nE: 2\r\n\r\nbody\r\n"
    );
}

#[test]
fn a_field_is_changed_with_its_folding() {
    let out = edited(PLAIN, |it| it.change_field(0, 2, field("Subject", "new")));
    assert_eq!(out, PLAIN.replace("one\r\n two", "new"));
    let out = edited(PLAIN, |it| it.set_field(0, field("SUBJECT", "new")));
    assert_eq!(out, PLAIN.replace("Subject: one\r\n two", "SUBJECT: new"));
}

#[test]
fn setting_a_field_that_is_not_there_adds_it_once() {
    let out = edited(PLAIN, |it| it.set_field(0, field("X", "1")));
    assert_eq!(out, PLAIN.replace("two\r\n", "two\r\nX: 1\r\n"));
    let message = Message::parse(PLAIN.as_bytes());
    let mut editor = message.edit();
    editor.set_field(0, field("X", "1")).unwrap();
    assert_eq!(editor.set_field(0, field("x", "2")), Err(Misuse::Conflict));
}

#[test]
fn fields_are_removed_one_or_all_of_a_name() {
    let raw = "A: 1\r\nB: 2\r\na: 3\r\n\r\nbody";
    assert_eq!(
        edited(raw, |it| it.remove_field(0, 0)),
        "B: 2\r\na: 3\r\n\r\nbody"
    );
    assert_eq!(
        edited(raw, |it| it.remove_fields(0, "a").map(drop)),
        "B: 2\r\n\r\nbody"
    );
    assert_eq!(
        edited(raw, |it| (0..3).try_for_each(|nth| it.remove_field(0, nth))),
        "\r\nbody"
    );
    let message = Message::parse(raw.as_bytes());
    assert_eq!(message.edit().remove_fields(0, "A"), Ok(2));
    assert_eq!(message.edit().remove_fields(0, "C"), Ok(0));
}

#[test]
fn what_is_not_edited_keeps_its_faults() {
    let raw = "A : 1\n \n\tfolded\r\nB: \u{e9}\0\r\nC:3\n\r\nbody\r\r\n\n.";
    let out = edited(raw, |it| it.change_field(0, 1, field("B", "new")));
    assert_eq!(out, raw.replace("B: \u{e9}\0\r\n", "B: new\r\n"));
}

#[test]
fn new_lines_end_with_bare_lf_where_all_lines_do() {
    let raw = "A: 1\nB: 2\n\nbody\n";
    let long = field("X", "a;\r\n b");
    assert_eq!(
        edited(raw, |it| it.add_field(0, Place::End, long.clone())),
        "A: 1\nB: 2\nX: a;\n b\n\nbody\n"
    );
    let mixed = "A: 1\nB: 2\n\nbody\r\n";
    assert_eq!(
        edited(mixed, |it| it.add_field(0, Place::End, long.clone())),
        "A: 1\nB: 2\nX: a;\r\n b\r\n\nbody\r\n"
    );
    assert_eq!(
        edited("", |it| it.add_field(0, Place::End, field("X", "1"))),
        "X: 1\r\n"
    );
    let strict = Message::parse_with(b"A: 1\r", Config::new().with_strict_lines());
    let mut editor = strict.edit();
    editor.add_field(0, Place::End, long).unwrap();
    assert_eq!(editor.finish().to_vec(), b"A: 1\r\r\nX: a;\r\n b\r\n");
}

#[test]
fn a_line_that_lacks_its_end_gets_it_before_a_field() {
    assert_eq!(
        edited("A: 1", |it| it.add_field(0, Place::End, field("X", "1"))),
        "A: 1\r\nX: 1\r\n"
    );
    assert_eq!(
        edited("From a@b now", |it| it.add_field(
            0,
            Place::Top,
            field("X", "1")
        )),
        "From a@b now\r\nX: 1\r\n"
    );
    let raw = "B: 0\nA: 1\r";
    assert_eq!(
        edited(raw, |it| it.add_field(0, Place::End, field("X", "1"))),
        "B: 0\nA: 1\r\r\nX: 1\n",
        "the CR of the value stays one"
    );
}

#[test]
fn the_top_is_below_the_separator_of_an_mbox() {
    let raw = "From a@b now\nA: 1\n\nx";
    let out = edited(raw, |it| it.add_field(0, Place::Top, field("X", "1")));
    assert_eq!(out, "From a@b now\nX: 1\nA: 1\n\nx");
}

#[test]
fn an_edited_header_gets_the_empty_line_that_it_lacks() {
    let raw = "A: 1\r\nno field\r\n";
    assert_eq!(
        edited(raw, |it| it.add_field(0, Place::End, field("X", "1"))),
        "A: 1\r\nX: 1\r\n\r\nno field\r\n"
    );
    assert_eq!(edited(raw, |it| it.remove_field(0, 0)), "\r\nno field\r\n");
    let raw = "Content-Type: message/rfc822\r\nno field\r\n";
    assert_eq!(
        edited(raw, |it| it.add_field(1, Place::End, field("X", "1"))),
        "Content-Type: message/rfc822\r\n\r\nX: 1\r\n\r\nno field\r\n",
        "or the field would be one of the message around"
    );
    let raw = "Content-Type: message/rfc822";
    assert_eq!(
        edited(raw, |it| it.add_field(1, Place::End, field("X", "1"))),
        "Content-Type: message/rfc822\r\n\r\nX: 1\r\n"
    );
}

#[test]
fn a_field_before_white_space_would_be_continued() {
    let raw = " A: 1\r\nB: 2\r\n\r\n";
    for place in [Place::Top, Place::Before(0)] {
        assert_eq!(
            refused(raw, |it| it.add_field(0, place, field("X", "1"))),
            Misuse::Continuation
        );
    }
    let out = edited(raw, |it| it.add_field(0, Place::After(0), field("X", "1")));
    assert_eq!(out, " A: 1\r\nX: 1\r\nB: 2\r\n\r\n");
}

#[test]
fn a_field_never_becomes_the_separator_of_an_mbox() {
    let raw = "A: 1\r\nFrom a: 2\r\n\r\n";
    assert_eq!(refused(raw, |it| it.remove_field(0, 0)), Misuse::MboxLine);
    assert_eq!(
        refused(raw, |it| it.remove_fields(0, "A").map(drop)),
        Misuse::MboxLine
    );
    assert_eq!(edited(raw, |it| it.remove_field(0, 1)), "A: 1\r\n\r\n");
}

#[test]
fn a_field_that_would_divide_the_body_otherwise_is_refused() {
    let mixed = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n";
    let kind = |value: &'static str| field("Content-Type", value);
    for value in [
        "text/plain",
        "multipart/mixed; boundary=C",
        "multipart/digest; boundary=B",
    ] {
        assert_eq!(
            refused(mixed, |it| it.change_field(0, 0, kind(value))),
            Misuse::Structure
        );
        assert_eq!(
            refused(mixed, |it| it.add_field(0, Place::Top, kind(value))),
            Misuse::Structure
        );
    }
    assert_eq!(
        refused(mixed, |it| it.remove_field(0, 0)),
        Misuse::Structure
    );
    assert_eq!(
        refused(mixed, |it| it.change_field(0, 0, field("X", "1"))),
        Misuse::Structure
    );
    let base64 = field("Content-Transfer-Encoding", "base64");
    assert_eq!(
        refused(mixed, |it| it.set_field(0, base64.clone())),
        Misuse::Structure
    );
    let related = "multipart/related; type=\"a/b\"; boundary=\"B\"";
    let out = edited(mixed, |it| it.set_field(0, kind(related)));
    assert_eq!(out, mixed.replace("multipart/mixed; boundary=B", related));
    let leaf = "Content-Type: text/plain\r\n\r\nx";
    assert_eq!(
        refused(leaf, |it| it
            .set_field(0, kind("multipart/mixed; boundary=B"))),
        Misuse::Structure
    );
    assert_eq!(
        refused(leaf, |it| it.set_field(0, kind("message/rfc822"))),
        Misuse::Structure
    );
    let out = edited(leaf, |it| {
        it.set_field(0, kind("text/html"))?;
        it.set_field(0, base64)
    });
    assert_eq!(
        out,
        "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nx"
    );
}

#[test]
fn that_a_multipart_is_encoded_can_be_taken_back() {
    let raw = "Content-Type: multipart/mixed; boundary=B\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        --B\r\n\r\nx\r\n--B--";
    let out = edited(raw, |it| it.remove_field(0, 1));
    assert_eq!(
        out,
        raw.replace("Content-Transfer-Encoding: base64\r\n", "")
    );
    let unknown = field("Content-Transfer-Encoding", "x-zip");
    assert_eq!(
        refused(raw, |it| it.set_field(0, unknown)),
        Misuse::Structure
    );
    let message = raw.replace("multipart/mixed; boundary=B", "message/rfc822");
    assert_eq!(
        refused(&message, |it| it.remove_field(0, 1)),
        Misuse::Structure
    );
}

#[test]
fn a_second_content_type_that_counts_nothing_may_come() {
    let mixed = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n";
    let out = edited(mixed, |it| {
        it.add_field(0, Place::End, field("Content-Type", "text/plain"))
    });
    assert_eq!(Message::parse(out.as_bytes()).parts().count(), 2);
}

#[test]
fn a_field_of_a_part_that_is_a_delimiter_is_refused() {
    let raw = "Content-Type: multipart/mixed; boundary=\"B: x\"\r\n\r\n--B: x\r\n\r\n1\r\n--B: x--";
    assert_eq!(
        refused(raw, |it| it.add_field(1, Place::Top, field("--B", "x"))),
        Misuse::Boundary
    );
    edited(raw, |it| it.add_field(0, Place::Top, field("--B", "x")));
}

#[test]
fn a_header_beyond_a_limit_is_not_edited() {
    let raw = "A: 1\r\nB: 2\r\nC: 3\r\n\r\nx";
    for (max, verdict) in [(3, Ok(())), (2, Err(Misuse::Opaque))] {
        let mut limits = Limits::default();
        limits.max_fields = max;
        let message = Message::parse_with(raw.as_bytes(), Config::new().with_limits(limits));
        let mut editor = message.edit();
        assert_eq!(editor.add_field(0, Place::Top, field("X", "1")), verdict);
        assert_eq!(message.edit().replace_body(0, &b"y"[..]), verdict);
    }
}

#[test]
fn what_is_not_there_is_not_edited() {
    let none = |nth| refused(PLAIN, |it| it.remove_field(0, nth));
    assert_eq!(none(3), Misuse::NoSuchField);
    assert_eq!(
        refused(PLAIN, |it| it.remove_field(1, 0)),
        Misuse::NoSuchPart
    );
    for place in [Place::Before(3), Place::After(3)] {
        assert_eq!(
            refused(PLAIN, |it| it.add_field(0, place, field("X", "1"))),
            Misuse::NoSuchField
        );
    }
    assert_eq!(
        refused(PLAIN, |it| it.change_field(0, 3, field("X", "1"))),
        Misuse::NoSuchField
    );
}

#[test]
fn a_field_is_edited_once() {
    let message = Message::parse(PLAIN.as_bytes());
    let mut editor = message.edit();
    editor.remove_field(0, 1).unwrap();
    assert_eq!(editor.remove_field(0, 1), Err(Misuse::Conflict));
    assert_eq!(
        editor.change_field(0, 1, field("X", "1")),
        Err(Misuse::Conflict)
    );
    assert_eq!(editor.remove_fields(0, "From"), Err(Misuse::Conflict));
    editor
        .add_field(0, Place::Before(1), field("X", "1"))
        .unwrap();
    let out = editor.finish().to_vec();
    assert_eq!(out, PLAIN.replace("From: a@b", "X: 1").as_bytes());
}
